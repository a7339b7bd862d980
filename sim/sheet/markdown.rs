//! `summary.md`: the report as a comment of a pull request. Verdict first, hashes last and folded.

use std::io::{self, Write};

use super::Sheet;
use crate::report::markdown::{escape, write_files, write_head, write_repeat, write_table};
use crate::report::{ReportError, Stage};

/// Cells whose digests are written here; a comment of a pull request holds 65 536 characters.
const MOST_CELLS: usize = 60;

/// Writes `summary.md`.
pub(super) fn write<F>(sheet: &Sheet<'_, F>, stage: &mut Stage) -> Result<(), ReportError> {
    let files = stage.entries().to_vec();
    stage.file("summary.md", |file| {
        write_head(file, &sheet.head)?;
        for exhibit in std::iter::once(&sheet.main).chain(&sheet.more) {
            write_table(file, &exhibit.table)?;
            writeln!(file, "\n{}\n", exhibit.note)?;
        }
        write_repeat(file, &sheet.head)?;
        write_cells(file, sheet)?;
        write_files(file, &files)
    })
}

fn write_cells<F>(file: &mut dyn Write, sheet: &Sheet<'_, F>) -> io::Result<()> {
    let cells: usize = sheet.records.iter().map(|record| record.cells.len()).sum();
    if cells > MOST_CELLS {
        return writeln!(
            file,
            "The digests of the {cells} cells are in summary.json."
        );
    }
    writeln!(
        file,
        "| strategy | seed | digest of the event log | hash of the {} |\n| :-- | --: | :-- | :-- |",
        sheet.planned
    )?;
    for record in &sheet.records {
        let name = escape(record.name);
        for cell in &record.cells {
            let (seed, digest, plan) = (cell.seed, cell.digest, cell.plan_hash);
            writeln!(file, "| {name} | {seed} | `{digest}` | `{plan}` |")?;
        }
    }
    Ok(())
}
