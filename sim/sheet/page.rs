//! `index.html`: the page for a reviewer.
//!
//! After what all pages begin with come the strategies, the pictures, and last how it was measured,
//! with the hash of every file.

use maud::{Markup, html};

use super::{Exhibit, Mark, Section, Sheet};
use crate::measure::Tone;
use crate::report::page::{figure_section, file_table, ink, page, versions};
use crate::report::{Entry, ReportError, Stage};

const STYLE: &str = include_str!("style.css");

/// Writes `index.html`.
pub(super) fn write<F>(sheet: &Sheet<'_, F>, stage: &mut Stage) -> Result<(), ReportError> {
    let files = stage.entries().to_vec();
    let body = html! {
        (exhibit(&sheet.main))
        @for more in &sheet.more { (exhibit(more)) }
        @for section in &sheet.sections { (pictures(section)) }
        (method(sheet, &files))
    };
    let page = page(&sheet.head, STYLE, &body).into_string();
    stage.file("index.html", |file| file.write_all(page.as_bytes()))
}

fn exhibit(exhibit: &Exhibit) -> Markup {
    let table = &exhibit.table;
    let last = table.columns.len().saturating_sub(1);
    html! {
        section {
            h2 id=(exhibit.id) { (exhibit.title) }
            div.wide tabindex="0" role="region" aria-labelledby=(exhibit.id) {
                table.tight {
                    thead { tr {
                        @for column in &table.columns { th.num[column.numeric] scope="col" { (column.title) } }
                    } }
                    tbody {
                        @for (row, mark) in table.rows.iter().zip(&exhibit.marks) {
                            tr {
                                @for (index, (column, cell)) in table.columns.iter().zip(row).enumerate() {
                                    @if index == 0 {
                                        th scope="row" { (named(mark, cell)) }
                                    } @else if let Some(standing) = mark.tone.filter(|_| index == last) {
                                        td.(tone(standing)) { (cell) }
                                    } @else {
                                        td.num[column.numeric] { (cell) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
            p.remark { (exhibit.note) }
        }
    }
}

/// The name of a strategy, leading to its pictures where there are some.
fn named(mark: &Mark, name: &str) -> Markup {
    html! {
        span.swatch.(ink(mark.look.ink)) aria-hidden="true" {}
        @if let Some(anchor) = &mark.anchor { a href={ "#" (anchor) } { (name) } } @else { (name) }
    }
}

const fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Bad => "bad",
        Tone::Note => "note",
    }
}

fn pictures(section: &Section) -> Markup {
    let all = html! { @for figure in &section.figures { (figure_section(figure)) } };
    match &section.folded {
        None => all,
        Some(title) => html! { details.more { summary { (title) } (all) } },
    }
}

fn method<F>(sheet: &Sheet<'_, F>, files: &[Entry]) -> Markup {
    html! {
        section {
            h2 { "Method and limits" }
            ul { @for sentence in &sheet.method { li { (sentence) } } }
            h3 { "Options" }
            div.wide { table { tbody {
                @for (name, value) in sheet.options { tr { td { code { (name) } } td { (value) } } }
            } } }
            h3 { "Provenance" }
            dl {
                dt { "Scenario" } dd { code { (sheet.head.scenario_hash) } }
                dt { "Seeds" } dd { (sheet.seeds) }
                dt { "Versions" } dd { (versions()) }
            }
            details { summary { "Digests of the cells" } (cells(sheet)) }
            details { summary { "Data files and their SHA-256" } (file_table(files)) }
        }
    }
}

fn cells<F>(sheet: &Sheet<'_, F>) -> Markup {
    html! {
        div.wide { table {
            thead { tr { th { "strategy" } th.num { "seed" } th { "event log" } th { (sheet.planned) } th { "oracles" } } }
            tbody {
                @for record in &sheet.records {
                    @for cell in &record.cells {
                        tr {
                            td { (record.name) } td.num { (cell.seed) }
                            td { code { (cell.digest) } } td { code { (cell.plan_hash) } }
                            td { @for oracle in cell.oracles {
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
