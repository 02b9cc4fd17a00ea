//! Baby Jubjub: the curve whose arithmetic is that of BN254's scalars, so that
//! a circuit can do it.
//!
//! Points have the coordinates of circomlib, `168700·x² + y² = 1 +
//! 168696·x²·y²`. Underneath, `ark-ed-on-bn254` has the same curve with the
//! first coordinate stretched by √168700.
//!
//! Invariant: a [`Point`] is on the curve and in its large subgroup, and has
//! one encoding: y, least significant byte first, and in the highest bit
//! whether x is above half of the field.
//!
//! Nothing here is constant-time.

use std::sync::LazyLock;

use ark_bn254::Fr;
use ark_ec::{AffineRepr, CurveGroup};
use ark_ed_on_bn254::{EdwardsAffine, Fr as Scalar};
use ark_ff::{AdditiveGroup, Field, MontFp, PrimeField, Zero};

use crate::field::{read_number, write_number};

/// Bytes of a packed point.
pub const POINT_BYTES: usize = 32;

const SIGN: u8 = 0x80;
const BASE_X: Fr =
    MontFp!("5299619240641551281634865583518297030282874472190772894086521144482721001553");
const BASE_Y: Fr =
    MontFp!("16950150798460657717958625567821834550301663161624707787222815936182638968203");

/// Between the coordinates of circomlib and those underneath.
pub(crate) static STRETCH: LazyLock<Fr> = LazyLock::new(|| {
    let root = Fr::from(168_700).sqrt();
    root.expect("168700 is a square in this field, as the curve was chosen")
});

/// A point of the subgroup of large prime order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point(EdwardsAffine);

/// Why bytes or coordinates are no point. Whoever sent them is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PointError {
    /// Another encoding stands for the same number.
    #[error("the coordinate is not below the order of the field")]
    NotCanonical,
    /// The equation does not hold.
    #[error("not a point of the curve")]
    NotOnCurve,
    /// A point of small order was added, or it is one.
    #[error("not in the subgroup of large order")]
    NotInSubgroup,
}

impl Point {
    /// The point that adds nothing.
    pub const IDENTITY: Self = Self(EdwardsAffine::new_unchecked(Fr::ZERO, Fr::ONE));

    /// circomlib's `Base8`, which generates the subgroup.
    pub fn base() -> Self {
        Self::of(BASE_X, BASE_Y)
    }

    /// The point with these coordinates of circomlib.
    pub fn new(x: Fr, y: Fr) -> Result<Self, PointError> {
        let point = Self::of(x, y);
        if !point.0.is_on_curve() {
            return Err(PointError::NotOnCurve);
        }
        if !point.0.is_in_correct_subgroup_assuming_on_curve() {
            return Err(PointError::NotInSubgroup);
        }
        Ok(point)
    }

    /// Reads a packed point.
    pub fn from_bytes(bytes: [u8; POINT_BYTES]) -> Result<Self, PointError> {
        let mut number = bytes;
        number[POINT_BYTES - 1] &= !SIGN;
        let y: Fr = read_number(number).ok_or(PointError::NotCanonical)?;
        // 168700·x² = (1 − y²) ÷ (1 − d·y²), with d underneath.
        let square = y.square();
        let curve_d = Fr::from(168_696) / Fr::from(168_700);
        let below = (Fr::ONE - curve_d * square).inverse();
        let stretched = below.and_then(|below| ((Fr::ONE - square) * below).sqrt());
        let x = stretched.ok_or(PointError::NotOnCurve)? / *STRETCH;
        let negative = bytes[POINT_BYTES - 1] & SIGN != 0;
        if x.is_zero() && negative {
            return Err(PointError::NotCanonical);
        }
        Self::new(if is_high(x) == negative { x } else { -x }, y)
    }

    /// Packs it.
    pub fn to_bytes(self) -> [u8; POINT_BYTES] {
        let mut bytes = write_number(self.y());
        if is_high(self.x()) {
            bytes[POINT_BYTES - 1] |= SIGN;
        }
        bytes
    }

    /// The first coordinate.
    pub fn x(self) -> Fr {
        self.0.x / *STRETCH
    }

    /// The second coordinate.
    pub fn y(self) -> Fr {
        self.0.y
    }

    /// The first coordinate underneath, where circuits add.
    pub(crate) const fn stretched_x(self) -> Fr {
        self.0.x
    }

