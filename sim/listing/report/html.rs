//! `index.html`: the page for a reviewer.
//!
//! After what all pages begin with: every strategy on every shape in shades, where there are
//! several; then shape by shape the strategies and their pictures, the most telling shape open and
//! the others folded; last how it was measured.

use maud::{Markup, html};

use super::evidence::Evidence;
use super::figures::{Figures, ShapeFigures};
use super::matrix::{self, Entry, Matrix};
use super::table::{self, STRATEGY, VERDICT};
use crate::listing::measure::{ShapeResult, Standing, StrategyResult};
use crate::measure::unit;
use crate::report::evidence::file_part;
use crate::report::page::{figure_section, file_table, ink, page, versions};
use crate::report::table::ABSENT;
use crate::report::{Entry as File, ReportError, Stage};

const STYLE: &str = include_str!("style.css");

/// Up to which factor of the floor a cell has which shade, and how that is called.
const SHADES: [(f64, &str, &str); 5] = [
    (1.05, "heat-near", "to 1.05 ×"),
    (1.25, "heat-close", "to 1.25 ×"),
    (2.0, "heat-off", "to 2 ×"),
    (5.0, "heat-far", "to 5 ×"),
    (f64::INFINITY, "heat-worst", "more, or none"),
];

/// Writes `index.html`.
pub(super) fn write(
    evidence: &Evidence<'_>,
    figures: &Figures,
    stage: &mut Stage,
) -> Result<(), ReportError> {
    let files = stage.entries().to_vec();
    let several = evidence.comparison.shapes.len() > 1;
    let body = html! {
        @if several { (heat(evidence)) }
        @for (index, drawn) in figures.0.iter().enumerate() {
            (shape_section(evidence, drawn, several, index == 0))
        }
        (method(evidence, &files))
    };
    let page = page(&evidence.head(), STYLE, &body).into_string();
    stage.file("index.html", |file| file.write_all(page.as_bytes()))
}

fn heat(evidence: &Evidence<'_>) -> Markup {
    let Matrix {
        strategies,
        rows,
        all,
    } = Matrix::of(evidence);
    let small = evidence.comparison.objective.small_pages;
    html! {
        section {
            h2 #matrix { "Strategies by shape" }
            div.wide tabindex="0" role="region" aria-labelledby="matrix" {
                table.tight.heat {
                    thead { tr {
                        th scope="col" { "shape" } th.num scope="col" { "pages" }
                        @for (name, _) in &strategies { th.num scope="col" { (swatch(evidence, name)) (name) } }
                    } }
                    tbody {
                        @for row in &rows {
                            tr {
                                th scope="row" { (row.shape.name) }
                                td { (matrix::pages(row.shape)) }
                                @for entry in &row.entries { (shaded(entry.as_ref())) }
                            }
                        }
                        @if let Some(all) = &all {
                            tr.sum {
                                th scope="row" { "all large" }
                                td { "> " (unit::count(small)) }
                                @for entry in all { (shaded(Some(entry))) }
                            }
                        }
                    }
                }
            }
            p.remark {
                "Makespan over floor, shaded: "
                @for (_, class, name) in SHADES { span.shades.(class) { (name) } " " }
                "The quickest of a shape is bold."
            }
            p.remark { (matrix::note(evidence)) }
        }
    }
}

fn shaded(entry: Option<&Entry>) -> Markup {
    let Some(entry) = entry else {
        return html! { td { (ABSENT) } };
    };
    let times = entry.times_floor.unwrap_or(f64::INFINITY);
    let shade = SHADES.iter().find(|(most, ..)| times <= *most);
    let class = shade.map_or("", |(_, class, _)| class);
    html! {
        td.(class) {
            @if entry.quickest { b { (entry.time) } } @else { (entry.time) }
            small { (entry.wasted) }
        }
    }
}

/// A shape with its table and its pictures; without folds where it is the only one.
fn shape_section(
    evidence: &Evidence<'_>,
    drawn: &ShapeFigures,
    several: bool,
    first: bool,
) -> Markup {
    let mut shapes = evidence.comparison.shapes.iter();
    let Some(shape) = shapes.find(|shape| shape.name == drawn.shape) else {
        return html! {};
    };
    let body = html! {
        (strategies(evidence, shape, drawn))
        p.remark { (table::task(shape)) @if !several { " " (table::note(evidence)) } }
        @for figure in &drawn.figures { (figure_section(figure)) }
    };
    match (several, first) {
        (false, _) => body,
        (true, true) => html! {
            section {
                h2 { "The shape that tells them apart the most: " (shape.name) }
                (body)
            }
        },
        (true, false) => html! {
            details.shape { summary { (shape.name) ": " (digest(shape)) } (body) }
        },
    }
}

