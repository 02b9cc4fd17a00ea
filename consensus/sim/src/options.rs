//! What is to be simulated.

use std::fmt;
use std::str::FromStr;

use pyralog_primitives::BlockCount;

use crate::chance::Seed;
use crate::coverage::FaultKind;
use crate::fault::Fault;
use crate::keyring::Signatures;
use crate::time::Span;

/// Heights that a run has to make final after the faults have ended.
pub const HEIGHT_COUNT: BlockCount = BlockCount::new(20);

/// One simulation.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many validators there are.
    pub validators: usize,
    /// What decides the rest.
    pub seed: Seed,
    /// What happens to them.
    pub scenario: Scenario,
    /// Which of the faults that the seed draws are let happen.
    pub faults: FaultChoice,
    /// What stands for a signature.
    pub signatures: Signatures,
    /// How many heights every honest validator must make final once all is well.
    pub heights: BlockCount,
}

/// What happens to a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// Faults of all kinds, as the seed draws them; then none, but for the
    /// validators that break the rules.
    Chaos,
    /// So many validators run twice, and a script says for each round who hears
    /// whom; then all hear all.
    Twins {
        /// How many.
        twins: usize,
    },
    /// So many validators break the rules, more than there may be; so honest
    /// ones come to disagree, and it shows whether those can be named.
    Treason {
        /// How many.
        traitors: usize,
    },
    /// Nothing goes wrong. Links take exactly this long and all else no time.
    Calm {
        /// How long a message takes.
        delay: Span,
        /// So many validators never come up.
        crashed: usize,
    },
}

/// Which faults are let happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultChoice {
    /// All that the seed draws.
    All,
    /// Those with these places in the list of the seed.
    Kept(Vec<usize>),
    /// Those of these kinds.
    Kinds(Vec<FaultKind>),
}

impl Options {
    /// Chaos among so many.
    pub const fn chaos(validators: usize, seed: Seed) -> Self {
        Self {
            validators,
            seed,
            scenario: Scenario::Chaos,
            faults: FaultChoice::All,
            signatures: Signatures::Hashes,
            heights: HEIGHT_COUNT,
        }
    }

    /// A script with twins.
    pub fn twins(validators: usize, twins: usize, seed: Seed) -> Self {
        Self {
            scenario: Scenario::Twins { twins },
            ..Self::chaos(validators, seed)
        }
    }

    /// With so many who break the rules, for as long as the faults last.
    pub fn treason(validators: usize, traitors: usize, seed: Seed) -> Self {
        Self {
            scenario: Scenario::Treason { traitors },
            ..Self::chaos(validators, seed)
        }
    }

    /// Nothing goes wrong, but that some never come up.
    pub fn calm(validators: usize, crashed: usize, delay: Span, seed: Seed) -> Self {
        Self {
            scenario: Scenario::Calm { delay, crashed },
            ..Self::chaos(validators, seed)
        }
    }
}

impl FaultChoice {
    pub(crate) fn has(&self, fault: &Fault) -> bool {
        match self {
            Self::All => true,
            Self::Kept(places) => places.contains(&fault.index),
            Self::Kinds(kinds) => kinds.contains(&fault.kind()),
        }
    }
}

/// A text that chooses no faults.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no fault; write all, none, places in the list of the seed (3,7), or kinds ({1})")]
pub struct FaultChoiceError(String, String);

impl FromStr for FaultChoice {
    type Err = FaultChoiceError;

    fn from_str(text: &str) -> Result<Self, FaultChoiceError> {
        match text {
            "all" => return Ok(Self::All),
            "none" => return Ok(Self::Kept(Vec::new())),
            _ => {}
        }
        let parts = || text.split(',').map(str::trim);
        if let Ok(places) = parts().map(str::parse).collect() {
            return Ok(Self::Kept(places));
        }
        let kind = |name: &str| {
            let found = FaultKind::ALL.iter().find(|kind| kind.name() == name);
            found.copied().ok_or_else(|| {
                let names: Vec<&str> = FaultKind::ALL.iter().map(|kind| kind.name()).collect();
                FaultChoiceError(name.to_owned(), names.join(", "))
            })
        };
        parts().map(kind).collect::<Result<_, _>>().map(Self::Kinds)
    }
}

impl fmt::Display for FaultChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = match self {
            Self::All => return f.write_str("all"),
            Self::Kept(places) if places.is_empty() => return f.write_str("none"),
            Self::Kept(places) => places.iter().map(ToString::to_string).collect(),
            Self::Kinds(kinds) => kinds.iter().map(ToString::to_string).collect::<Vec<_>>(),
        };
        f.write_str(&list.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_of_faults_reads_what_it_prints() {
        for text in ["all", "none", "3,7", "loss,torn-write"] {
            let choice: FaultChoice = text.parse().unwrap();
            assert_eq!(choice.to_string(), text);
        }
        let error = "loss,rain".parse::<FaultChoice>().unwrap_err().to_string();
        assert!(error.starts_with("rain is no fault") && error.contains("partition"));
    }
}
