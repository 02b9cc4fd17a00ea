//! What may be proved: the registry of statements.
//!
//! A statement is an id with all that decides whether a proof is accepted: the
//! proof system, the hash of the key or the name of the AIR with its options,
//! and what a proof may cost at most in bytes and in work. A registry is part
//! of what a network agrees on, so a statement has one encoding and a hash.
//!
//! Invariant: a proof is admitted only if its statement is known, its length is
//! allowed, and what verifying it costs is within what the statement allows and
//! what the caller has left. All three are known before it is read.
//!
//! That a proof is read only once it is admitted is a convention that callers
//! keep: the gates take a proof from anybody.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use borsh::{BorshDeserialize, BorshSerialize};
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::{ByteCount, Compute, Domain, Hash};

use crate::groth16::{INPUT_COUNT_MAX, KeyHash, PROOF_BYTES, verify_compute};
use crate::stark::{AIR_PROOF_BYTES_MAX, AirId, OptionsId, air_compute, air_proof_bytes_min};

/// Higher, and the registry itself becomes a burden to everyone who starts;
/// lower, and statements displace each other.
pub const STATEMENT_COUNT_MAX: usize = 1024;

/// The name of a statement; never used again for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct StatementId(u32);

impl StatementId {
    /// The statement with this number.
    pub const fn new(raw: u32) -> Self {
        Self(raw)
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl std::fmt::Display for StatementId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// How a statement is proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum System {
    /// Groth16 over BN254: hides the witness, needs a setup, breaks with a
    /// quantum computer.
    Groth16 {
        /// The key.
        key: KeyHash,
        /// Public inputs that the key takes. Reading the key compares them, see
        /// [`VerifyingKey::decode`](crate::groth16::VerifyingKey::decode).
        inputs: u16,
    },
    /// A STARK by Winterfell: no setup, rests on hashes alone. It is *not*
    /// zero-knowledge: a proof may tell of the witness.
    Stark {
        /// The constraints.
        air: AirId,
        /// The options, exactly.
        options: OptionsId,
    },
}

impl System {
    /// What verifying a proof costs at most.
    pub fn compute(self) -> Compute {
        match self {
            Self::Groth16 { inputs, .. } => verify_compute(usize::from(inputs)),
            Self::Stark { air, options } => air_compute(air, options),
        }
    }

    /// Bytes below which there is no proof.
    pub const fn proof_bytes_min(self) -> usize {
        match self {
            Self::Groth16 { .. } => PROOF_BYTES,
            Self::Stark { air, .. } => air_proof_bytes_min(air),
        }
    }

    /// Bytes of the longest proof.
    pub const fn proof_bytes_max(self) -> usize {
        match self {
            Self::Groth16 { .. } => PROOF_BYTES,
            Self::Stark { .. } => AIR_PROOF_BYTES_MAX,
        }
    }
}

/// An entry of the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Statement {
    /// Its name.
    pub id: StatementId,
    /// How it is proved.
    pub system: System,
    /// A longer proof is not read.
    pub proof_bytes_max: ByteCount,
    /// A proof that costs more to verify is not read.
    pub compute_max: Compute,
}

impl Canonical for Statement {
    const ENCODED_BYTES_MAX: usize = 4 + 1 + 32 + 2 + 8 + 8;
}

/// Why a statement is not registered. Whoever proposed it must change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegisterError {
    /// The registry is full.
    #[error("the registry holds {STATEMENT_COUNT_MAX} statements; no more fit")]
    Full,
    /// The name is taken.
    #[error("statement {0} is registered; a name is not used twice")]
    Taken(StatementId),
    /// The key has more inputs than a key may have.
    #[error("{inputs} public inputs; at most {INPUT_COUNT_MAX} are allowed")]
    TooManyInputs {
        /// Inputs of the key.
        inputs: u16,
    },
    /// No proof would ever be read.
    #[error("a proof costs up to {needed} to verify; the statement allows {allowed}")]
    ComputeTooLow {
        /// What a proof costs.
        needed: Compute,
        /// What the statement allows.
        allowed: Compute,
    },
    /// The limit is beyond what the system allows, or no proof fits.
    #[error("proofs of at most {bytes} bytes; a limit of {min} to {max} is possible")]
    ProofBytes {
        /// The statement's limit.
        bytes: ByteCount,
        /// Bytes below which the system has no proof.
        min: usize,
        /// Bytes of the longest proof of the system.
        max: usize,
    },
}

