//! Final blocks that a peer gave, and whether they are what they claim to be.
//!
//! This is most of the work of catching up, and needs nothing of the driver's:
//! a host does it beside the driver, on as many threads as it likes, while the
//! ledger executes what was verified before.
//!
//! Certificates come first: what no quorum stands behind is not looked at any
//! further. A block that passes is the one that the network made final. The
//! signatures in it are checked too, many at once, so that the ledger need not;
//! if one is bad, that is not for the giver to answer for, and the ledger says
//! so when it comes to it.

use std::sync::Arc;

use pyralog_consensus::{Ed25519, Verified, verify_certificate};
use pyralog_primitives::batch::{BatchItem, Verdict, verify_sources};
use pyralog_primitives::block::Block;
use pyralog_primitives::certificate::{Certificate, CertificateError};
use pyralog_primitives::merkle::MerkleRoot;
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::validators::ValidatorSet;
use pyralog_primitives::{ByteCount, GenesisHash, Height};

use crate::bodies::Body;
use crate::error::Blame;
use crate::planner::{Shape, Ticket};
use crate::word::FinalBlock;

/// Final blocks that a peer gave when it was asked for them.
#[derive(Clone, Debug)]
pub struct Answer {
    pub(crate) ticket: Ticket,
    pub(crate) genesis: GenesisHash,
    /// Those who decide now. Blocks ahead may be others' to decide.
    pub(crate) validators: Arc<ValidatorSet>,
    pub(crate) blocks: Vec<FinalBlock>,
}

/// The same, as far as it is good.
#[derive(Clone, Debug)]
pub struct VerifiedAnswer {
    pub(crate) ticket: Ticket,
    pub(crate) good: Vec<FinalBody>,
    /// What is wrong with the block after them, if anything is.
    pub(crate) fault: Option<Blame>,
}

/// A block whose body is the one that its certificate is for.
#[derive(Clone, Debug)]
pub(crate) struct FinalBody {
    pub(crate) body: Body,
    pub(crate) height: Height,
    pub(crate) bytes: ByteCount,
    proof: Proof,
}

/// A block whose certificate is for it.
struct Proved {
    height: Height,
    block: Box<Block>,
    proof: Proof,
}

/// Why it is final.
#[derive(Clone, Debug)]
enum Proof {
    /// These validators have signed, if they are those of the height.
    By(Verified<Certificate>, Arc<ValidatorSet>),
    /// The block says that others decide it: it is for them to have signed, and
    /// who they are is known when its turn comes.
    Open(Certificate),
}

impl Answer {
    /// The height that it begins with. What is lowest is needed first.
    pub fn first(&self) -> Option<Height> {
        let first = self.blocks.first();
        first.map(|first| first.certificate.height())
    }

    /// Verifies it, up to the first block that is not what it claims to be.
    pub fn verify(mut self) -> VerifiedAnswer {
        let (mut proved, mut fault) = (Vec::new(), None);
        let root = self.validators.root();
        for one in std::mem::take(&mut self.blocks) {
            match self.prove(one, root) {
                Ok(one) => proved.push(one),
                Err(blame) => {
                    fault = Some(blame);
                    break;
                }
            }
        }
        let is_whole = |one: &Proved| one.block.check_body().is_ok();
        if let Some(place) = proved.iter().position(|one| !is_whole(one)) {
            fault = Some(Blame::Block(proved[place].block.id()));
            proved.truncate(place);
        }
        VerifiedAnswer {
            ticket: self.ticket,
            good: with_signatures(self.genesis, proved),
            fault,
        }
    }

    /// Finds out why a block is final.
    fn prove(&self, one: FinalBlock, root: MerkleRoot) -> Result<Proved, Blame> {
        let FinalBlock { block, certificate } = one;
        let height = certificate.height();
        if certificate.value() != block.id() {
            return Err(Blame::OtherBlock);
        }
        let proof = if block.header.validators_root == root {
            let validators = &self.validators;
            let certificate = verify_certificate(certificate, self.genesis, validators, &Ed25519);
            Proof::By(
                certificate.map_err(Blame::Certificate)?,
                Arc::clone(validators),
            )
        } else {
            Proof::Open(certificate)
        };
        Ok(Proved {
            height,
            block,
            proof,
        })
    }
}

impl FinalBody {
    /// Why it is final, now that the validators of its height are known.
    pub(crate) fn proof(
        &self,
        genesis: GenesisHash,
        validators: &Arc<ValidatorSet>,
    ) -> Result<Verified<Certificate>, CertificateError> {
        let certificate = match &self.proof {
            Proof::By(certificate, by) if by == validators => return Ok(certificate.clone()),
            Proof::By(certificate, _) => Certificate::clone(certificate),
            Proof::Open(certificate) => certificate.clone(),
        };
        verify_certificate(certificate, genesis, validators, &Ed25519)
    }
}

/// Checks of each transaction what the ledger would check of it by itself. A
/// block in which all is good is checked no more.
fn with_signatures(genesis: GenesisHash, proved: Vec<Proved>) -> Vec<FinalBody> {
    let items = |one: &Proved| -> Vec<BatchItem> {
        let transactions = one.block.transactions.iter();
        transactions
            .map(|one| BatchItem::new(one.body.sender, one.signature, &one.body.sign_bytes()))
            .collect()
    };
    let items: Vec<Vec<BatchItem>> = proved.iter().map(items).collect();
    let sources: Vec<&[BatchItem]> = items.iter().map(Vec::as_slice).collect();
    let verdicts = verify_sources(&sources).into_iter();
    let pairs = proved.into_iter().zip(verdicts);
    let settle = |(one, verdicts): (Proved, Vec<Verdict>)| {
        let mut transactions = one.block.transactions.iter();
        let is_good = verdicts.iter().all(|verdict| *verdict == Verdict::Good)
            && transactions.all(|one| one.check_form(genesis).is_ok());
        let bytes = bytes(&one.block.transactions);
        let block = Arc::from(one.block);
        FinalBody {
            body: if is_good {
                Body::own(block)
            } else {
                Body::unchecked(block)
            },
            height: one.height,
            bytes,
            proof: one.proof,
        }
    };
    pairs.map(settle).collect()
}

fn bytes(transactions: &[Transaction]) -> ByteCount {
    let bytes = transactions.iter().map(Transaction::encoded_bytes);
    ByteCount::new(bytes.map(ByteCount::get).sum())
}

/// What an answer looks like from outside.
pub(crate) fn shape(blocks: &[FinalBlock]) -> Shape {
    let heights = blocks.iter().map(|one| one.certificate.height());
    let sizes = blocks.iter().map(|one| bytes(&one.block.transactions));
    Shape {
        heights: heights.collect(),
        bytes: sizes.map(ByteCount::get).sum(),
    }
}
