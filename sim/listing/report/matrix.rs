//! Every strategy on every shape: how many times the floor it took, and what it wasted.
//!
//! A shape is a row and a strategy a column: there are more shapes than fit side by side, and who
//! reads compares strategies.

use super::evidence::Evidence;
use super::table;
use crate::listing::measure::{ShapeResult, Standing, StrategyResult};
use crate::measure::mean::geometric;
use crate::measure::unit;
use crate::report::table::{ABSENT, Column, Table, numbers, words};
use crate::scenario::Role;

/// Strategies by shape.
pub(super) struct Matrix<'a> {
    /// The strategies that are not controls: candidates first.
    pub(super) strategies: Vec<(&'a str, Role)>,
    /// One per shape.
    pub(super) rows: Vec<Row<'a>>,
    /// All shapes above the size from which a start does not count, where there are several.
    pub(super) all: Option<Vec<Entry>>,
}

/// A shape.
pub(super) struct Row<'a> {
    /// The shape.
    pub(super) shape: &'a ShapeResult,
    /// One per strategy; `None` where it was not run.
    pub(super) entries: Vec<Option<Entry>>,
}

/// A strategy on a shape.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    /// Makespan over floor; `None` where there is no makespan.
    pub(super) times_floor: Option<f64>,
    /// `1.003 × ✓`, or why there is no figure.
    pub(super) time: String,
    /// `0.29 %`.
    pub(super) wasted: String,
    /// Whether nobody was quicker there.
    pub(super) quickest: bool,
}

impl<'a> Matrix<'a> {
    /// The matrix of `evidence`.
    pub(super) fn of(evidence: &'a Evidence<'_>) -> Self {
        let comparison = &evidence.comparison;
        let mut strategies = comparison.strategies();
        strategies.retain(|(_, role)| *role != Role::Control);
        strategies.sort_by_key(|(_, role)| *role != Role::Candidate);
        let row = |shape: &'a ShapeResult| {
            let quickest = shape.ranked().first().map(|result| result.name.clone());
            let entry = |(name, _): &(&str, Role)| {
                let result = shape.strategy(name)?;
                Some(Entry::of(result, quickest.as_ref() == Some(&result.name)))
            };
            Row {
                shape,
                entries: strategies.iter().map(entry).collect(),
            }
        };
        let rows = comparison.shapes.iter().map(row).collect();
        let large = || {
            comparison
                .shapes
                .iter()
                .filter(|one| one.large(&comparison.objective))
        };
        let all = |(name, _): &(&str, Role)| {
            let own = || large().map(|shape| Some(&shape.strategy(name)?.pooled));
            Entry::over_all(
                geometric(own().map(|pooled| pooled?.times_floor)),
                own().map(|pooled| pooled?.wasted_share).collect(),
            )
        };
        let several = large().count() > 1;
        let all = several.then(|| strategies.iter().map(all).collect());
        Self {
            strategies,
            rows,
            all,
        }
    }

    /// The same as a table of words, for a terminal and for Markdown. Where room is scarce, the
    /// baselines that are farthest from the floor go first.
    pub(super) fn table(&self, evidence: &Evidence<'_>) -> Table {
        let mut columns = vec![words("shape", 0), numbers("pages", 1)];
        let objective = &evidence.comparison.objective;
        let mut far: Vec<(usize, f64)> = (0..self.strategies.len())
            .map(|index| (index, self.mean(index).unwrap_or(f64::INFINITY)))
            .collect();
        far.sort_by(|a, b| a.1.total_cmp(&b.1));
        for (index, (name, role)) in self.strategies.iter().enumerate() {
            let rank = far.iter().position(|one| one.0 == index).unwrap_or(0);
            let baseline = u8::try_from(rank + 2).unwrap_or(u8::MAX);
            columns.push(Column {
                title: (*name).to_owned().into(),
                numeric: true,
                expendable: if *role == Role::Candidate {
                    0
                } else {
                    baseline
                },
            });
        }
        let lines = |entry: Option<&Entry>| {
            let line = |entry: &Entry| format!("{}\n{}", entry.time, entry.wasted);
            entry.map_or_else(|| ABSENT.to_owned(), line)
        };
        let mut rows: Vec<Vec<String>> = Vec::new();
        for row in &self.rows {
            let mut cells = vec![row.shape.name.clone(), pages(row.shape)];
            cells.extend(row.entries.iter().map(|entry| lines(entry.as_ref())));
            rows.push(cells);
        }
        if let Some(all) = &self.all {
            let more = format!("> {}", unit::count(objective.small_pages));
            let mut cells = vec!["all large".to_owned(), more];
            cells.extend(all.iter().map(|entry| lines(Some(entry))));
            rows.push(cells);
        }
        Table { columns, rows }
    }

    /// How far a strategy is from the floor, over all shapes on which it has a makespan.
    fn mean(&self, index: usize) -> Option<f64> {
        let entries = self
            .rows
            .iter()
            .filter_map(|row| row.entries[index].as_ref());
        geometric(entries.map(|entry| entry.times_floor))
    }
}

impl Entry {
    fn of(result: &StrategyResult, quickest: bool) -> Self {
        let standing = result.worst().map(|(_, standing)| standing);
        let sign = match standing {
            Some(Standing::Meets) => '✓',
            Some(Standing::NoData) | None => '?',
            Some(_) => '✗',
        };
        let pooled = &result.pooled;
        let time = match (pooled.times_floor, standing) {
            (Some(times), _) => unit::fine_factor(times),
            (None, Some(standing)) => standing.word().to_owned(),
            (None, None) => ABSENT.to_owned(),
        };
        Self {
            times_floor: pooled.times_floor,
            time: format!("{time} {sign}"),
            wasted: wasted(pooled.wasted_share),
            quickest,
        }
    }

    fn over_all(times_floor: Option<f64>, shares: Option<Vec<f64>>) -> Self {
        let worst = shares.and_then(|shares| shares.into_iter().reduce(f64::max));
        Self {
            times_floor,
            time: times_floor.map_or_else(|| ABSENT.to_owned(), unit::fine_factor),
            wasted: wasted(worst),
            quickest: false,
        }
    }
}

fn wasted(share: Option<f64>) -> String {
    share.map_or_else(|| ABSENT.to_owned(), unit::fine_percent)
}

/// `15 000`, or `14 990 to 15 010` where seeds differ.
pub(super) fn pages(shape: &ShapeResult) -> String {
    let (least, most) = shape.pages();
    if least == most {
        unit::count(least)
    } else {
        format!("{} to {}", unit::count(least), unit::count(most))
    }
}

/// What stands in the matrix.
pub(super) fn note(evidence: &Evidence<'_>) -> String {
    format!(
        "In each cell makespan over floor, with ✓ where the objective is met, and beneath it the share of answered requests that was wasted. The last line has the geometric mean over all shapes of more than {} pages, and the worst share. {}",
        unit::count(evidence.comparison.objective.small_pages),
        table::note(evidence)
    )
}
