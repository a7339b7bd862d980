//! The frame of a page: one file, no script, no font or image from elsewhere.
//!
//! Verdict, next action and the command that repeats it come first; what follows is the report's
//! own. It reads on a phone, on a dark screen and on paper.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::chart::Ink;
use super::figure::Figure;
use super::head::Head;
use super::manifest;
use super::stage::Entry;
use crate::measure::{Tone, Verdict, unit};

const STYLE: &str = include_str!("style.css");
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The whole page around `body`; `style` comes after what all pages have.
pub(crate) fn page(head: &Head<'_>, style: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="color-scheme" content="light dark";
                title { (head.scenario) ": " (head.verdict.name()) }
                style { (PreEscaped(STYLE)) (PreEscaped(style)) }
            }
            body {
                main {
                    header {
                        p.kicker { "Backfill simulation · " (head.scenario) }
                        h1 { (head.question) }
                    }
                    (verdict(head))
                    (body)
                    @for line in head.remarks() { p.remark { (line) } }
                }
            }
        }
    }
}

fn verdict(head: &Head<'_>) -> Markup {
    let (class, sign) = match head.verdict {
        Verdict::Pass => ("good", "✓"),
        Verdict::ObjectiveMissed | Verdict::Fail | Verdict::Incorrect | Verdict::Unfinished => {
            ("bad", "✗")
        }
        Verdict::NoData | Verdict::Incomplete => ("note", "?"),
    };
    html! {
        section.verdict.(class) aria-label="Verdict" {
            p.answer { span.badge { (sign) " " (head.verdict.name()) } " " (head.headline) }
            p.next { b { "Next: " } (head.next) }
            p.label { "Repeat it, bit for bit" }
            pre { code { (head.command) } }
        }
        section aria-label="Findings" {
            h2 { "Findings" }
            ul.findings {
                @for finding in head.findings {
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

/// A picture with its sentence, and its figures folded beneath it.
pub(crate) fn figure_section(figure: &Figure) -> Markup {
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

/// The class of text in a colour.
pub(crate) const fn ink(ink: Ink) -> &'static str {
    match ink {
        Ink::Black => "ink-black",
        Ink::Grey => "ink-grey",
        Ink::Blue => "ink-blue",
        Ink::Vermillion => "ink-vermillion",
        Ink::Green => "ink-green",
        Ink::Purple => "ink-purple",
    }
}

/// The versions that shape a result.
pub(crate) fn versions() -> Markup {
    let versions = manifest::versions();
    html! {
        "backfill-sim " (versions.backfill_sim) ", SQLite " (versions.sqlite) ", turmoil " (versions.turmoil) ", plotters " (versions.plotters)
    }
}

/// The files of a report so far, with their hashes.
pub(crate) fn file_table(files: &[Entry]) -> Markup {
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
