//! Which pictures a report has: first what every strategy makes of the number of sessions, and what
//! its largest transaction moves; then each strategy over its time, first seed. The first
//! candidate's is open and all others' are folded; a strategy with wrong data has none.

use super::Evidence;
use crate::aggregate::Outcome;
use crate::aggregate::measure::{PLATFORM_BYTES, Pooled, StrategyResult};
use crate::measure::{Quantile, Subject, requests_in, unit};
use crate::outcome::{Request, Window};
use crate::report::ReportError;
use crate::report::chart::{Caption, Ink};
use crate::report::evidence::file_part;
use crate::report::figure::Figure;
use crate::report::table::{ABSENT, or_absent};
use crate::sheet::Section;
use crate::sheet::chart::{Bar, Measure, Panel, Panels, Ruler, Style, Trace, bars, panels};

/// Parts of the time for which percentiles are drawn.
const STEPS: u64 = 120;
/// Rows of the table beneath a picture.
const ROWS: u64 = 25;

/// Draws everything there is data for.
pub(super) fn sections(evidence: &Evidence<'_>) -> Result<Vec<Section>, ReportError> {
    let mut sections = vec![Section {
        folded: None,
        figures: vec![sessions(evidence)?, transactions(evidence)?],
    }];
    for result in evidence.candidates_first() {
        let Some(spell) = Spell::of(evidence, result) else {
            continue;
        };
        let open = sections.len() == 1;
        sections.push(Section {
            folded: (!open).then(|| format!("{}: over its time", result.name)),
            figures: vec![spell.figure()?],
        });
    }
    Ok(sections)
}

/// The anchor of the picture of a strategy over its time; `None` where it has none.
pub(super) fn anchor(evidence: &Evidence<'_>, result: &StrategyResult) -> Option<String> {
    Spell::of(evidence, result).map(|spell| spell.id())
}

/// What every strategy makes of the number of sessions.
fn sessions(evidence: &Evidence<'_>) -> Result<Figure, ReportError> {
    let ratio = |pooled: &Pooled| pooled.counts.sessions.ratio();
    let results = evidence.candidates_first();
    let known = results
        .iter()
        .filter_map(|one| Some((one, one.pooled.as_ref()?)));
    let worst = known.max_by_key(|(_, pooled)| pooled.counts.sessions.off());
    let finding = match worst {
        Some((result, pooled)) if pooled.counts.sessions.off() > 0 => {
            let sessions = pooled.counts.sessions;
            format!(
                "{} is the farthest off: {} sessions where there are {}.",
                result.name,
                unit::count(sessions.counted),
                unit::count(sessions.direct)
            )
        }
        _ => "Every strategy counts every session once.".to_owned(),
    };
    let ruler = Ruler {
        mark: Some((1.0, "as there are")),
        ..Ruler::from_zero("sessions counted over those there are")
    };
    let rows = |pooled: &Pooled| {
        let sessions = pooled.counts.sessions;
        vec![
            unit::count(sessions.counted),
            unit::count(sessions.direct),
            or_absent(sessions.ratio(), unit::fine_factor),
        ]
    };
    Drawing {
        id: "sessions",
        title: "Sessions counted",
        ruler,
        value: ratio,
        text: |ratio| unit::fine_factor(ratio),
        reading: "Bars begin at 0, and are to end at the dashed line: beyond it sessions are counted \
                  that were counted before.",
        finding,
        header: vec!["strategy", "counted", "there are", "/ direct"],
        rows,
    }
    .figure(evidence)
}

