//! `index.html`: the page for a reviewer. One file, no script, no font or image from elsewhere.
//!
//! Verdict, next action and the command that repeats it come first; then the table, the pictures,
//! and last how it was measured, with the hash of every file. It reads on a phone, on a dark
//! screen and on paper.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::Report;
use super::chart::Ink;
use super::error::ReportError;
use super::evidence::Evidence;
use super::figure::{Figure, Figures, timeline_id};
use super::manifest;
use super::stage::{Entry, Stage};
use super::table::{self, Table};
use crate::measure::{Standing, Tone, Verdict, unit};

/// Writes `index.html`.
pub(super) struct Page<'a> {
    /// What it shows.
    pub(super) figures: &'a Figures,
}

const STYLE: &str = include_str!("style.css");
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

impl Report for Page<'_> {
    fn write(&self, evidence: &Evidence<'_>, stage: &mut Stage) -> Result<(), ReportError> {
        let files = stage.entries().to_vec();
        let page = page(evidence, self.figures, &files).into_string();
        stage.file("index.html", |file| file.write_all(page.as_bytes()))
    }
}

fn page(evidence: &Evidence<'_>, figures: &Figures, files: &[Entry]) -> Markup {
    let scenario = &evidence.run.scenario;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="color-scheme" content="light dark";
                title { (scenario.name) ": " (evidence.judgement.verdict.name()) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    header {
                        p.kicker { "Backfill simulation · " (scenario.name) }
                        h1 { (scenario.question) }
                    }
                    (verdict(evidence))
                    (strategies(evidence, figures))
                    @for figure in &figures.0 { (figure_section(figure)) }
                    (method(evidence, files))
                    @for line in evidence.judgement.trust() { p.remark { (line) } }
                }
            }
        }
    }
}

fn verdict(evidence: &Evidence<'_>) -> Markup {
    let judgement = &evidence.judgement;
    let (class, sign) = match judgement.verdict {
        Verdict::Pass => ("good", "✓"),
        Verdict::ObjectiveMissed | Verdict::Fail | Verdict::Incorrect | Verdict::Unfinished => {
            ("bad", "✗")
        }
        Verdict::NoData | Verdict::Incomplete => ("note", "?"),
    };
    html! {
        section.verdict.(class) aria-label="Verdict" {
            p.answer { span.badge { (sign) " " (judgement.verdict.name()) } " " (judgement.headline) }
            p.next { b { "Next: " } (judgement.next) }
            p.label { "Repeat it, bit for bit" }
            pre { code { (evidence.run.command) } }
        }
        section aria-label="Findings" {
            h2 { "Findings" }
            ul.findings {
                @for finding in &judgement.findings {
                    @let (class, sign) = match finding.tone {
                        Tone::Good => ("good", "✓"),
                        Tone::Bad => ("bad", "✗"),
                        Tone::Note => ("note", "·"),
                    };
                    li.(class) { span.sign aria-hidden="true" { (sign) } span { (finding.sentence) } }
                }
            }
        }
    }
}

