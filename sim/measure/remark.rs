//! What makes the figures themselves doubtful, said beside them.

use super::comparison::{Cell, Comparison, StrategyResult};
use super::finding::{Finding, Tone};
use super::standing::FORECAST_OFF;
use super::unit::{count, duration};

/// What makes the figures themselves doubtful.
pub(super) fn remarks(comparison: &Comparison) -> Vec<Finding> {
    let mut remarks = Vec::new();
    let note = |strategy: &StrategyResult, sentence: String| Finding {
        tone: Tone::Note,
        strategy: Some(strategy.name.clone()),
        sentence,
    };
    for strategy in &comparison.strategies {
        let name = &strategy.name;
        if strategy.pooled.failed > 0 {
            remarks.push(note(strategy, format!(
                "{} of {} {} failed or stayed unanswered with {name}; they count with the time they waited.",
                count(strategy.pooled.failed),
                count(strategy.pooled.requests),
                comparison.subject.requests()
            )));
        }
        let uneven = strategy.cells.iter().find(|cell| {
            let counts = cell.backfill.zip(cell.no_backfill);
            counts.is_some_and(|(with, without)| with.count != without.count)
        });
        if let Some(cell) = uneven {
            remarks.push(note(strategy, format!(
                "With {name}, seed {}, the run without a backfill has another number of {} in the window: the ratio compares different stretches.",
                cell.seed, comparison.subject.requests()
            )));
        }
        let off = strategy
            .pooled
            .p95_ns
            .zip(strategy.pooled.predicted_p95_ns)
            .filter(|(own, predicted)| {
                let off = *own as f64 / (*predicted).max(1) as f64;
                !(1.0 / FORECAST_OFF..=FORECAST_OFF).contains(&off)
            });
        if let Some((own, predicted)) = off {
            remarks.push(note(strategy, format!(
                "The holds of {name} explain a p95 of {}, measured were {}: something else matters as well.",
                duration(predicted), duration(own)
            )));
        }
    }
    remarks.extend(few_samples(comparison));
    remarks.extend(unpaired(comparison));
    remarks
}

/// One remark for all strategies with too few requests, however many they are.
fn few_samples(comparison: &Comparison) -> Option<Finding> {
    let strategies = comparison.strategies.iter().filter_map(|strategy| {
        let few = strategy
            .cells
            .iter()
            .find_map(|cell| cell.backfill?.few_samples())?;
        Some((strategy.name.as_str(), few))
    });
    let (names, remarks): (Vec<&str>, Vec<&str>) = strategies.unzip();
    // The remark on p95 says more than that on p99.
    let remark = remarks.iter().max_by_key(|remark| remark.contains("p95"))?;
    Some(Finding {
        tone: Tone::Note,
        strategy: None,
        sentence: format!("With {}: {remark}.", names.join(", ")),
    })
}

/// Strategies of one seed must see the same arrivals, or no ratio between them means anything.
fn unpaired(comparison: &Comparison) -> Option<Finding> {
    let cells = || {
        comparison
            .strategies
            .iter()
            .flat_map(|strategy| &strategy.cells)
    };
    let seed = cells().find_map(|cell| {
        let differs = |other: &&Cell| other.seed == cell.seed && other.plan_hash != cell.plan_hash;
        cells().find(differs).map(|other| other.seed)
    })?;
    Some(Finding {
        tone: Tone::Bad,
        strategy: None,
        sentence: format!(
            "With seed {seed} the strategies did not see the same arrivals (the plan hashes differ): they cannot be compared."
        ),
    })
}
