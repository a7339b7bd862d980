//! `summary.md`: the report as a comment of a pull request. Verdict first, then the main table;
//! the tables of single shapes and the hashes are folded.

use std::io::{self, Write};

use super::evidence::Evidence;
use super::table;
use super::terminal::main_table;
use crate::report::markdown::{escape, write_files, write_head, write_repeat, write_table};
use crate::report::{ReportError, Stage};

/// Cells whose digests are written here; a comment of a pull request holds 65 536 characters.
const MOST_CELLS: usize = 60;

/// Writes `summary.md`.
pub(super) fn write(evidence: &Evidence<'_>, stage: &mut Stage) -> Result<(), ReportError> {
    let files = stage.entries().to_vec();
    stage.file("summary.md", |file| {
        let head = evidence.head();
        write_head(file, &head)?;
        let (main, note) = main_table(evidence);
        write_table(file, &main)?;
        writeln!(file, "\n{note}\n")?;
        if evidence.comparison.shapes.len() > 1 {
            write_shapes(file, evidence)?;
        }
        write_repeat(file, &head)?;
        write_cells(file, evidence)?;
        write_files(file, &files)
    })
}

fn write_shapes(file: &mut dyn Write, evidence: &Evidence<'_>) -> io::Result<()> {
    for shape in &evidence.comparison.shapes {
        let name = escape(&shape.name);
        writeln!(
            file,
            "<details><summary>{name}</summary>\n\n{}\n",
            table::task(shape)
        )?;
        write_table(file, &table::of(shape))?;
        writeln!(file, "\n</details>\n")?;
    }
    Ok(())
}

fn write_cells(file: &mut dyn Write, evidence: &Evidence<'_>) -> io::Result<()> {
    let comparison = &evidence.comparison;
    let results = || comparison.results().chain(&comparison.controls);
    let cells = results().map(|result| result.cells.len()).sum::<usize>();
    if cells > MOST_CELLS {
        return writeln!(
            file,
            "The digests of the {cells} cells are in summary.json."
        );
    }
    writeln!(
        file,
        "| shape | strategy | seed | digest of the event log | hash of the data |\n| :-- | :-- | --: | :-- | :-- |"
    )?;
    for result in results() {
        let (shape, name) = (escape(&result.shape), escape(&result.name));
        for (cell, _) in &result.cells {
            let (seed, digest, plan) = (cell.seed, &cell.digest, &cell.plan_hash);
            writeln!(
                file,
                "| {shape} | {name} | {seed} | `{digest}` | `{plan}` |"
            )?;
        }
    }
    Ok(())
}
