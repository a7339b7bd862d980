//! A picture of each strategy over its time, first seed: what others waited, how far the stages
//! were and what processing held, with the parts of the time shaded. The candidates' are open, the
//! others' folded; a strategy with wrong data has none.

use super::Evidence;
use crate::measure::{Quantile, Subject, requests_in, unit};
use crate::outcome::{Request, Window};
use crate::pipeline::measure::{StrategyResult, spans};
use crate::pipeline::{Outcome, Stage};
use crate::report::ReportError;
use crate::report::chart::{Caption, Ink};
use crate::report::evidence::file_part;
use crate::report::figure::Figure;
use crate::scenario::Role;
use crate::sheet::Section;
use crate::sheet::chart::{Measure, Panel, Panels, Style, Trace, panels};

/// Parts of the time for which percentiles are drawn.
const STEPS: u64 = 120;
/// Rows of the table beneath a picture.
const ROWS: u64 = 25;
/// What is left free between two shaded parts, of all of the time: they can be told apart by it.
const GAPS: u64 = 250;

/// Draws everything there is data for.
pub(super) fn sections(evidence: &Evidence<'_>) -> Result<Vec<Section>, ReportError> {
    let mut sections = Vec::new();
    for result in evidence.candidates_first() {
        let Some(spell) = Drawn::of(evidence, result) else {
            continue;
        };
        let open = result.role == Role::Candidate;
        sections.push(Section {
            folded: (!open).then(|| format!("{}: over its time", result.name)),
            figures: vec![spell.figure()?],
        });
    }
    Ok(sections)
}

/// The anchor of the picture of a strategy; `None` where it has none.
pub(super) fn anchor(evidence: &Evidence<'_>, result: &StrategyResult) -> Option<String> {
    Drawn::of(evidence, result).map(|drawn| drawn.id())
}

/// A strategy over its time.
struct Drawn<'a> {
    name: &'a str,
    outcome: &'a Outcome,
    quiet: Option<&'a Outcome>,
    window: Window,
}

impl<'a> Drawn<'a> {
    fn of(evidence: &Evidence<'a>, result: &'a StrategyResult) -> Option<Self> {
        let outcome = evidence.outcome(&result.name)?;
        let mut quiet = evidence.run.counterfactuals.iter();
        Some(Self {
            name: &result.name,
            outcome,
            quiet: quiet.find(|quiet| quiet.seed == outcome.seed),
            window: outcome.took()?,
        })
    }

    fn id(&self) -> String {
        format!("time-{}", file_part(self.name))
    }

    fn figure(&self) -> Result<Figure, ReportError> {
        let title = format!("Over its time: {}, seed {}", self.name, self.outcome.seed);
        let (id, finding) = (self.id(), self.finding());
        let caption = Caption {
            id: &id,
            title: &title,
            finding: &finding,
        };
        let chart = Panels {
            since: "since listing began",
            end_ns: self.window.duration_ns(),
            shaded: &self.shaded(),
            panels: &[
                self.waits(Subject::Readers),
                self.waits(Subject::Writers),
                self.progress(),
                self.memory(),
            ],
        };
        let svg = panels(caption, &chart)?;
        Ok(Figure {
            file: format!("{id}.svg"),
            id,
            title,
            reading: "Shaded are the parts of the time in which the same stages ran, with a gap \
                      between two of them, and what was done to the cell."
                .into(),
            finding,
            svg,
            table: (
                vec!["at s", "listed", "processed", "derived", "reader p95 ms"],
                self.rows(),
            ),
        })
    }

    /// The parts of the time, and what was done meanwhile.
    fn shaded(&self) -> Vec<(String, Window)> {
        let gap_ns = self.window.duration_ns() / GAPS;
        let parts = spans(&self.outcome.stages).into_iter();
        let parts = parts.map(|(name, window)| {
            let start_ns = self.since(window.start_ns);
            let end_ns = self.since(window.end_ns).saturating_sub(gap_ns);
            let end_ns = end_ns.max(start_ns);
            (name.to_owned(), Window { start_ns, end_ns })
        });
        let disturbances = self.outcome.disturbances.iter().map(|one| {
            let (start_ns, end_ns) = (one.window.start_ns, one.window.end_ns);
            let window = Window {
                start_ns: self.since(start_ns),
                end_ns: self.since(end_ns),
            };
            (one.what.clone(), window)
        });
        parts.chain(disturbances).collect()
    }

