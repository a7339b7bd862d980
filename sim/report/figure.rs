//! Which pictures a report has, the sentence under each and the table beneath it.

use super::Report;
use super::chart::{self, Caption, LatencyLine, Look, TimelineChart, TradeoffPoint};
use super::error::ReportError;
use super::evidence::{Evidence, Shown, file_part};
use super::stage::Stage;
use super::table::ABSENT;
use crate::measure::{Latencies, Phase, Quantile, Subject, Timeline, requests_in, unit};
use crate::outcome::{NO_BACKFILL, Outcome};

/// Steps of a timeline that a chart can show apart.
const CHART_STEPS: u64 = 600;
/// Lines that a sentence names one by one.
const SENTENCE_LINES: usize = 6;
/// Rows of the table beneath a timeline.
const TABLE_STEPS: u64 = 40;

/// All pictures of a report, in the order of the page.
#[derive(Clone, Debug)]
pub(super) struct Figures(pub(super) Vec<Figure>);

/// One picture.
#[derive(Clone, Debug)]
pub(super) struct Figure {
    /// Its anchor on the page.
    pub(super) id: String,
    /// Its file.
    pub(super) file: String,
    /// Its heading.
    pub(super) title: String,
    /// How to read it.
    pub(super) reading: &'static str,
    /// What is to be seen in it.
    pub(super) finding: String,
    /// The picture.
    pub(super) svg: String,
    /// Header and rows of what it shows; the first column holds words, the others numbers.
    pub(super) table: (Vec<&'static str>, Vec<Vec<String>>),
}

impl Report for Figures {
    fn write(&self, _: &Evidence<'_>, stage: &mut Stage) -> Result<(), ReportError> {
        for figure in &self.0 {
            stage.file(&figure.file, |file| file.write_all(figure.svg.as_bytes()))?;
        }
        Ok(())
    }
}

impl Figures {
    /// Draws everything there is data for.
    pub(super) fn of(evidence: &Evidence<'_>) -> Result<Self, ReportError> {
        let mut figures = Vec::new();
        let with_latencies = evidence
            .strategies()
            .any(|shown| !shown.judged.as_slice().is_empty());
        figures.extend(tradeoff(evidence)?);
        if with_latencies {
            figures.push(latency(evidence)?);
        }
        for shown in evidence.strategies() {
            let outcome = evidence.run.outcomes_of(&shown.result.name).next();
            if let Some(outcome) = outcome.filter(|outcome| !outcome.requests.is_empty()) {
                figures.push(timeline(evidence, shown, outcome)?);
            }
        }
        Ok(Self(figures))
    }
}

fn tradeoff(evidence: &Evidence<'_>) -> Result<Option<Figure>, ReportError> {
    let points: Vec<TradeoffPoint<'_>> = evidence.strategies().filter_map(point).collect();
    if points.is_empty() {
        return Ok(None);
    }
    let subject = evidence.comparison.subject;
    let title = format!(
        "Trade-off: how long it takes and what {} pay",
        subject.all()
    );
    let finding = tradeoff_finding(&points, subject);
    let quiet = evidence.quiet.at(Quantile::P95);
    let caption = Caption {
        subject,
        id: "tradeoff",
        title: &title,
        finding: &finding,
    };
    let svg = chart::tradeoff(caption, &points, quiet, evidence.comparison.objective_ns)?;
    let p95 = match subject {
        Subject::Readers => "reader p95 ms",
        Subject::Writers => "writer p95 ms",
    };
    let rows = points.iter().map(|point| {
        vec![
            point.name.to_owned(),
            unit::seconds(point.duration_ns),
            unit::millis(point.p95_ns),
        ]
    });
    Ok(Some(Figure {
        id: "tradeoff".to_owned(),
        file: "tradeoff.svg".to_owned(),
        title,
        reading: "Down and left is better. The grey steps join strategies that no other one beats in both; a hollow mark is beaten. Small marks are single seeds.",
        finding,
        svg,
        table: (vec!["strategy", "duration s", p95], rows.collect()),
    }))
}

fn tradeoff_finding(points: &[TradeoffPoint<'_>], subject: Subject) -> String {
    let described = |point: &TradeoffPoint<'_>| {
        let (took, p95) = (
            unit::duration(point.duration_ns),
            unit::duration(point.p95_ns),
        );
        format!(
            "{}, takes {took} and costs {} {p95} at p95",
            point.name,
            subject.all()
        )
    };
    let quickest = points.iter().min_by_key(|point| point.duration_ns);
    let kindest = points.iter().min_by_key(|point| point.p95_ns);
    match quickest.zip(kindest) {
        Some((one, same)) if one.name == same.name => {
            format!("The quickest and kindest, {}.", described(one))
        }
        Some((quickest, kindest)) => {
            format!(
                "The quickest, {}; the kindest, {}.",
                described(quickest),
                described(kindest)
            )
        }
        None => String::new(),
    }
}

fn point(shown: Shown<'_>) -> Option<TradeoffPoint<'_>> {
    let pooled = &shown.result.pooled;
    let seeds = shown
        .result
        .cells
        .iter()
        .filter_map(|cell| Some((cell.duration_ns?, cell.backfill?.p95_ns)));
    Some(TradeoffPoint {
        name: &shown.result.name,
        look: shown.look,
        duration_ns: pooled.duration_ns?,
        p95_ns: pooled.p95_ns?,
        seeds: seeds.collect(),
    })
}

fn latency(evidence: &Evidence<'_>) -> Result<Figure, ReportError> {
    let mut lines: Vec<LatencyLine<'_>> = evidence
        .strategies()
        .filter(|shown| !shown.judged.as_slice().is_empty())
        .map(|shown| LatencyLine {
            name: &shown.result.name,
            look: shown.look,
            latencies: shown.judged,
        })
        .collect();
    if !evidence.quiet.as_slice().is_empty() {
        let latencies = &evidence.quiet;
        lines.push(LatencyLine {
            name: NO_BACKFILL,
            look: Look::NO_BACKFILL,
            latencies,
        });
    }
    let subject = evidence.comparison.subject;
    let title = match subject {
        Subject::Readers => "Reader latency by percentile",
        Subject::Writers => "Writer latency by percentile",
    };
    let title = title.to_owned();
    let finding = latency_finding(&lines);
    let caption = Caption {
        subject,
        id: "latency",
        title: &title,
        finding: &finding,
    };
    let svg = chart::latency(caption, &lines, evidence.comparison.objective_ns)?;
    let rows = lines
        .iter()
        .map(|line| percentile_row(line.name, line.latencies));
    Ok(Figure {
        id: "latency".to_owned(),
        file: "latency.svg".to_owned(),
        title,
        reading: "Each further nine takes the same room, so the tail is not hidden in a corner. All seeds pooled; a line ends at its slowest request.",
        finding,
        svg,
        table: (
            vec![
                "strategy",
                subject.requests(),
                "p50 ms",
                "p90 ms",
                "p95 ms",
                "p99 ms",
                "p99.9 ms",
                "max ms",
            ],
            rows.collect(),
        ),
    })
}

/// Every line by name as long as a sentence holds them, else the two ends and what they are
/// compared with.
fn latency_finding(lines: &[LatencyLine<'_>]) -> String {
    let mut p95: Vec<(&str, u64)> = lines
        .iter()
        .filter_map(|line| Some((line.name, line.latencies.at(Quantile::P95)?)))
        .collect();
    let all = p95.len() <= SENTENCE_LINES;
    let strategies = p95.iter().filter(|(name, _)| *name != NO_BACKFILL).count();
    if !all {
        let least = p95.iter().filter(|(name, _)| *name != NO_BACKFILL).copied();
        let (least, most) = (least.clone().min_by_key(|p| p.1), least.max_by_key(|p| p.1));
        p95.retain(|one| Some(*one) == least || Some(*one) == most || one.0 == NO_BACKFILL);
        p95.sort_by_key(|(_, ns)| *ns);
    }
    let parts: Vec<String> = p95
        .iter()
        .map(|(name, ns)| format!("{name} {}", unit::duration(*ns)))
        .collect();
    let which = if all {
        String::new()
    } else {
        format!(", least and most of {strategies} strategies")
    };
    format!("At the 95th percentile{which}: {}.", parts.join(", "))
}

fn percentile_row(name: &str, latencies: &Latencies) -> Vec<String> {
    let count = latencies.as_slice().len() as u64;
    let mut row = vec![name.to_owned(), unit::count(count)];
    for ppm in [500_000, 900_000, 950_000, 990_000, 999_000, 1_000_000] {
        row.push(
            latencies
                .at(Quantile::from_ppm(ppm))
                .map_or_else(|| ABSENT.to_owned(), unit::millis),
        );
    }
    row
}

/// The anchor of a strategy's timeline.
pub(super) fn timeline_id(name: &str) -> String {
    format!("timeline-{}", file_part(name))
}

fn timeline(
    evidence: &Evidence<'_>,
    shown: Shown<'_>,
    outcome: &Outcome,
) -> Result<Figure, ReportError> {
    let name = &shown.result.name;
    let id = timeline_id(name);
    let title = format!("Timeline: {name}, seed {}", outcome.seed);
    let finding = timeline_finding(evidence, outcome);
    let phases = &evidence.run.scenario.model.phases;
    let subject = evidence.comparison.subject;
    let steps = Timeline::at_most(outcome, subject, CHART_STEPS);
    let svg = chart::timeline(
        Caption {
            subject,
            id: &id,
            title: &title,
            finding: &finding,
        },
        TimelineChart {
            timeline: &steps,
            window: outcome.backfill,
            warm_up_ns: (phases.warm_up_s.max(0.0) * 1e9) as u64,
            end_ns: outcome.end_ns,
            objective_ns: evidence.comparison.objective_ns,
        },
    )?;
    Ok(Figure {
        file: format!("{id}.svg"),
        id,
        title,
        reading: "A request counts in the step it was meant to arrive in, however late it was answered. A gap in a line is a step without any.",
        finding,
        svg,
        table: timeline_table(evidence, outcome),
    })
}

fn timeline_finding(evidence: &Evidence<'_>, outcome: &Outcome) -> String {
    let Some(window) = outcome.backfill else {
        return "No backfill ran.".to_owned();
    };
    let subject = evidence.comparison.subject;
    let held: u64 = Timeline::of(outcome, subject, 1)
        .bins
        .iter()
        .map(|bin| bin.held_ns)
        .sum();
    let ran = window.duration_ns().max(1);
    let has = format!(
        "The backfill has the connection for {} of its {}",
        unit::percent(held as f64 / ran as f64),
        unit::duration(ran)
    );
    let worst = requests_in(outcome, subject, window)
        .as_slice()
        .last()
        .copied();
    let worst = worst.map_or_else(String::new, |ns| {
        format!("; the longest wait is {}", unit::duration(ns))
    });
    format!(
        "{has}{worst}. {}",
        aftermath(
            outcome,
            subject,
            window.end_ns,
            evidence.comparison.objective_ns
        )
    )
}

/// How long the subject felt it after its end.
fn aftermath(outcome: &Outcome, subject: Subject, end_ns: u64, objective_ns: u64) -> String {
    let objective = unit::exact(objective_ns);
    let late = outcome.requests.iter().rfind(|request| {
        subject.sends(request.kind)
            && request.intended_ns > end_ns
            && request.latency_ns() > objective_ns
    });
    let last = outcome
        .requests
        .iter()
        .rfind(|request| subject.sends(request.kind));
    let (all, request) = (subject.all(), subject.request());
    match late {
        Some(one) if last == Some(one) => {
            let watched = unit::duration(one.intended_ns - end_ns);
            format!(
                "{watched} after its end, when the last {request} arrived, {all} still waited longer than {objective}."
            )
        }
        Some(one) => format!(
            "The last {request} above {objective} arrived {} after its end.",
            unit::duration(one.intended_ns - end_ns)
        ),
        None => format!("No {request} that arrived after its end took more than {objective}."),
    }
}

fn timeline_table(
    evidence: &Evidence<'_>,
    outcome: &Outcome,
) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let subject = evidence.comparison.subject;
    let timeline = Timeline::at_most(outcome, subject, TABLE_STEPS);
    let phases = &evidence.run.scenario.model.phases;
    let or_absent = |value: Option<u64>, write: fn(u64) -> String| {
        value.map_or_else(|| ABSENT.to_owned(), write)
    };
    let rows = timeline.bins.iter().enumerate().map(|(index, bin)| {
        let from_s = index as u64 * timeline.step_s;
        let step_ns = timeline.step_s * 1_000_000_000;
        vec![
            Phase::of(phases, outcome.backfill, from_s * 1_000_000_000)
                .name()
                .to_owned(),
            unit::count(from_s),
            unit::count(bin.arrived),
            unit::count(bin.answered),
            or_absent(bin.latency.map(|spread| spread.p50_ns), unit::millis),
            or_absent(bin.latency.map(|spread| spread.p95_ns), unit::millis),
            or_absent(bin.latency.map(|spread| spread.max_ns), unit::millis),
            unit::percent(bin.held_ns as f64 / step_ns as f64),
            or_absent(bin.processed, unit::count),
        ]
    });
    let header = vec![
        "phase",
        "from s",
        "arrived",
        match subject {
            Subject::Readers => "reads answered",
            Subject::Writers => "writes answered",
        },
        "p50 ms",
        "p95 ms",
        "max ms",
        "connection held",
        "rows done",
    ];
    (header, rows.collect())
}
