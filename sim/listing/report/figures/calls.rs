//! The calls of one strategy on one shape, lane by lane, and how many were sent per second.

use super::super::bars::Bars;
use super::super::chart::{CallsChart, calls};
use super::super::evidence::Evidence;
use crate::listing::measure::{Cell, Second, Seconds, StrategyResult, alone_ns};
use crate::listing::{CallKind, Disturbance, Outcome};
use crate::measure::unit;
use crate::report::ReportError;
use crate::report::chart::Caption;
use crate::report::evidence::file_part;
use crate::report::figure::Figure;
use crate::report::table::ABSENT;

/// Bars that a picture holds at the most, of about 20 bytes each: on the telling shape, and on
/// others, of which there may be many.
const BARS: [usize; 2] = [3_000, 1_000];
/// Calls nearer to each other than this share of the whole fall on the same line of the drawing.
const LINES: u64 = 1_600;
/// Steps of the rate that can be shown apart.
const STEPS: usize = 600;
/// From this share of the time with a single call under way, that is what there is to say.
const ALONE: f64 = 0.1;

const KINDS: [(CallKind, &str); 6] = [
    (CallKind::New, "new"),
    (CallKind::Empty, "empty"),
    (CallKind::Refetched, "known already"),
    (CallKind::Limited, "429"),
    (CallKind::Failed, "failed"),
    (CallKind::Abandoned, "given up"),
];

/// The anchor of the calls of a strategy on a shape.
pub(in super::super) fn id(shape: &str, strategy: &str) -> String {
    format!("calls-{}--{}", file_part(shape), file_part(strategy))
}

/// The picture of `result`, first seed; `None` when it sent nothing.
pub(super) fn figure(
    evidence: &Evidence<'_>,
    result: &StrategyResult,
    telling: bool,
) -> Result<Option<Figure>, ReportError> {
    let outcome = evidence.outcome(&result.shape, &result.name);
    let outcome = outcome.filter(|outcome| !outcome.calls.is_empty());
    let (Some(outcome), Some((cell, _))) = (outcome, result.cells.first()) else {
        return Ok(None);
    };
    let id = id(&result.shape, &result.name);
    let title = format!(
        "Calls: {} on {}, seed {}",
        result.name, result.shape, outcome.seed
    );
    let answered = outcome.calls.iter().map(|call| call.answered_ns).max();
    let end_ns = answered.unwrap_or(0);
    // What was planned for later than its end did not happen to it.
    let felt = outcome
        .disturbances
        .iter()
        .filter(|one| one.window.start_ns < end_ns);
    let felt: Vec<Disturbance> = felt.cloned().collect();
    let finding = finding(outcome, cell, &felt);
    let bars = Bars::of(&outcome.calls, end_ns / LINES, BARS[usize::from(!telling)]);
    let (step_s, rates) = rates(&Seconds::of(outcome), end_ns);
    let caption = Caption {
        id: &id,
        title: &title,
        finding: &finding,
    };
    let chart = CallsChart {
        bars: &bars,
        tally: cell.tally,
        disturbances: &felt,
        rates: &rates,
        step_s,
        requests_per_ks: outcome.task.requests_per_ks,
        allowed_per_second: cell.allowed_per_second(),
        end_ns,
    };
    let svg = calls(caption, chart)?;
    Ok(Some(Figure {
        file: format!("{id}.svg"),
        id,
        title,
        reading: reading(outcome, cell, &bars).into(),
        finding,
        svg,
        table: table(outcome, cell),
    }))
}

/// The most and the mean of each step, in steps of as many seconds as leave [`STEPS`] of them. A
/// last second that is cut off would look like a fall.
fn rates(seconds: &Seconds, end_ns: u64) -> (u64, Vec<(u64, f64)>) {
    let whole = (end_ns / 1_000_000_000).max(1) as usize;
    let seconds = &seconds.0[..whole.min(seconds.0.len())];
    let step = seconds.len().div_ceil(STEPS);
    let bin = |seconds: &[Second]| {
        let requests = || seconds.iter().map(|second| second.requests);
        let mean = requests().sum::<u64>() as f64 / seconds.len() as f64;
        (requests().max().unwrap_or(0), mean)
    };
    (step as u64, seconds.chunks(step).map(bin).collect())
}

