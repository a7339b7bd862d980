//! One strategy over its time, first seed: what it held, against its budget, and what it did.

use super::super::Evidence;
use super::{id_of, incorrect};
use crate::measure::unit;
use crate::outcome::Window;
use crate::processing::measure::{StrategyResult, Writing};
use crate::processing::{Moment, Outcome};
use crate::report::ReportError;
use crate::report::chart::{Caption, Ink};
use crate::report::figure::Figure;
use crate::sheet::chart::{Measure, Panel, Panels, Style, Trace, panels};

/// Parts of the time for which stalls are added up in a picture.
const STEPS: u64 = 300;
/// Rows of the table beneath a picture.
const ROWS: u64 = 25;
const SINCE: &str = "since processing began";

/// A strategy while it processed.
pub(super) struct Spell<'a> {
    name: &'a str,
    outcome: &'a Outcome,
    window: Window,
    /// What was done to it meanwhile, counted from its start.
    shaded: Vec<(String, Window)>,
    /// Why its time does not count, before what is to be seen.
    unfinished: &'static str,
}

impl<'a> Spell<'a> {
    /// The first cell of `result`; `None` when it never ran or its data is wrong.
    pub(super) fn of(evidence: &Evidence<'a>, result: &'a StrategyResult) -> Option<Self> {
        let outcome = evidence.outcome(&result.name)?;
        let window = outcome.processing?;
        let drawn = !incorrect(result) && !outcome.moments.is_empty();
        let done = result.cells.first()?.0.figures.is_some();
        let since = |at_ns: u64| at_ns.clamp(window.start_ns, window.end_ns) - window.start_ns;
        let meanwhile = outcome.disturbances.iter().filter(|one| {
            one.window.start_ns <= window.end_ns && window.start_ns <= one.window.end_ns
        });
        let shaded = meanwhile.map(|one| {
            let (start_ns, end_ns) = (since(one.window.start_ns), since(one.window.end_ns));
            (one.what.clone(), Window { start_ns, end_ns })
        });
        drawn.then(|| Self {
            name: &result.name,
            outcome,
            window,
            shaded: shaded.collect(),
            unfinished: if done { "" } else { "It did not finish. " },
        })
    }

    /// `what` of it, as an anchor.
    pub(super) fn id(&self, what: &str) -> String {
        id_of(what, self.name)
    }

    /// What it held.
    pub(super) fn memory(&self) -> Result<Figure, ReportError> {
        let task = &self.outcome.task;
        let objects = Panel {
            title: "objects in memory".to_owned(),
            measure: Measure::Count,
            traces: vec![
                self.trace(
                    "not in the database",
                    Ink::Vermillion,
                    Style::Dashed,
                    |one| one.unsaved,
                ),
                self.trace("held", Ink::Blue, Style::Line, |one| one.objects),
            ],
            limit: task.budget_objects.map(budget),
        };
        let bytes = Panel {
            title: "bytes in memory".to_owned(),
            measure: Measure::Bytes,
            traces: vec![self.trace("held", Ink::Blue, Style::Line, |one| one.bytes)],
            limit: task.budget_bytes.map(budget),
        };
        let rows = self.rows(|moment| {
            vec![
                unit::count(moment.objects),
                unit::count(moment.unsaved),
                unit::bytes(moment.bytes),
            ]
        });
        self.figure(
            ("memory", "Memory"),
            self.memory_finding(),
            &[objects, bytes],
            (
                vec!["at s", "objects", "not in the database", "bytes"],
                rows,
            ),
        )
    }

