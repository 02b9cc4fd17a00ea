//! What was exercised, and how often.

use std::fmt;

/// Declares things to count, each with its name.
macro_rules! counted {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// All of them, in order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// How it is written.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }
    };
}

counted!(
    /// A kind of fault.
    FaultKind {
        /// Messages are lost.
        Loss = "loss",
        /// Messages are lost, however often they are said again.
        Sieve = "sieve",
        /// One alone learns of a decision, or of a preparation.
        LoneDecision = "lone-decision",
        /// Messages come twice.
        Duplication = "duplication",
        /// Messages overtake each other.
        Reordering = "reordering",
        /// Messages take long.
        Delay = "delay",
        /// Messages pass in one direction only.
        Cut = "cut",
        /// Processes fall into groups that do not hear each other.
        Partition = "partition",
        /// A process ends and begins again.
        Crash = "crash",
        /// The power goes while something is being written.
        TornWrite = "torn-write",
        /// A sync fails.
        FailedSync = "failed-sync",
        /// A sync takes long.
        SlowDisk = "slow-disk",
        /// A process stands still.
        Pause = "pause",
        /// A clock runs fast or slow.
        Skew = "skew",
        /// Two proposals in one round.
        EquivocatingProposals = "equivocating-proposals",
        /// Two votes in one place.
        EquivocatingVotes = "equivocating-votes",
        /// Proposals and votes go to some only.
        Withholding = "withholding",
        /// Nothing is said at all.
        Silence = "silence",
        /// What was said is forgotten.
        Amnesia = "amnesia",
        /// Old and far messages, and those of strangers, in masses.
        Spam = "spam",
        /// Blocks that break the rules.
        InvalidBlocks = "invalid-blocks",
        /// Messages that were tampered with.
        Forgery = "forgery",
        /// What was prepared is kept quiet.
        HiddenPreparation = "hidden-preparation",
        /// Whatever is proposed is voted for.
        Disloyalty = "disloyalty",
        /// One key in two processes.
        Twins = "twins",
    }
);

counted!(
    /// Something that a run should come past.
    Landmark {
        /// A run, whole.
        Run = "runs",
        /// A run under a signing guard.
        GuardedRun = "runs with a guard",
        /// A run whose validators change.
        ChangingRun = "runs with changing validators",
        /// A height whose validators are others than those of the height before.
        ChangedSet = "heights with other validators",
        /// A run with ed25519 signatures.
        SignedRun = "runs with ed25519",
        /// A block that became final.
        FinalBlock = "final blocks",
        /// One that did after its first round.
        LateBlock = "blocks final in a later round",
        /// One that a process was given, with its certificate.
        GivenBlock = "final blocks fetched from a peer",
        /// The body of a proposal that had to be asked for.
        FetchedBody = "bodies fetched from a peer",
        /// A restart that found records of its height.
        Replay = "restarts with records to replay",
        /// A log with an unfinished end.
        TornTail = "logs with a torn tail",
        /// Proof that a validator broke the rules.
        Evidence = "proofs of misconduct",
        /// A message that its receiver refused.
        Refused = "messages refused by verification",
    }
);

/// How often each thing happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    faults: Vec<u64>,
    landmarks: Vec<u64>,
}

impl Default for Coverage {
    fn default() -> Self {
        Self {
            faults: vec![0; FaultKind::ALL.len()],
            landmarks: vec![0; Landmark::ALL.len()],
        }
    }
}

impl Coverage {
    pub(crate) fn fault(&mut self, kind: FaultKind) {
        self.faults[kind as usize] += 1;
    }

    pub(crate) fn landmark(&mut self, landmark: Landmark) {
        self.landmarks[landmark as usize] += 1;
    }

    /// How often a fault really acted: messages lost, processes ended, and so on.
    ///
    /// Bare integer: a count of whatever the kind is.
    pub fn of(&self, kind: FaultKind) -> u64 {
        self.faults[kind as usize]
    }

    /// How often a landmark was passed.
    ///
    /// Bare integer: a count of whatever the landmark is.
    pub fn passed(&self, landmark: Landmark) -> u64 {
        self.landmarks[landmark as usize]
    }

    /// Adds what another run exercised.
    pub fn add(&mut self, other: &Self) {
        let pairs = self.faults.iter_mut().zip(&other.faults);
        let landmarks = self.landmarks.iter_mut().zip(&other.landmarks);
        for (count, more) in pairs.chain(landmarks) {
            *count += more;
        }
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for landmark in Landmark::ALL {
            writeln!(f, "  {landmark:<34} {:>12}", self.passed(*landmark))?;
        }
        writeln!(f, "  faults that acted:")?;
        for kind in FaultKind::ALL {
            writeln!(f, "    {kind:<32} {:>12}", self.of(*kind))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_add_up_kind_by_kind() {
        let mut one = Coverage::default();
        one.fault(FaultKind::Loss);
        one.landmark(Landmark::Refused);
        let mut sum = one.clone();
        sum.add(&one);
        assert_eq!(sum.of(FaultKind::Loss), 2);
        assert_eq!(sum.of(FaultKind::Twins), 0);
        assert_eq!(sum.passed(Landmark::Refused), 2);
    }
}