fn finding(outcome: &Outcome, cell: &Cell, felt: &[Disturbance]) -> String {
    let tally = cell.tally;
    let mut sentence = format!(
        "{} has at most {} calls under way",
        outcome.strategy,
        unit::count(cell.peak_under_way)
    );
    match tally.wasted_share() {
        Some(share) if tally.wasted() > 0 => sentence.push_str(&format!(
            "; {} of {} answered requests ({}) bring nothing new",
            unit::count(tally.wasted()),
            unit::count(tally.answered()),
            unit::fine_percent(share)
        )),
        Some(_) => sentence.push_str(&format!(
            "; all {} answered requests bring something new",
            unit::count(tally.answered())
        )),
        None => sentence.push_str("; none was answered"),
    }
    if tally.limited > 0 {
        sentence.push_str(&format!(
            "; {} are refused with 429",
            unit::count(tally.limited)
        ));
    }
    sentence.push('.');
    let ran_ns = cell.ran_ns.unwrap_or(0).max(1);
    let alone_ns = alone_ns(&outcome.calls);
    let share = alone_ns as f64 / ran_ns as f64;
    if share >= ALONE && outcome.task.slots > 1 {
        sentence.push_str(&format!(
            " For {} of its {} a single call is under way: the other slots have nothing to do.",
            unit::percent(share),
            unit::duration(ran_ns)
        ));
    }
    let disturbed = felt.iter().map(|one| {
        let (from, until) = (one.window.start_ns, one.window.end_ns);
        format!(
            "{} from {} to {}",
            one.what,
            unit::duration(from),
            unit::duration(until)
        )
    });
    let disturbed: Vec<String> = disturbed.collect();
    if !disturbed.is_empty() {
        sentence.push_str(&format!(" Shaded: {}.", disturbed.join(", ")));
    }
    sentence
}

fn reading(outcome: &Outcome, cell: &Cell, bars: &Bars) -> String {
    let drawn = bars.gap_ns.map_or_else(
        || "Each bar is a call.".to_owned(),
        |gap_ns| {
            format!(
                "{} calls are drawn as {} bars: neighbours on a lane with the same outcome and no more than {} apart are one.",
                unit::count(outcome.calls.len() as u64),
                unit::count(bars.bars.len() as u64),
                unit::duration(gap_ns)
            )
        },
    );
    format!(
        "{drawn} In the fullest second, wherever it begins, {} are sent; rate and burst allow {}.",
        unit::count(cell.peak_per_second),
        unit::count(cell.allowed_per_second())
    )
}

fn table(outcome: &Outcome, cell: &Cell) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let row = |(kind, name): (CallKind, &str)| {
        let own = || outcome.calls.iter().filter(|call| call.kind == kind);
        let objects = own().map(|call| u64::from(call.items)).sum::<u64>();
        let new = own().map(|call| u64::from(call.new_items)).sum::<u64>();
        let took_ns: u64 = own()
            .map(|call| call.answered_ns.saturating_sub(call.sent_ns))
            .sum();
        let count = cell.tally.of_kind(kind);
        let mean = took_ns.checked_div(count);
        vec![
            name.to_owned(),
            unit::count(count),
            unit::count(objects),
            unit::count(new),
            mean.map_or_else(|| ABSENT.to_owned(), unit::millis),
        ]
    };
    let header = vec!["outcome", "requests", "objects", "new objects", "mean ms"];
    (header, KINDS.map(row).to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(requests: &[u64]) -> Seconds {
        let second = |requests: &u64| Second {
            requests: *requests,
            ..Second::default()
        };
        Seconds(requests.iter().map(second).collect())
    }

    #[test]
    fn a_long_cell_has_fewer_steps_with_their_most_and_their_mean() {
        let (step_s, short) = rates(&seconds(&[3, 5, 1]), 2_900_000_000);
        assert_eq!(
            (step_s, short),
            (1, vec![(3, 3.0), (5, 5.0)]),
            "the third is cut off"
        );
        let mut requests = vec![2; 1_201];
        requests[4] = 11;
        let (step_s, long) = rates(&seconds(&requests), 1_201_000_000_000);
        assert_eq!((step_s, long.len()), (3, 401));
        assert_eq!((long[0], long[1]), ((2, 2.0), (11, 5.0)));
        assert_eq!(rates(&seconds(&[4]), 5).1, [(4, 4.0)], "less than a second");
    }
}
