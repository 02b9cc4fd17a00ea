//! Numbers in a range, by their digits: the field has no order of its own.

use winterfell::math::FieldElement;

/// Zero exactly if `value` is one of 0, 1, …, `base` − 1. Of degree `base`.
pub(super) fn digit<E: FieldElement>(value: E, base: u32) -> E {
    (0..base).fold(E::ONE, |product, digit| product * (value - E::from(digit)))
}

#[cfg(test)]
mod tests {
    use winterfell::math::fields::f64::BaseElement;

    use super::*;

    #[test]
    fn digits_of_a_base_are_those_below_it() {
        for base in [1, 4, 7, 8] {
            for value in 0..20 {
                let is_digit = digit(BaseElement::from(value), base) == BaseElement::ZERO;
                assert_eq!(is_digit, value < base, "{value} in base {base}");
            }
            assert_ne!(digit(-BaseElement::ONE, base), BaseElement::ZERO);
        }
    }
}