/// Why a proof is not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAdmitted {
    /// Nobody registered it. Who sent the proof is to blame, or ahead of us.
    #[error("statement {0} is not registered")]
    Unknown(StatementId),
    /// Who sent it is to blame.
    #[error("the proof has {found} bytes; the statement allows {max}")]
    TooLong {
        /// Bytes of the proof.
        found: usize,
        /// Bytes allowed.
        max: ByteCount,
    },
    /// The statement was never registered as it is: who gave it is to blame.
    #[error("verifying costs {needed}; the statement allows {allowed}")]
    Compute {
        /// What it costs.
        needed: Compute,
        /// What the statement allows.
        allowed: Compute,
    },
    /// The caller must wait, or give more.
    #[error("verifying costs {needed}; {left} are left")]
    Budget {
        /// What it costs.
        needed: Compute,
        /// What the caller has.
        left: Compute,
    },
}

impl Statement {
    /// Its hash: equal for two networks that mean the same.
    pub fn hash(&self) -> Hash {
        Domain::Statement.hash_encoded(self)
    }

    /// What verifying a proof costs at most; known before there is one.
    pub fn compute(&self) -> Compute {
        self.system.compute()
    }

    /// Whether a proof of so many bytes is looked at by someone who has `left`
    /// to spend. Returns what it will cost.
    pub fn admit(&self, proof_bytes: usize, left: Compute) -> Result<Compute, NotAdmitted> {
        let (found, max) = (proof_bytes, self.proof_bytes_max);
        if found as u64 > max.get() {
            return Err(NotAdmitted::TooLong { found, max });
        }
        let (needed, allowed) = (self.compute(), self.compute_max);
        if needed > allowed {
            return Err(NotAdmitted::Compute { needed, allowed });
        }
        if needed > left {
            return Err(NotAdmitted::Budget { needed, left });
        }
        Ok(needed)
    }

    fn check(&self) -> Result<(), RegisterError> {
        if let System::Groth16 { inputs, .. } = self.system
            && usize::from(inputs) > INPUT_COUNT_MAX
        {
            return Err(RegisterError::TooManyInputs { inputs });
        }
        let (min, max) = (self.system.proof_bytes_min(), self.system.proof_bytes_max());
        let bytes = self.proof_bytes_max;
        if !(min as u64..=max as u64).contains(&bytes.get()) {
            return Err(RegisterError::ProofBytes { bytes, min, max });
        }
        let (needed, allowed) = (self.compute(), self.compute_max);
        if needed > allowed {
            return Err(RegisterError::ComputeTooLow { needed, allowed });
        }
        Ok(())
    }
}

/// All statements of a network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registry(BTreeMap<StatementId, Statement>);

impl Registry {
    /// Adds a statement.
    pub fn register(&mut self, statement: Statement) -> Result<(), RegisterError> {
        statement.check()?;
        let full = self.0.len() >= STATEMENT_COUNT_MAX;
        match self.0.entry(statement.id) {
            Entry::Occupied(_) => Err(RegisterError::Taken(statement.id)),
            Entry::Vacant(_) if full => Err(RegisterError::Full),
            Entry::Vacant(place) => {
                place.insert(statement);
                Ok(())
            }
        }
    }

    /// The statement with this name.
    pub fn get(&self, id: StatementId) -> Result<&Statement, NotAdmitted> {
        self.0.get(&id).ok_or(NotAdmitted::Unknown(id))
    }

    /// All statements in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Statement> {
        self.0.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENOUGH: Compute = Compute::new(u64::MAX);

    fn statement(id: u32) -> Statement {
        Statement {
            id: StatementId::new(id),
            system: System::Groth16 {
                key: KeyHash::new(Hash::new([7; 32])),
                inputs: 3,
            },
            proof_bytes_max: ByteCount::new(128),
            compute_max: ENOUGH,
        }
    }

