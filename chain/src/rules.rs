//! The rules that headers and evidence are checked by.

use pyralog_genesis::{Genesis, Parameters};
use pyralog_primitives::block::{Block, Header, Seal};
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::codec::Version;
use pyralog_primitives::merkle::MerkleRoot;
use pyralog_primitives::validators::ValidatorSet;
use pyralog_primitives::vote::Evidence;
use pyralog_primitives::{Address, CertificateHash, GenesisHash, Height, TimestampMs};

use crate::invalid::{InvalidBlock, InvalidEvidence};
use crate::tip::Tip;

/// What all blocks of a network have in common.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) genesis: GenesisHash,
    pub(crate) parameters: Parameters,
    pub(crate) validators: ValidatorSet,
}

impl Rules {
    pub(crate) fn of(genesis: &Genesis) -> Self {
        Self {
            genesis: genesis.hash(),
            parameters: *genesis.parameters(),
            validators: genesis.validator_set(),
        }
    }

    /// Whether a header may follow its parent. What it says about its own body
    /// is not looked at.
    pub(crate) fn check_header(&self, header: &Header, parent: &Tip) -> Result<(), InvalidBlock> {
        let Version::V1 = header.version;
        check(self.genesis, header.genesis, |expected, found| {
            InvalidBlock::WrongNetwork { expected, found }
        })?;
        check(next_height(parent), header.height, |expected, found| {
            InvalidBlock::WrongHeight { expected, found }
        })?;
        let (min, found) = (earliest_time(parent), header.time);
        if found <= parent.time {
            return Err(InvalidBlock::TooEarly { min, found });
        }
        let proposer = header.proposer;
        if self.validators.find(&proposer).is_none() {
            return Err(InvalidBlock::UnknownProposer { proposer });
        }
        self.check_commitments(header, parent)
    }

    fn check_commitments(&self, header: &Header, parent: &Tip) -> Result<(), InvalidBlock> {
        check(parent.tree.root(), header.state_root, |expected, found| {
            InvalidBlock::StateRoot { expected, found }
        })?;
        check(
            parent.receipts_root,
            header.receipts_root,
            |expected, found| InvalidBlock::ReceiptsRoot { expected, found },
        )?;
        let validators = self.validators.root();
        for found in [header.validators_root, header.next_validators_root] {
            check(validators, found, |expected, found| {
                InvalidBlock::ValidatorsRoot { expected, found }
            })?;
        }
        check(
            self.parameters.hash(),
            header.parameters,
            |expected, found| InvalidBlock::Parameters { expected, found },
        )
    }

    /// Whether the parent is final, and each piece of evidence proves what it
    /// says. That no offence is proved twice is for execution to see.
    pub(crate) fn check_proofs(&self, block: &Block) -> Result<(), InvalidBlock> {
        if let Some(certificate) = &block.parent_certificate {
            certificate.verify(self.genesis, &self.validators)?;
        }
        for (index, evidence) in block.evidence.iter().enumerate() {
            let checked = self.check_evidence(evidence, block.header.height);
            checked.map_err(|reason| InvalidBlock::Evidence { index, reason })?;
        }
        Ok(())
    }

    /// Whether evidence counts in a block of this height.
    pub(crate) fn check_evidence(
        &self,
        evidence: &Evidence,
        block: Height,
    ) -> Result<(), InvalidEvidence> {
        let offence = evidence.offence();
        let age = self.parameters.evidence_age_blocks_max;
        let oldest = Height::new(block.get().saturating_sub(age.get()));
        let height = offence.height;
        if height >= block || height < oldest {
            return Err(InvalidEvidence::Age {
                height,
                block,
                oldest,
            });
        }
        let accused = offence.validator;
        let place = self.validators.find(&accused);
        let validator = place.and_then(|place| self.validators.get(place));
        let validator = validator.ok_or(InvalidEvidence::UnknownValidator { accused })?;
        Ok(evidence.verify(self.genesis, &validator.key)?)
    }

    /// The header of a block with this body after `parent`.
    pub(crate) fn header(&self, parent: &Tip, draft: &Draft, body: BodyRoots) -> Header {
        let certificate = draft.parent_certificate.as_ref();
        let validators = self.validators.root();
        Header {
            version: Version::V1,
            genesis: self.genesis,
            height: next_height(parent),
            time: draft.time.max(earliest_time(parent)),
            parent: parent.block,
            proposer: draft.proposer,
            tx_root: body.transactions,
            evidence_root: body.evidence,
            parent_certificate: certificate.map_or(CertificateHash::ZERO, Certificate::hash),
            state_root: parent.tree.root(),
            receipts_root: parent.receipts_root,
            validators_root: validators,
            next_validators_root: validators,
            parameters: self.parameters.hash(),
            seal: Seal::Empty,
        }
    }
}

/// What a proposer brings to a block besides transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The proposer's clock. A block is later than its parent in any case.
    pub time: TimestampMs,
    /// Who proposes.
    pub proposer: Address,
    /// Why the parent is final; absent for the first block only.
    pub parent_certificate: Option<Certificate>,
    /// Proofs of broken rules, in any order. Those that do not count are left
    /// out.
    pub evidence: Vec<Evidence>,
}

/// The commitments to a body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyRoots {
    pub(crate) transactions: MerkleRoot,
    pub(crate) evidence: MerkleRoot,
}

/// The height of a block after `parent`.
pub(crate) fn next_height(parent: &Tip) -> Height {
    height_after(parent.height)
}

/// The earliest time of a block after `parent`.
pub(crate) fn earliest_time(parent: &Tip) -> TimestampMs {
    time_after(parent.time)
}

/// The height of the block after one of this height.
pub(crate) fn height_after(parent: Height) -> Height {
    let next = parent.next();
    next.expect("a block each nanosecond reaches the last height in 584 years")
}

/// The earliest time of a block after one of this time.
pub(crate) fn time_after(parent: TimestampMs) -> TimestampMs {
    TimestampMs::new(parent.get().saturating_add(1))
}

fn check<T: PartialEq>(
    expected: T,
    found: T,
    error: impl FnOnce(T, T) -> InvalidBlock,
) -> Result<(), InvalidBlock> {
    if expected == found {
        Ok(())
    } else {
        Err(error(expected, found))
    }
}
