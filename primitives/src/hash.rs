//! Hashes and the domains that keep them apart.
//!
//! Every hash in the system is BLAKE3 in its key-derivation mode, under a
//! context string that names the purpose. Two purposes can therefore never
//! produce the same hash from the same bytes, and no prefix byte is needed:
//! a Merkle node stays 64 bytes, which is one compression.
//!
//! Invariant: a context string, once released, never changes its meaning.

use std::sync::LazyLock;

use blake3::hazmat::{ContextKey, HasherExt, hash_derive_key_context};
use borsh::BorshSerialize;

use crate::text::{fixed_bytes, text_as_hex};

fixed_bytes!(
    /// A 32-byte BLAKE3 hash.
    Hash(32)
);
text_as_hex!(Hash);

impl Hash {
    /// All zeros: "nothing here", as an empty subtree.
    pub const ZERO: Self = Self([0; Self::BYTES]);
}

/// What a hash is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Domain {
    /// A public key, to make an address.
    Address,
    /// A genesis document.
    Genesis,
    /// The parameters in force.
    Parameters,
    /// A transaction body, to make its id.
    TransactionBody,
    /// A transaction id with its signature.
    SignedTransaction,
    /// A block header, to make the block id.
    Header,
    /// A certificate of finality.
    Certificate,
    /// A leaf of an append-only Merkle tree.
    MerkleLeaf,
    /// An inner node of an append-only Merkle tree.
    MerkleNode,
    /// The root of an append-only Merkle tree, with the count of its leaves.
    MerkleRoot,
    /// A key of the state tree.
    StateKey,
    /// A value of the state tree.
    StateValue,
    /// A leaf of the state tree.
    StateLeaf,
    /// An inner node of the state tree.
    StateNode,
    /// The coefficients of a signature batch.
    SignatureBatch,
    /// What a server binds into a work challenge, with its secret.
    WorkChallenge,
    /// All that a work puzzle is bound to.
    WorkSeed,
    /// The seed of a work puzzle and an attempt to solve it.
    WorkPuzzle,
    /// The result of a time-lock, to make the key of what it locks.
    TimeLock,
    /// A verifying key of a proof system.
    VerifyingKey,
    /// A statement of the registry, with its options and limits.
    Statement,
    /// The coefficients of a batch of proofs.
    ProofBatch,
    /// The seed of an attestation key, to make its secrets.
    AttestationKey,
    /// The nonce of an attestation.
    AttestationNonce,
    /// A block of a network, to make what an attestation key signs.
    AttestedBlock,
    /// The seed of a wallet of notes, to make its secrets.
    NoteSecret,
    /// A shared secret, to make the key of an encrypted note.
    NoteCipher,
    /// All that goes along with a shielded transfer.
    TransferBound,
    /// All that goes along with a proof about a sealed bid.
    BidBound,
    /// The constraints of a circuit.
    Circuit,
    /// A public seed, to make keys for development that anybody forges for.
    UnsafeSetup,
}

impl Domain {
    const ALL: [Self; 31] = [
        Self::Address,
        Self::Genesis,
        Self::Parameters,
        Self::TransactionBody,
        Self::SignedTransaction,
        Self::Header,
        Self::Certificate,
        Self::MerkleLeaf,
        Self::MerkleNode,
        Self::MerkleRoot,
        Self::StateKey,
        Self::StateValue,
        Self::StateLeaf,
        Self::StateNode,
        Self::SignatureBatch,
        Self::WorkChallenge,
        Self::WorkSeed,
        Self::WorkPuzzle,
        Self::TimeLock,
        Self::VerifyingKey,
        Self::Statement,
        Self::ProofBatch,
        Self::AttestationKey,
        Self::AttestationNonce,
        Self::AttestedBlock,
        Self::NoteSecret,
        Self::NoteCipher,
        Self::TransferBound,
        Self::BidBound,
        Self::Circuit,
        Self::UnsafeSetup,
    ];