/// What the largest transaction of every strategy moves.
fn transactions(evidence: &Evidence<'_>) -> Result<Figure, ReportError> {
    let results = evidence.candidates_first();
    let known = results.iter().filter_map(|one| {
        let bytes = one.pooled.as_ref()?.transaction_bytes?;
        Some((one.name.as_str(), bytes))
    });
    let mut known: Vec<(&str, u64)> = known.collect();
    known.sort_by_key(|one| one.1);
    let over = known.iter().filter(|one| one.1 > PLATFORM_BYTES).count();
    let finding = match (known.first(), known.last()) {
        (Some(least), Some(most)) => format!(
            "The smallest of them is that of {}, {}, and the largest that of {}, {}; {over} of {} \
             are above 16 MB.",
            least.0,
            unit::bytes(least.1),
            most.0,
            unit::bytes(most.1),
            known.len()
        ),
        _ => "Nothing was stored.".to_owned(),
    };
    Drawing {
        id: "transactions",
        title: "The largest transaction",
        ruler: Ruler {
            title: "bytes read from files and written to them",
            decades: Some(|bytes| unit::exact_bytes(libm::round(bytes) as u64)),
            mark: Some((PLATFORM_BYTES as f64, "16 MB")),
        },
        value: |pooled| pooled.transaction_bytes.map(|bytes| bytes as f64),
        text: |bytes| unit::bytes(bytes as u64),
        reading: "A scale of powers of ten: each step is ten times as much. The dashed line is what \
                  the platform of the original allows a transaction.",
        finding,
        header: vec!["strategy", "bytes", "chunks", "rows at a time"],
        rows: |pooled| {
            vec![
                or_absent(pooled.transaction_bytes, unit::count),
                unit::count(pooled.chunks),
                or_absent(pooled.row_bytes, unit::count),
            ]
        },
    }
    .figure(evidence)
}

/// A picture of bars without its drawing.
struct Drawing<'a> {
    id: &'static str,
    title: &'static str,
    ruler: Ruler<'a>,
    value: fn(&Pooled) -> Option<f64>,
    text: fn(f64) -> String,
    reading: &'static str,
    finding: String,
    header: Vec<&'static str>,
    /// What the table has of a strategy behind its name.
    rows: fn(&Pooled) -> Vec<String>,
}

impl Drawing<'_> {
    fn figure(self, evidence: &Evidence<'_>) -> Result<Figure, ReportError> {
        let results = evidence.candidates_first();
        let bar = |result: &&'_ StrategyResult| {
            let value = result.pooled.as_ref().and_then(self.value);
            (value, value.map_or_else(|| "no data".to_owned(), self.text))
        };
        let drawn: Vec<_> = results.iter().map(bar).collect();
        let all: Vec<Bar<'_>> = results
            .iter()
            .zip(drawn)
            .map(|(result, (value, text))| Bar {
                name: &result.name,
                look: evidence.look(&result.strategy),
                value,
                text,
            })
            .collect();
        let caption = Caption {
            id: self.id,
            title: self.title,
            finding: &self.finding,
        };
        let svg = bars(caption, &self.ruler, &all)?;
        let columns = self.header.len();
        let rows = results.iter().map(|result| {
            let mut row = vec![result.name.clone()];
            row.extend(result.pooled.as_ref().map(self.rows).unwrap_or_default());
            row.resize(columns, ABSENT.to_owned());
            row
        });
        Ok(Figure {
            id: self.id.to_owned(),
            file: format!("{}.svg", self.id),
            title: self.title.to_owned(),
            reading: self.reading.into(),
            finding: self.finding,
            svg,
            table: (self.header, rows.collect()),
        })
    }
}

/// A strategy with its workload over its time.
struct Spell<'a> {
    name: &'a str,
    outcome: &'a Outcome,
    quiet: Option<&'a Outcome>,
    window: Window,
}

