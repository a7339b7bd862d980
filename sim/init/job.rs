//! What is to be backfilled, as far as the database can tell.
//!
//! A column that was added for a backfill is NULL in every row, or in all but the newest. So the
//! guess is the column with the largest share of NULLs in a sample of both ends of its table's key,
//! in the largest such table. The key is the first that the backfill itself accepts.

use std::path::Path;

use backfill::chunked::{Job, JobError};
use rusqlite::Connection;

use super::Wishes;
use super::error::InitError;
use super::name;
use super::schema::{self, Column, Table};
use crate::job::Keyed;
use crate::own::unstorable;
use crate::spelling;

/// Rows looked at from either end of a table's key.
const SAMPLED: u64 = 1_000;

/// From this share of NULLs on, of a thousand, a column may be one that waits for a backfill.
const MOSTLY_PERMILLE: u64 = 900;

/// What is to be backfilled.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    /// Its name in the ledger.
    pub(super) name: String,
    pub(super) table: String,
    pub(super) key: Vec<String>,
    /// The key as it was asked for, or as the job is to name it.
    pub(super) key_text: String,
    /// The column that waits for values, if one does.
    pub(super) waiting: Option<Waiting>,
    /// Whether the table was asked for.
    pub(super) asked: bool,
    /// Which rows; all if `None`.
    pub(super) eligible: Option<String>,
    /// What to put there; `None` if only the user can know.
    pub(super) set: Option<String>,
    /// Another column, for the example of a writer.
    pub(super) other: Option<String>,
}

/// A column that waits for values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) column: String,
    /// NULLs in the rows looked at.
    pub(super) nulls: u64,
    pub(super) sampled: u64,
}

impl Waiting {
    const fn permille(&self) -> u64 {
        self.nulls * 1_000 / self.sampled
    }
}

/// The table with its key, and the column that waits in it.
struct Candidate<'a> {
    table: &'a Table,
    key: Vec<String>,
    waiting: Option<Waiting>,
}

/// What `wishes` ask for, the rest guessed.
pub(super) fn choose(
    connection: &Connection,
    path: &Path,
    tables: &[Table],
    wishes: &Wishes,
) -> Result<Choice, InitError> {
    let candidate = match &wishes.table {
        Some(asked) => of_table(connection, path, tables, asked, wishes.key.as_deref())?,
        None => best(connection, path, tables)?,
    };
    let table = candidate.table;
    let key_text = match &wishes.key {
        Some(key) => key.clone(),
        None => name::key(&candidate.key),
    };
    let waiting = candidate.waiting;
    let fills =
        |set: &str, column: &str| assigned(set).is_some_and(|name| name == column.to_lowercase());
    let filled = waiting.as_ref().filter(|waiting| {
        let set = wishes.set.as_ref();
        set.is_none_or(|set| fills(set, &waiting.column))
    });
    let eligible = wishes
        .eligible
        .clone()
        .or_else(|| filled.map(|waiting| format!("{} IS NULL", name::sql(&waiting.column))));
    let choice = Choice {
        name: match filled {
            Some(waiting) => format!("{}-{}", table.name, waiting.column),
            None => format!("backfill-{}", table.name),
        },
        table: table.name.clone(),
        other: other(table, &candidate.key, waiting.as_ref()),
        key: candidate.key,
        key_text,
        asked: wishes.table.is_some(),
        eligible,
        set: wishes.set.clone(),
        waiting,
    };
    check(connection, table, &choice)?;
    Ok(choice)
}