    /// The sum.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self((self.0 + other.0).into_affine())
    }

    /// The sum of so many.
    #[must_use]
    pub fn times(self, number: Scalar) -> Self {
        Self((self.0 * number).into_affine())
    }

    /// Whether it adds nothing.
    pub fn is_identity(self) -> bool {
        self.0.is_zero()
    }

    fn of(x: Fr, y: Fr) -> Self {
        Self(EdwardsAffine::new_unchecked(x * *STRETCH, y))
    }
}

/// Whether a number is above half of the field, as circomlib calls negative.
fn is_high(number: Fr) -> bool {
    number.into_bigint() > Fr::MODULUS_MINUS_ONE_DIV_TWO
}

#[cfg(test)]
pub(crate) mod vectors {
    use serde_json::Value;

    use super::*;

    pub(crate) fn all() -> Value {
        serde_json::from_str(include_str!("../testdata/outside/baby_jubjub.json")).unwrap()
    }

    pub(crate) fn number<F: std::str::FromStr>(text: &Value) -> F {
        text.as_str().unwrap().parse().ok().unwrap()
    }

    pub(crate) fn point(pair: &Value) -> Point {
        Point::new(number(&pair[0]), number(&pair[1])).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::vectors::{all, number, point};
    use super::*;

    /// A number of any size, below the order of the subgroup.
    fn scalar(text: &serde_json::Value) -> Scalar {
        let wide: Fr = number(text);
        Scalar::from_le_bytes_mod_order(&write_number(wide))
    }

    #[test]
    fn points_add_and_multiply_as_in_circomlib() {
        for case in all()["sums"].as_array().unwrap() {
            let sum = point(&case["one"]).plus(point(&case["other"]));
            assert_eq!(sum, point(&case["sum"]), "{case}");
            assert_ne!(sum, point(&case["sum"]).plus(Point::base()));
        }
        for case in all()["products"].as_array().unwrap() {
            let product = point(&case["point"]).times(scalar(&case["times"]));
            assert_eq!(product, point(&case["product"]), "{case}");
        }
    }

    #[test]
    fn points_are_packed_as_in_circomlib() {
        for case in all()["packed"].as_array().unwrap() {
            let bytes = hex::decode(case["hex"].as_str().unwrap()).unwrap();
            let bytes: [u8; 32] = bytes.try_into().unwrap();
            assert_eq!(point(&case["point"]).to_bytes(), bytes);
            assert_eq!(Point::from_bytes(bytes), Ok(point(&case["point"])));
            for bit in 0..256 {
                let mut changed = bytes;
                changed[bit / 8] ^= 1 << (bit % 8);
                assert_ne!(Point::from_bytes(changed), Ok(point(&case["point"])));
            }
        }
    }

    #[test]
    fn the_base_generates_the_subgroup() {
        let base = Point::base();
        assert_eq!(Point::new(base.x(), base.y()), Ok(base));
        assert!(!base.is_identity());
        assert_eq!(base.times(-Scalar::from(1)).plus(base), Point::IDENTITY);
    }

    #[test]
    fn what_is_no_point_of_the_subgroup_is_refused() {
        let base = Point::base();
        let off = Point::new(base.x() + Fr::ONE, base.y());
        assert_eq!(off, Err(PointError::NotOnCurve));
        // The point of order two.
        let small = Point::new(Fr::ZERO, -Fr::ONE);
        assert_eq!(small, Err(PointError::NotInSubgroup));
        let mut bytes = [255; 32];
        assert_eq!(Point::from_bytes(bytes), Err(PointError::NotCanonical));
        bytes = Point::IDENTITY.to_bytes();
        assert_eq!(Point::from_bytes(bytes), Ok(Point::IDENTITY));
        bytes[31] |= SIGN;
        assert_eq!(Point::from_bytes(bytes), Err(PointError::NotCanonical));
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_or_packed_back(bytes in any::<[u8; 32]>()) {
            if let Ok(point) = Point::from_bytes(bytes) {
                prop_assert_eq!(point.to_bytes(), bytes);
            }
        }

        #[test]
        fn a_point_is_read_as_it_is_packed(number in any::<u64>()) {
            let point = Point::base().times(number.into());
            prop_assert_eq!(Point::from_bytes(point.to_bytes()), Ok(point));
        }
    }
}
