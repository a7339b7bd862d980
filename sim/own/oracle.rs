//! Whether a database of one's own is what one UPDATE would have left, row by row.
//!
//! Two references are enough for nearly all rows: the UPDATE first and then all live writes in the
//! order of their commits, or all live writes first and then the UPDATE. A row of the job's table
//! that is neither may have been filled between two writes that both touch it (`between.rs`). A run
//! that did not finish may have left rows without the UPDATE.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use backfill::ledger::{self, Order};
use rusqlite::Connection;
use rusqlite::types::Value;

use super::between::{Between, Suspect, unlike};
use super::file::Opened;
use super::intact::{oracle, schema};
use super::live::{Write, writes};
use super::reference::{Stretch, Updated};
use super::rows::{Found, Reader};
use super::schema::{Kind, Table, tables};
use super::workload::Own;
use crate::identifier::quoted;
use crate::oracle::Evidence;
use crate::outcome::{Ending, Oracle, VALUES};
use crate::scenario::StrategyKind;

/// Rows that are looked at together when neither reference explains them.
const SUSPECTS_AT_ONCE: usize = 4_096;

/// What a cell's rows are held to.
struct References<'a> {
    own: &'a Own,
    writes: Vec<Write>,
    /// Of the UPDATE that comes last.
    stretch: Stretch,
    /// All live writes and then the UPDATE, and where rows may be left undone, without it.
    others: Vec<Opened>,
}

impl Own {
    /// What must be true with or without a backfill: the file is sound and its schema what it was;
    /// and without one, every row is what the live writes make of it.
    pub(crate) fn data(&self, evidence: &Evidence<'_>) -> rusqlite::Result<Vec<Oracle>> {
        let mut oracles = vec![self.integrity(evidence)?, schema(evidence)?];
        if evidence.strategy.is_none() {
            oracles.push(self.replayed(evidence)?);
        }
        Ok(oracles)
    }

    /// What must be true of the rows after a backfill: those of the job's table, and all others.
    pub(crate) fn filled(&self, evidence: &Evidence<'_>) -> rusqlite::Result<Vec<Oracle>> {
        let (earlier, stretch) = self.stretch(evidence)?;
        let judged = self.references.with_updated(earlier, |updated| {
            let references = References::of(self, evidence, updated, stretch)?;
            references.judge(evidence, updated)
        });
        Ok(judged.unwrap_or_else(|error| {
            let detail = format!("what one UPDATE leaves cannot be told: {error}");
            vec![oracle(VALUES, false, detail)]
        }))
    }

    /// Whether the strategy goes on from what an earlier run had left, and the keys of its UPDATE.
    fn stretch(&self, evidence: &Evidence<'_>) -> rusqlite::Result<(bool, Stretch)> {
        let chunked = |kind: StrategyKind| kind.works_in_chunks();
        if !evidence
            .strategy
            .is_some_and(|strategy| chunked(strategy.kind))
        {
            return Ok((false, Stretch::default()));
        }
        let entry = ledger::entry(evidence.connection, &self.task.name)?;
        let by_key = |cursor: &ledger::Cursor| cursor.order == Order::Key;
        let cursor = entry.and_then(|entry| entry.cursor).filter(by_key);
        let earlier = self.references.earlier();
        let stretch = Stretch {
            after: earlier.and_then(|earlier| earlier.after.clone()),
            upto: cursor.map(|cursor| cursor.last),
        };
        Ok((earlier.is_some(), stretch))
    }

    /// Without a backfill, the live writes alone explain every row.
    fn replayed(&self, evidence: &Evidence<'_>) -> rusqlite::Result<Oracle> {
        let plain = self.references.plain()?;
        self.replay(&plain, &writes(evidence));
        let mut rows = 0;
        for table in compared(evidence.before)? {
            let pair = (evidence.connection, (&plain.connection, &table));
            let (seen, stray) = strays(pair, &BTreeSet::new(), |_, suspects| {
                Ok(suspects.into_iter().next())
            })?;
            rows += seen;
            if let Some(stray) = stray {
                return Ok(oracle("untouched", false, stray));
            }
        }
        let detail = format!("all {rows} rows are what the live writes make of them");
        Ok(oracle("untouched", true, detail))
    }
}

impl<'a> References<'a> {
    fn of(
        own: &'a Own,
        evidence: &Evidence<'_>,
        updated: &Updated,
        stretch: Stretch,
    ) -> rusqlite::Result<Self> {
        let writes = writes(evidence);
        own.replay(&updated.opened, &writes);
        let mut others = Vec::new();
        if !writes.is_empty() {
            let later = own.references.plain()?;
            own.replay(&later, &writes);
            let at = later.connection.query_row(NOW_MS, [], |row| row.get(0))?;
            own.references.update(&later, &stretch, at)?;
            others.push(later);
        }
        if *evidence.ending != Ending::Done {
            let undone = own.references.plain()?;
            own.replay(&undone, &writes);
            others.push(undone);
        }
        Ok(Self {
            own,
            writes,
            stretch,
            others,
        })
    }

