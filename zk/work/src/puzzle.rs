//! The puzzle: find a nonce whose hash, with all that the puzzle is bound to,
//! meets the target.
//!
//! An attempt is exactly one block of BLAKE3: the seed (32 bytes), the nonce
//! (8, least significant first), and zeros. So sixteen attempts fit the lanes
//! of the kernel, and checking one is one compression.

use pyralog_primitives::kernel::{RawPair, hash_pairs};
use pyralog_primitives::transaction::TransactionBody;
use pyralog_primitives::{Domain, GenesisHash, Hash, WorkNonce};

use crate::target::Target;

/// What the work is for: the hash of a request or of a transaction body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject(Hash);

impl Subject {
    /// The subject with this hash. The hash must be of one purpose, and cover
    /// all that may not be exchanged after the work is done.
    pub const fn new(hash: Hash) -> Self {
        Self(hash)
    }

    /// A transaction body without its solution: the id it would have with none.
    pub fn of_body(body: &TransactionBody) -> Self {
        let unsolved = TransactionBody {
            work: None,
            ..body.clone()
        };
        Self(unsolved.id().get())
    }

    /// The hash.
    pub const fn get(self) -> Hash {
        self.0
    }
}

/// What a network draws anew for each epoch, such as the id of its first
/// block, so that work for transactions is not done long ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epoch(Hash);

impl Epoch {
    /// The epoch with this nonce.
    pub const fn new(nonce: Hash) -> Self {
        Self(nonce)
    }

    /// The nonce.
    pub const fn get(self) -> Hash {
        self.0
    }
}

/// All that a puzzle is bound to, as one hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seed(Hash);

impl Seed {
    #[cfg(test)]
    pub(crate) const fn new(hash: Hash) -> Self {
        Self(hash)
    }

    /// The hash.
    pub const fn get(self) -> Hash {
        self.0
    }
}

/// The nonce was tried, and its hash is above the target. Whoever offered it
/// is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nonce {nonce} is not enough work: its hash {found} is above the target {target}")]
pub struct NotEnoughWork {
    /// The nonce offered.
    pub nonce: WorkNonce,
    /// Its hash.
    pub found: Hash,
    /// What the hash may be at most.
    pub target: Target,
}

/// A seed and how much work it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Puzzle {
    pub(crate) seed: Seed,
    pub(crate) target: Target,
}

impl Puzzle {
    pub(crate) const fn new(seed: Seed, target: Target) -> Self {
        Self { seed, target }
    }

    /// The puzzle of a transaction, on a network that asks for work. It is
    /// solved before the body is signed, because the signature covers the
    /// solution (`TransactionBody::work`). It expires with the body
    /// (`valid_until`) and counts once, because the sender's nonce does.
    pub fn of_transaction(epoch: Epoch, body: &TransactionBody, target: Target) -> Self {
        let mut hasher = Domain::WorkSeed.hasher();
        hasher
            .update(b"transaction")
            .update(body.genesis.get().as_bytes())
            .update(epoch.0.as_bytes())
            .update(&target.to_bytes())
            .update(Subject::of_body(body).0.as_bytes());
        Self::new(Seed(hasher.finish()), target)
    }

    pub(crate) fn of_request(parts: &RequestParts<'_>) -> Self {
        let mut hasher = Domain::WorkSeed.hasher();
        hasher
            .update(b"request....")
            .update(parts.network.get().as_bytes())
            .update(parts.server_nonce.as_bytes())
            .update(parts.client.as_bytes())
            .update(&parts.target.to_bytes())
            .update(parts.subject.0.as_bytes());
        Self::new(Seed(hasher.finish()), parts.target)
    }

    /// All that the puzzle is bound to.
    pub const fn seed(&self) -> Seed {
        self.seed
    }

    /// How much work it asks for.
    pub const fn target(&self) -> Target {
        self.target
    }

