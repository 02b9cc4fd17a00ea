//! Poseidon over BN254, the hash that is cheap inside a circuit.
//!
//! Parameters and results are those of circomlib: x⁵, eight full rounds, and
//! as many partial ones as the paper asks for the width; the capacity comes
//! first and is zero; the result is the first element of the state.
//!
//! Invariant: each purpose has a fixed number of inputs, and a tag of its own
//! as the first of them. Poseidon does not pad: of two lists of different
//! lengths, or of two purposes, it would otherwise say the same.
//!
//! Assumption: collisions and preimages cost what the paper says, about 127
//! bits. It is a young hash; where no circuit needs it, BLAKE3 is used.

use ark_bn254::Fr;
use light_poseidon::{Poseidon as Permutation, PoseidonHasher};

/// More, and no parameters are published here; circuits hash in trees instead.
pub const POSEIDON_INPUT_COUNT_MAX: usize = 12;

/// The caller gave a list that this hash does not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this hash takes {expected} inputs; {found} were given")]
pub struct WrongCount {
    /// Inputs that it takes.
    pub expected: usize,
    /// Inputs given.
    pub found: usize,
}

/// What a hash is for. Its tag and its number of inputs never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Two nodes of a tree, to make their parent.
    TreeNode,
    /// A spending secret, to make the key of an owner.
    Owner,
    /// Owner, amount and blinding, to make the commitment of a note.
    Note,
    /// A spending secret and a commitment, to make what marks a note as spent.
    Nullifier,
    /// What was hashed of a set so far, then the key (two coordinates) and the
    /// power of its next member.
    Member,
    /// A bidder, an amount and a blinding, to make the commitment of a bid.
    Bid,
}

impl Purpose {
    /// The first input.
    pub fn tag(self) -> Fr {
        // Small numbers, so that a circuit holds them as constants.
        Fr::from(match self {
            Self::TreeNode => 1u64,
            Self::Owner => 2,
            Self::Note => 3,
            Self::Nullifier => 4,
            Self::Member => 5,
            Self::Bid => 6,
        })
    }

    /// Inputs besides the tag.
    pub const fn input_count(self) -> usize {
        match self {
            Self::Owner => 1,
            Self::TreeNode | Self::Nullifier => 2,
            Self::Note | Self::Bid => 3,
            Self::Member => 4,
        }
    }
}

/// A hash for one purpose. Making one reads its constants, so keep it.
pub struct Poseidon {
    /// Empty where circomlib's own hash is meant.
    tag: Option<Fr>,
    inputs: usize,
    permutation: Permutation<Fr>,
}

impl Poseidon {
    /// The hash for `purpose`.
    pub fn new(purpose: Purpose) -> Self {
        let inputs = purpose.input_count();
        Self {
            tag: Some(purpose.tag()),
            inputs,
            permutation: permutation(inputs + 1),
        }
    }

    /// The hash of circomlib for so many inputs, without a tag: for what is
    /// defined outside, such as EdDSA-Poseidon. `None` for 0 or more than
    /// [`POSEIDON_INPUT_COUNT_MAX`].
    pub fn circomlib(inputs: usize) -> Option<Self> {
        (1..=POSEIDON_INPUT_COUNT_MAX)
            .contains(&inputs)
            .then(|| Self {
                tag: None,
                inputs,
                permutation: permutation(inputs),
            })
    }

    /// Hashes exactly as many inputs as the purpose has.
    pub fn hash(&mut self, inputs: &[Fr]) -> Result<Fr, WrongCount> {
        let (expected, found) = (self.inputs, inputs.len());
        if found != expected {
            return Err(WrongCount { expected, found });
        }
        let all: Vec<Fr> = self.tag.iter().chain(inputs).copied().collect();
        let hash = self.permutation.hash(&all);
        Ok(hash.expect("the permutation was made for this many"))
    }
}

fn permutation(inputs: usize) -> Permutation<Fr> {
    Permutation::<Fr>::new_circom(inputs).expect("callers ask for 1 to 12 inputs")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn number(text: &Value) -> Fr {
        text.as_str().unwrap().parse().ok().unwrap()
    }

    #[test]
    fn hashes_are_those_of_circomlib() {
        let text = include_str!("../testdata/outside/poseidon.json");
        let vectors: Value = serde_json::from_str(text).unwrap();
        let mut checked = 0;
        for vector in vectors["hashes"].as_array().unwrap() {
            let inputs: Vec<Fr> = (vector["inputs"].as_array().unwrap().iter())
                .map(number)
                .collect();
            let expected = number(&vector["outputs"][0]);
            let hash = |inputs: &[Fr]| {
                let Some(initial) = vector.get("initial") else {
                    let mut poseidon = Poseidon::circomlib(inputs.len()).unwrap();
                    return poseidon.hash(inputs).unwrap();
                };
                let initial = number(initial);
                let made = Permutation::<Fr>::with_domain_tag_circom(inputs.len(), initial);
                made.unwrap().hash(inputs).unwrap()
            };
            assert_eq!(hash(&inputs), expected, "{vector}");
            for changed in 0..inputs.len() {
                let mut inputs = inputs.clone();
                inputs[changed] += Fr::from(1);
                assert_ne!(hash(&inputs), expected, "{vector}");
            }
            checked += 1;
        }
        assert_eq!(checked, 6);
    }

    #[test]
    fn a_hash_takes_its_number_of_inputs_and_no_other() {
        let mut node = Poseidon::new(Purpose::TreeNode);
        let inputs = [Fr::from(5); 3];
        for found in [0, 1, 3] {
            let expected = 2;
            let refused = node.hash(&inputs[..found]);
            assert_eq!(refused, Err(WrongCount { expected, found }));
        }
        assert!(node.hash(&inputs[..2]).is_ok());
        assert!(Poseidon::circomlib(0).is_none());
        assert!(Poseidon::circomlib(13).is_none());
    }

    #[test]
    fn purposes_do_not_collide_on_the_same_inputs() {
        let inputs = [Fr::from(5), Fr::from(6)];
        let hash = |purpose| Poseidon::new(purpose).hash(&inputs).unwrap();
        assert_ne!(hash(Purpose::TreeNode), hash(Purpose::Nullifier));
        let untagged = Poseidon::circomlib(2).unwrap().hash(&inputs).unwrap();
        assert_ne!(hash(Purpose::TreeNode), untagged);
    }

    #[test]
    fn a_tag_is_the_first_input() {
        let inputs = [Fr::from(9), Fr::from(10)];
        let tagged = Poseidon::new(Purpose::Nullifier).hash(&inputs).unwrap();
        let all = [Fr::from(4), Fr::from(9), Fr::from(10)];
        let plain = Poseidon::circomlib(3).unwrap().hash(&all).unwrap();
        assert_eq!(tagged, plain);
    }

    #[test]
    fn a_hash_used_again_says_the_same() {
        let mut node = Poseidon::new(Purpose::TreeNode);
        let inputs = [Fr::from(1), Fr::from(2)];
        assert_eq!(node.hash(&inputs), node.hash(&inputs));
    }
}
