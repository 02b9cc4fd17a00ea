//! A sealed bid, of which its bidder shows that it lies between two bounds.
//!
//! The first *private predicate*: the data is private, the predicate is public.
//! Whoever sees the key of the statement knows what is asked of the data.
//!
//! A bid is sealed as `H(bid, owner, amount, blinding)`, where the owner is
//! `H(owner, secret)`. Later its bidder shows, as often as is asked and each time
//! with other bounds, that `from ≤ amount ≤ to`:
//! - from the reserve to the deposit, to be let in;
//! - from 0 to the price, as one who was outbid;
//! - from the price to the price, as the one who won: then the amount is no
//!   secret any more.
//!
//! Public: the commitment, both bounds, and the hash of all that goes along
//! ([`bound_to`]). Hidden from everybody: the amount, the blinding, the bidder, and
//! whether two bids are of one bidder. Each proof tells what its bounds tell.
//!
//! Not proved, and to be seen to by whoever accepts:
//! - that the bounds are below 2⁶⁴, which their type holds, and that they are those
//!   of the auction;
//! - that the commitment was sealed in time, and by one who may bid. A commitment
//!   that was copied is worth nothing to whoever copied it: they show nothing of it;
//! - that anybody pays.

mod circuit;
mod relation;

pub use circuit::SealedBidCircuit;
pub use relation::{Bid, BidRange, BidRefused, bound_to, holds};

#[cfg(test)]
mod tests;
