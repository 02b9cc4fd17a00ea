//! The relation as a program.

use std::fmt;

use ark_bn254::Fr;
use ark_ff::PrimeField;
use pyralog_primitives::{Domain, GenesisHash, Hash};

use crate::groth16::PublicInput;
use crate::poseidon::{Poseidon, Purpose};
use crate::transfer::{NoteHashes, Units};

/// What everybody sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BidRange {
    /// The sealed bid, see [`Bid::commitment`].
    pub commitment: Fr,
    /// The least that the bid may be. That it is below 2⁶⁴ is held by this type
    /// alone.
    pub from: Units,
    /// The most that it may be; as with `from`.
    pub to: Units,
    /// The hash of all that goes along, see [`bound_to`].
    pub external: Fr,
}

impl BidRange {
    /// The public inputs in the order of the statement.
    pub fn inputs(&self) -> [PublicInput; 4] {
        let [from, to] = [self.from, self.to].map(|units| Fr::from(units.get()));
        [self.commitment, from, to, self.external].map(PublicInput::new)
    }
}

/// What the bidder alone knows. Printing it shows none of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Bid {
    /// Whoever knows it shows things of the bid.
    pub secret: Fr,
    /// How much is bid.
    pub amount: Units,
    /// Drawn for this bid alone, so that nobody guesses the amount.
    pub blinding: Fr,
}

impl Bid {
    /// The bid, sealed.
    pub fn commitment(&self) -> Fr {
        let owner = NoteHashes::default().owner(self.secret);
        let inputs = [owner, Fr::from(self.amount.get()), self.blinding];
        let sealed = Poseidon::new(Purpose::Bid).hash(&inputs);
        sealed.expect("the purpose has three inputs")
    }
}

impl fmt::Debug for Bid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bid").finish_non_exhaustive()
    }
}

/// What a proof is bound to, as one number: the network, and the hash of the
/// auction and of whoever shows the proof. Shown elsewhere, or by another, it is
/// a proof of something else.
pub fn bound_to(network: GenesisHash, shown: Hash) -> Fr {
    let part = |number: u8| {
        let mut hasher = Domain::BidBound.hasher();
        hasher
            .update(network.get().as_bytes())
            .update(shown.as_bytes())
            .update(&[number]);
        *hasher.finish().as_bytes()
    };
    // Twice the bits of the order, so that no number is likelier.
    Fr::from_le_bytes_mod_order([part(0), part(1)].as_flattened())
}

/// Why a bid is not between its bounds. Whoever put it together must change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BidRefused {
    /// The commitment is another's.
    #[error("the commitment is not that of this bid")]
    Commitment,
    /// It is less than `from`.
    #[error("the bid is below its lower bound")]
    TooLow,
    /// It is more than `to`.
    #[error("the bid is above its upper bound")]
    TooHigh,
}

/// Whether a bid is between its bounds.
pub fn holds(range: &BidRange, bid: &Bid) -> Result<(), BidRefused> {
    if bid.commitment() != range.commitment {
        return Err(BidRefused::Commitment);
    }
    if bid.amount < range.from {
        return Err(BidRefused::TooLow);
    }
    if bid.amount > range.to {
        return Err(BidRefused::TooHigh);
    }
    Ok(())
}