    /// Checks a solution: one compression.
    pub fn check(&self, nonce: WorkNonce) -> Result<(), NotEnoughWork> {
        let mut hash = [[0; Hash::BYTES]];
        hash_pairs(Domain::WorkPuzzle, &[attempt(self.seed, nonce)], &mut hash);
        let (found, target) = (Hash::new(hash[0]), self.target);
        if target.accepts(&found) {
            Ok(())
        } else {
            Err(NotEnoughWork {
                nonce,
                found,
                target,
            })
        }
    }
}

/// What a server's puzzle is bound to. The server nonce covers the expiry.
pub(crate) struct RequestParts<'a> {
    pub(crate) network: GenesisHash,
    pub(crate) server_nonce: &'a Hash,
    pub(crate) client: &'a Hash,
    pub(crate) target: Target,
    pub(crate) subject: Subject,
}

/// The one block that is hashed for `nonce`.
pub(crate) fn attempt(seed: Seed, nonce: WorkNonce) -> RawPair {
    let mut block = [0; 64];
    block[..Hash::BYTES].copy_from_slice(seed.0.as_bytes());
    put_nonce(&mut block, nonce);
    block
}

/// Changes the nonce of a block, and nothing else.
pub(crate) fn put_nonce(block: &mut RawPair, nonce: WorkNonce) {
    block[Hash::BYTES..Hash::BYTES + 8].copy_from_slice(&nonce.get().to_le_bytes());
}

#[cfg(test)]
mod tests {
    use pyralog_primitives::{Amount, Compute, Height, Nonce, SecretKey};

    use super::*;
    use crate::search::{Progress, Search, StepCount};

    fn body() -> TransactionBody {
        TransactionBody {
            version: pyralog_primitives::codec::Version::V1,
            genesis: GenesisHash::new(Hash::new([1; 32])),
            sender: SecretKey::from_seed(&[2; 32]).public_key(),
            nonce: Nonce::new(3),
            valid_until: Height::new(4),
            fee_max: Amount::ZERO,
            tip: Amount::ZERO,
            compute_max: Compute::new(5),
            actions: pyralog_primitives::codec::List::default(),
            work: None,
        }
    }

    fn puzzle(body: &TransactionBody, epoch: u8) -> Puzzle {
        let epoch = Epoch::new(Hash::new([epoch; 32]));
        Puzzle::of_transaction(epoch, body, Target::from_zero_bits(8).unwrap())
    }

    #[test]
    fn an_attempt_is_blake3_of_seed_and_nonce_in_one_block() {
        let puzzle = puzzle(&body(), 9);
        let mut block = puzzle.seed().get().as_bytes().to_vec();
        block.extend_from_slice(&7u64.to_le_bytes());
        block.resize(64, 0);
        let expected = blake3::derive_key("pyralog 2026-11-30 work puzzle v1", &block);
        let never = Target::from_zero_bits(255).unwrap();
        let hard = Puzzle::new(puzzle.seed(), never);
        let refused = hard.check(WorkNonce::new(7)).unwrap_err();
        assert_eq!(refused.found, Hash::new(expected));
    }

    #[test]
    fn the_solution_of_a_transaction_holds_once_it_stands_in_the_body() {
        let mut body = body();
        let asked = puzzle(&body, 9);
        let mut search = Search::new(asked, WorkNonce::new(0));
        let Progress::Found(nonce) = search.run(StepCount::new(1000)) else {
            panic!("1 in 256 attempts is a solution");
        };
        body.work = Some(nonce);
        assert_eq!(puzzle(&body, 9), asked);
        assert_eq!(asked.check(nonce), Ok(()));
    }

    #[test]
    fn another_transaction_or_another_epoch_is_another_puzzle() {
        let (one, mut other) = (body(), body());
        other.nonce = Nonce::new(4);
        assert_ne!(puzzle(&one, 9).seed(), puzzle(&other, 9).seed());
        assert_ne!(puzzle(&one, 9).seed(), puzzle(&one, 8).seed());
    }
}
