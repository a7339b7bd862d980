//! Gates on figures as they are, or divided by those of the same seed: they hold with every seed,
//! or with as many as the gate says. No test is made: inside a seed nothing varies.

use super::bench::Answer;
use super::expression::{Reference, Seeds};
use super::figure;
use super::judged::{Actual, Verdict};
use super::metric::{BILLION, Unit};
use super::summary::{Cell, Subject, Summary};
use super::table::Gate;

/// A seed with its figure, and what that is divided by.
struct Figure {
    seed: u64,
    value: u64,
    base: Option<u64>,
}

impl Figure {
    /// What is compared with the limit, in the unit of the limit.
    fn compared(&self, unit: Unit) -> f64 {
        match (self.base, unit) {
            // As much of nothing as there was.
            (Some(0), _) if self.value == 0 => 1.0,
            (Some(base), _) => self.value as f64 / base as f64,
            (None, Unit::Time | Unit::Count) => self.value as f64,
            (None, Unit::Share | Unit::Ratio) => self.value as f64 / BILLION,
        }
    }

    fn holds(&self, gate: &Gate) -> bool {
        let expression = &gate.expression;
        let near = self.base.is_some_and(|base| {
            let off = if expression.operator.bounds_above() {
                self.value.saturating_sub(base)
            } else {
                base.saturating_sub(self.value)
            };
            gate.floor > 0 && off <= gate.floor
        });
        let compared = self.compared(gate.metric.unit);
        near || expression
            .operator
            .holds(compared, expression.limit.value())
    }
}

/// What `gate` comes to for `subject`.
pub(super) fn answer(gate: &Gate, subject: &Subject, summary: &Summary) -> Answer {
    let figures: Result<Vec<Figure>, String> = subject
        .cells
        .iter()
        .map(|cell| figure_of(gate, subject, cell, summary))
        .collect();
    let figures = match figures {
        Ok(figures) => figures,
        Err(missing) => return Answer::of(Verdict::NoData, missing),
    };
    let held = figures.iter().filter(|figure| figure.holds(gate)).count();
    let all = figures.len();
    let holds = match gate.expression.seeds {
        None | Some(Seeds::All) => held == all,
        Some(Seeds::Any) => held > 0,
        Some(Seeds::Percent(share)) => held as f64 * 100.0 >= share * all as f64,
    };
    let unit = gate.metric.unit;
    let by = |a: &&Figure, b: &&Figure| a.compared(unit).total_cmp(&b.compared(unit));
    let worst = if gate.expression.operator.bounds_above() {
        figures.iter().max_by(by)
    } else {
        figures.iter().min_by(by)
    };
    let Some(worst) = worst else {
        return Answer::of(Verdict::NoData, "there is no cell of it".to_owned());
    };
    let actual = match (worst.base, unit) {
        (None, Unit::Time | Unit::Count) => Actual::Whole(worst.value),
        _ => Actual::Ratio(worst.compared(unit)),
    };
    Answer {
        verdict: if holds {
            Verdict::Pass
        } else {
            Verdict::breach(gate.severity)
        },
        // JSON has no number for so many times nothing.
        actual: Some(actual)
            .filter(|actual| !matches!(actual, Actual::Ratio(ratio) if ratio.is_infinite())),
        seed: Some(worst.seed),
        ..Answer::of(Verdict::Pass, detail(gate, subject, worst, (held, all)))
    }
}

fn detail(gate: &Gate, subject: &Subject, worst: &Figure, (held, all): (usize, usize)) -> String {
    let unit = gate.metric.unit;
    let mut parts = vec![match worst.base {
        None => figure::said(unit, worst.value),
        Some(base) => format!(
            "{}, {} to {}",
            figure::times(worst.compared(unit)),
            figure::said(unit, base),
            figure::said(unit, worst.value)
        ),
    }];
    if let Some(part) = parts.first_mut().filter(|_| all > 1) {
        part.push_str(&format!(" with seed {}, the worst of {all}", worst.seed));
    }
    parts.push(format!("{}/{all} seeds miss it", all - held));
    let cell = subject.cell(worst.seed);
    if let Some(samples) = cell.and_then(|cell| gate.metric.read_samples(&cell.record)) {
        parts.push(format!("{samples} requests"));
    }
    parts.join(" · ")
}

fn figure_of(
    gate: &Gate,
    subject: &Subject,
    cell: &Cell,
    summary: &Summary,
) -> Result<Figure, String> {
    let (metric, seed) = (&gate.metric, cell.seed);
    let value = metric.read(&cell.record);
    let name = &metric.name;
    let value = value.ok_or_else(|| format!("seed {seed} has no {name}"))?;
    let base = match &gate.expression.reference {
        None | Some(Reference::Baseline) => None,
        Some(Reference::NoBackfill) => {
            let quiet = metric.read_quiet(&cell.record);
            Some(quiet.ok_or_else(|| format!("seed {seed} has no {name} without a backfill"))?)
        }
        Some(Reference::Strategy(other)) => {
            let theirs = summary
                .subject(other, &subject.workload)
                .and_then(|one| one.cell(seed))
                .filter(|theirs| theirs.correct);
            let theirs =
                theirs.ok_or_else(|| format!("{other} has no right data with seed {seed}"))?;
            if theirs.plan_hash != cell.plan_hash {
                return Err(format!(
                    "{other} had another plan with seed {seed}: they are no pair"
                ));
            }
            let figure = metric.read(&theirs.record);
            Some(figure.ok_or_else(|| format!("{other} has no {name} with seed {seed}"))?)
        }
    };
    Ok(Figure { seed, value, base })
}
