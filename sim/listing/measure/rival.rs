//! How a candidate compares with one other strategy, shape by shape, honestly where it loses.

use super::comparison::Comparison;
use crate::measure::mean::geometric;
use crate::measure::unit::{duration, factor};

/// Within this of 1, two are as quick as each other: a page more or less shifts an end by as much.
const LIKE: f64 = 0.005;

/// A candidate beside another strategy, where both finished with the right data.
#[derive(Clone, Debug, PartialEq)]
pub struct Rival<'a> {
    /// The candidate.
    pub candidate: &'a str,
    /// The other one.
    pub name: &'a str,
    /// Shapes, and how many times as quick the candidate is there: makespan of the other over its
    /// own, a geometric mean of pairs of seeds. Never empty.
    pub shapes: Vec<(&'a str, f64)>,
    /// Shapes on which one of them has no makespan.
    pub left_out: usize,
}

impl<'a> Rival<'a> {
    /// Every strategy that can be compared with `candidate`, in the order of the run.
    #[must_use]
    pub fn all(comparison: &'a Comparison, candidate: &'a str) -> Vec<Self> {
        let others = comparison.rivals().into_iter();
        others
            .filter(|name| *name != candidate)
            .filter_map(|name| {
                let both: Vec<_> = comparison
                    .shapes
                    .iter()
                    .filter_map(|shape| {
                        Some((shape, shape.strategy(candidate)?, shape.strategy(name)?))
                    })
                    .collect();
                let compared = both.iter().filter_map(|(shape, own, theirs)| {
                    Some((shape.name.as_str(), own.quicker_than(theirs)?))
                });
                let shapes: Vec<(&str, f64)> = compared.collect();
                let left_out = both.len() - shapes.len();
                let rival = Self {
                    candidate,
                    name,
                    shapes,
                    left_out,
                };
                Some(rival).filter(|rival| !rival.shapes.is_empty())
            })
            .collect()
    }

    /// How many times as quick the candidate is, geometric mean over the shapes.
    #[must_use]
    pub fn mean(&self) -> f64 {
        geometric(self.shapes.iter().map(|(_, times)| Some(*times))).unwrap_or(1.0)
    }

    /// Where the candidate gains the least, and how much.
    #[must_use]
    pub fn least(&self) -> (&'a str, f64) {
        let all = self.shapes.iter().copied();
        all.min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or(("", 1.0))
    }

    /// Where it gains the most.
    #[must_use]
    pub fn most(&self) -> (&'a str, f64) {
        let all = self.shapes.iter().copied();
        all.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or(("", 1.0))
    }

    /// Whether the candidate is quicker, slower (`None`: neither), in the mean.
    #[must_use]
    pub fn quicker(&self) -> Option<bool> {
        quicker(self.mean())
    }

    /// The comparison in a sentence, with who wins and by how much.
    #[must_use]
    pub fn sentence(&self, comparison: &Comparison) -> String {
        let mut sentence = match self.shapes.as_slice() {
            [(shape, times)] => self.on_one(comparison, shape, *times),
            many => {
                let mean = format!("in the geometric mean of {} shapes", many.len());
                let (least, most) = (self.least(), self.most());
                let (own, other) = (self.candidate, self.name);
                let range = |from: (&str, f64), to: (&str, f64)| {
                    let (low, high) = (factor(from.1), factor(to.1));
                    format!("from {low} ({}) to {high} ({})", from.0, to.0)
                };
                match self.quicker() {
                    Some(false) => format!(
                        "{other} is quicker than {own}: {} as quick {mean}, {}.",
                        factor(1.0 / self.mean()),
                        range((most.0, 1.0 / most.1), (least.0, 1.0 / least.1))
                    ),
                    Some(true) => format!(
                        "{own} is {} as quick as {other} {mean}, {}.",
                        factor(self.mean()),
                        range(least, most)
                    ),
                    None => format!(
                        "{own} is as quick as {other} {mean}, {}.",
                        range(least, most)
                    ),
                }
            }
        };
        if self.left_out > 0 {
            let also = format!(
                " On {} more, one of the two has no duration.",
                self.left_out
            );
            sentence.push_str(&also);
        }
        sentence
    }

    fn on_one(&self, comparison: &Comparison, shape: &str, times: f64) -> String {
        let took = |name: &str| {
            let mut all = comparison.of_strategy(name);
            let result = all.find(|result| result.shape == shape);
            let makespan_ns = result.and_then(|result| result.pooled.makespan_ns);
            makespan_ns.map_or_else(|| "?".to_owned(), duration)
        };
        let (own, other) = (self.candidate, self.name);
        let against = format!(
            "{own} takes {} on {shape}, {other} {}",
            took(own),
            took(other)
        );
        match quicker(times) {
            Some(true) => format!("{against}: {own} is {} as quick.", factor(times)),
            Some(false) => format!("{against}: {other} is {} as quick.", factor(1.0 / times)),
            None => format!("{against}: neither is quicker."),
        }
    }
}

/// Whether `times` as quick is quicker or slower; `None` where it is neither.
fn quicker(times: f64) -> Option<bool> {
    ((times - 1.0).abs() > LIKE).then_some(times > 1.0)
}
