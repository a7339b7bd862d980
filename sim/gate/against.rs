//! Gates against a baseline: the same seeds, before and after.
//!
//! A figure is worse if it is clearly worse *and* by more than its tolerance: the first alone would
//! complain of what nobody notices, the second alone of chance. Cells that are the same in every
//! event need no statistics. A base of 0 has no ratio: more than nothing, by more than the absolute
//! floor, is worse with any seed.

use super::baseline::Baseline;
use super::bench::{Answer, State};
use super::figure;
use super::judged::{Actual, Change, Test, Verdict};
use super::statistics::{ALPHA, Paired};
use super::summary::Subject;
use super::table::Gate;

/// A seed with its figure as it was and as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pair {
    seed: u64,
    old: u64,
    new: u64,
}

/// A test whose probability has yet to be shared with those of the others.
pub(super) struct Tested {
    pairs: Vec<Pair>,
    paired: Paired,
}

/// What `gate` comes to for `subject`, or the test that says so.
pub(super) fn state(gate: &Gate, subject: &Subject, baseline: &Baseline) -> State {
    let pairs = match pairs(gate, subject, baseline) {
        Ok(pairs) => pairs,
        Err(missing) => return State::Settled(Answer::of(Verdict::NoData, missing)),
    };
    let kept = |seed| baseline.cell(&subject.strategy, &subject.workload, seed);
    let identical = subject
        .cells
        .iter()
        .all(|cell| kept(cell.seed).is_some_and(|kept| kept.digest == cell.digest));
    let seeds = pairs.len();
    if identical {
        let detail = format!("every event is the same · {}", figure::seeds(seeds));
        return settled(gate, Change::Identical, None, detail, &pairs);
    }
    if pairs.iter().all(|pair| pair.old == pair.new) {
        let detail = format!(
            "the same figure from other events · {}",
            figure::seeds(seeds)
        );
        return settled(gate, Change::Changed, Some(1.0), detail, &pairs);
    }
    let both: Vec<(u64, u64)> = pairs.iter().map(|pair| (pair.old, pair.new)).collect();
    match Paired::of(&both) {
        Some(paired) => State::Tested(Tested { pairs, paired }),
        None => from_zero(gate, &pairs),
    }
}

fn pairs(gate: &Gate, subject: &Subject, baseline: &Baseline) -> Result<Vec<Pair>, String> {
    let name = &gate.metric.name;
    let pair = |cell: &super::summary::Cell| {
        let seed = cell.seed;
        let kept = baseline.cell(&subject.strategy, &subject.workload, seed);
        let kept =
            kept.ok_or_else(|| format!("the baseline has no cell of it with seed {seed}"))?;
        if kept.plan_hash != cell.plan_hash {
            return Err(format!(
                "what is planned with seed {seed} is not what was: the figures are no pair"
            ));
        }
        let old = kept.metrics.get(name).copied();
        let old =
            old.ok_or_else(|| format!("the baseline has no {name} of it with seed {seed}"))?;
        let new = gate.metric.read(&cell.record);
        let new = new.ok_or_else(|| format!("seed {seed} has no {name}"))?;
        Ok(Pair { seed, old, new })
    };
    subject.cells.iter().map(pair).collect()
}

/// Whether a pair is worse by more than the floor.
fn worse(gate: &Gate, pair: &Pair) -> bool {
    let off = if gate.expression.operator.bounds_above() {
        pair.new.saturating_sub(pair.old)
    } else {
        pair.old.saturating_sub(pair.new)
    };
    off > gate.floor
}

fn from_zero(gate: &Gate, pairs: &[Pair]) -> State {
    let mirrored = |pair: &Pair| Pair {
        old: pair.new,
        new: pair.old,
        ..*pair
    };
    let count = pairs.iter().filter(|pair| worse(gate, pair)).count();
    let better = pairs
        .iter()
        .filter(|pair| worse(gate, &mirrored(pair)))
        .count();
    let change = match (count, better) {
        (0, 0) => Change::Changed,
        (0, _) => Change::Improved,
        _ => Change::Regressed,
    };
    let shown = pairs
        .iter()
        .find(|pair| worse(gate, pair))
        .or(pairs.first());
    let moved = shown.map_or_else(String::new, |pair| {
        let unit = gate.metric.unit;
        let (old, new) = (figure::said(unit, pair.old), figure::said(unit, pair.new));
        format!(" · {old} → {new} (seed {})", pair.seed)
    });
    let seeds = pairs.len();
    let detail = format!("no ratio: something is 0 · {count}/{seeds} worse{moved}");
    settled(gate, change, None, detail, pairs)
}

