//! `index.html`: the page for a reviewer.
//!
//! After what all pages begin with come the table, the pictures, and last how it was measured,
//! with the hash of every file.

use maud::{Markup, html};

use super::Report;
use super::error::ReportError;
use super::evidence::Evidence;
use super::figures::{Figures, timeline_id};
use super::page::{figure_section, file_table, ink, page, versions};
use super::stage::{Entry, Stage};
use super::table::{self, Table};
use crate::measure::{Standing, unit};

/// Writes `index.html`.
pub(super) struct Page<'a> {
    /// What it shows.
    pub(super) figures: &'a Figures,
}

impl Report for Page<'_> {
    fn write(&self, evidence: &Evidence<'_>, stage: &mut Stage) -> Result<(), ReportError> {
        let files = stage.entries().to_vec();
        let body = body(evidence, self.figures, &files);
        let page = page(&evidence.head(), "", &body).into_string();
        stage.file("index.html", |file| file.write_all(page.as_bytes()))
    }
}

fn body(evidence: &Evidence<'_>, figures: &Figures, files: &[Entry]) -> Markup {
    html! {
        (strategies(evidence, figures))
        @for figure in &figures.0 { (figure_section(figure)) }
        (method(evidence, files))
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

const fn standing_class(standing: &Standing) -> &'static str {
    match standing {
        Standing::Meets { .. } | Standing::Caught { .. } => "good",
        Standing::NoData => "note",
        _ => "bad",
    }
}

fn method(evidence: &Evidence<'_>, files: &[Entry]) -> Markup {
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
                    (versions())
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
