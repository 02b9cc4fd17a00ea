use std::sync::LazyLock;

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;
use crate::{DecodeError, OpenError, Opening, Progress, SQUARING_COUNT_MAX};

const PAYLOAD: &[u8] = b"not before tomorrow";

/// Drawing primes takes seconds: once for all tests.
static SEALER: LazyLock<Sealer> = LazyLock::new(|| Sealer::new(&mut rng(1)));

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn seal(squarings: u64) -> TimeLock {
    let squarings = Squarings::new(squarings);
    SEALER
        .seal(PAYLOAD, squarings, &mut rng(squarings.get()))
        .unwrap()
}

fn open(lock: TimeLock) -> Result<Progress, OpenError> {
    let all = lock.squarings();
    Opening::new(lock).run(all)
}

#[test]
fn what_was_sealed_opens_after_all_its_squarings_and_not_before() {
    for count in [1, 2, 3, 1000] {
        let mut opening = Opening::new(seal(count));
        let some = Squarings::new(count - 1);
        let left = Squarings::new(1);
        assert_eq!(opening.run(some), Ok(Progress::Running { left }));
        let open = Progress::Open(PAYLOAD.to_vec());
        assert_eq!(opening.run(Squarings::new(1)), Ok(open));
    }
}

#[test]
fn squaring_one_by_one_from_the_base_gives_the_key() {
    let lock = seal(50);
    let modulus = NonZero::new(lock.modulus.number().resize::<{ U4096::LIMBS }>()).unwrap();
    let mut reached = lock.base;
    for _ in 0..50 {
        let square: U4096 = reached.concatenating_square();
        reached = square.rem(&modulus).resize();
    }
    let payload = crate::cipher::decrypt(&lock.head(), &reached, &lock.ciphertext);
    assert_eq!(payload.as_deref(), Some(PAYLOAD));
}

#[test]
fn the_short_way_is_the_exponent_that_squaring_reaches() {
    let wide = SEALER.totient.resize::<{ U4096::LIMBS }>();
    let totient = NonZero::new(wide).unwrap();
    let mut reached = U2048::from_u8(2);
    for squared in 0..=44 {
        let exponent = SEALER.exponent(Squarings::new(1 << squared));
        assert_eq!(*exponent, reached, "2^(2^{squared})");
        let square: U4096 = reached.concatenating_square();
        reached = square.rem(&totient).resize();
    }
}

/// A sealer whose φ is close to 2²⁰⁴⁸, so that many squares modulo φ fill all
/// 4,096 bits.
fn sealer_of_a_large_totient() -> Sealer {
    let near = |part: u32, less: u32| {
        let part = U1024::MAX.wrapping_div(&NonZero::new(U1024::from_u32(part)).unwrap());
        U1024::MAX
            .wrapping_sub(&part)
            .wrapping_sub(&U1024::from_u32(less))
    };
    let primes = [near(37, 403), near(41, 238)];
    for prime in &primes {
        assert!(crypto_primes::is_prime(Flavor::Any, prime));
    }
    Sealer::of_primes(&primes).unwrap()
}

/// A lost bit would show at one of six of these counts or so.
#[test]
fn the_short_way_is_right_for_every_odd_count_of_many() {
    let sealer = sealer_of_a_large_totient();
    let totient = NonZero::new(sealer.totient.resize::<{ U4096::LIMBS }>()).unwrap();
    let mut reached = U4096::ONE;
    for count in 1..=5_000 {
        reached = reached.wrapping_shl_vartime(1).rem(&totient);
        if count > 4_096 && count % 2 == 1 {
            let exponent = sealer.exponent(Squarings::new(count));
            assert_eq!(*exponent, reached.resize(), "2^{count}");
        }
    }
}

#[test]
fn locks_of_odd_counts_open_though_their_exponent_is_as_wide_as_the_modulus() {
    let sealer = sealer_of_a_large_totient();
    for count in [4_097, 4_105, 4_111, 100_003, 100_011] {
        let squarings = Squarings::new(count);
        let lock = sealer.seal(PAYLOAD, squarings, &mut rng(count)).unwrap();
        let opened = Ok(Progress::Open(PAYLOAD.to_vec()));
        assert_eq!(open(lock), opened, "{count} squarings");
    }
}

/// Python: `pow(3, 2**1000, 2**2048 - 1942289)`.
const REACHED_BY_PYTHON: &str = "\
    43415944ce7da30316b06522fa6e12f227175cadfbf896d04f90e86aee09a834\
    f85d6d360dfd8f1d600453e5e017df2b74ce2fc6c845ade0ed79dfa817ababea\
    f57bc56740b79740ea7ff7c782552a031c69938af7da19049075348652285dc2\
    f10157991d08acd7602fe440bc170f96185c22a0872256e76bb7069ae54a4b3c\
    dce78f011a3a334aa69c7a50d99f8521d908e9713b8ccb725206e417250a73f3\
    6e1cc17473261356793ef93e8e18135d65c682ea35d2bac6b110a0a83febc7ec\
    950ea9394849f03e6591f4484175e934e4928e92003bc7c8c48b8fec38941a0c\
    da4f243688ff4143e2f01da5b9b4f9e46f8e1eefa05e6599248575cd1c4f37da";

