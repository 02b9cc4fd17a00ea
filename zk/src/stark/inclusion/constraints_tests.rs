use winterfell::math::FieldElement;
use winterfell::math::fields::f64::BaseElement;

use super::air::SIDE;
use super::samples::{Samples, changed};
use super::trace::{columns, first_state, side};
use super::*;
use crate::stark::offences::Constraint::{Between, Fixed};
use crate::stark::offences::{self, Constraint, spoil_round};
use crate::stark::rescue::{Columns, LEFT, RIGHT, STATE, State};

#[test]
fn program_and_constraints_agree_on_ten_thousand_random_instances() {
    let mut samples = Samples::new(1);
    let mut truths = 0;
    for _ in 0..10_000 {
        let depth = [2, 4][usize::try_from(samples.number(2)).unwrap()];
        let (mut claim, mut path) = samples.claim(depth);
        let place = usize::try_from(samples.number(4)).unwrap();
        match samples.number(8) {
            0 => claim.root = changed(claim.root, place),
            1 => claim.leaf = changed(claim.leaf, place),
            2 => path[place % 2] = samples.digest(),
            3 => claim.index = LeafIndex::new(claim.index.get() ^ (1 << (place % 2))),
            _ => {}
        }
        let program = root_of(&claim, &path) == Ok(claim.root);
        let constraints = offended(&claim, &columns(&claim, &path)).is_empty();
        assert_eq!(program, constraints, "{claim:?}");
        truths += u32::from(program);
    }
    assert!((4_000..6_000).contains(&truths), "{truths} true claims");
}

/// A trace whose first state at a level somebody changed, and the root to which
/// it leads.
fn forged(
    claim: &Inclusion,
    path: &[TreeDigest],
    mut change: impl FnMut(usize, &mut State),
) -> (Columns, TreeDigest) {
    let (mut rows, mut node) = (Vec::new(), claim.leaf);
    for (level, sibling) in path.iter().enumerate() {
        let is_right = claim.is_right(level);
        let mut state = first_state(node, *sibling, is_right);
        change(level, &mut state);
        for row in 0..ROWS_PER_LEVEL {
            if row > 0 {
                Rp64_256::apply_round(&mut state, row - 1);
            }
            let mut cells = state.to_vec();
            cells.push(side(rows.len(), is_right));
            rows.push(cells);
        }
        node = TreeDigest::in_state(&state);
    }
    let column = |place: usize| rows.iter().map(|row: &Vec<_>| row[place]).collect();
    ((0..WIDTH).map(column).collect(), node)
}

fn offended(claim: &Inclusion, columns: &Columns) -> Vec<Constraint> {
    offences::offended::<InclusionAir>(*claim, columns)
}

#[test]
fn an_honest_trace_offends_nothing() {
    let (claim, path) = Samples::new(2).claim(4);
    assert_eq!(offended(&claim, &columns(&claim, &path)), []);
    let (same, root) = forged(&claim, &path, |_, _| {});
    assert_eq!((same, root), (columns(&claim, &path), claim.root));
}

#[test]
fn a_wrong_round_is_refused_by_the_constraint_of_its_element_alone() {
    let (mut claim, path) = Samples::new(3).claim(4);
    let honest = columns(&claim, &path);
    let last = honest[0].len() - 1;
    for place in 0..STATE {
        let mut columns = honest.clone();
        let state = spoil_round(&mut columns, last, place);
        claim.root = TreeDigest::in_state(&state);
        assert_eq!(offended(&claim, &columns), [Between(place)]);
    }
}

#[test]
fn a_digest_changed_between_levels_is_refused_by_the_constraint_of_its_element_alone() {
    let (mut claim, path) = Samples::new(4).claim(4);
    for side_of_level_one in [0, 2] {
        claim.index = LeafIndex::new(side_of_level_one);
        let at = if side_of_level_one == 2 { RIGHT } else { LEFT };
        for place in 0..4 {
            let (columns, root) = forged(&claim, &path, |level, state| {
                if level == 1 {
                    state[at + place] += BaseElement::ONE;
                }
            });
            claim.root = root;
            assert_eq!(offended(&claim, &columns), [Between(STATE + place)]);
        }
    }
}

#[test]
fn a_capacity_that_is_not_that_of_the_hash_is_refused_by_its_cell_alone() {
    let (mut claim, path) = Samples::new(5).claim(4);
    for changed_level in 0..4 {
        for place in 0..LEFT {
            let (columns, root) = forged(&claim, &path, |level, state| {
                if level == changed_level {
                    state[place] += BaseElement::ONE;
                }
            });
            claim.root = root;
            assert_eq!(offended(&claim, &columns), [Fixed(place, 0)]);
        }
    }
}

#[test]
fn another_leaf_is_refused_by_the_cell_of_its_element_alone() {
    let (mut claim, path) = Samples::new(6).claim(4);
    for index in [0, 1] {
        claim.index = LeafIndex::new(index);
        let at = if index == 1 { RIGHT } else { LEFT };
        for place in 0..4 {
            let (columns, root) = forged(&claim, &path, |level, state| {
                if level == 0 {
                    state[at + place] += BaseElement::ONE;
                }
            });
            claim.root = root;
            assert_eq!(offended(&claim, &columns), [Fixed(at + place, 0)]);
        }
    }
}

#[test]
fn another_root_is_refused_by_the_cell_of_its_element_alone() {
    let (claim, path) = Samples::new(7).claim(4);
    let columns = columns(&claim, &path);
    for place in 0..4 {
        let root = changed(claim.root, place);
        let other = Inclusion { root, ..claim };
        assert_eq!(offended(&other, &columns), [Fixed(LEFT + place, 31)]);
    }
}

#[test]
fn another_place_is_refused_by_the_cells_of_the_sides_alone() {
    let (claim, path) = Samples::new(8).claim(4);
    for level in 1..4 {
        let index = LeafIndex::new(claim.index.get() ^ (1 << level));
        let mut elsewhere = Inclusion { index, ..claim };
        elsewhere.root = root_of(&elsewhere, &path).unwrap();
        let columns = columns(&elsewhere, &path);
        let claim = Inclusion {
            index: claim.index,
            ..elsewhere
        };
        assert_eq!(offended(&claim, &columns), [Fixed(SIDE, 0)]);
    }
}
