//! What a guess at a password costs: argon2id and its parameters.
//!
//! The bounds hold in both directions. A cheaper file would not protect its
//! key; a dearer one would let whoever wrote it take the reader's machine.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::Zeroizing;

use super::header::SALT_BYTES;
use crate::password::Password;

const KEY_BYTES: usize = 32;

/// Parameters of argon2id, within [`Self::CHEAPEST`] and [`Self::DEAREST`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KdfCost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl KdfCost {
    /// 64 MiB, 3 passes: a few tenths of a second for the owner.
    pub const DEFAULT: Self = Self {
        memory_kib: 64 * 1024,
        passes: 3,
        lanes: 1,
    };
    /// Below this a stolen file is opened by guessing.
    pub const CHEAPEST: Self = Self {
        memory_kib: 8 * 1024,
        passes: 1,
        lanes: 1,
    };
    /// Above this a file stops the machine that reads it.
    pub const DEAREST: Self = Self {
        memory_kib: 1024 * 1024,
        passes: 16,
        lanes: 4,
    };

    /// A cost within the bounds.
    pub const fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, CostError> {
        let cost = Self {
            memory_kib,
            passes,
            lanes,
        };
        if !cost.is_at_least(&Self::CHEAPEST) {
            Err(CostError::TooWeak(cost))
        } else if !Self::DEAREST.is_at_least(&cost) {
            Err(CostError::TooExpensive(cost))
        } else {
            Ok(cost)
        }
    }

    /// Memory, in KiB.
    pub const fn memory_kib(&self) -> u32 {
        self.memory_kib
    }

    /// How often the memory is gone over.
    pub const fn passes(&self) -> u32 {
        self.passes
    }

    /// How many parts of the memory can be filled at the same time.
    pub const fn lanes(&self) -> u32 {
        self.lanes
    }

    const fn is_at_least(&self, other: &Self) -> bool {
        self.memory_kib >= other.memory_kib
            && self.passes >= other.passes
            && self.lanes >= other.lanes
    }

    /// The key that a password and a salt give.
    pub(super) fn stretch(
        &self,
        password: &Password,
        salt: &[u8; SALT_BYTES],
    ) -> Result<Zeroizing<[u8; KEY_BYTES]>, OutOfMemory> {
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(KEY_BYTES))
            .expect("argon2 takes every cost within our bounds");
        let mut memory = self.memory(params.block_count())?;
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(
                password.as_bytes(),
                salt,
                key.as_mut_slice(),
                memory.as_mut_slice(),
            )
            .expect("lengths of password, salt, key and memory are within argon2's bounds");
        Ok(key)
    }

    /// Allocated here, because argon2 would leave it in memory unwiped.
    fn memory(&self, block_count: usize) -> Result<Zeroizing<Vec<Block>>, OutOfMemory> {
        let mut blocks = Vec::new();
        blocks
            .try_reserve_exact(block_count)
            .map_err(|_| OutOfMemory {
                memory_kib: self.memory_kib,
            })?;
        blocks.resize(block_count, Block::default());
        Ok(Zeroizing::new(blocks))
    }
}

impl Default for KdfCost {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A cost out of bounds. The file is refused, whatever its password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CostError {
    /// Anyone who finds the file can guess its password.
    #[error(
        "the key derivation is too weak: {} KiB, {} passes, {} lanes are below {} KiB, {} pass, \
         {} lane; encrypt the key again with a higher cost",
        .0.memory_kib, .0.passes, .0.lanes,
        KdfCost::CHEAPEST.memory_kib, KdfCost::CHEAPEST.passes, KdfCost::CHEAPEST.lanes
    )]
    TooWeak(KdfCost),
    /// Opening the file would stop the machine.
    #[error(
        "the key derivation is too expensive: {} KiB, {} passes, {} lanes exceed {} KiB, \
         {} passes, {} lanes; encrypt the key again with a lower cost",
        .0.memory_kib, .0.passes, .0.lanes,
        KdfCost::DEAREST.memory_kib, KdfCost::DEAREST.passes, KdfCost::DEAREST.lanes
    )]
    TooExpensive(KdfCost),
}

/// The machine does not have the memory that the cost asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key derivation needs {memory_kib} KiB of memory, which the machine did not give")]
pub struct OutOfMemory {
    memory_kib: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bound_is_allowed_and_one_beyond_it_is_not() {
        for cost in [KdfCost::CHEAPEST, KdfCost::DEFAULT, KdfCost::DEAREST] {
            let again = KdfCost::new(cost.memory_kib, cost.passes, cost.lanes);
            assert_eq!(again, Ok(cost));
        }
        for (memory_kib, passes, lanes) in [(8191, 1, 1), (8192, 0, 1), (8192, 1, 0), (0, 0, 0)] {
            let error = KdfCost::new(memory_kib, passes, lanes).unwrap_err();
            assert!(matches!(error, CostError::TooWeak(_)), "{error}");
        }
        for (memory_kib, passes, lanes) in [
            (1_048_577, 16, 4),
            (8192, 17, 1),
            (8192, 1, 5),
            (u32::MAX, u32::MAX, u32::MAX),
        ] {
            let error = KdfCost::new(memory_kib, passes, lanes).unwrap_err();
            assert!(matches!(error, CostError::TooExpensive(_)), "{error}");
        }
    }

    #[test]
    fn stretching_is_argon2id_version_19() {
        let password = Password::new("password").unwrap();
        let salt = [7; SALT_BYTES];
        let cost = KdfCost::new(8192, 2, 2).unwrap();
        let params = Params::new(8192, 2, 2, Some(KEY_BYTES)).unwrap();
        let mut expected = [0; KEY_BYTES];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(b"password", &salt, &mut expected)
            .unwrap();
        assert_eq!(*cost.stretch(&password, &salt).unwrap(), expected);
    }
}