fn strategies(evidence: &Evidence<'_>, figures: &Figures) -> Markup {
    let shown: Vec<_> = evidence.strategies().collect();
    let Table { columns, rows } = Table::of(evidence);
    html! {
        section {
            h2 #strategies { "Strategies" }
            div.wide tabindex="0" role="region" aria-labelledby="strategies" {
                table {
                    thead { tr {
                        @for column in &columns { th.num[column.numeric] scope="col" { (column.title) } }
                    } }
                    tbody {
                        @for (shown, row) in shown.iter().zip(&rows) {
                            tr {
                                @for (column, cell) in columns.iter().zip(row) {
                                    @if column.title == "strategy" {
                                        th scope="row" { span.swatch.(ink(shown.look.ink)) aria-hidden="true" {} (timeline_link(figures, cell)) }
                                    } @else if column.title == "verdict" {
                                        td.(standing_class(shown.standing)) { (cell) }
                                    } @else {
                                        td.num[column.numeric] { (cell) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
            p.remark { (table::note(evidence)) " Objective: p95 up to " (unit::exact(evidence.comparison.objective_ns)) "." }
        }
    }
}

/// The name of a strategy, leading to its timeline where there is one.
fn timeline_link(figures: &Figures, name: &str) -> Markup {
    let id = timeline_id(name);
    let drawn = figures.0.iter().any(|figure| figure.id == id);
    html! {
        @if drawn { a href={ "#" (id) } { (name) } } @else { (name) }
    }
}

const fn ink(ink: Ink) -> &'static str {
    match ink {
        Ink::Black => "ink-black",
        Ink::Grey => "ink-grey",
        Ink::Blue => "ink-blue",
        Ink::Vermillion => "ink-vermillion",
        Ink::Green => "ink-green",
        Ink::Purple => "ink-purple",
    }
}

const fn standing_class(standing: &Standing) -> &'static str {
    match standing {
        Standing::Meets { .. } | Standing::Caught { .. } => "good",
        Standing::NoData => "note",
        _ => "bad",
    }
}

fn figure_section(figure: &Figure) -> Markup {
    let (header, rows) = &figure.table;
    html! {
        section {
            h2 id=(figure.id) { (figure.title) }
            figure {
                div.wide.plot tabindex="0" role="region" aria-labelledby=(figure.id) { (PreEscaped(&figure.svg)) }
                figcaption { b { (figure.finding) } " " span.remark { (figure.reading) } }
            }
            details {
                summary { "The figures" }
                div.wide {
                    table {
                        thead { tr {
                            @for (index, title) in header.iter().enumerate() { th.num[index > 0] scope="col" { (title) } }
                        } }
                        tbody {
                            @for row in rows {
                                tr { @for (index, cell) in row.iter().enumerate() { td.num[index > 0] { (cell) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn method(evidence: &Evidence<'_>, files: &[Entry]) -> Markup {
    let versions = manifest::versions();
    html! {
        section {
            h2 { "Method and limits" }
            ul {
                li { "Arrivals are planned before the run and never wait for answers. Latency is completion minus intended arrival, so a request that queues behind the backfill counts from when its user asked." }
                li { "Percentiles are nearest rank on exact nanoseconds. A failed or unanswered request counts with the time it waited. Without samples there is no figure." }
                li { "“No backfill” is the same seed, the same arrivals and the same window of modelled time with no backfill at all; ratios are paired by seed." }
                li { "The predicted p95 comes from the log of the backfill's holds alone (one shared connection, first come, first served); a large difference to the measured one means that something else delays readers." }
                li { "The floor is the connection time of the single transaction divided by what the others leave of the connection without a backfill, over the strategy's own window: nobody who does that work and serves the others meanwhile can be quicker." }
                li { "Time is modelled: SQLite really runs, and its counted work is charged at the device profile's costs. Your disk has other costs; the ranking holds as far as the profile does." }
                li { "A strategy whose data is wrong afterwards has no latency here." }
                li { "Controls are cheats, each with a mistake that one oracle is meant to see. The built-in ones run in a small hostile world of their own, on this scenario's database and disk settings." }
            }
            h3 { "Provenance" }
            dl {
                dt { "Scenario" } dd { code { (evidence.run.scenario_hash) } }
                dt { "Seeds" } dd { (evidence.seeds()) }
                dt { "Versions" } dd {
                    "backfill-sim " (versions.backfill_sim) ", SQLite " (versions.sqlite) ", turmoil " (versions.turmoil) ", plotters " (versions.plotters)
                }
            }
            details { summary { "Digests of the cells" } (cells(evidence)) }
            details { summary { "Data files and their SHA-256" } (file_table(files)) }
        }
    }
}

fn cells(evidence: &Evidence<'_>) -> Markup {
    html! {
        div.wide { table {
            thead { tr { th { "strategy" } th.num { "seed" } th { "event log" } th { "arrivals" } th { "oracles" } } }
            tbody {
                @for strategy in evidence.comparison.strategies.iter().chain(&evidence.comparison.controls) {
                    @for cell in &strategy.cells {
                        tr {
                            td { (strategy.name) } td.num { (cell.seed) }
                            td { code { (cell.digest) } } td { code { (cell.plan_hash) } }
                            td { @for oracle in &cell.oracles {
                                div.(if oracle.passed { "good" } else { "bad" }) {
                                    (if oracle.passed { "✓ " } else { "✗ " }) (oracle.name) ": " (oracle.detail)
                                }
                            } }
                        }
                    }
                }
            }
        } }
    }
}

fn file_table(files: &[Entry]) -> Markup {
    html! {
        div.wide { table {
            thead { tr { th { "file" } th.num { "bytes" } th { "SHA-256" } } }
            tbody {
                @for file in files {
                    tr {
                        td { a href=(file.name) { (file.name) } }
                        td.num { (unit::count(file.bytes)) }
                        td { code { (file.sha256) } }
                    }
                }
            }
        } }
        p.remark { "manifest.json lists the same and this page." }
    }
}
