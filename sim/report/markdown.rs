//! `summary.md`: the report as a comment of a pull request. Verdict first, hashes last and folded.

use std::io::{self, Write};

use super::Report;
use super::error::ReportError;
use super::evidence::Evidence;
use super::head::Head;
use super::stage::{Entry, Stage};
use super::table::{self, Table};
use crate::measure::Tone;

/// Writes `summary.md`.
pub(super) struct Markdown;

impl Report for Markdown {
    fn write(&self, evidence: &Evidence<'_>, stage: &mut Stage) -> Result<(), ReportError> {
        let files = stage.entries().to_vec();
        stage.file("summary.md", |file| {
            let head = evidence.head();
            write_head(file, &head)?;
            write_table(file, &Table::of(evidence))?;
            writeln!(file, "\n{}\n", table::note(evidence))?;
            write_repeat(file, &head)?;
            write_cells(file, evidence)?;
            write_files(file, &files)
        })
    }
}

/// The answer and its reasons.
pub(crate) fn write_head(file: &mut dyn Write, head: &Head<'_>) -> io::Result<()> {
    let verdict = head.verdict.name().to_uppercase();
    writeln!(file, "### {}: {verdict}\n", escape(head.scenario))?;
    writeln!(
        file,
        "**{}** {}\n",
        escape(head.headline),
        escape(head.next)
    )?;
    for finding in head.findings {
        let sign = match finding.tone {
            Tone::Good => "✅",
            Tone::Bad => "❌",
            Tone::Note => "▫️",
        };
        writeln!(file, "- {sign} {}", escape(&finding.sentence))?;
    }
    for line in head.remarks() {
        writeln!(file, "\n{}", escape(&line))?;
    }
    writeln!(file)
}

/// A table.
pub(crate) fn write_table(file: &mut dyn Write, table: &Table) -> io::Result<()> {
    let Table { columns, rows } = table;
    let titles: Vec<&str> = columns.iter().map(|column| &*column.title).collect();
    let rules: Vec<&str> = columns
        .iter()
        .map(|column| if column.numeric { "--:" } else { ":--" })
        .collect();
    writeln!(
        file,
        "| {} |\n| {} |",
        titles.join(" | "),
        rules.join(" | ")
    )?;
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| escape(cell)).collect();
        writeln!(file, "| {} |", cells.join(" | "))?;
    }
    Ok(())
}

/// How to get the same again; the hashes that follow are folded.
pub(crate) fn write_repeat(file: &mut dyn Write, head: &Head<'_>) -> io::Result<()> {
    writeln!(
        file,
        "Repeat it, bit for bit:\n\n```sh\n{}\n```\n",
        head.command
    )?;
    writeln!(file, "<details><summary>Hashes</summary>\n")?;
    writeln!(file, "Scenario `{}`\n", head.scenario_hash)
}

fn write_cells(file: &mut dyn Write, evidence: &Evidence<'_>) -> io::Result<()> {
    writeln!(
        file,
        "| strategy | seed | digest of the event log | hash of the arrivals |\n| :-- | --: | :-- | :-- |"
    )?;
    let comparison = &evidence.comparison;
    for strategy in comparison.strategies.iter().chain(&comparison.controls) {
        for cell in &strategy.cells {
            let name = escape(&strategy.name);
            writeln!(
                file,
                "| {name} | {} | `{}` | `{}` |",
                cell.seed, cell.digest, cell.plan_hash
            )?;
        }
    }
    Ok(())
}

/// The files with their hashes; the end of the fold.
pub(crate) fn write_files(file: &mut dyn Write, files: &[Entry]) -> io::Result<()> {
    writeln!(file, "\n| file | SHA-256 |\n| :-- | :-- |")?;
    for entry in files {
        writeln!(file, "| {} | `{}` |", entry.name, entry.sha256)?;
    }
    writeln!(file, "\n</details>")
}

/// What Markdown would take for markup in a name or an error message.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            '<' => escaped.push_str("&lt;"),
            '\n' => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}
