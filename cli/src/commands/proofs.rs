//! `pyralog proof save …`: a file that convinces whoever has the genesis
//! document.

use std::path::Path;
use std::time::{Duration, Instant};

use pyralog_api::{FailureKind, PyralogClient, Subject};
use pyralog_primitives::chain_proof::{ChainProof, Claim};
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::state::StateKey;
use pyralog_primitives::state_proof::StateProof;
use pyralog_primitives::{Height, SignedTransactionId};
use serde::Serialize;

use super::claim;
use crate::args::{ProofSubject, ProofTarget};
use crate::context::Context;
use crate::error::CliError;
use crate::files::{self, Access, StagedFile};
use crate::input;
use crate::node::{Node, NodeError};
use crate::timeout::Timeout;

/// How long between two questions for a proof that is not there yet.
const PAUSE: Duration = Duration::from_millis(250);

#[derive(Serialize)]
struct SavedView {
    file: String,
    bytes: usize,
    kind: &'static str,
    /// The height of the header that the file holds.
    header_height: Height,
    /// How the proof names a transaction that is in a block.
    #[serde(skip_serializing_if = "Option::is_none")]
    signed_transaction: Option<SignedTransactionId>,
}

pub(super) fn save(subject: &ProofSubject, context: &Context<'_>) -> Result<(), CliError> {
    let (subject, target) = read(subject, context)?;
    let node = context.node()?;
    let proof = fetch(&node, &subject, target.timeout, context)?;
    if !is_about(&proof, &subject, &node)? {
        return Err(CliError::OtherProof);
    }
    write(&proof, target, context)
}

fn read<'a>(
    subject: &'a ProofSubject,
    context: &Context<'_>,
) -> Result<(Subject, &'a ProofTarget), CliError> {
    Ok(match subject {
        ProofSubject::Account { account, target } => {
            let address = account.address(|| context.keyring())?;
            let key = StateKey::Account { address };
            (Subject::State { key }, target)
        }
        ProofSubject::Entry {
            namespace,
            key,
            target,
        } => {
            let key = StateKey::Entry {
                namespace: namespace.clone(),
                key: key.0.clone(),
            };
            (Subject::State { key }, target)
        }
        ProofSubject::Notarization { digest, target } => {
            let key = StateKey::Notarization { digest: *digest };
            (Subject::State { key }, target)
        }
        ProofSubject::Attendance { validator, target } => {
            let validator = validator.address(|| context.keyring())?;
            let key = StateKey::Attendance { validator };
            (Subject::State { key }, target)
        }
        ProofSubject::Receipt {
            transaction,
            target,
        } => {
            let transaction = *transaction;
            (Subject::Receipt { transaction }, target)
        }
        ProofSubject::Transaction {
            transaction,
            target,
        } => {
            let transaction = *transaction;
            (Subject::Transaction { transaction }, target)
        }
        ProofSubject::Event {
            transaction,
            event,
            target,
        } => {
            let (transaction, event) = (*transaction, *event);
            (Subject::Event { transaction, event }, target)
        }
        ProofSubject::JournalEntry {
            journal,
            index,
            target,
        } => {
            let (journal, index) = (journal.clone(), *index);
            (Subject::JournalEntry { journal, index }, target)
        }
    })
}

/// Gets a proof, or waits until there is one.
fn fetch(
    node: &Node,
    subject: &Subject,
    timeout: Timeout,
    context: &Context<'_>,
) -> Result<ChainProof, NodeError> {
    let begun = Instant::now();
    loop {
        let answer = node.ask(|client| client.prove(subject.clone()));
        let is_early = matches!(
            &answer,
            Err(NodeError::Refused(failure)) if failure.kind == FailureKind::NotYet
        );
        if !is_early || begun.elapsed() + PAUSE > timeout.get() {
            context.console.end_progress();
            return answer.map(|proof| proof.0);
        }
        let seconds = begun.elapsed().as_secs();
        let progress =
            format_args!("waiting for a header that commits to it: {seconds}s of {timeout}");
        context.console.progress(progress);
        std::thread::sleep(PAUSE);
    }
}

/// Whether a proof is about what was asked for. Whether it is true is for the
/// reader of the file to check, with a genesis that the reader trusts.
fn is_about(proof: &ChainProof, subject: &Subject, node: &Node) -> Result<bool, NodeError> {
    let is_key = |proof: &StateProof, key: &StateKey| *proof.key == *key.encode();
    Ok(match (&proof.claim, subject) {
        (Claim::State { proof }, Subject::State { key }) => is_key(proof, key),
        (Claim::Receipt { receipt, .. }, Subject::Receipt { transaction }) => {
            receipt.transaction == *transaction
        }
        (
            Claim::Transaction {
                transaction: signed,
                ..
            },
            Subject::Transaction { transaction },
        ) => {
            // The claim names the signed id, which only the signature tells.
            let block = node.ask(|client| client.block(Some(proof.header.height)))?;
            let mut all = block.block.transactions.iter();
            all.any(|one| one.id() == *transaction && one.signed_id() == *signed)
        }
        (
            Claim::Event {
                event_place,
                receipt,
                ..
            },
            Subject::Event { transaction, event },
        ) => receipt.transaction == *transaction && event_place.index == *event,
        (
            Claim::JournalEntry { place, journal, .. },
            Subject::JournalEntry {
                journal: name,
                index,
            },
        ) => {
            let key = StateKey::Journal {
                journal: name.clone(),
            };
            is_key(journal, &key) && place.index == *index
        }
        _ => false,
    })
}

fn write(proof: &ChainProof, target: &ProofTarget, context: &Context<'_>) -> Result<(), CliError> {
    let bytes = proof.encode();
    if input::is_stdin(&target.file) {
        return context.console.give_raw(&bytes);
    }
    write_file(&bytes, target)?;
    let shown = target.file.display();
    let height = proof.header.height;
    context.console.note(format_args!(
        "wrote {shown}, by the header of height {height}; to check it: \
         pyralog light verify {shown} --genesis FILE"
    ));
    let signed_transaction = match &proof.claim {
        Claim::Transaction { transaction, .. } => Some(*transaction),
        _ => None,
    };
    if let Some(id) = signed_transaction {
        context.console.note(format_args!(
            "the proof names the transaction by its signed id, {id}"
        ));
    }
    let view = SavedView {
        signed_transaction,
        file: shown.to_string(),
        bytes: bytes.len(),
        kind: claim::kind(&proof.claim),
        header_height: height,
    };
    context.console.give("", &view)
}

fn write_file(bytes: &[u8], target: &ProofTarget) -> Result<(), CliError> {
    let path: &Path = &files::resolved(&target.file);
    let staged = StagedFile::new(path, bytes, Access::Default)?;
    if target.force {
        staged.replace()
    } else {
        staged.publish_new()
    }
}
