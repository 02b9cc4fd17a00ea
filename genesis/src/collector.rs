//! Gathers mistakes while the rules run.
//!
//! Invariant: whatever is reported, and in whatever order, the mistakes kept
//! are the first [`MISTAKE_COUNT_MAX`] of the document, and memory stays
//! bounded.

use crate::mistakes::{Line, MISTAKE_COUNT_MAX, Mistake, Mistakes, Place};
use crate::problem::Problem;

/// Where a value stands in the text.
type Locate<'t> = Box<dyn Fn(&Place) -> Option<Line> + 't>;

/// Takes mistakes in any order.
pub(crate) struct Collector<'t> {
    locate: Locate<'t>,
    found: Vec<Mistake>,
    left_out: usize,
    /// Once mistakes were left out: those after this line may be too.
    last_line: Option<Line>,
}

impl<'t> Collector<'t> {
    pub(crate) fn new(locate: impl Fn(&Place) -> Option<Line> + 't) -> Self {
        Self {
            locate: Box::new(locate),
            found: Vec::new(),
            left_out: 0,
            last_line: None,
        }
    }

    /// For what was never text.
    pub(crate) fn without_lines() -> Self {
        Self::new(|_| None)
    }

    /// Mistakes that stand at lines already, in any order and at least one.
    pub(crate) fn sort(found: Vec<Mistake>) -> Mistakes {
        let mut collector = Self::without_lines();
        collector.found = found;
        collector.cut();
        Mistakes::new(collector.found, collector.left_out)
    }

    pub(crate) fn report(&mut self, place: &Place, problem: Problem) {
        let line = (self.locate)(place);
        if self.left_out > 0 && line >= self.last_line {
            self.left_out += 1;
            return;
        }
        self.found.push(Mistake {
            line,
            field: place.to_string(),
            problem,
        });
        if self.found.len() >= 2 * MISTAKE_COUNT_MAX {
            self.cut();
        }
    }

    /// Reports what is wrong, or gives what is right.
    pub(crate) fn take<T>(&mut self, place: &Place, read: Result<T, Problem>) -> Option<T> {
        read.map_err(|problem| self.report(place, problem)).ok()
    }

    pub(crate) fn finish(mut self) -> Result<(), Mistakes> {
        self.cut();
        if self.found.is_empty() {
            Ok(())
        } else {
            Err(Mistakes::new(self.found, self.left_out))
        }
    }

    fn cut(&mut self) {
        self.found.sort_by_key(|mistake| mistake.line);
        let more = self.found.len().saturating_sub(MISTAKE_COUNT_MAX);
        if more > 0 {
            self.left_out += more;
            self.found.truncate(MISTAKE_COUNT_MAX);
            self.last_line = self.found.last().and_then(|mistake| mistake.line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(mistakes: &Mistakes) -> Vec<u32> {
        let lines = mistakes.iter().filter_map(|mistake| mistake.line);
        lines.map(Line::get).collect()
    }

    fn collect(reported: impl Iterator<Item = u32>) -> Mistakes {
        let mut collector =
            Collector::new(|place: &Place| place.to_string().parse().ok().map(Line::new));
        for line in reported {
            collector.report(&Place::of(line.to_string()), Problem::Negative);
        }
        collector.finish().unwrap_err()
    }

    #[test]
    fn the_first_mistakes_are_kept_in_whatever_order_they_come() {
        let count = 5 * u32::try_from(MISTAKE_COUNT_MAX).unwrap();
        let first: Vec<u32> = (1..=count / 5).collect();
        for mistakes in [
            collect(1..=count),
            collect((1..=count).rev()),
            collect((0..count).map(|i| i * 7 % count + 1)),
        ] {
            assert_eq!(lines(&mistakes), first);
            assert_eq!(mistakes.left_out(), 4 * MISTAKE_COUNT_MAX);
        }
    }

    #[test]
    fn mistakes_of_one_line_keep_their_order() {
        let mut collector = Collector::new(|_: &Place| Some(Line::new(1)));
        for key in ["b", "a", "c"] {
            collector.report(&Place::of(key), Problem::Negative);
        }
        let mistakes = collector.finish().unwrap_err();
        let fields: Vec<&str> = mistakes.iter().map(|m| m.field.as_str()).collect();
        assert_eq!(fields, ["b", "a", "c"]);
    }
}
