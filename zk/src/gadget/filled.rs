//! A circuit with numbers in its wires, for tests that put others.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::ops::Range;
use std::rc::Rc;

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use ark_relations::gr1cs::{ConstraintSystem, R1CS_PREDICATE_LABEL, SynthesisError};

use super::{Rules, System};

type Row = Vec<(Fr, usize)>;

/// All constraints, and a number for each wire. Wire 0 holds 1; then come the
/// public ones.
#[derive(Clone)]
pub(crate) struct Filled<R> {
    rows: Rc<Vec<[Row; 3]>>,
    pub(crate) values: Vec<Fr>,
    rules: Rules<R>,
    /// For each constraint, the wire that follows from it and those before.
    defined: Rc<Vec<Option<usize>>>,
}

impl<R: Copy + PartialEq + Debug> Filled<R> {
    pub(crate) fn of(constrain: impl FnOnce(&System) -> Result<Rules<R>, SynthesisError>) -> Self {
        let system = ConstraintSystem::<Fr>::new_ref();
        let rules = constrain(&system).unwrap();
        assert_eq!(rules.last().unwrap().1.end, system.num_constraints());
        let satisfied = system.is_satisfied().unwrap();
        system.finalize();
        let matrices = &system.to_matrices().unwrap()[R1CS_PREDICATE_LABEL];
        let mut values = system.instance_assignment().unwrap();
        let public = values.len();
        values.extend(system.witness_assignment().unwrap());
        let rows: Vec<[Row; 3]> = (0..system.num_constraints())
            .map(|row| [0, 1, 2].map(|matrix| matrices[matrix][row].clone()))
            .collect();
        let filled = Self {
            defined: defined(&rows, public).into(),
            rows: rows.into(),
            values,
            rules,
        };
        assert_eq!(satisfied, filled.offended().is_empty());
        filled
    }

    fn sums(&self, row: usize) -> [Fr; 3] {
        let term = |(factor, at): &(Fr, usize)| *factor * self.values[*at];
        self.rows[row]
            .each_ref()
            .map(|row| row.iter().map(term).sum())
    }

    /// Zero if the constraint holds.
    pub(crate) fn excess(&self, row: usize) -> Fr {
        let [a, b, c] = self.sums(row);
        a * b - c
    }

    pub(crate) fn range(&self, rule: R) -> Range<usize> {
        let found = self.rules.iter().find(|(other, _)| *other == rule);
        found.unwrap().1.clone()
    }

    /// The rules that are offended, and by how many constraints.
    pub(crate) fn offended(&self) -> Vec<(R, usize)> {
        let count = |range: &Range<usize>| {
            let excess = range.clone().map(|row| self.excess(row));
            excess.filter(|excess| *excess != Fr::ZERO).count()
        };
        let counts = self.rules.iter().map(|(rule, range)| (*rule, count(range)));
        counts.filter(|(_, count)| *count > 0).collect()
    }

    /// The constraints that are offended.
    pub(crate) fn offended_rows(&self) -> Vec<usize> {
        let rows = 0..self.rows.len();
        rows.filter(|row| self.excess(*row) != Fr::ZERO).collect()
    }

    /// The rules that are offended.
    pub(crate) fn offended_rules(&self) -> Vec<R> {
        self.offended().into_iter().map(|(rule, _)| rule).collect()
    }

    /// The wires of a rule each constraint of which makes a bit of one.
    pub(crate) fn bits(&self, rule: R) -> Vec<usize> {
        self.range(rule).map(|row| self.rows[row][0][0].1).collect()
    }

    /// The constraints of a rule from which a wire follows.
    pub(crate) fn defining(&self, rule: R) -> Vec<usize> {
        let rows = self.range(rule);
        rows.filter(|row| self.defined[*row].is_some()).collect()
    }

    /// The wire that follows from a constraint.
    pub(crate) fn follows(&self, row: usize) -> usize {
        self.defined[row].unwrap()
    }

    /// Puts another number into the wire that follows from one constraint, and
    /// works out all that follow behind it.
    pub(crate) fn forge(&mut self, row: usize) {
        let wire = self.follows(row);
        self.values[wire] += Fr::ONE;
        self.solve(row + 1..self.rows.len());
    }

    /// Works out the wires that follow from these constraints.
    pub(crate) fn solve(&mut self, rows: Range<usize>) {
        for row in rows {
            if let Some(wire) = self.defined[row] {
                self.fit(wire, row);
            }
        }
    }

    /// Gives a wire the number with which a constraint holds.
    pub(crate) fn fit(&mut self, wire: usize, row: usize) {
        let [a, b, c] = self.sums(row);
        let excess = a * b - c;
        if excess != Fr::ZERO {
            let [in_a, in_b, in_c] = self.rows[row].each_ref().map(|row| factor(row, wire));
            assert!(in_a * in_b == Fr::ZERO, "the constraint is not linear");
            let step = in_a * b + in_b * a - in_c;
            self.values[wire] -= excess / step;
        }
    }

    /// Wires that may have another number without a constraint that minds.
    pub(crate) fn free_wires(&self) -> Vec<usize> {
        let bound: BTreeSet<usize> = (0..self.rows.len())
            .flat_map(|row| self.minded(row))
            .collect();
        (1..self.values.len())
            .filter(|wire| !bound.contains(wire))
            .collect()
    }

    /// Constraints that mind no other number in any of their wires.
    pub(crate) fn idle_constraints(&self) -> Vec<usize> {
        let rows = 0..self.rows.len();
        rows.filter(|row| self.minded(*row).is_empty()).collect()
    }

    /// The wires of a constraint of which it minds another number.
    fn minded(&self, row: usize) -> Vec<usize> {
        // Five more, because one more makes 1 of a bit that is 0.
        let five = Fr::from(5);
        let [a, b, c] = self.sums(row);
        let wires: BTreeSet<usize> = self.rows[row].iter().flatten().map(|(_, at)| *at).collect();
        let minds = |wire: &usize| {
            let more = self.rows[row]
                .each_ref()
                .map(|row| factor(row, *wire) * five);
            (a + more[0]) * (b + more[1]) != c + more[2]
        };
        wires.into_iter().filter(minds).collect()
    }
}

fn factor(row: &Row, wire: usize) -> Fr {
    let own = row.iter().filter(|(_, at)| *at == wire);
    own.map(|(factor, _)| *factor).sum()
}

/// A wire follows from the first constraint that names it, if it is the newest
/// there and the constraint is linear in it.
fn defined(rows: &[[Row; 3]], public: usize) -> Vec<Option<usize>> {
    let mut seen = public;
    let mut known = BTreeSet::<usize>::new();
    let find = |row: &[Row; 3]| {
        let new = row.iter().flatten().map(|(_, at)| *at);
        let new: BTreeSet<usize> = new
            .filter(|at| *at >= public && !known.contains(at))
            .collect();
        known.extend(&new);
        let newest = *new.last()?;
        let is_later = newest >= seen;
        seen = seen.max(newest + 1);
        let [in_a, in_b, _] = row.each_ref().map(|row| factor(row, newest));
        (is_later && in_a * in_b == Fr::ZERO).then_some(newest)
    };
    rows.iter().map(find).collect()
}