/// The table that was asked for.
fn of_table<'a>(
    connection: &Connection,
    path: &Path,
    tables: &'a [Table],
    asked: &str,
    key: Option<&str>,
) -> Result<Candidate<'a>, InitError> {
    let refused = |reason: String, help: String| InitError::Table {
        table: asked.to_owned(),
        reason,
        help,
    };
    let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
    let help = || spelling::did_you_mean(asked, &names, "tables");
    let Some(table) = tables
        .iter()
        .find(|table| table.name.eq_ignore_ascii_case(asked))
    else {
        let kind = schema::kind_of(connection, asked).map_err(InitError::sql(path))?;
        let reason = kind.map_or_else(
            || "is not in the database".to_owned(),
            |kind| format!("is no table of rows to fill, but {}", kind.shown()),
        );
        return Err(refused(reason, help()));
    };
    if table.rows == 0 {
        let reason = "has no rows, and nothing to backfill".to_owned();
        return Err(refused(reason, help()));
    }
    let key = match key {
        Some(key) => {
            // What is wrong with it is for the backfill to say, before anything is read by it.
            let job = trial(table, key)?;
            job.check(connection)?;
            let keyed = Keyed::new(&table.name, job.columns());
            if let Some(reason) = unstorable(connection, &keyed).map_err(InitError::sql(path))? {
                return Err(InitError::Job(JobError::Key {
                    table: table.name.clone(),
                    key: key.to_owned(),
                    reason,
                }));
            }
            keyed.columns
        }
        None => match usable_key(connection, table) {
            Ok(Some(key)) => key,
            Ok(None) => {
                let help = "give it an INTEGER PRIMARY KEY, or NOT NULL columns with a UNIQUE \
                            index of their own, of integers or text";
                let reason = "has no key that a backfill could walk along".to_owned();
                return Err(refused(reason, help.to_owned()));
            }
            Err(source) => return Err(InitError::sql(path)(source)),
        },
    };
    let waiting = waiting(connection, table, &key).map_err(InitError::sql(path))?;
    Ok(Candidate {
        table,
        key,
        waiting,
    })
}

/// The best guess of all tables.
fn best<'a>(
    connection: &Connection,
    path: &Path,
    tables: &'a [Table],
) -> Result<Candidate<'a>, InitError> {
    let mut reasons = Vec::new();
    let mut candidates = Vec::new();
    for table in tables {
        let shown = name::on_one_line(&table.name);
        if table.rows == 0 {
            reasons.push(format!("`{shown}` is empty"));
            continue;
        }
        match usable_key(connection, table).map_err(InitError::sql(path))? {
            None => reasons.push(format!("`{shown}` has no key to walk along")),
            Some(key) => {
                let waiting = waiting(connection, table, &key).map_err(InitError::sql(path))?;
                candidates.push(Candidate {
                    table,
                    key,
                    waiting,
                });
            }
        }
    }
    if tables.is_empty() {
        reasons.push("it has none at all".to_owned());
    }
    // Tables come largest first, and the first of equals is kept.
    let share = |candidate: &Candidate<'_>| candidate.waiting.as_ref().map(Waiting::permille);
    candidates
        .into_iter()
        .reduce(|best, next| {
            if share(&next) > share(&best) {
                next
            } else {
                best
            }
        })
        .ok_or_else(|| InitError::NothingToFill {
            path: path.to_owned(),
            reasons,
        })
}

/// The first key of `table` that a backfill accepts, and can store in its ledger.
fn usable_key(connection: &Connection, table: &Table) -> rusqlite::Result<Option<Vec<String>>> {
    let unique = table.indexes.iter().filter(|index| index.unique);
    let mut keys = vec![table.primary()];
    keys.extend(unique.map(|index| index.columns.clone()));
    keys.sort_by_key(Vec::len);
    keys.dedup();
    // A primary key is what rows are known by, as long as it is one column.
    for key in keys.into_iter().filter(|key| !key.is_empty()) {
        if accepted(connection, table, &key)
            && unstorable(connection, &Keyed::new(&table.name, &key))?.is_none()
        {
            return Ok(Some(key));
        }
    }
    Ok(None)
}

fn accepted(connection: &Connection, table: &Table, key: &[String]) -> bool {
    trial(table, &name::key(key)).is_ok_and(|job| job.check(connection).is_ok())
}

