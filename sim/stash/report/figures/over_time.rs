//! One strategy with one workload, first seed: what was held over time, and who was served when.

use super::id_of;
use crate::measure::unit;
use crate::report::ReportError;
use crate::report::chart::{Caption, Ink};
use crate::report::figure::Figure;
use crate::sheet::chart::{Dot, Dots, Measure, Panel, Panels, Style, Trace, dots, panels};
use crate::stash::{Fate, Moment, Outcome, Request};

/// Rows of the table beneath a picture.
const ROWS: u64 = 25;
/// Results whose order is drawn: more are a line.
const MOST_DOTS: usize = 200;

/// What was held and waited over time, and what found no room.
pub(super) fn held(name: &str, outcome: &Outcome) -> Result<Figure, ReportError> {
    let id = id_of("held", name);
    let title = format!("What was held: {name}, seed {}", outcome.seed);
    let finding = said(name, outcome);
    let caption = Caption {
        id: &id,
        title: &title,
        finding: &finding,
    };
    let chart = Panels {
        since: "since the start",
        end_ns: outcome.end_ns,
        shaded: &[],
        panels: &all_panels(outcome),
    };
    let svg = panels(caption, &chart)?;
    Ok(Figure {
        file: format!("{id}.svg"),
        id,
        title,
        reading: "Seen at every event. After the last client has come, what nobody fetches \
                  expires."
            .into(),
        finding,
        svg,
        table: (
            vec!["at s", "held", "in line", "results in line"],
            rows(outcome),
        ),
    })
}

/// The panels, without those in which there would be nothing to see.
fn all_panels(outcome: &Outcome) -> Vec<Panel> {
    let limits = outcome.limits;
    let panel = |title: &str, measure, trace| Panel {
        title: title.to_owned(),
        measure,
        traces: vec![trace],
        limit: None,
    };
    let trace = |name, ink, value: fn(&Moment) -> u64| {
        let points = outcome.moments.iter();
        Trace {
            name,
            ink,
            style: Style::Area,
            points: points.map(|one| (one.at_ns, value(one) as f64)).collect(),
        }
    };
    let whole = (limits.main_bytes + limits.overflow_bytes) as f64;
    let held = trace("held", Ink::Blue, |one| one.held_bytes);
    let mut all = vec![Panel {
        limit: Some(("capacity".to_owned(), whole)),
        ..panel("bytes held", Measure::Bytes, held)
    }];
    if outcome.moments.iter().any(|one| one.waiters > 0) {
        let waiting = trace("waiting", Ink::Vermillion, |one| one.waiting_bytes);
        let line = trace("in line", Ink::Vermillion, |one| one.waiters);
        all.push(Panel {
            limit: Some(("may wait".to_owned(), limits.waiting_bytes as f64)),
            ..panel("bytes in line", Measure::Bytes, waiting)
        });
        all.push(panel("results in line", Measure::Count, line));
    }
    let fallen = Trace {
        name: "fallbacks",
        ink: Ink::Black,
        style: Style::Spikes,
        points: fallen(outcome),
    };
    if !fallen.points.is_empty() {
        let title = "results that found no room, each hundredth of the time";
        all.push(panel(title, Measure::Count, fallen));
    }
    all
}

/// Results that found no room, counted by hundredths of the time.
fn fallen(outcome: &Outcome) -> Vec<(u64, f64)> {
    let step_ns = outcome.end_ns.div_ceil(100).max(1);
    let mut counts = std::collections::BTreeMap::<u64, f64>::new();
    for request in &outcome.requests {
        if let (Fate::Refused | Fate::TimedOut, Some(at_ns)) = (request.fate, request.settled_ns) {
            *counts.entry(at_ns / step_ns * step_ns).or_default() += 1.0;
        }
    }
    counts.into_iter().collect()
}

