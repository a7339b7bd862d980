//! What the operator was told, over all strategies that keep a ledger.

use super::comparison::{Cell, Comparison};
use super::unit::{count, duration};
use crate::scenario::Role;

/// What the operator was told: the answers of the status page, held against what was so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Operator {
    /// Questions asked.
    pub polls: u64,
    /// Of those, questions that were not answered in time.
    pub unanswered: u64,
    /// Answers that all was clear when it was not.
    pub false_all_clears: u64,
    /// How old the oldest progress was that was shown, ns.
    pub stalest_ns: u64,
}

impl Operator {
    /// Over candidates and baselines; `None` if none of them keeps a ledger that can be watched.
    pub(super) fn of(comparison: &Comparison) -> Option<Self> {
        let strategies = comparison.strategies.iter();
        let judged = strategies.filter(|strategy| strategy.role != Role::Control);
        judged
            .flat_map(|strategy| &strategy.cells)
            .filter_map(Self::of_cell)
            .reduce(|sum, one| Self {
                polls: sum.polls + one.polls,
                unanswered: sum.unanswered + one.unanswered,
                false_all_clears: sum.false_all_clears + one.false_all_clears,
                stalest_ns: sum.stalest_ns.max(one.stalest_ns),
            })
    }

    fn of_cell(cell: &Cell) -> Option<Self> {
        let counter = |name: &str| cell.counters.get(name).copied();
        Some(Self {
            polls: counter("operator_polls")?,
            unanswered: counter("operator_unanswered")?,
            false_all_clears: counter("operator_false_all_clears")?,
            stalest_ns: counter("operator_stalest_ns")?,
        })
    }

    /// As in `operator: 0 false all-clears in 812 answers, 3 polls unanswered; …`.
    #[must_use]
    pub fn line(&self) -> String {
        format!(
            "operator: {} false all-clears in {} answers, {} polls unanswered; shown progress was \
             at most {} old",
            count(self.false_all_clears),
            count(self.polls - self.unanswered),
            count(self.unanswered),
            duration(self.stalest_ns)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_counts_answers_and_says_how_old_the_oldest_was() {
        let operator = Operator {
            polls: 815,
            unanswered: 3,
            false_all_clears: 0,
            stalest_ns: 2_000_000_000,
        };
        let line = operator.line().replace(super::super::unit::NBSP, " ");
        assert!(line.starts_with("operator: 0 false all-clears in 812 answers, 3 polls"));
        assert!(line.ends_with("at most 2.00 s old"), "{line}");
    }
}
