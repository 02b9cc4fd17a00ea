//! What a driver is told, and what it asks for.

use std::sync::Arc;

use pyralog_consensus::Tick;
use pyralog_p2p::PeerId;
use pyralog_primitives::block::Block;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::validators::ValidatorSet;
use pyralog_primitives::vote::{Evidence, Offence};
use pyralog_primitives::{
    Address, BlockCount, BlockId, DurationMs, GenesisHash, Height, SignedTransactionId, TimestampMs,
};

use crate::answer::{Answer, VerifiedAnswer};
use crate::bodies::Body;
use crate::error::{Blame, Warning};
use crate::word::Word;

/// What a driver must know of its network and its node.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The network.
    pub genesis: GenesisHash,
    /// How far ahead of the own clock the time of a block may be.
    pub drift_max: DurationMs,
    /// Whether there may be other nodes. A lone one waits for none.
    pub has_peers: bool,
}

/// What the clocks say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The one that never goes back.
    pub tick: Tick,
    /// The one on the wall.
    pub time: TimestampMs,
}

/// What the next height begins with.
#[derive(Clone, Debug)]
pub struct Next {
    /// The height.
    pub height: Height,
    /// Who made the block before it; none made the genesis.
    pub last_proposer: Option<Address>,
    /// Whether the block before it carried transactions.
    pub has_unproved: bool,
    /// Who decides it.
    pub validators: Arc<ValidatorSet>,
    /// Who decides the one after it.
    pub next_validators: Arc<ValidatorSet>,
    /// Of those offences the chain knows by now, in the block before it.
    pub punished: Vec<Offence>,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A peer is there.
    Connected(PeerId),
    /// A peer is gone.
    Disconnected(PeerId),
    /// A peer said something.
    Heard {
        /// Which peer.
        from: PeerId,
        /// What it said.
        word: Box<Word>,
    },
    /// Transactions wait for a block.
    Waiting,
    /// The block that was asked for was built. It stands in the ledger.
    Built(Arc<Block>),
    /// A block was examined. If it is valid, it stands in the ledger.
    Examined {
        /// Which block.
        block: BlockId,
        /// Whether it keeps the rules.
        is_valid: bool,
    },
    /// The block that was to become final is.
    Finalized {
        /// What the next height begins with.
        next: Next,
        /// Whether transactions wait that are not in it.
        has_waiting: bool,
    },
    /// Blocks up to this height are durable.
    Durable(Height),
    /// What a peer gave was verified.
    Verified(VerifiedAnswer),
    /// What the pool has of a block's transactions, in their order.
    Found {
        /// Which block.
        block: BlockId,
        /// Each of them, if it is there.
        transactions: Vec<Option<FoundTransaction>>,
    },
}

/// A transaction of a block that was here before the block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundTransaction {
    /// The transaction.
    pub transaction: Transaction,
    /// Whether its signature was verified.
    pub is_checked: bool,
}

/// Something to do. The host need not wait for it, but does things of one kind
/// in the order in which they were asked for.
#[derive(Clone, Debug)]
pub enum Command {
    /// Tell something.
    Say {
        /// To whom.
        to: To,
        /// What.
        word: Word,
    },
    /// Put a block together on the last final one, and give [`Event::Built`] back.
    Build {
        /// Offences that it should name.
        evidence: Vec<Evidence>,
    },
    /// Execute a block, and give [`Event::Examined`] back.
    Examine(Body),
    /// Make a block final, and give [`Event::Finalized`] back, and
    /// [`Event::Durable`] once it is.
    Finalize {
        /// The block.
        body: Body,
        /// Why it is final.
        certificate: Certificate,
    },
    /// Look for transactions in the pool, and give [`Event::Found`] back.
    Find {
        /// Of which block.
        block: BlockId,
        /// Which.
        transactions: Vec<SignedTransactionId>,
    },
    /// Give a peer durable blocks, as many as fit one answer.
    Serve {
        /// To whom.
        to: PeerId,
        /// From which height on.
        from: Height,
        /// How many at most.
        count: BlockCount,
    },
    /// Verify what a peer gave, and give [`Event::Verified`] back.
    Verify(Answer),
    /// A peer did wrong.
    Blame {
        /// Which peer.
        peer: PeerId,
        /// What it did.
        blame: Blame,
    },
    /// The operator should know.
    Warn(Warning),
}

/// To whom something is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// To all peers.
    All,
    /// To one.
    Peer(PeerId),
}