    /// The context string of BLAKE3's key derivation.
    pub const fn context(self) -> &'static str {
        match self {
            Self::Address => "pyralog 2026-11-21 address v1",
            Self::Genesis => "pyralog 2026-11-21 genesis v1",
            Self::Parameters => "pyralog 2026-11-21 parameters v1",
            Self::TransactionBody => "pyralog 2026-11-21 transaction body v1",
            Self::SignedTransaction => "pyralog 2026-11-21 signed transaction v1",
            Self::Header => "pyralog 2026-11-21 header v1",
            Self::Certificate => "pyralog 2026-11-21 certificate v1",
            Self::MerkleLeaf => "pyralog 2026-11-21 merkle leaf v1",
            Self::MerkleNode => "pyralog 2026-11-21 merkle node v1",
            Self::MerkleRoot => "pyralog 2026-11-21 merkle root v1",
            Self::StateKey => "pyralog 2026-11-21 state key v1",
            Self::StateValue => "pyralog 2026-11-21 state value v1",
            Self::StateLeaf => "pyralog 2026-11-21 state leaf v1",
            Self::StateNode => "pyralog 2026-11-21 state node v1",
            Self::SignatureBatch => "pyralog 2026-11-21 signature batch v1",
            Self::WorkChallenge => "pyralog 2026-11-30 work challenge v1",
            Self::WorkSeed => "pyralog 2026-11-30 work seed v1",
            Self::WorkPuzzle => "pyralog 2026-11-30 work puzzle v1",
            Self::TimeLock => "pyralog 2026-11-30 time lock v1",
            Self::VerifyingKey => "pyralog 2026-11-30 verifying key v1",
            Self::Statement => "pyralog 2026-11-30 statement v1",
            Self::ProofBatch => "pyralog 2026-11-30 proof batch v1",
            Self::AttestationKey => "pyralog 2026-11-30 attestation key v1",
            Self::AttestationNonce => "pyralog 2026-11-30 attestation nonce v1",
            Self::AttestedBlock => "pyralog 2026-11-30 attested block v1",
            Self::NoteSecret => "pyralog 2026-11-30 note secret v1",
            Self::NoteCipher => "pyralog 2026-11-30 note cipher v1",
            Self::TransferBound => "pyralog 2026-11-30 transfer bound v1",
            Self::BidBound => "pyralog 2026-11-30 bid bound v1",
            Self::Circuit => "pyralog 2026-11-30 circuit v1",
            Self::UnsafeSetup => "pyralog 2026-11-30 unsafe setup v1",
        }
    }

    /// The key that the context string stands for.
    pub(crate) fn key(self) -> &'static ContextKey {
        // Deriving it costs a compression, as much as hashing a Merkle node.
        static KEYS: LazyLock<[ContextKey; Domain::ALL.len()]> =
            LazyLock::new(|| Domain::ALL.map(|domain| hash_derive_key_context(domain.context())));
        &KEYS[self as usize]
    }

    /// A hasher of this domain, for input that comes in pieces.
    pub fn hasher(self) -> DomainHasher {
        DomainHasher(blake3::Hasher::new_from_context_key(self.key()))
    }

    /// Hashes `bytes`.
    pub fn hash(self, bytes: &[u8]) -> Hash {
        let mut hasher = self.hasher();
        hasher.update(bytes);
        hasher.finish()
    }

    /// Hashes the canonical encoding of `value`, without building it in memory.
    pub fn hash_encoded<T: BorshSerialize>(self, value: &T) -> Hash {
        let mut hasher = self.hasher();
        value
            .serialize(&mut hasher.0)
            .expect("a hasher accepts every byte, and canonical types have lengths within u32");
        hasher.finish()
    }
}

/// Hashes pieces under one [`Domain`].
#[derive(Clone, Debug)]
pub struct DomainHasher(blake3::Hasher);

impl DomainHasher {
    /// Adds `bytes`.
    pub fn update(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.update(bytes);
        self
    }

    /// The hash of all that was added.
    pub fn finish(&self) -> Hash {
        Hash(*self.0.finalize().as_bytes())
    }

    /// An endless stream that depends on all that was added.
    pub(crate) fn finish_stream(&self) -> blake3::OutputReader {
        self.0.finalize_xof()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::HexError;

    #[test]
    fn a_domain_is_blake3_key_derivation_with_its_context() {
        for domain in Domain::ALL {
            let expected = blake3::derive_key(domain.context(), b"pyralog");
            assert_eq!(domain.hash(b"pyralog"), Hash::new(expected), "{domain:?}");
        }
    }

    #[derive(serde::Deserialize)]
    struct Official {
        key: String,
        context_string: String,
        cases: Vec<OfficialCase>,
    }

    #[derive(serde::Deserialize)]
    struct OfficialCase {
        input_len: usize,
        hash: String,
        keyed_hash: String,
        derive_key: String,
    }

    #[test]
    fn blake3_is_that_of_its_official_vectors() {
        let text = include_str!("../testdata/outside/blake3.json");
        let official: Official = serde_json::from_str(text).unwrap();
        assert_eq!(official.cases.len(), 35);
        let key = official.key.as_bytes().try_into().unwrap();
        let all = |input: &[u8]| {
            let context = &official.context_string;
            let hashes = [
                *blake3::hash(input).as_bytes(),
                *blake3::keyed_hash(key, input).as_bytes(),
                blake3::derive_key(context, input),
            ];
            hashes.map(hex::encode)
        };
        for case in &official.cases {
            let pattern = (0..=250u8).cycle().take(case.input_len);
            let mut input: Vec<u8> = pattern.collect();
            // The vectors have more output; ours is the first 32 bytes.
            let expected = [&case.hash, &case.keyed_hash, &case.derive_key];
            let expected = expected.map(|hex| hex[..64].to_owned());
            assert_eq!(all(&input), expected, "{} bytes", case.input_len);
            if let Some(last) = input.last_mut() {
                *last ^= 1;
                let flipped = all(&input);
                let same = expected
                    .iter()
                    .zip(&flipped)
                    .filter(|(one, other)| one == other);
                assert_eq!(same.count(), 0, "{} bytes", case.input_len);
            }
        }
    }

    #[test]
    fn domains_stand_in_the_table_at_their_own_place_with_their_own_context() {
        for (place, domain) in Domain::ALL.into_iter().enumerate() {
            assert_eq!(domain as usize, place);
            let same = Domain::ALL
                .iter()
                .filter(|other| other.context() == domain.context());
            assert_eq!(same.count(), 1, "{domain:?}");
        }
    }

    #[test]
    fn hashing_an_encoding_equals_hashing_its_bytes() {
        let value = (7u64, vec![1u8, 2, 3]);
        let bytes = borsh::to_vec(&value).unwrap();
        assert_eq!(
            Domain::Header.hash_encoded(&value),
            Domain::Header.hash(&bytes)
        );
    }

    #[test]
    fn a_hash_reads_what_it_prints_and_nothing_else() {
        let hash = Domain::Genesis.hash(b"x");
        assert_eq!(hash.to_string().parse::<Hash>(), Ok(hash));
        assert_eq!(
            "00".parse::<Hash>(),
            Err(HexError::Length {
                expected: 32,
                found: 1
            })
        );
        assert!(matches!(
            "zz".repeat(32).parse::<Hash>(),
            Err(HexError::Character { .. })
        ));
        assert!(hash.to_string().to_uppercase().parse::<Hash>().is_err());
    }
}
