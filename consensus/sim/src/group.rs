//! Processes, and groups of them.

use std::fmt;

/// The most processes in one simulation: a group of them is a number of as many
/// bits. No engine is slower to break among more than that.
pub const PROCESS_COUNT_MAX: usize = 128;

/// One process. Those below the count of validators run the validator of their
/// number; the twins come behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ProcessId(usize);

impl ProcessId {
    /// The process of this number.
    pub(crate) const fn new(raw: usize) -> Self {
        Self(raw)
    }

    /// The number without its meaning.
    pub(crate) const fn get(self) -> usize {
        self.0
    }
}

impl fmt::Display for ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_most = self.0.count_ones() > u128::BITS / 2;
        let listed = if is_most { !self.0 } else { self.0 };
        let names = (0..PROCESS_COUNT_MAX).map(ProcessId);
        let names = names.filter(|who| Self(listed).has(*who));
        let names: Vec<String> = names.map(|who| who.to_string()).collect();
        match (is_most, names.is_empty()) {
            (true, true) => f.write_str("all"),
            (true, false) => write!(f, "all but {}", names.join(", ")),
            (false, true) => f.write_str("nobody"),
            (false, false) => f.write_str(&names.join(", ")),
        }
    }
}

/// Some of the processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Group(u128);

impl Group {
    pub(crate) const ALL: Self = Self(u128::MAX);

    pub(crate) const fn of(who: ProcessId) -> Self {
        Self(1 << who.0)
    }

    /// Those whose bits are set in a number.
    pub(crate) const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    pub(crate) const fn has(self, who: ProcessId) -> bool {
        self.0 >> who.0 & 1 == 1
    }

    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_names_its_members_or_who_is_left_out() {
        let one = Group::of(ProcessId(2));
        let shown = |group: Group| group.to_string();
        assert_eq!(shown(one), "v2");
        assert_eq!(shown(Group::from_bits(0b101)), "v0, v2");
        assert_eq!(shown(Group::ALL.without(one)), "all but v2");
        assert_eq!(shown(Group::ALL), "all");
        assert_eq!(shown(one.without(one)), "nobody");
        assert!(Group::ALL.and(one).has(ProcessId(2)));
    }
}
