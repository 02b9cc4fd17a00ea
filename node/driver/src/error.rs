//! What can go wrong, and who must act.

use pyralog_consensus::{Abstention, MessageError};
use pyralog_guard::GuardError;
use pyralog_primitives::certificate::CertificateError;
use pyralog_primitives::vote::Offence;
use pyralog_primitives::{BlockId, Height};
use pyralog_wal::WalError;

use crate::signer::SignError;

/// Why a driver stops. The operator must act.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Halt {
    /// What was said cannot be written down, so nothing more is said.
    #[error("the consensus log cannot be written: {0}")]
    Log(WalError),
    /// What was signed cannot be written down, so nothing more is signed.
    #[error(transparent)]
    Signer(SignError),
    /// The only validator there is may not sign, so nothing ever becomes final.
    #[error(
        "the only validator of this network may not sign at height {height}: its guard knows of \
         more than the chain and the logs in its home do. Put back the newest copy of the home; if \
         there is none, the network ends here"
    )]
    Alone {
        /// The height that cannot be decided.
        height: Height,
    },
}

/// What a peer did wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Blame {
    /// It passed on what no validator said.
    #[error("a message that is none of the validators': {0}")]
    Message(MessageError),
    /// It passed on what validators said, or said it, far too often.
    #[error("more messages of validators than anybody has to say")]
    Flood,
    /// It gave a certificate that does not hold.
    #[error("a certificate that does not hold: {0}")]
    Certificate(CertificateError),
    /// It gave a block that is not the one of the certificate beside it.
    #[error("a block with the certificate of another one")]
    OtherBlock,
    /// It gave final blocks that nobody gives who was asked what it was.
    #[error("final blocks that do not follow each other, or are more than fit an answer")]
    OtherAnswer,
    /// It gave a block that contradicts its own header.
    #[error("parts that are not those of block {0}")]
    Block(BlockId),
}

/// What the operator should know. The node goes on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// The engine falls silent at a height.
    #[error("this validator says nothing more at height {height}: {reason}")]
    Abstained {
        /// The height.
        height: Height,
        /// Why.
        reason: Abstention,
    },
    /// The guard of the key did not sign.
    #[error("the guard of the key refuses to sign: {0}")]
    Refused(GuardError),
    /// The log knows less than the guard.
    #[error(
        "the consensus log of height {height} does not hold all that the guard of the key has \
         signed: it has lost its end. This validator says nothing at this height; check the disk"
    )]
    LogLost {
        /// The height.
        height: Height,
    },
    /// The log is of a height that is not reached.
    #[error(
        "the consensus log is of height {later}, the chain is at {height}: the chain was lost or \
         put back. This validator says nothing before height {later}"
    )]
    LogOfLater {
        /// The height that is to be decided.
        height: Height,
        /// That of the log.
        later: Height,
    },
    /// The log has no more room at this height.
    #[error("this validator says nothing more at height {height}: {error}")]
    LogFull {
        /// The height.
        height: Height,
        /// Why.
        error: WalError,
    },
    /// The only validator there is may not sign, and others may have what it
    /// has lost.
    #[error(
        "the only validator of this network may not sign at height {height}: its guard knows of \
         more than the chain and the logs in its home do. It waits for a node that has followed it; \
         if there is none, put back the newest copy of the home"
    )]
    Alone {
        /// The height that cannot be decided here.
        height: Height,
    },
    /// A validator broke the rules, and that can be proved.
    #[error("validator {} signed two different things at height {}", .0.validator, .0.height)]
    Offence(Offence),
}
