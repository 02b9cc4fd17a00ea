//! Points of Baby Jubjub as constraints.
//!
//! The coordinates are those of `ark-ed-on-bn254`: `x² + y² = 1 + d·x²·y²`. The
//! law of addition is complete there: 1 is a square and d is none, so that of
//! two points of the curve no denominator is zero, and nothing is an exception.
//! Of numbers that are no point it says nothing; whoever takes points from a
//! witness asks [`PointGadget::enforce_on_curve`].

use ark_bn254::Fr;
use ark_ec::twisted_edwards::TECurveConfig;
use ark_ed_on_bn254::EdwardsConfig;
use ark_ff::{AdditiveGroup, Field};
use ark_r1cs_std::GR1CSVar;
use ark_r1cs_std::alloc::AllocVar;
use ark_r1cs_std::eq::EqGadget;
use ark_r1cs_std::fields::FieldVar;
use ark_relations::gr1cs::SynthesisError;

use super::{Number, System};
use crate::baby_jubjub::Point;

const CURVE_D: Fr = EdwardsConfig::COEFF_D;

/// Bits of a scalar for [`FixedBase`]: an even number, not below the bits of the
/// subgroup's order.
pub(crate) const SCALAR_BITS: usize = 252;

#[derive(Clone)]
pub(crate) struct PointGadget {
    pub(crate) x: Number,
    pub(crate) y: Number,
}

impl PointGadget {
    /// That it is on the curve: three constraints.
    pub(crate) fn enforce_on_curve(&self) -> Result<(), SynthesisError> {
        let (x_square, y_square) = (self.x.square()?, self.y.square()?);
        let product = &x_square * &y_square;
        (x_square + y_square).enforce_equal(&(product * CURVE_D + Fr::ONE))
    }

    pub(crate) fn add(&self, other: &Self, system: &System) -> Result<Self, SynthesisError> {
        let (one, two) = (&self.x * &other.y, &self.y * &other.x);
        let both = &one * &two * CURVE_D;
        // y·y′ − x·x′, with one multiplication more for both.
        let cross = (&self.y - &self.x) * (&other.x + &other.y);
        let (over_x, over_y) = (&one + &two, cross + one - two);
        Ok(Self {
            x: quotient(&over_x, &(&both + Fr::ONE), system)?,
            y: quotient(&over_y, &(both.negate()? + Fr::ONE), system)?,
        })
    }

    pub(crate) fn double(&self, system: &System) -> Result<Self, SynthesisError> {
        let product = &self.x * &self.y;
        let both = product.square()? * CURVE_D;
        let over_y = (&self.y - &self.x) * (&self.y + &self.x);
        Ok(Self {
            x: quotient(&product.double()?, &(&both + Fr::ONE), system)?,
            y: quotient(&over_y, &(both.negate()? + Fr::ONE), system)?,
        })
    }

    /// The point so often as the bits say, lowest first: two bits at a time, so
    /// that there are half as many sums. 22 constraints for both.
    pub(crate) fn times(&self, bits: &[Number], system: &System) -> Result<Self, SynthesisError> {
        let two = self.double(system)?;
        let three = two.add(self, system)?;
        let (pairs, rest) = bits.as_chunks();
        assert!(rest.is_empty(), "an even number of bits");
        let (last, pairs) = pairs.split_last().expect("a number has bits");
        let multiple = |bits: &[Number; 2]| self.multiple(&two, &three, bits);
        let mut sum = multiple(last);
        for bits in pairs.iter().rev() {
            let four_times = sum.double(system)?.double(system)?;
            sum = four_times.add(&multiple(bits), system)?;
        }
        Ok(sum)
    }

    /// The point that two bits choose: the one that adds nothing, the point once,
    /// twice, three times.
    fn multiple(&self, two: &Self, three: &Self, [low, high]: &[Number; 2]) -> Self {
        let choose = |one: &Number, two: &Number, three: &Number, none: Fr| {
            let (below, above) = ((one - none) * low + none, (three - two) * low + two);
            (above - &below) * high + below
        };
        Self {
            x: choose(&self.x, &two.x, &three.x, Fr::ZERO),
            y: choose(&self.y, &two.y, &three.y, Fr::ONE),
        }
    }
}

/// One constraint: the quotient times the denominator is the numerator.
fn quotient(over: &Number, under: &Number, system: &System) -> Result<Number, SynthesisError> {
    let quotient = Number::new_witness(system.clone(), || {
        // Zero only for what is no point.
        let inverse = under.value()?.inverse().unwrap_or(Fr::ZERO);
        Ok(over.value()? * inverse)
    })?;
    quotient.mul_equals(under, over)?;
    Ok(quotient)
}

/// Multiples of circomlib's base, two bits at a time.
pub(crate) struct FixedBase(Vec<[(Fr, Fr); 4]>);

impl FixedBase {
    pub(crate) fn new() -> Self {
        let mut base = Point::base();
        let mut windows = Vec::with_capacity(SCALAR_BITS / 2);
        for _ in 0..SCALAR_BITS / 2 {
            let two = base.plus(base);
            let multiples = [Point::IDENTITY, base, two, two.plus(base)];
            windows.push(multiples.map(|point| (point.stretched_x(), point.y())));
            base = two.plus(two);
        }
        Self(windows)
    }

    /// The base so often as the bits say, lowest first.
    pub(crate) fn times(
        &self,
        bits: &[Number],
        system: &System,
    ) -> Result<PointGadget, SynthesisError> {
        assert_eq!(bits.len(), SCALAR_BITS, "all bits of a scalar");
        let mut sum: Option<PointGadget> = None;
        for (multiples, bits) in self.0.iter().zip(bits.as_chunks().0) {
            let next = choose(multiples, bits);
            sum = Some(match sum {
                None => next,
                Some(sum) => sum.add(&next, system)?,
            });
        }
        Ok(sum.expect("there are windows"))
    }
}

/// One of four: a constraint for the product of the bits, all else is linear.
fn choose(of: &[(Fr, Fr); 4], [low, high]: &[Number; 2]) -> PointGadget {
    let both = low * high;
    let linear = |[none, one, two, three]: [Fr; 4]| {
        low * (one - none) + high * (two - none) + &both * (three - two - one + none) + none
    };
    PointGadget {
        x: linear(of.map(|(x, _)| x)),
        y: linear(of.map(|(_, y)| y)),
    }
}
