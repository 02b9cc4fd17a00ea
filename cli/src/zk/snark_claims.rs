//! Claims and witnesses of the statements of Groth16.

use pyralog_notes::{ENCRYPTED_NOTE_BYTES, EncryptedNote, Shielded};
use pyralog_primitives::{BlockId, GenesisHash, Hash, Height, VotingPower};
use pyralog_zk::baby_jubjub::POINT_BYTES;
use pyralog_zk::eddsa::{ATTESTATION_BYTES, Attestation, AttestationKey};
use pyralog_zk::groth16::PublicInput;
use pyralog_zk::quorum::{
    self, AttestationSet, Member, Quorum, QuorumCircuit, SlotCount, attested,
};
use pyralog_zk::sealed_bid::{self, Bid, BidRange, SealedBidCircuit, bound_to};
use pyralog_zk::transfer::{
    self, Note, Spent, TREE_DEPTH, Transfer, TransferCircuit, TransferSecret, Units,
};
use serde::{Deserialize, Serialize};

use super::claim::{ClaimFault, Claims, NotSo, Public, said, settle};
use super::task::{SnarkTask, Task};
use super::value::{Number, Packed, Whole};

/// Places of the circuit that has a key.
const SLOTS: usize = 4;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TransferClaim {
    network: GenesisHash,
    root: Number,
    nullifiers: [Number; 2],
    commitments: [Number; 2],
    fee: Whole,
    valid_until: Height,
    encrypted: [Packed<ENCRYPTED_NOTE_BYTES>; 2],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TransferWitness {
    spending: Number,
    spent: [SpentNote; 2],
    made: [MadeNote; 2],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SpentNote {
    amount: Whole,
    blinding: Number,
    /// Where it is in the tree, counted from 0.
    place: Whole,
    /// The other child at each level, from the leaf.
    path: Vec<Number>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MadeNote {
    owner: Number,
    amount: Whole,
    blinding: Number,
}

impl TransferClaim {
    fn transfer(&self) -> Transfer {
        let shielded = Shielded {
            root: self.root.0.get(),
            nullifiers: self.nullifiers.map(|number| number.0.get()),
            commitments: self.commitments.map(|number| number.0.get()),
            fee: Units::new(self.fee.0),
            valid_until: self.valid_until,
            encrypted: self.encrypted.map(|note| EncryptedNote::new(note.0)),
        };
        shielded.on(self.network)
    }
}

impl SpentNote {
    fn spent(&self, place: usize) -> Result<Spent, NotSo> {
        if self.place.0 >> TREE_DEPTH != 0 {
            return Err(NotSo::Place { place });
        }
        let sides = (0..TREE_DEPTH).map(|level| self.place.0 >> level & 1 == 1);
        Ok(Spent {
            amount: Units::new(self.amount.0),
            blinding: self.blinding.0.get(),
            sides: sides.collect(),
            siblings: self.path.iter().map(|number| number.0.get()).collect(),
        })
    }
}

impl Claims for TransferClaim {
    type Witness = TransferWitness;

    fn complete(&mut self, witness: TransferWitness) -> Result<Task, NotSo> {
        let [first, second] = &witness.spent;
        let secret = TransferSecret {
            spending: witness.spending.0.get(),
            spent: [first.spent(0)?, second.spent(1)?],
            made: witness.made.map(|made| Note {
                owner: made.owner.0.get(),
                amount: Units::new(made.amount.0),
                blinding: made.blinding.0.get(),
            }),
        };
        let transfer = self.transfer();
        transfer::holds(&transfer, &secret)?;
        let circuit = Box::new(TransferCircuit::new(&transfer, &secret));
        Ok(Task::Snark(SnarkTask::Transfer(circuit)))
    }

    fn public(&self) -> Result<Public, ClaimFault> {
        Ok(Public::Inputs(self.transfer().inputs().to_vec()))
    }

    fn network(&self) -> Option<GenesisHash> {
        Some(self.network)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SealedBidClaim {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    commitment: Option<Number>,
    from: Whole,
    to: Whole,
    network: GenesisHash,
    /// The hash of what it is shown for, and by whom.
    shown: Hash,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SealedBidWitness {
    secret: Number,
    amount: Whole,
    blinding: Number,
}

impl SealedBidClaim {
    fn range(&self, commitment: Number) -> BidRange {
        BidRange {
            commitment: commitment.0.get(),
            from: Units::new(self.from.0),
            to: Units::new(self.to.0),
            external: bound_to(self.network, self.shown),
        }
    }
}

impl Claims for SealedBidClaim {
    type Witness = SealedBidWitness;

    fn complete(&mut self, witness: SealedBidWitness) -> Result<Task, NotSo> {
        let bid = Bid {
            secret: witness.secret.0.get(),
            amount: Units::new(witness.amount.0),
            blinding: witness.blinding.0.get(),
        };
        let commitment = Number(PublicInput::new(bid.commitment()));
        settle(&mut self.commitment, commitment, "commitment")?;
        let range = self.range(commitment);
        sealed_bid::holds(&range, &bid)?;
        let circuit = Box::new(SealedBidCircuit::new(&range, &bid));
        Ok(Task::Snark(SnarkTask::SealedBid(circuit)))
    }

    fn public(&self) -> Result<Public, ClaimFault> {
        let commitment = said(self.commitment, "commitment")?;
        Ok(Public::Inputs(self.range(commitment).inputs().to_vec()))
    }

    fn network(&self) -> Option<GenesisHash> {
        Some(self.network)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct QuorumClaim {
    network: GenesisHash,
    height: Height,
    block: BlockId,
    /// The set, in its order: whoever verifies compares it with the one they know.
    members: Vec<SetMember>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SetMember {
    key: Packed<POINT_BYTES>,
    power: VotingPower,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct QuorumWitness {
    /// For each member its attestation, or null.
    attestations: Vec<Option<Packed<ATTESTATION_BYTES>>>,
}

impl QuorumClaim {
    fn set(&self) -> Result<AttestationSet, ClaimFault> {
        let members = self.members.iter().enumerate().map(|(place, member)| {
            let key = AttestationKey::from_bytes(member.key.0);
            let key = key.map_err(|problem| ClaimFault::Key { place, problem })?;
            let power = member.power;
            Ok(Member { key, power })
        });
        let members = members.collect::<Result<_, ClaimFault>>()?;
        let slots = SlotCount::new(SLOTS).expect("four places are allowed");
        Ok(AttestationSet::new(members, slots)?)
    }

    fn quorum(&self, set: &AttestationSet) -> Quorum {
        Quorum {
            set: set.commitment(),
            message: attested(self.network, self.height, self.block),
        }
    }
}

impl Claims for QuorumClaim {
    type Witness = QuorumWitness;

    fn complete(&mut self, witness: QuorumWitness) -> Result<Task, NotSo> {
        let set = self.set()?;
        let quorum = self.quorum(&set);
        let attestations = witness.attestations.iter().enumerate();
        let attestations = attestations.map(|(place, packed)| {
            let decode = |packed: &Packed<ATTESTATION_BYTES>| Attestation::decode(&packed.0);
            let decoded = packed.as_ref().map(decode).transpose();
            decoded.map_err(|problem| NotSo::Attestation { place, problem })
        });
        let attestations: Vec<_> = attestations.collect::<Result<_, NotSo>>()?;
        quorum::holds(&quorum, &set, &attestations)?;
        let circuit = QuorumCircuit::new(&quorum, &set, &attestations);
        Ok(Task::Snark(SnarkTask::Quorum(circuit)))
    }

    fn public(&self) -> Result<Public, ClaimFault> {
        let quorum = self.quorum(&self.set()?);
        Ok(Public::Inputs(quorum.inputs().to_vec()))
    }

    fn network(&self) -> Option<GenesisHash> {
        Some(self.network)
    }
}
