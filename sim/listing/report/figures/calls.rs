//! The calls of one strategy on one shape, lane by lane, and how many were sent per second.

use super::super::bars::Bars;
use super::super::chart::{CallsChart, calls};
use super::super::evidence::Evidence;
use crate::listing::measure::{Cell, StrategyResult, alone_ns};
use crate::listing::{Call, CallKind, Disturbance, Outcome};
use crate::measure::unit;
use crate::outcome::Window;
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
const SECOND_NS: u64 = 1_000_000_000;
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
    let Shown {
        calls: shown,
        felt,
        end_ns,
    } = Shown::of(outcome);
    let finding = finding(outcome, cell, &felt);
    let bars = Bars::of(&shown, end_ns / LINES, BARS[usize::from(!telling)]);
    let (step_s, rates) = rates(&sent(&shown, end_ns));
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

/// What is drawn of an outcome, its times counted from the start of the backfill: where somebody
/// reads, a cell begins long before.
struct Shown {
    calls: Vec<Call>,
    /// What was done to it between its start and its end.
    felt: Vec<Disturbance>,
    end_ns: u64,
}

impl Shown {
    fn of(outcome: &Outcome) -> Self {
        let start_ns = outcome.backfill.map_or(0, |window| window.start_ns);
        let since = |ns: u64| ns.saturating_sub(start_ns);
        let calls: Vec<Call> = outcome
            .calls
            .iter()
            .map(|call| Call {
                sent_ns: since(call.sent_ns),
                answered_ns: since(call.answered_ns),
                ..call.clone()
            })
            .collect();
        let end_ns = calls.iter().map(|call| call.answered_ns).max().unwrap_or(0);
        let felt = outcome.disturbances.iter().map(|one| Disturbance {
            what: one.what.clone(),
            window: Window {
                start_ns: since(one.window.start_ns),
                end_ns: since(one.window.end_ns),
            },
        });
        Self {
            felt: felt
                .filter(|one| one.window.start_ns < end_ns && one.window.end_ns > 0)
                .collect(),
            calls,
            end_ns,
        }
    }
}

/// Requests sent in each second. A last one that is cut off would look like a fall.
fn sent(calls: &[Call], end_ns: u64) -> Vec<u64> {
    let mut sent = vec![0; (end_ns / SECOND_NS).max(1) as usize];
    for call in calls {
        if let Some(second) = sent.get_mut((call.sent_ns / SECOND_NS) as usize) {
            *second += 1;
        }
    }
    sent
}

/// The most and the mean of each step, in steps of as many seconds as leave [`STEPS`] of them.
fn rates(sent: &[u64]) -> (u64, Vec<(u64, f64)>) {
    let step = sent.len().div_ceil(STEPS);
    let bin = |sent: &[u64]| {
        let mean = sent.iter().sum::<u64>() as f64 / sent.len() as f64;
        (sent.iter().copied().max().unwrap_or(0), mean)
    };
    (step as u64, sent.chunks(step).map(bin).collect())
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
    use crate::listing::measure::synthetic::{MS, SECOND, call, idle};

    #[test]
    fn time_begins_with_the_backfill() {
        let mut outcome = idle("uniform", "adaptive", 1);
        let window = |start_ns, end_ns| Window { start_ns, end_ns };
        outcome.backfill = Some(window(60 * SECOND, 63 * SECOND));
        outcome.calls = vec![
            call(60 * SECOND, 60 * SECOND + 400 * MS, CallKind::New),
            call(61 * SECOND - 1, 62 * SECOND, CallKind::New),
            call(61 * SECOND, 62 * SECOND + 5, CallKind::New),
            call(62 * SECOND + 3, 62 * SECOND + 5, CallKind::New),
        ];
        let storm = |window| Disturbance {
            what: "429 storm".to_owned(),
            window,
        };
        outcome.disturbances = vec![
            storm(window(20 * SECOND, 60 * SECOND)),
            storm(window(59 * SECOND, 61 * SECOND)),
            storm(window(62 * SECOND + 5, 70 * SECOND)),
        ];
        let shown = Shown::of(&outcome);
        assert_eq!(shown.end_ns, 2 * SECOND + 5);
        assert_eq!(
            sent(&shown.calls, shown.end_ns),
            [2, 1],
            "the third is cut off"
        );
        assert_eq!(
            shown.felt,
            [storm(window(0, SECOND))],
            "what was over before it, or came after it, was not felt"
        );
    }

    #[test]
    fn a_long_cell_has_fewer_steps_with_their_most_and_their_mean() {
        assert_eq!(rates(&[3, 5]), (1, vec![(3, 3.0), (5, 5.0)]));
        let mut requests = vec![2; 1_201];
        requests[4] = 11;
        let (step_s, long) = rates(&requests);
        assert_eq!((step_s, long.len()), (3, 401));
        assert_eq!((long[0], long[1]), ((2, 2.0), (11, 5.0)));
        let only = sent(&[call(4, 5, CallKind::New)], 5);
        assert_eq!(rates(&only).1, [(1, 1.0)], "less than a second");
    }
}