    /// What it did.
    pub(super) fn work(&self) -> Result<Figure, ReportError> {
        let progress = Panel {
            title: "items: the last one processed, and the last one in the database".to_owned(),
            measure: Measure::Count,
            traces: vec![
                self.trace("in the database", Ink::Vermillion, Style::Dashed, |one| {
                    one.committed
                }),
                self.trace("processed", Ink::Blue, Style::Line, |one| one.processed),
            ],
            limit: None,
        };
        let writes = self.outcome.writes.iter().filter(|write| write.batches > 0);
        let writes = writes.map(|write| (self.since(write.at_ns), write.items as f64));
        let writes = Panel {
            title: "items of each write, when it was committed".to_owned(),
            measure: Measure::Count,
            traces: vec![Trace {
                name: "items",
                ink: Ink::Green,
                style: Style::Spikes,
                points: writes.collect(),
            }],
            limit: None,
        };
        let stalls = Panel {
            title: "share of the time in which no batch could begin".to_owned(),
            measure: Measure::Share,
            traces: vec![Trace {
                name: "stalled",
                ink: Ink::Vermillion,
                style: Style::Area,
                points: self.stalled(),
            }],
            limit: None,
        };
        let mut all = vec![progress, writes];
        if !self.outcome.stalls.is_empty() {
            all.push(stalls);
        }
        let rows = self.rows(|moment| {
            let behind = moment.processed.saturating_sub(moment.committed);
            vec![
                unit::count(moment.processed),
                unit::count(moment.committed),
                unit::count(behind),
            ]
        });
        self.figure(
            ("work", "Work"),
            self.work_finding(),
            &all,
            (vec!["at s", "processed", "in the database", "behind"], rows),
        )
    }

    fn figure(
        &self,
        (what, heading): (&str, &str),
        finding: String,
        all: &[Panel],
        table: (Vec<&'static str>, Vec<Vec<String>>),
    ) -> Result<Figure, ReportError> {
        let id = self.id(what);
        let title = format!("{heading}: {}, seed {}", self.name, self.outcome.seed);
        let finding = format!("{}{finding}", self.unfinished);
        let caption = Caption {
            id: &id,
            title: &title,
            finding: &finding,
        };
        let chart = Panels {
            since: SINCE,
            end_ns: self.window.duration_ns(),
            shaded: &self.shaded,
            panels: all,
        };
        let svg = panels(caption, &chart)?;
        Ok(Figure {
            file: format!("{id}.svg"),
            id,
            title,
            reading: format!(
                "Seen at the start of every batch and at every commit.{}",
                self.shades()
            )
            .into(),
            finding,
            svg,
            table,
        })
    }

    fn since(&self, at_ns: u64) -> u64 {
        at_ns.saturating_sub(self.window.start_ns)
    }

    /// A figure of the moments while it ran.
    fn trace(
        &self,
        name: &'static str,
        ink: Ink,
        style: Style,
        figure: fn(&Moment) -> u64,
    ) -> Trace {
        let points = self
            .moments()
            .map(|moment| (self.since(moment.at_ns), figure(moment) as f64));
        Trace {
            name,
            ink,
            style,
            points: points.collect(),
        }
    }

    fn moments(&self) -> impl Iterator<Item = &'a Moment> {
        let window = self.window;
        let all = self.outcome.moments.iter();
        all.filter(move |moment| window.contains(moment.at_ns))
    }

    /// Each of [`STEPS`] parts of the time, with the share of it that was stalled.
    fn stalled(&self) -> Vec<(u64, f64)> {
        stalled(&self.outcome.stalls, self.window)
    }

    /// What is shaded, in words.
    fn shades(&self) -> String {
        let mut counted: Vec<(&str, u64)> = Vec::new();
        for (what, _) in &self.shaded {
            match counted.iter_mut().find(|one| one.0 == what) {
                Some(one) => one.1 += 1,
                None => counted.push((what, 1)),
            }
        }
        let words = counted.iter().map(|(what, times)| match times {
            1 => (*what).to_owned(),
            times => format!("{what} ({times} times)"),
        });
        let words: Vec<String> = words.collect();
        if words.is_empty() {
            String::new()
        } else {
            format!(" Shaded: {}.", words.join(", "))
        }
    }

    /// The last moment of each of [`ROWS`] parts of the time, with its figures.
    fn rows(&self, figures: impl Fn(&Moment) -> Vec<String>) -> Vec<Vec<String>> {
        let step_ns = self.window.duration_ns().div_ceil(ROWS).max(1);
        let moments: Vec<&Moment> = self.moments().collect();
        let parts =
            moments.chunk_by(|a, b| self.since(a.at_ns) / step_ns == self.since(b.at_ns) / step_ns);
        let last = parts.filter_map(|part| part.last());
        last.map(|moment| {
            let mut row = vec![unit::seconds(self.since(moment.at_ns))];
            row.extend(figures(moment));
            row
        })
        .collect()
    }