impl<'a> Spell<'a> {
    fn of(evidence: &Evidence<'a>, result: &'a StrategyResult) -> Option<Self> {
        let outcome = evidence.outcome(&result.name)?;
        let mut quiet = evidence.run.counterfactuals.iter();
        Some(Self {
            name: &result.name,
            outcome,
            quiet: quiet
                .find(|quiet| quiet.workload == outcome.workload && quiet.seed == outcome.seed),
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
        let mut all = vec![self.progress(), self.bytes()];
        let readers = self.waits(Subject::Readers);
        let writers = self.waits(Subject::Writers);
        all.extend([readers, writers].into_iter().flatten());
        let chart = Panels {
            since: "since counting began",
            end_ns: self.window.duration_ns(),
            shaded: &self.shaded(),
            panels: &all,
        };
        let svg = panels(caption, &chart)?;
        Ok(Figure {
            file: format!("{id}.svg"),
            id,
            title,
            reading: "Progress is what was announced after each chunk; latencies are those of the \
                      requests that fell due in each of 120 parts of the time. Shaded: from a \
                      crash to the next start."
                .into(),
            finding,
            svg,
            table: (
                vec!["at s", "rows counted", "reader p95 ms", "writer p95 ms"],
                self.rows(),
            ),
        })
    }

    fn shaded(&self) -> Vec<(String, Window)> {
        let all = self.outcome.disturbances.iter();
        all.map(|one| {
            let (start_ns, end_ns) = (one.window.start_ns, one.window.end_ns);
            let window = Window {
                start_ns: self.since(start_ns),
                end_ns: self.since(end_ns),
            };
            (one.what.clone(), window)
        })
        .collect()
    }

    /// Nothing is drawn before the start or behind the end.
    fn since(&self, at_ns: u64) -> u64 {
        at_ns.clamp(self.window.start_ns, self.window.end_ns) - self.window.start_ns
    }

    fn progress(&self) -> Panel {
        let steps = self.outcome.progress.iter();
        let steps = steps.map(|one| (self.since(one.at_ns), one.processed as f64));
        Panel {
            title: "rows counted".to_owned(),
            measure: Measure::Count,
            traces: vec![Trace {
                name: "counted",
                ink: Ink::Blue,
                style: Style::Line,
                points: [(0, 0.0)].into_iter().chain(steps).collect(),
            }],
            limit: None,
        }
    }

    fn bytes(&self) -> Panel {
        let all = self.outcome.transactions.iter();
        let points = all.map(|one| (self.since(one.at_ns), one.bytes as f64));
        Panel {
            title: "bytes of each transaction, when it was stored".to_owned(),
            measure: Measure::Bytes,
            traces: vec![Trace {
                name: "transaction",
                ink: Ink::Green,
                style: Style::Spikes,
                points: points.collect(),
            }],
            limit: Some(("platform".to_owned(), PLATFORM_BYTES as f64)),
        }
    }

    /// The p95 of those who read or add, step by step, with the rebuild and without; `None` where
    /// nobody did.
    fn waits(&self, subject: Subject) -> Option<Panel> {
        let trace = |name, ink, style, of: &Outcome| Trace {
            name,
            ink,
            style,
            points: self.p95(&of.requests, subject),
        };
        let mut traces = vec![trace("with", Ink::Blue, Style::Line, self.outcome)];
        let quiet = self.quiet.into_iter();
        traces.extend(quiet.map(|quiet| trace("without", Ink::Grey, Style::Dashed, quiet)));
        let some = traces.iter().any(|trace| !trace.points.is_empty());
        some.then(|| Panel {
            title: format!("p95 of {}, µs", subject.all()),
            measure: Measure::Count,
            traces,
            limit: None,
        })
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

    /// How far it was at the end of each of [`ROWS`] parts of the time, and what others waited.
    fn rows(&self) -> Vec<Vec<String>> {
        let rows = self.steps(ROWS).map(|window| {
            let steps = &self.outcome.progress;
            let stored = steps.partition_point(|one| one.at_ns <= window.end_ns);
            let last = stored
                .checked_sub(1)
                .map_or(0, |last| steps[last].processed);
            let waits = |subject| {
                let p95_ns = requests_in(&self.outcome.requests, subject, window);
                or_absent(p95_ns.at(Quantile::P95), unit::millis)
            };
            vec![
                unit::seconds(self.since(window.end_ns)),
                unit::count(last),
                waits(Subject::Readers),
                waits(Subject::Writers),
            ]
        });
        rows.collect()
    }

    fn finding(&self) -> String {
        let chunks = self.outcome.chunks.len() as u64;
        let crashes = match self.outcome.disturbances.len() as u64 {
            0 => String::new(),
            1 => " It was killed once and went on.".to_owned(),
            times => format!(" It was killed {} times and went on.", unit::count(times)),
        };
        let took = unit::duration(self.window.duration_ns());
        let held = self
            .outcome
            .transactions
            .iter()
            .map(|one| one.held_ns)
            .max();
        format!(
            "{} counts in {} steps and {took}; the longest transaction holds the lock for {}.{crashes}",
            self.name,
            unit::count(chunks),
            unit::duration(held.unwrap_or(0))
        )
    }
}