    #[test]
    fn a_name_is_registered_once_and_found() {
        let mut registry = Registry::default();
        let id = StatementId::new(1);
        assert_eq!(registry.get(id), Err(NotAdmitted::Unknown(id)));
        assert_eq!(registry.register(statement(1)), Ok(()));
        assert_eq!(
            registry.register(statement(1)),
            Err(RegisterError::Taken(id))
        );
        assert_eq!(registry.get(id), Ok(&statement(1)));
        assert_eq!(registry.iter().count(), 1);
    }

    #[test]
    fn a_full_registry_takes_no_more() {
        let mut registry = Registry::default();
        for id in (0..).take(STATEMENT_COUNT_MAX) {
            assert_eq!(registry.register(statement(id)), Ok(()));
        }
        assert_eq!(
            registry.register(statement(u32::MAX)),
            Err(RegisterError::Full)
        );
    }

    #[test]
    fn a_statement_whose_proofs_nobody_could_verify_is_not_registered() {
        let mut registry = Registry::default();
        let mut refused = |statement| registry.register(statement).unwrap_err();
        let needed = statement(1).compute();
        let allowed = Compute::new(needed.get() - 1);
        let cheap = Statement {
            compute_max: allowed,
            ..statement(1)
        };
        assert_eq!(
            refused(cheap),
            RegisterError::ComputeTooLow { needed, allowed }
        );
        let stark = |air| {
            let options = OptionsId::Standard;
            let system = System::Stark { air, options };
            (system, air_proof_bytes_min(air), AIR_PROOF_BYTES_MAX)
        };
        for (system, min, max) in [
            (statement(1).system, 128, 128),
            stark(AirId::MerkleInclusion),
            stark(AirId::AppendBatch),
            stark(AirId::HeaderLinkage),
        ] {
            for bytes in [0, min as u64 - 1, max as u64 + 1].map(ByteCount::new) {
                let impossible = Statement {
                    system,
                    proof_bytes_max: bytes,
                    ..statement(1)
                };
                let error = RegisterError::ProofBytes { bytes, min, max };
                assert_eq!(refused(impossible), error);
            }
        }
        let inputs = 65;
        let key = KeyHash::new(Hash::ZERO);
        let wide = Statement {
            system: System::Groth16 { key, inputs },
            ..statement(1)
        };
        assert_eq!(refused(wide), RegisterError::TooManyInputs { inputs });
    }

    #[test]
    fn a_proof_is_admitted_by_length_and_budget_before_it_is_read() {
        let statement = statement(1);
        let needed = statement.compute();
        assert_eq!(statement.admit(128, needed), Ok(needed));
        let (found, max) = (129, ByteCount::new(128));
        let refused = statement.admit(found, needed);
        assert_eq!(refused, Err(NotAdmitted::TooLong { found, max }));
        let left = Compute::new(needed.get() - 1);
        let refused = statement.admit(128, left);
        assert_eq!(refused, Err(NotAdmitted::Budget { needed, left }));
        let (compute_max, allowed) = (left, left);
        let unregistered = Statement {
            compute_max,
            ..statement
        };
        let refused = unregistered.admit(128, ENOUGH);
        assert_eq!(refused, Err(NotAdmitted::Compute { needed, allowed }));
    }

    #[test]
    fn a_statement_is_read_as_it_is_written_and_its_hash_tells_all() {
        let one = statement(1);
        assert_eq!(Statement::decode(&one.encode()).as_ref(), Ok(&one));
        let stark = Statement {
            system: System::Stark {
                air: AirId::MerkleInclusion,
                options: OptionsId::Standard,
            },
            ..one
        };
        assert_eq!(Statement::decode(&stark.encode()).as_ref(), Ok(&stark));
        let other = Statement {
            compute_max: Compute::new(1),
            ..one
        };
        let others = [AirId::AppendBatch, AirId::HeaderLinkage].map(|air| {
            let options = OptionsId::Standard;
            let system = System::Stark { air, options };
            Statement { system, ..one }
        });
        let all = [[one, stark], [other, statement(2)], others];
        let hashes: Vec<Hash> = all.iter().flatten().map(Statement::hash).collect();
        for (place, hash) in hashes.iter().enumerate() {
            assert!(!hashes[..place].contains(hash));
        }
        let longest = one.encode().len();
        assert_eq!(longest, Statement::ENCODED_BYTES_MAX);
    }
}