fn said(name: &str, outcome: &Outcome) -> String {
    let held = outcome
        .moments
        .iter()
        .map(|one| one.held_bytes)
        .max()
        .unwrap_or(0);
    let longest = outcome.moments.iter().max_by_key(|one| one.waiters);
    let line = match longest {
        Some(moment) if moment.waiters > 0 => format!(
            "At the most {} are in line, with {}, after {}.",
            unit::count(moment.waiters),
            unit::bytes(moment.waiting_bytes),
            unit::duration(moment.at_ns)
        ),
        _ => "Nobody is ever in line.".to_owned(),
    };
    let limits = outcome.limits;
    let of = (limits.main_bytes + limits.overflow_bytes).max(1);
    format!(
        "{name} holds up to {}, {} of what it may. {line} {} found no room.",
        unit::bytes(held),
        unit::percent(held as f64 / of as f64),
        unit::count(outcome.fallbacks())
    )
}

/// The last moment of each of [`ROWS`] parts of the time.
fn rows(outcome: &Outcome) -> Vec<Vec<String>> {
    let step_ns = outcome.end_ns.div_ceil(ROWS).max(1);
    let parts = outcome
        .moments
        .chunk_by(|a, b| a.at_ns / step_ns == b.at_ns / step_ns);
    let last = parts.filter_map(|part| part.last());
    last.map(|moment| {
        vec![
            unit::seconds(moment.at_ns),
            unit::bytes(moment.held_bytes),
            unit::bytes(moment.waiting_bytes),
            unit::count(moment.waiters),
        ]
    })
    .collect()
}

/// In which order results came, and in which they were stored.
pub(super) fn order(name: &str, outcome: &Outcome) -> Result<Figure, ReportError> {
    let shown = around_the_longest_line(outcome);
    let places: Vec<(u64, &Request)> = shown
        .iter()
        .filter_map(|one| Some((one.stored?, *one)))
        .collect();
    let first = places.iter().map(|(stored, _)| *stored).min().unwrap_or(0);
    let all = shown.iter().enumerate().map(|(came, one)| Dot {
        x: came as u64,
        y: one.stored.map(|stored| stored - first),
        marked: one.passed,
    });
    let all: Vec<Dot> = all.collect();
    let passed = shown.iter().filter(|one| one.passed).count();
    let vain = shown.iter().filter(|one| one.stored.is_none()).count();
    let finding = format!(
        "Of {} results around its longest line {name} stored {passed} before somebody who had \
         come before, and {vain} not at all.",
        shown.len()
    );
    let id = id_of("order", name);
    let title = format!("Who was served when: {name}, seed {}", outcome.seed);
    let caption = Caption {
        id: &id,
        title: &title,
        finding: &finding,
    };
    let chart = Dots {
        across: "place in the order of arrival",
        up: "place in the order of service",
        plain: "in turn",
        marked: "before others",
        missing: "never stored",
        all: &all,
    };
    let svg = dots(caption, &chart)?;
    let rows = shown.iter().map(|one| {
        vec![
            unit::bytes(one.bytes),
            one.stored
                .map_or_else(|| "–".to_owned(), |place| unit::count(place - first)),
            one.waited_ns().map_or_else(|| "–".to_owned(), unit::millis),
        ]
    });
    let rows = rows.enumerate().map(|(came, mut row)| {
        row.insert(0, unit::count(came as u64));
        row
    });
    Ok(Figure {
        file: format!("{id}.svg"),
        id,
        title,
        reading: "A rising line is the order of arrival. Whoever was passed lies above it, and \
                  whoever passed others is marked."
            .into(),
        finding,
        svg,
        table: (vec!["came", "bytes", "stored", "waited ms"], rows.collect()),
    })
}

/// The results that came around the moment with the longest line, in the order in which they did.
fn around_the_longest_line(outcome: &Outcome) -> Vec<&Request> {
    let mut all: Vec<(u64, &Request)> = outcome
        .requests
        .iter()
        .filter(|one| one.fate != Fate::Pending)
        .filter_map(|one| Some((one.put?.1, one)))
        .collect();
    all.sort_by_key(|(place, _)| *place);
    let longest = outcome.moments.iter().rev().max_by_key(|one| one.waiters);
    let at_ns = longest.map_or(0, |moment| moment.at_ns);
    let middle = all.partition_point(|(_, one)| one.put.is_some_and(|(put_ns, _)| put_ns < at_ns));
    let from = middle
        .saturating_sub(MOST_DOTS / 2)
        .min(all.len().saturating_sub(MOST_DOTS));
    let shown = all.into_iter().skip(from).take(MOST_DOTS);
    shown.map(|(_, one)| one).collect()
}