    /// Nothing is drawn before the start or behind the end.
    fn since(&self, at_ns: u64) -> u64 {
        at_ns.clamp(self.window.start_ns, self.window.end_ns) - self.window.start_ns
    }

    /// The p95 of those who read or add, step by step, with the stages and without.
    fn waits(&self, subject: Subject) -> Panel {
        let trace = |name, ink, style, of: &Outcome| Trace {
            name,
            ink,
            style,
            points: self.p95(&of.requests, subject),
        };
        let mut traces = vec![trace("with", Ink::Blue, Style::Line, self.outcome)];
        let quiet = self.quiet.into_iter();
        traces.extend(quiet.map(|quiet| trace("without", Ink::Grey, Style::Dashed, quiet)));
        Panel {
            title: format!("p95 of {}, µs", subject.all()),
            measure: Measure::Count,
            traces,
            limit: None,
        }
    }

    fn p95(&self, requests: &[Request], subject: Subject) -> Vec<(u64, f64)> {
        let steps = self.steps(STEPS).filter_map(|window| {
            let p95_ns = requests_in(requests, subject, window).at(Quantile::P95)?;
            Some((self.since(window.start_ns), p95_ns as f64 / 1e3))
        });
        steps.collect()
    }

    /// The time in so many parts.
    fn steps(&self, count: u64) -> impl Iterator<Item = Window> + use<> {
        let Window { start_ns, end_ns } = self.window;
        let step_ns = self.window.duration_ns().div_ceil(count).max(1);
        let starts = (start_ns..end_ns).step_by(step_ns as usize);
        starts.map(move |start_ns| Window {
            start_ns,
            end_ns: (start_ns + step_ns - 1).min(end_ns),
        })
    }

    /// How far the stages are, each as a share of what it came to.
    fn progress(&self) -> Panel {
        let inks = [Ink::Green, Ink::Blue, Ink::Vermillion];
        let styles = [Style::Line, Style::Dashed, Style::Line];
        let traces = Stage::ALL.iter().zip(inks.into_iter().zip(styles));
        let traces = traces.map(|(stage, (ink, style))| {
            let all = &self.outcome.progress[*stage as usize];
            let most = all.last().map_or(1, |last| last.1).max(1);
            let share =
                |&(at_ns, rows): &(u64, u64)| (self.since(at_ns), rows as f64 / most as f64);
            Trace {
                name: stage.name(),
                ink,
                style,
                points: all.iter().map(share).collect(),
            }
        });
        Panel {
            title: "share of the rows that are stored".to_owned(),
            measure: Measure::Share,
            traces: traces.collect(),
            limit: None,
        }
    }

    /// What processing held.
    fn memory(&self) -> Panel {
        let moments = self.outcome.moments.iter();
        let points = moments.map(|one| (self.since(one.at_ns), one.bytes as f64));
        Panel {
            title: "bytes that processing holds".to_owned(),
            measure: Measure::Bytes,
            traces: vec![Trace {
                name: "held",
                ink: Ink::Purple,
                style: Style::Line,
                points: points.collect(),
            }],
            limit: None,
        }
    }

    /// How far all stages were at the end of each of [`ROWS`] parts of the time.
    fn rows(&self) -> Vec<Vec<String>> {
        let rows = self.steps(ROWS).map(|window| {
            let mut row = vec![unit::seconds(self.since(window.end_ns))];
            row.extend(self.outcome.progress.iter().map(|all| {
                let stored = all.partition_point(|(at_ns, _)| *at_ns <= window.end_ns);
                let last = stored.checked_sub(1).map(|last| all[last].1);
                unit::count(last.unwrap_or(0))
            }));
            let reads = requests_in(&self.outcome.requests, Subject::Readers, window);
            let p95_ns = reads.at(Quantile::P95);
            row.push(crate::report::table::or_absent(p95_ns, unit::millis));
            row
        });
        rows.collect()
    }

    fn finding(&self) -> String {
        let parts = spans(&self.outcome.stages).into_iter();
        let parts =
            parts.map(|(name, window)| format!("{name} {}", unit::duration(window.duration_ns())));
        let parts: Vec<String> = parts.collect();
        let most = self.outcome.moments.iter().max_by_key(|one| one.bytes);
        let held = most.map_or_else(String::new, |most| {
            format!(
                " Processing is seen with up to {}, after {}.",
                unit::bytes(most.bytes),
                unit::duration(self.since(most.at_ns))
            )
        });
        format!("{}.{held}", parts.join(", "))
    }
}