/// Who is quickest on a shape and who is slowest, in the line that unfolds it.
fn digest(shape: &ShapeResult) -> String {
    let took = |result: &StrategyResult| {
        let ns = result.pooled.makespan_ns.unwrap_or(0);
        format!("{} {}", result.name, unit::duration(ns))
    };
    match shape.ranked().as_slice() {
        [] => "nobody finished with the right data".to_owned(),
        [one] => took(one),
        [first, .., last] => format!("{}, …, {}", took(first), took(last)),
    }
}

fn strategies(evidence: &Evidence<'_>, shape: &ShapeResult, drawn: &ShapeFigures) -> Markup {
    let table = table::of(shape);
    let id = format!("strategies-{}", file_part(&shape.name));
    html! {
        section {
            h2 id=(id) { "Strategies on " (shape.name) }
            div.wide tabindex="0" role="region" aria-labelledby=(id) {
                table.tight {
                    thead { tr {
                        @for column in &table.columns { th.num[column.numeric] scope="col" { (column.title) } }
                    } }
                    tbody {
                        @for (result, row) in shape.strategies.iter().zip(&table.rows) {
                            tr {
                                @for (column, cell) in table.columns.iter().zip(row) {
                                    @if column.title == STRATEGY {
                                        th scope="row" { (swatch(evidence, cell)) (calls_link(drawn, cell)) }
                                    } @else if column.title == VERDICT {
                                        td.(standing_class(result)) { (cell) }
                                    } @else {
                                        td.num[column.numeric] { (cell) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn swatch(evidence: &Evidence<'_>, strategy: &str) -> Markup {
    html! { span.swatch.(ink(evidence.look(strategy).ink)) aria-hidden="true" {} }
}

/// The name of a strategy, leading to its calls where they are drawn.
fn calls_link(drawn: &ShapeFigures, name: &str) -> Markup {
    let id = super::figures::calls_id(&drawn.shape, name);
    let there = drawn.figures.iter().any(|figure| figure.id == id);
    html! {
        @if there { a href={ "#" (id) } { (name) } } @else { (name) }
    }
}

fn standing_class(result: &StrategyResult) -> &'static str {
    match result.worst() {
        Some((_, Standing::Meets | Standing::Caught { .. })) => "good",
        Some((_, Standing::NoData)) | None => "note",
        Some(_) => "bad",
    }
}

fn method(evidence: &Evidence<'_>, files: &[File]) -> Markup {
    html! {
        section {
            h2 { "Method and limits" }
            ul {
                li { "The backfill that ran is the real one; the API, its latency, its rate limit and its faults are modelled, and so is time." }
                li { "A cell is one shape of the data, one strategy and one seed. Strategies of a shape and seed see the same objects; ratios are paired by seed." }
                li { "The makespan runs from the start of the backfill to its end, crashes and what comes after them included. Wrong data, or no end, is no makespan." }
                li { "The floor is the larger of two times: the pages at the rate of the API, and the fullest second, which no cut in time divides, page after page. The burst may take a strategy a little below it." }
                li { "Wasted are requests that were answered with a page on which nothing was new: empty, or known already. Of all answered requests; what was refused or failed is counted apart." }
                li { "The fullest second is the half-open span of one second with the most requests sent, wherever it begins." }
                li { "What was said of the time left is taken at shares of the whole time: the last thing said by then, against what was true when it was said." }
                li { "State per object is the bytes of state written with all transactions, over the objects stored." }
                @if evidence.comparison.read {
                    li { "Reader latency counts from the intended arrival of a read during the backfill; “no backfill” is the same seed, reads and span without one. Percentiles are nearest rank." }
                }
                li { "Controls are cheats, each with a mistake that an oracle must see: with every seed, on some shape." }
            }
            h3 { "Options" }
            div.wide { table { tbody {
                @for (name, value) in &evidence.run.options { tr { td { code { (name) } } td { (value) } } }
            } } }
            h3 { "Provenance" }
            dl {
                dt { "Scenario" } dd { code { (evidence.run.scenario_hash) } }
                dt { "Seeds" } dd { (evidence.seeds()) }
                dt { "Versions" } dd { (versions()) }
            }
            details { summary { "Digests of the cells" } (cells(evidence)) }
            details { summary { "Data files and their SHA-256" } (file_table(files)) }
        }
    }
}

fn cells(evidence: &Evidence<'_>) -> Markup {
    let comparison = &evidence.comparison;
    html! {
        div.wide { table {
            thead { tr { th { "shape" } th { "strategy" } th.num { "seed" } th { "event log" } th { "data" } th { "oracles" } } }
            tbody {
                @for result in comparison.results().chain(&comparison.controls) {
                    @for (cell, _) in &result.cells {
                        tr {
                            td { (result.shape) } td { (result.name) } td.num { (cell.seed) }
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
