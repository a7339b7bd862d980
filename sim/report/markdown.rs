//! `summary.md`: the report as a comment of a pull request. Verdict first, hashes last and folded.

use std::io::{self, Write};

use super::Report;
use super::error::ReportError;
use super::evidence::Evidence;
use super::stage::{Entry, Stage};
use super::table::{self, Table};
use crate::measure::Tone;

/// Writes `summary.md`.
pub(super) struct Markdown;

impl Report for Markdown {
    fn write(&self, evidence: &Evidence<'_>, stage: &mut Stage) -> Result<(), ReportError> {
        let files = stage.entries().to_vec();
        stage.file("summary.md", |file| {
            write_verdict(file, evidence)?;
            write_table(file, evidence)?;
            write_provenance(file, evidence, &files)
        })
    }
}

fn write_verdict(file: &mut dyn Write, evidence: &Evidence<'_>) -> io::Result<()> {
    let judgement = &evidence.judgement;
    let verdict = judgement.verdict.name().to_uppercase();
    writeln!(
        file,
        "### {}: {verdict}\n",
        escape(&evidence.run.scenario.name)
    )?;
    writeln!(
        file,
        "**{}** {}\n",
        escape(&judgement.headline),
        escape(&judgement.next)
    )?;
    for finding in &judgement.findings {
        let sign = match finding.tone {
            Tone::Good => "✅",
            Tone::Bad => "❌",
            Tone::Note => "▫️",
        };
        writeln!(file, "- {sign} {}", escape(&finding.sentence))?;
    }
    for line in judgement.trust() {
        writeln!(file, "\n{}", escape(&line))?;
    }
    writeln!(file)
}

fn write_table(file: &mut dyn Write, evidence: &Evidence<'_>) -> io::Result<()> {
    let Table { columns, rows } = Table::of(evidence);
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
    writeln!(file, "\n{}\n", table::note(evidence))
}

fn write_provenance(
    file: &mut dyn Write,
    evidence: &Evidence<'_>,
    files: &[Entry],
) -> io::Result<()> {
    writeln!(
        file,
        "Repeat it, bit for bit:\n\n```sh\n{}\n```\n",
        evidence.run.command
    )?;
    writeln!(file, "<details><summary>Hashes</summary>\n")?;
    writeln!(file, "Scenario `{}`\n", evidence.run.scenario_hash)?;
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
    writeln!(file, "\n| file | SHA-256 |\n| :-- | :-- |")?;
    for entry in files {
        writeln!(file, "| {} | `{}` |", entry.name, entry.sha256)?;
    }
    writeln!(file, "\n</details>")
}

/// What Markdown would take for markup in a name or an error message.
fn escape(text: &str) -> String {
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
