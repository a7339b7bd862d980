//! Which pictures a report has, the sentence under each and the table beneath it.

use super::Report;
use super::chart::{self, Caption, LatencyLine, Look, TimelineChart, TradeoffPoint};
use super::error::ReportError;
use super::evidence::{Evidence, Shown, file_part};
use super::figure::Figure;
use super::stage::Stage;
use super::table::or_absent;
use super::tail;
use crate::measure::{Phase, Quantile, Subject, Timeline, requests_in, unit};
use crate::outcome::{NO_BACKFILL, Outcome};

/// Steps of a timeline that a chart can show apart.
const CHART_STEPS: u64 = 600;
/// Rows of the table beneath a timeline.
const TABLE_STEPS: u64 = 40;

/// All pictures of a report, in the order of the page.
#[derive(Clone, Debug)]
pub(super) struct Figures(pub(super) Vec<Figure>);

impl Report for Figures {
    fn write(&self, _: &Evidence<'_>, stage: &mut Stage) -> Result<(), ReportError> {
        for figure in &self.0 {
            figure.write(stage)?;
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
        figures.extend(tail::figure(evidence)?);
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
        id: "tradeoff",
        title: &title,
        finding: &finding,
    };
    let svg = chart::tradeoff(
        caption,
        subject,
        &points,
        quiet,
        evidence.comparison.objective_ns,
    )?;
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
        reading: "Down and left is better. The grey steps join strategies that no other one beats in both; a hollow mark is beaten. Small marks are single seeds.".into(),
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
    let comparison = &evidence.comparison;
    let title = match comparison.subject {
        Subject::Readers => "Reader latency by percentile",
        Subject::Writers => "Writer latency by percentile",
    };
    let named = ("latency", title);
    Figure::latency(
        named,
        comparison.subject,
        &lines,
        Some(comparison.objective_ns),
    )
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
        reading: "A request counts in the step it was meant to arrive in, however late it was answered. A gap in a line is a step without any.".into(),
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
    let worst = requests_in(&outcome.requests, subject, window)
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
