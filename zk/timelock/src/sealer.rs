//! Sealing: whoever knows the primes need not square.
//!
//! Modulo `N = p·q` exponents count modulo `φ = (p−1)(q−1)`. So the seal takes
//! `2^squarings mod φ`, which is short, and raises the base to that.

use crypto_bigint::{NonZero, RandomMod, U1024, U2048, U4096};
use crypto_primes::{Flavor, random_prime};
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::cipher::encrypt;
use crate::error::SealError;
use crate::lock::{PAYLOAD_BYTES_MAX, Squarings, TimeLock, head};
use crate::modulus::Modulus;

/// Each prime has half the bits of the modulus.
const PRIME_BITS: u32 = U1024::BITS;

/// A modulus with its secret. One may seal many payloads; whoever learns the
/// primes opens all of them at once.
#[derive(ZeroizeOnDrop)]
pub struct Sealer {
    #[zeroize(skip)]
    modulus: Modulus,
    /// φ, which is as secret as the primes.
    totient: U2048,
}

impl Sealer {
    /// Draws two primes: some seconds of one core.
    pub fn new(rng: &mut impl CryptoRng) -> Self {
        loop {
            let mut primes = [prime(rng), prime(rng)];
            let sealer = Self::of_primes(&primes);
            primes.zeroize();
            if let Some(sealer) = sealer {
                return sealer;
            }
        }
    }

    /// `None` if the primes are equal, or their product lacks the highest bit.
    fn of_primes(primes: &[U1024; 2]) -> Option<Self> {
        let [p, q] = primes;
        if p == q {
            return None;
        }
        let modulus: U2048 = p.concatenating_mul(q);
        let less_one = |prime: &U1024| Zeroizing::new(prime.wrapping_sub(&U1024::ONE));
        Some(Self {
            modulus: Modulus::new(modulus)?,
            totient: less_one(p).concatenating_mul(&*less_one(q)),
        })
    }

    /// Seals `payload` behind so many squarings.
    pub fn seal(
        &self,
        payload: &[u8],
        squarings: Squarings,
        rng: &mut impl CryptoRng,
    ) -> Result<TimeLock, SealError> {
        let bytes = payload.len();
        if bytes > PAYLOAD_BYTES_MAX {
            return Err(SealError::PayloadTooLong { bytes });
        }
        if !squarings.is_within_bounds() {
            return Err(SealError::Squarings { squarings });
        }
        let base = self.draw_base(rng);
        let residue = self
            .modulus
            .base(base)
            .expect("it was drawn from that range");
        let exponent = self.exponent(squarings);
        let result = Zeroizing::new(residue.pow(&*exponent).retrieve());
        let head = head(squarings, &self.modulus, &base);
        Ok(TimeLock {
            squarings,
            modulus: self.modulus.clone(),
            base,
            ciphertext: encrypt(&head, &result, payload),
        })
    }

    /// A base from 2 to modulus − 2, each as likely.
    fn draw_base(&self, rng: &mut impl CryptoRng) -> U2048 {
        let count = self.modulus.number().wrapping_sub(&U2048::from_u8(3));
        let count = NonZero::new(count).expect("the modulus has its highest bit");
        U2048::random_mod_vartime(rng, &count).wrapping_add(&U2048::from_u8(2))
    }

    /// `2^squarings mod φ`, bit by bit of the count.
    fn exponent(&self, squarings: Squarings) -> Zeroizing<U2048> {
        let totient: U4096 = self.totient.resize();
        let totient = Zeroizing::new(NonZero::new(totient).expect("primes are above two"));
        let count = squarings.get();
        let mut exponent = Zeroizing::new(U2048::ONE);
        for bit in (0..u64::BITS).rev() {
            let square = Zeroizing::new(exponent.concatenating_square());
            // Reduced before it is doubled: a square may fill all 4,096 bits,
            // and doubling it would lose the highest one.
            let reduced: Zeroizing<U4096> = Zeroizing::new(square.rem(&totient));
            let doubled = reduced.wrapping_shl_vartime(u32::from(count >> bit & 1 == 1));
            *exponent = Zeroizing::new(doubled).rem(&totient).resize();
        }
        exponent
    }
}

/// A prime with its two highest bits set, so that a product of two has 2,048.
fn prime(rng: &mut impl CryptoRng) -> U1024 {
    loop {
        let prime: U1024 = random_prime(rng, Flavor::Any, PRIME_BITS);
        if prime.bit_vartime(PRIME_BITS - 2) {
            return prime;
        }
    }
}

#[cfg(test)]
#[path = "sealer_tests.rs"]
mod tests;
