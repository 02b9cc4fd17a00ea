//! Who signed for a block's parent, and who did not.
//!
//! A block shows why its parent is final: the precommits of a quorum. Before
//! anything else that it does, the absence of the others is written down, for
//! rules to come and for anyone who asks for a proof.
//!
//! Invariants:
//! - what is written follows from the block and the state after its parent:
//!   signatures that a node has seen, and the block does not show, change
//!   nothing;
//! - a validator that never missed has no entry, so a network in which all sign
//!   writes nothing;
//! - no validator missed more in a row than in all.

use pyralog_primitives::BlockCount;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::state::{AttendanceState, StateKey};
use pyralog_primitives::validators::ValidatorSet;

use crate::overlay::{Overlay, StateError, StateReader};

/// Notes which of `voters` a certificate lacks. The word of an only validator
/// lacks none.
pub(crate) fn note<R: StateReader>(
    state: &mut Overlay<R>,
    certificate: &Certificate,
    voters: &ValidatorSet,
) -> Result<(), StateError<R::Error>> {
    let Certificate::Quorum { signers, .. } = certificate else {
        return Ok(());
    };
    for place in voters.indexes() {
        let validator = voters.address(place).expect("the place is one of the set");
        let key = StateKey::Attendance { validator };
        let before: Option<AttendanceState> = state.read(&key)?;
        let after = after(before.unwrap_or_default(), signers.contains(place));
        if let Some(after) = after {
            state.put(key, &after);
        }
    }
    Ok(())
}

/// The attendance of a validator after one more certificate; `None` if it is
/// what it was.
fn after(before: AttendanceState, signed: bool) -> Option<AttendanceState> {
    if !signed {
        return Some(AttendanceState {
            missed: one_more(before.missed),
            missed_in_row: one_more(before.missed_in_row),
        });
    }
    let none = BlockCount::new(0);
    let ends_a_row = before.missed_in_row > none;
    ends_a_row.then_some(AttendanceState {
        missed_in_row: none,
        ..before
    })
}

/// There are fewer certificates than heights, so only a damaged state has the
/// end of the range; it stays there.
fn one_more(count: BlockCount) -> BlockCount {
    BlockCount::new(count.get().saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attendance(missed: u64, missed_in_row: u64) -> AttendanceState {
        AttendanceState {
            missed: BlockCount::new(missed),
            missed_in_row: BlockCount::new(missed_in_row),
        }
    }

    #[test]
    fn a_miss_counts_twice_and_a_signature_ends_the_row_alone() {
        let never = AttendanceState::default();
        assert_eq!(after(never, false), Some(attendance(1, 1)));
        assert_eq!(after(attendance(7, 3), false), Some(attendance(8, 4)));
        assert_eq!(after(attendance(7, 3), true), Some(attendance(7, 0)));
    }

    #[test]
    fn nothing_is_written_where_nothing_changes() {
        assert_eq!(after(AttendanceState::default(), true), None);
        assert_eq!(after(attendance(7, 0), true), None);
    }

    #[test]
    fn counts_stay_at_the_end_of_their_range() {
        let full = attendance(u64::MAX, u64::MAX);
        assert_eq!(after(full, false), Some(full));
    }
}