    fn memory_finding(&self) -> String {
        let most = self.moments().max_by_key(|moment| moment.objects);
        let Some(most) = most else {
            return "Nothing was seen of its memory.".to_owned();
        };
        let bytes = self.moments().map(|moment| moment.bytes).max().unwrap_or(0);
        let of = match self.outcome.task.budget_objects {
            Some(budget) => format!(", {} of its budget", percent_of(most.objects, budget)),
            None => String::new(),
        };
        format!(
            "{} is seen with up to {} objects{of}, after {}; {} of these were not in the database. It takes up to {}.",
            self.name,
            unit::count(most.objects),
            unit::duration(self.since(most.at_ns)),
            unit::count(most.unsaved),
            unit::bytes(bytes)
        )
    }

    fn work_finding(&self) -> String {
        let behind = |moment: &&Moment| moment.processed.saturating_sub(moment.committed);
        let farthest = self.moments().max_by_key(behind);
        let behind = farthest.map_or_else(String::new, |moment| {
            format!(
                "The database is up to {} items behind, after {}. ",
                unit::count(behind(&moment)),
                unit::duration(self.since(moment.at_ns))
            )
        });
        let writing = Writing::of(&self.outcome.writes);
        let writes = match writing.items_mean() {
            Some(mean) => format!(
                "{} writes of {} items on average, {} at the most. ",
                unit::count(writing.writes),
                unit::count(libm::round(mean) as u64),
                unit::count(writing.items_most)
            ),
            None => "Nothing was written. ".to_owned(),
        };
        let stalls = self.outcome.stalls.iter();
        let stalled_ns: u64 = stalls.map(|window| window.duration_ns()).sum();
        let stalled = match percent_of(stalled_ns, self.window.duration_ns()) {
            _ if stalled_ns == 0 => "Processing never waited for room.".to_owned(),
            share => format!("For {share} of the time no batch could begin."),
        };
        format!("{behind}{writes}{stalled}")
    }
}

/// A budget as the limit of a panel.
fn budget(of: u64) -> (String, f64) {
    ("budget".to_owned(), of as f64)
}

fn percent_of(part: u64, whole: u64) -> String {
    unit::percent(part as f64 / whole.max(1) as f64)
}

fn stalled(stalls: &[Window], window: Window) -> Vec<(u64, f64)> {
    let step_ns = window.duration_ns().div_ceil(STEPS).max(1);
    let steps = window.duration_ns().div_ceil(step_ns) as usize;
    let mut sums_ns = vec![0_u64; steps];
    for stall in stalls {
        let from_ns = stall.start_ns.max(window.start_ns) - window.start_ns;
        let until_ns = stall.end_ns.clamp(window.start_ns, window.end_ns) - window.start_ns;
        let first = (from_ns / step_ns) as usize;
        for (index, sum_ns) in sums_ns.iter_mut().enumerate().skip(first) {
            let begins_ns = index as u64 * step_ns;
            if begins_ns >= until_ns {
                break;
            }
            *sum_ns += until_ns.min(begins_ns + step_ns) - from_ns.max(begins_ns);
        }
    }
    let share = |(index, sum_ns): (usize, u64)| {
        let begins_ns = index as u64 * step_ns;
        let length_ns = step_ns.min(window.duration_ns() - begins_ns);
        (begins_ns, sum_ns as f64 / length_ns as f64)
    };
    sums_ns.into_iter().enumerate().map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stall_counts_in_every_step_it_lies_in_and_nothing_outside() {
        let at = |start_ns, end_ns| Window { start_ns, end_ns };
        // 301 steps of 10 ns would be one too many: 3 005 ns make 273 of 11 and one of 2.
        let shares = stalled(
            &[at(900, 1_005), at(1_016, 1_033), at(4_004, 9_000)],
            at(1_000, 4_005),
        );
        assert_eq!(shares.len(), 274);
        let expected = [5.0 / 11.0, 6.0 / 11.0, 1.0, 0.0];
        let firsts: Vec<f64> = shares[..4].iter().map(|step| step.1).collect();
        assert_eq!(firsts, expected);
        assert_eq!(shares[273], (3_003, 0.5));
        assert!(stalled(&[], at(5, 5)).is_empty());
    }
}
