//! What a scenario with a baseline is held to although it does not say so: two figures at the most,
//! because every figure more is a chance more of a false alarm.

use super::baseline::Baseline;
use super::metric::{HELD_AGAINST, Metric};
use super::table::Gate;
use crate::scenario::Family;

/// The gates of a scenario against its `baseline`, at `place`: the time it takes and the 95th
/// percentile of its readers, or of whole requests, where there are enough of them and no gate of
/// its own is about that figure.
pub(super) fn of(family: Family, gates: &[Gate], baseline: &Baseline, place: &str) -> Vec<Gate> {
    let wanted = HELD_AGAINST.iter().filter_map(|name| {
        let metric = Metric::of(name, family).ok()?;
        let held = |gate: &Gate| gate.needs_baseline() && gate.metric == metric;
        (!gates.iter().any(held)).then_some(metric)
    });
    let known = wanted.filter(|metric| {
        let cells = baseline.subjects().flat_map(|(_, _, cells)| cells);
        let mut figures = cells.map(|cell| {
            let (who, _) = metric.name.split_once('.').unwrap_or_default();
            let samples = cell.metrics.get(&format!("{who}.count"));
            let samples = samples.copied().unwrap_or(0);
            let enough = !metric.has_samples() || samples >= metric.least_samples;
            enough && cell.metrics.contains_key(&metric.name)
        });
        // All or nothing: with some of the strategies it would say that others have no data.
        figures.by_ref().next().unwrap_or(false) && figures.all(|known| known)
    });
    known
        .map(|metric| Gate::by_default(metric, place))
        .collect()
}