    fn judge(&self, evidence: &Evidence<'_>, updated: &Updated) -> rusqlite::Result<Vec<Oracle>> {
        let none = BTreeSet::new();
        let between = Between::new(self.own, evidence, &self.writes, &self.stretch);
        let (mut of_job, mut others, mut rows) = (None, None, (0, 0));
        for table in compared(evidence.before)? {
            let masked = updated.of_the_moment.get(&table.name).unwrap_or(&none);
            let own = table.name.eq_ignore_ascii_case(&self.own.task.rows.table);
            let (seen, stray) = if updated.by_triggers.contains(&table.name) {
                self.counted(evidence, updated, &table)?
            } else {
                let other = &updated.opened.connection;
                let pair = (evidence.connection, (other, &table));
                strays(pair, masked, |reader, mut suspects| {
                    for other in &self.others {
                        suspects = unlike(&other.connection, reader, suspects, masked)?;
                    }
                    between.unexplained(reader, suspects, (masked, own))
                })?
            };
            let (rows, first) = if own {
                (&mut rows.0, &mut of_job)
            } else {
                (&mut rows.1, &mut others)
            };
            *rows += seen;
            *first = first.take().or(stray);
        }
        Ok(self.verdicts(evidence, updated, (of_job, others), rows))
    }

    fn verdicts(
        &self,
        evidence: &Evidence<'_>,
        updated: &Updated,
        (of_job, others): (Option<String>, Option<String>),
        rows: (u64, u64),
    ) -> Vec<Oracle> {
        let left_out: Vec<&str> = updated.of_the_moment.keys().map(String::as_str).collect();
        let left_out = match left_out.as_slice() {
            [] => String::new(),
            tables => format!(
                "; columns that triggers fill with the time are left out in {}",
                tables.join(", ")
            ),
        };
        let (rows, rest) = rows;
        let writes = self.writes.len();
        let right = if *evidence.ending == Ending::Done {
            format!("all {rows} rows are what one UPDATE and {writes} live writes leave{left_out}")
        } else {
            format!("none of {rows} rows is wrong, done or still to be done{left_out}")
        };
        let untouched = format!("all {rest} rows of other tables are as the live writes left them");
        vec![
            oracle(VALUES, of_job.is_none(), of_job.unwrap_or(right)),
            oracle("untouched", others.is_none(), others.unwrap_or(untouched)),
        ]
    }

    /// Of a table that triggers of the job fill, only the number of rows: in which order they fired
    /// is not known. A live write may have made a row one that the job leaves alone, or the job may
    /// have come first; and a run that did not finish has filled some rows: so the number lies
    /// between those of the references.
    fn counted(
        &self,
        evidence: &Evidence<'_>,
        updated: &Updated,
        table: &Table,
    ) -> rusqlite::Result<(u64, Option<String>)> {
        let sql = format!("SELECT count(*) FROM {}", quoted(&table.name));
        let count = |connection: &Connection| -> rusqlite::Result<i64> {
            connection.query_row(&sql, [], |row| row.get(0))
        };
        let rows = count(evidence.connection)?;
        let others = self.others.iter().map(|other| &other.connection);
        let references = others.chain([&updated.opened.connection]);
        let known: BTreeSet<i64> = references.map(count).collect::<Result<_, _>>()?;
        let within = known.first() <= Some(&rows) && Some(&rows) <= known.last();
        let stray = (!within).then(|| {
            let name = &table.name;
            format!("`{name}` has {rows} rows, which no order of events leaves")
        });
        Ok((rows.unsigned_abs(), stray))
    }
}

/// What SQLite's clock says, unix ms.
const NOW_MS: &str = "SELECT CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)";

/// How many rows `table` has now, and the first that is wrong: `wrong` looks at those that are not
/// what they are in `reference`, many at once.
fn strays(
    (now, (reference, table)): (&Connection, (&Connection, &Table)),
    masked: &BTreeSet<usize>,
    mut wrong: impl FnMut(&Reader, Vec<Suspect>) -> rusqlite::Result<Option<Suspect>>,
) -> rusqlite::Result<(u64, Option<String>)> {
    let Some(reader) = Reader::of_table(now, table)? else {
        return Ok((0, None));
    };
    let (mut suspects, mut stray) = (Vec::new(), None);
    let rows = reader.differences((now, reference), masked, |key, found, expected| {
        suspects.push(Suspect {
            key: key.to_vec(),
            found,
            expected,
        });
        if suspects.len() == SUSPECTS_AT_ONCE {
            stray = wrong(&reader, std::mem::take(&mut suspects))?;
        }
        Ok(match stray {
            None => ControlFlow::Continue(()),
            Some(_) => ControlFlow::Break(()),
        })
    })?;
    if stray.is_none() {
        stray = wrong(&reader, suspects)?;
    }
    let stray = stray.map(|stray| {
        format!(
            "a row of `{}` is wrong: {} is {}, where one UPDATE leaves {}",
            table.name,
            shown(&stray.key),
            row(&stray.found),
            row(&stray.expected)
        )
    });
    Ok((rows, stray))
}

/// The tables whose rows are compared: all but those that belong to virtual ones, whose pages
/// depend on how many transactions filled them.
fn compared(connection: &Connection) -> rusqlite::Result<Vec<Table>> {
    let mut all = tables(connection)?;
    all.retain(|table| table.kind == Kind::Table);
    Ok(all)
}

fn row(found: &Found) -> String {
    found
        .as_deref()
        .map_or_else(|| "not there".to_owned(), shown)
}

/// Values as a reader of a report knows them, the long ones cut.
fn shown(values: &[Value]) -> String {
    let one = |value: &Value| match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(value) => value.to_string(),
        Value::Real(value) => format!("{value:?}"),
        Value::Text(value) => format!("'{}'", value.chars().take(40).collect::<String>()),
        Value::Blob(value) => format!("{} bytes", value.len()),
    };
    format!(
        "({})",
        values.iter().map(one).collect::<Vec<_>>().join(", ")
    )
}
