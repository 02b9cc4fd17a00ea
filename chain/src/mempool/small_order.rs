//! Keys for which anyone can sign, found by their bytes.
//!
//! [`PublicKey::check_strength`] works out the point, which takes a quarter of
//! what its signature takes in a batch. The batch works it out too, and fails
//! for bytes that are no point. What is left are the points of small order:
//! there are eight, and all their encodings fit a table.

use pyralog_primitives::{PublicKey, WeakKey};

/// The *y* of the points of small order, least significant byte first, without
/// the bit for the sign of *x*. Two have a second form, with *p* added: those
/// below 19. The order of the point stands beside it.
const SMALL_ORDER_Y: [[u8; PublicKey::BYTES]; 7] = [
    edges(0x00, 0x00, 0x00), // 0: order 4
    edges(0x01, 0x00, 0x00), // 1: order 1
    edges(0xec, 0xff, 0x7f), // p − 1: order 2
    edges(0xed, 0xff, 0x7f), // p: order 4
    edges(0xee, 0xff, 0x7f), // p + 1: order 1
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ], // order 8
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ], // order 8
];

const SIGN_BIT: u8 = 0x80;

const fn edges(first: u8, middle: u8, last: u8) -> [u8; PublicKey::BYTES] {
    let mut bytes = [middle; PublicKey::BYTES];
    bytes[0] = first;
    bytes[PublicKey::BYTES - 1] = last;
    bytes
}

/// Refuses keys of small order. Bytes that are no point pass: no signature of
/// theirs verifies.
pub(super) fn refuse_small_order(key: &PublicKey) -> Result<(), WeakKey> {
    let mut y = *key.as_bytes();
    y[PublicKey::BYTES - 1] &= !SIGN_BIT;
    if SMALL_ORDER_Y.contains(&y) {
        key.check_strength()
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use pyralog_primitives::SecretKey;
    use rand_chacha::ChaCha8Rng;
    use rand_core::{Rng, SeedableRng};

    use super::*;

    fn agrees(bytes: [u8; PublicKey::BYTES]) -> bool {
        let key = PublicKey::new(bytes);
        let weak = key.check_strength() == Err(WeakKey::SmallOrder);
        weak == refuse_small_order(&key).is_err()
    }

    #[test]
    fn every_encoding_in_the_table_is_weak_with_either_sign() {
        for y in SMALL_ORDER_Y {
            let mut other = y;
            other[PublicKey::BYTES - 1] |= SIGN_BIT;
            for bytes in [y, other] {
                let key = PublicKey::new(bytes);
                assert_eq!(refuse_small_order(&key), Err(WeakKey::SmallOrder), "{key}");
            }
        }
    }

    #[test]
    fn keys_beside_those_of_the_table_get_the_verdict_of_the_full_check() {
        for y in SMALL_ORDER_Y {
            for bit in 0..y.len() * 8 {
                let mut flipped = y;
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert!(agrees(flipped), "{flipped:x?}");
            }
        }
        // All other encodings with y of p or more.
        for low in 0xed..=0xff {
            assert!(agrees(edges(low, 0xff, 0x7f)) && agrees(edges(low, 0xff, 0xff)));
        }
        for low in 0..=0xff {
            assert!(agrees(edges(low, 0, 0)));
        }
    }

    #[test]
    fn keys_of_people_pass_and_any_bytes_get_the_verdict_of_the_full_check() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for _ in 0..2_000 {
            let mut bytes = [0; PublicKey::BYTES];
            rng.fill_bytes(&mut bytes);
            assert!(agrees(bytes));
        }
        let key = SecretKey::from_seed(&[7; SecretKey::SEED_BYTES]).public_key();
        assert_eq!(refuse_small_order(&key), Ok(()));
    }
}