/// A job that changes nothing, to have its key looked at.
fn trial(table: &Table, key: &str) -> Result<Job, JobError> {
    let column = table.columns.iter().find(|column| !column.generated);
    let column = column.map_or_else(String::new, |column| name::sql(&column.name));
    Job::new(
        "trial",
        &table.name,
        key,
        "true",
        &format!("{column} = {column}"),
    )
}

/// The column of `table` that has most NULLs where rows were looked at, if it is mostly NULL; the
/// last one of equals, because a column that was added is behind the others.
fn waiting(
    connection: &Connection,
    table: &Table,
    key: &[String],
) -> rusqlite::Result<Option<Waiting>> {
    let may_wait =
        |column: &&Column| !column.not_null && column.in_primary == 0 && !column.generated;
    let columns: Vec<&Column> = table.columns.iter().filter(may_wait).collect();
    let mut found: Vec<(u64, u64)> = vec![(0, 0); columns.len()];
    let counts: Vec<String> = columns
        .iter()
        .map(|c| format!("count({})", name::sql(&c.name)))
        .collect();
    // Where both ends would overlap, all rows are looked at, once.
    let all = table.rows <= 2 * SAMPLED;
    let (ends, looked_at): (&[&str], u64) = if all {
        (&["ASC"], 2 * SAMPLED)
    } else {
        (&["ASC", "DESC"], SAMPLED)
    };
    for order in ends {
        let ordered: Vec<String> = key
            .iter()
            .map(|column| format!("{} {order}", name::sql(column)))
            .collect();
        let sql = format!(
            "SELECT count(*) {} FROM (SELECT * FROM {} ORDER BY {} LIMIT {looked_at})",
            counts
                .iter()
                .map(|count| format!(", {count}"))
                .collect::<String>(),
            name::sql(&table.name),
            ordered.join(", ")
        );
        connection.query_row(&sql, [], |row| {
            let sampled = row.get::<_, i64>(0)?.unsigned_abs();
            for (at, (nulls, all)) in found.iter_mut().enumerate() {
                *nulls += sampled - row.get::<_, i64>(at + 1)?.unsigned_abs();
                *all += sampled;
            }
            Ok(())
        })?;
    }
    let counted = columns
        .iter()
        .zip(found)
        .map(|(column, (nulls, sampled))| Waiting {
            column: column.name.clone(),
            nulls,
            sampled,
        });
    let mostly = counted.filter(|it| it.sampled > 0 && it.permille() >= MOSTLY_PERMILLE);
    Ok(mostly.max_by_key(Waiting::permille))
}

/// The name of the column that `set` begins with, in lower case.
fn assigned(set: &str) -> Option<String> {
    let (name, _) = set.split_once('=')?;
    let name = name.trim();
    let bare = name
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    Some(
        bare.map_or_else(|| name.to_owned(), |bare| bare.replace("\"\"", "\""))
            .to_lowercase(),
    )
}

/// A column that the job does not need.
fn other(table: &Table, key: &[String], waiting: Option<&Waiting>) -> Option<String> {
    let free = |column: &&Column| {
        let waits = waiting.is_some_and(|waiting| waiting.column == column.name);
        !column.generated && column.in_primary == 0 && !waits && !key.contains(&column.name)
    };
    table
        .columns
        .iter()
        .rfind(free)
        .map(|column| column.name.clone())
}

/// What the backfill itself says of the job, as far as there is one.
fn check(connection: &Connection, table: &Table, choice: &Choice) -> Result<(), InitError> {
    let eligible = choice.eligible.as_deref().unwrap_or("true");
    let job = match &choice.set {
        Some(set) => Job::new(&choice.name, &table.name, &choice.key_text, eligible, set),
        None => trial(table, &choice.key_text),
    };
    Ok(job?.check(connection)?)
}