fn settled(
    gate: &Gate,
    change: Change,
    ratio: Option<f64>,
    detail: String,
    pairs: &[Pair],
) -> State {
    let shown = pairs
        .iter()
        .find(|pair| worse(gate, pair))
        .or(pairs.first());
    State::Settled(Answer {
        change: Some(change),
        actual: ratio.map(Actual::Ratio),
        seed: shown.map(|pair| pair.seed),
        ..Answer::of(verdict(gate, change), detail)
    })
}

fn verdict(gate: &Gate, change: Change) -> Verdict {
    match change {
        Change::Identical | Change::Changed | Change::Improved => Verdict::Pass,
        Change::Regressed => Verdict::breach(gate.severity),
        Change::Unstable => Verdict::Insufficient,
    }
}

impl Tested {
    /// The probability of the test; `None` with one seed, which tests nothing.
    pub(super) fn p(&self) -> Option<f64> {
        self.paired.spread.map(|spread| spread.p)
    }

    /// What it comes to, with `p` after Holm over so many comparisons.
    pub(super) fn answer(&self, gate: &Gate, p: Option<f64>, comparisons: usize) -> Answer {
        let change = self.change(gate, p);
        let test = self.paired.spread.zip(p).map(|(spread, p)| Test {
            low: spread.low,
            high: spread.high,
            detectable: spread.detectable,
            p,
            comparisons,
        });
        Answer {
            change: Some(change),
            actual: Some(Actual::Ratio(self.paired.ratio)),
            test,
            seed: Some(self.median().seed),
            ..Answer::of(verdict(gate, change), self.detail(gate, test))
        }
    }

    fn change(&self, gate: &Gate, p: Option<f64>) -> Change {
        let (operator, limit) = (gate.expression.operator, gate.expression.limit.value());
        let ratio = self.paired.ratio;
        let (harm, tolerance) = if operator.bounds_above() {
            (ratio, limit)
        } else {
            (1.0 / ratio, 1.0 / limit)
        };
        let median = self.median();
        let within_floor = median.old.abs_diff(median.new) <= gate.floor;
        let breach = !operator.holds(ratio, limit) && !within_floor;
        let significant = p.is_some_and(|p| p <= ALPHA);
        // What cannot be seen but is below the floor anyhow is nothing to be unsure of.
        let blind = self.paired.spread.is_some_and(|spread| {
            let half = (spread.detectable - 1.0) * median.old as f64;
            spread.detectable > tolerance && half > gate.floor as f64
        });
        match (breach, significant) {
            (true, true) => Change::Regressed,
            (false, true) if harm < 1.0 / tolerance => Change::Improved,
            (true, false) => Change::Unstable,
            (false, _) if blind => Change::Unstable,
            (false, _) => Change::Changed,
        }
    }

    /// The seed in the middle, by its ratio; of two the better one.
    fn median(&self) -> Pair {
        let mut sorted = self.pairs.clone();
        let log = |pair: &Pair| libm::log(pair.new as f64) - libm::log(pair.old as f64);
        sorted.sort_by(|a, b| log(a).total_cmp(&log(b)));
        sorted[(sorted.len() - 1) / 2]
    }

    fn detail(&self, gate: &Gate, test: Option<Test>) -> String {
        let above = gate.expression.operator.bounds_above();
        let worse = |pair: &&Pair| {
            if above {
                pair.new > pair.old
            } else {
                pair.new < pair.old
            }
        };
        let count = self.pairs.iter().filter(worse).count();
        let seeds = self.pairs.len();
        let median = self.median();
        let unit = gate.metric.unit;
        let (old, new) = (
            figure::said(unit, median.old),
            figure::said(unit, median.new),
        );
        let ratio = figure::times(self.paired.ratio);
        let moved = format!("{count}/{seeds} worse · {old} → {new} (median seed)");
        match test {
            Some(test) => format!(
                "{ratio} [{:.3}, {:.3}] 95 % CI over {} · {moved} · MDE {} · {} after Holm \
                 over {}",
                test.low,
                test.high,
                figure::seeds(seeds),
                figure::percent(test.detectable - 1.0),
                figure::probability(test.p),
                figure::comparisons(test.comparisons),
            ),
            None => format!("{ratio} with 1 seed, which has no interval · {moved}"),
        }
    }
}
