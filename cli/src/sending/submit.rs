//! Handing a transaction over.

use pyralog_api::{Hex, PyralogClient, Submitted};
use pyralog_primitives::transaction::Transaction;

use super::SendError;
use crate::error::CliError;
use crate::node::Node;

/// Sends a transaction. If no answer comes, it may have been taken.
pub(crate) fn submit(node: &Node, transaction: Transaction) -> Result<Submitted, CliError> {
    let id = transaction.id();
    let submitted = node.ask(|client| client.submit_transaction(Hex(transaction)));
    let submitted = submitted.map_err(|problem| {
        if problem.is_unsent() {
            SendError::not_taken(problem)
        } else {
            let problem = Box::new(problem);
            SendError::MaybeTaken { id, problem }.into()
        }
    })?;
    // What the node calls it is of no interest: the id is a hash that we made.
    Ok(Submitted {
        transaction: id,
        ..submitted
    })
}