#[test]
fn an_opening_squares_as_python_does() {
    let modulus = Modulus::new(U2048::MAX.wrapping_sub(&U2048::from_u32(1_942_288))).unwrap();
    let (squarings, base) = (Squarings::new(1000), U2048::from_u8(3));
    let result = U2048::from_be_hex(REACHED_BY_PYTHON);
    let ciphertext = encrypt(&head(squarings, &modulus, &base), &result, PAYLOAD);
    let lock = TimeLock {
        squarings,
        modulus,
        base,
        ciphertext,
    };
    assert_eq!(open(lock), Ok(Progress::Open(PAYLOAD.to_vec())));
}

/// The format holds still. If it is meant to change, give it a new version and
/// run with `PYRALOG_WRITE_GOLDEN=1`.
#[test]
fn a_lock_sealed_long_ago_is_read_and_opens() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/lock-v1.hex");
    if std::env::var_os("PYRALOG_WRITE_GOLDEN").is_some() {
        let hex = pyralog_primitives::text::encode_hex(&seal(100).encode());
        std::fs::write(path, hex + "\n").unwrap();
    }
    let hex = std::fs::read_to_string(path).unwrap();
    let bytes = pyralog_primitives::text::decode_hex(hex.trim()).unwrap();
    let lock = TimeLock::decode(&bytes).unwrap();
    assert_eq!(lock.squarings(), Squarings::new(100));
    assert_eq!(open(lock), Ok(Progress::Open(PAYLOAD.to_vec())));
}

#[test]
fn a_lock_is_read_as_it_is_written() {
    let lock = seal(7);
    let bytes = lock.encode();
    assert_eq!(TimeLock::decode(&bytes), Ok(lock));
}

#[test]
fn a_flipped_bit_anywhere_is_refused_or_does_not_open() {
    let bytes = seal(5).encode();
    for place in (0..bytes.len())
        .step_by(7)
        .chain(bytes.len() - 16..bytes.len())
    {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        match TimeLock::decode(&changed) {
            Err(_) => {}
            Ok(lock) if lock.squarings().get() > 1_000 => {}
            Ok(lock) => assert_eq!(open(lock), Err(OpenError::NotAuthentic), "byte {place}"),
        }
    }
}

#[test]
fn a_lock_of_fewer_or_more_squarings_than_sealed_does_not_open() {
    for claimed in [4, 6] {
        let mut lock = seal(5);
        lock.squarings = Squarings::new(claimed);
        assert_eq!(open(lock), Err(OpenError::NotAuthentic));
    }
}

#[test]
fn two_locks_of_one_payload_share_nothing_but_the_modulus() {
    let [one, other] = [1, 2].map(|seed| {
        SEALER
            .seal(PAYLOAD, Squarings::new(3), &mut rng(seed))
            .unwrap()
    });
    assert_eq!(one.modulus, other.modulus);
    assert_ne!(one.base, other.base);
    assert_ne!(one.ciphertext, other.ciphertext);
}

#[test]
fn what_is_too_long_or_takes_no_time_or_forever_is_not_sealed() {
    let long = vec![0; PAYLOAD_BYTES_MAX + 1];
    let seal = |payload: &[u8], count| {
        SEALER
            .seal(payload, Squarings::new(count), &mut rng(0))
            .map(drop)
    };
    let bytes = long.len();
    assert_eq!(seal(&long, 1), Err(SealError::PayloadTooLong { bytes }));
    for count in [0, SQUARING_COUNT_MAX + 1] {
        let squarings = Squarings::new(count);
        assert_eq!(seal(b"", count), Err(SealError::Squarings { squarings }));
    }
    assert_eq!(seal(b"", SQUARING_COUNT_MAX), Ok(()));
}

#[test]
fn each_fault_of_the_form_has_its_own_error() {
    let good = seal(5).encode();
    let with = |place: std::ops::Range<usize>, bytes: &[u8]| {
        let mut changed = good.clone();
        changed[place].copy_from_slice(bytes);
        TimeLock::decode(&changed).unwrap_err()
    };
    let modulus = &good[9..265];
    let (min, short) = (537, &good[..536]);
    let found = short.len();
    assert_eq!(
        TimeLock::decode(short),
        Err(DecodeError::Length { min, found })
    );
    let long = vec![1; crate::LOCK_BYTES_MAX + 1];
    assert!(matches!(
        TimeLock::decode(&long),
        Err(DecodeError::Length { .. })
    ));
    assert_eq!(
        with(0..1, &[2]),
        DecodeError::Version { known: 1, found: 2 }
    );
    for count in [0, SQUARING_COUNT_MAX + 1, u64::MAX] {
        let squarings = Squarings::new(count);
        let found = with(1..9, &count.to_le_bytes());
        assert_eq!(found, DecodeError::Squarings { squarings });
    }
    assert_eq!(with(264..265, &[0]), DecodeError::Modulus);
    assert_eq!(with(9..10, &[0x7f]), DecodeError::Modulus);
    assert_eq!(with(265..521, modulus), DecodeError::Base);
    let mut one = [0; 256];
    one[255] = 1;
    assert_eq!(with(265..521, &one), DecodeError::Base);
}

proptest! {
    #[test]
    fn any_bytes_are_refused_or_written_back(tail in prop::collection::vec(any::<u8>(), 0..600)) {
        let mut bytes = seal(1).encode()[..9].to_vec();
        bytes.extend(tail);
        if let Ok(lock) = TimeLock::decode(&bytes) {
            prop_assert_eq!(lock.encode(), bytes);
        }
    }
}
