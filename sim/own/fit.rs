//! Whether the job and the statements of a scenario fit its file: asked of SQLite, before anything
//! runs.

use backfill::chunked::{JobError, Shape, key_columns};
use backfill::ledger;
use rusqlite::{Connection, OptionalExtension as _};

use super::called::{of_the_moment, unrepeatable};
use super::error::IntakeError;
use super::file::DatabaseFile;
use super::key::unstorable;
use super::schema::{Kind, Table, columns, tables};
use super::task::{RowSql, task};
use crate::identifier::quoted;
use crate::job::{Chunks, Keyed};
use crate::scenario::{Finding, Job, KeyPath, Model, Query, ShapeKind};
use crate::spelling;

/// What does not fit.
///
/// # Errors
/// If SQLite cannot read the schema at all.
pub(crate) fn misfits(
    file: &DatabaseFile,
    job: &Job,
    model: &Model,
) -> Result<Vec<Finding>, IntakeError> {
    let schema = IntakeError::schema(file);
    let opened = file.connect().map_err(&schema)?;
    let survey = Survey {
        connection: &opened.connection,
        tables: tables(&opened.connection).map_err(schema)?,
    };
    let findings = survey.all(job, model);
    findings.map_err(IntakeError::sqlite(file.path()))
}

/// A file that is open.
struct Survey<'a> {
    connection: &'a Connection,
    tables: Vec<Table>,
}

impl Survey<'_> {
    fn all(&self, job: &Job, model: &Model) -> rusqlite::Result<Vec<Finding>> {
        let mut findings = self.names(job)?;
        if findings.is_empty() {
            findings.extend(self.job(job, model)?);
            findings.extend(self.ledger(job)?);
        }
        if findings.is_empty() {
            findings.extend(self.keys(job)?);
        }
        for (nth, query) in model.readers.query.iter().enumerate() {
            let at = Place(["readers", "query"], nth);
            findings.extend(self.statement(query, &at, &READS)?);
        }
        for (nth, query) in model.writers.statement.iter().enumerate() {
            let at = Place(["writers", "statement"], nth);
            findings.extend(self.statement(query, &at, &WRITES)?);
        }
        Ok(findings)
    }

    /// Tables and columns of the job that are not there.
    fn names(&self, job: &Job) -> rusqlite::Result<Vec<Finding>> {
        let mut wrong = Vec::new();
        let both = [
            (
                Some(&job.table),
                "table",
                vec![("key", Some(&job.key)), ("column", job.column.as_ref())],
            ),
            (
                job.source.as_ref(),
                "source",
                vec![
                    ("source_key", job.source_key.as_ref()),
                    ("refers", job.refers.as_ref()),
                    ("value", job.value.as_ref()),
                ],
            ),
        ];
        for (table, key, named) in both {
            let Some(table) = table else { continue };
            if let Err((message, help)) = self.table(table) {
                wrong.push(finding(KeyPath::new(["job", key]), message, help));
                continue;
            }
            for (key, said) in named {
                let Some(said) = said else { continue };
                // Only the key may be several; what is no list of names is refused with the job.
                let columns = match key {
                    "key" => key_columns(said).unwrap_or_default(),
                    _ => vec![said.clone()],
                };
                for column in &columns {
                    if let Err((message, help)) = self.column(table, column)? {
                        wrong.push(finding(KeyPath::new(["job", key]), message, help));
                    }
                }
            }
        }
        Ok(wrong)
    }

    /// The table of this name, or why it cannot be used and the way out.
    fn table(&self, name: &str) -> Result<&Table, (String, String)> {
        let found = self
            .tables
            .iter()
            .find(|table| table.name.eq_ignore_ascii_case(name));
        let names = || -> Vec<&str> {
            let real = self.tables.iter().filter(|table| table.kind == Kind::Table);
            real.map(|table| table.name.as_str()).collect()
        };
        match found {
            Some(table) if matches!(table.kind, Kind::Table | Kind::Shadow) => Ok(table),
            Some(table) => {
                let message = format!("`{name}` is {}", table.kind.shown());
                Err((
                    message,
                    format!("name a table; tables: {}", names().join(", ")),
                ))
            }
            None => Err((
                format!("there is no table `{name}`"),
                spelling::did_you_mean(name, &names(), "tables"),
            )),
        }
    }

    fn column(&self, table: &str, name: &str) -> rusqlite::Result<Result<(), (String, String)>> {
        let all = columns(self.connection, table)?;
        if all.iter().any(|one| one.eq_ignore_ascii_case(name)) {
            return Ok(Ok(()));
        }
        let help = spelling::did_you_mean(name, &all, &format!("columns of `{table}`"));
        Ok(Err((format!("`{table}` has no column `{name}`"), help)))
    }

    /// The job as the code under test checks it, and as one statement.
    fn job(&self, job: &Job, model: &Model) -> rusqlite::Result<Vec<Finding>> {
        let checked = task(job).and_then(|task| match &task.chunks {
            Chunks::Columns(columns) => columns.check(self.connection),
            Chunks::Rollup(rollup) => shapes(model)
                .into_iter()
                .try_for_each(|shape| rollup.check(self.connection, shape)),
        });
        if let Err(error) = checked {
            return Ok(vec![refused(job, &error)]);
        }
        let whole = RowSql::of(job).update(&job.table, "true");
        let called = unrepeatable(self.connection, &whole).and_then(|called| match called {
            None => of_the_moment(self.connection, &whole),
            called => Ok(called),
        });
        Ok(match called {
            Ok(None) => Vec::new(),
            Ok(Some(function)) => {
                let message = format!("`{function}` comes to something else whenever it is asked");
                let help = "rows are filled one after another: write the value itself".to_owned();
                vec![finding(Self::calling(job, &function), message, help)]
            }
            Err(source) => {
                let help = "see what it names: a module or a collation of the application is not \
                            here"
                    .to_owned();
                let message = format!("SQLite does not accept the job: {source}");
                vec![finding(KeyPath::from("job"), message, help)]
            }
        })
    }

    /// Which part of the job calls `function`.
    fn calling(job: &Job, function: &str) -> KeyPath {
        let name = function.split('(').next().unwrap_or(function);
        let parts = [("set", &job.set), ("eligible", &job.eligible)];
        let named = parts.into_iter().find(|(_, sql)| {
            let sql = sql.as_deref().unwrap_or("").to_ascii_lowercase();
            sql.contains(name)
        });
        KeyPath::new(["job", named.map_or("table", |(key, _)| key)])
    }

    /// Keys that the ledger cannot keep, of a job that is right otherwise.
    fn keys(&self, job: &Job) -> rusqlite::Result<Option<Finding>> {
        let columns = key_columns(&job.key).unwrap_or_default();
        let reason = unstorable(self.connection, &Keyed::new(&job.table, &columns))?;
        let error = reason.map(|reason| JobError::Key {
            table: job.table.clone(),
            key: job.key.clone(),
            reason,
        });
        Ok(error.map(|error| refused(job, &error)))
    }

    /// A job that the file's own ledger calls done.
    fn ledger(&self, job: &Job) -> rusqlite::Result<Vec<Finding>> {
        if !has_ledger(self.connection)? {
            return Ok(Vec::new());
        }
        let sql = "SELECT status FROM _async_migrations WHERE name = ?1";
        let status: Option<String> = self
            .connection
            .query_row(sql, [&job.name], |row| row.get(0))
            .optional()?;
        if status.as_deref() != Some("done") {
            return Ok(Vec::new());
        }
        let message = format!(
            "there is nothing to rehearse: the ledger of the file says that `{}` is done",
            job.name
        );
        let help = format!(
            "take a copy from before it, or forget it in a copy: DELETE FROM _async_migrations \
             WHERE name = '{}'",
            job.name.replace('\'', "''")
        );
        Ok(vec![finding(KeyPath::from("job.name"), message, help)])
    }

    fn statement(&self, query: &Query, at: &Place, use_: &Use) -> rusqlite::Result<Vec<Finding>> {
        let Query { name, sql, .. } = query;
        let one = |message, help: &str| Ok(vec![finding(at.key("sql"), message, help.to_owned())]);
        let statement = match self.connection.prepare(sql) {
            Ok(statement) => statement,
            Err(rusqlite::Error::MultipleStatement) => {
                let message = format!("`{name}` is more than one statement");
                return one(message, "give each a name and a rate of its own");
            }
            Err(source) => {
                let message = format!("SQLite does not accept `{name}`: {source}");
                return one(message, "try it in `sqlite3` on a copy of the file");
            }
        };
        if !use_.words.contains(&first_word(sql).as_str()) || statement.readonly() != use_.reads {
            return one(format!("`{name}` {}", use_.wrong), use_.help);
        }
        if let Some(function) = unrepeatable(self.connection, sql)? {
            let message = format!("`{name}`: `{function}` comes to something else in every run");
            let help = "use a parameter, `{ from = 1, to = 1_000_000 }`; where a default or a \
                        trigger calls it, write the column, or take the trigger out of a copy";
            return one(message, help);
        }
        let (needed, given) = (statement.parameter_count(), query.params.len());
        if needed != given {
            let message = format!("`{name}` has {needed} parameters, and {given} are given");
            let help = "write one entry for each of `?1`, `?2`, …: `{ column = \"table.column\" }` \
                        or `{ from = 1, to = 100 }`";
            return Ok(vec![finding(at.key("params"), message, help.to_owned())]);
        }
        self.params(query, at)
    }

    fn params(&self, query: &Query, at: &Place) -> rusqlite::Result<Vec<Finding>> {
        let mut wrong = Vec::new();
        for (nth, param) in query.params.iter().enumerate() {
            let Some((table, column)) = param.place() else {
                continue;
            };
            let refused = match self.table(&table) {
                Err(refused) => Some(refused),
                Ok(_) => match self.column(&table, &column)? {
                    Err(refused) => Some(refused),
                    Ok(()) => self.without_rows(&table)?,
                },
            };
            if let Some((message, help)) = refused {
                wrong.push(finding(at.key(&format!("params.{nth}")), message, help));
            }
        }
        Ok(wrong)
    }

    fn without_rows(&self, table: &str) -> rusqlite::Result<Option<(String, String)>> {
        let sql = format!("SELECT 1 FROM {} LIMIT 1", quoted(table));
        let any = self.connection.query_row(&sql, [], |_| Ok(())).optional()?;
        Ok(any.is_none().then(|| {
            let message = format!("`{table}` has no row whose value could be taken");
            (
                message,
                "name a table with rows, or write `{ from = 1, to = 100 }`".to_owned(),
            )
        }))
    }
}

/// Which of `[[readers.query]]` or `[[writers.statement]]`.
struct Place([&'static str; 2], usize);

impl Place {
    fn key(&self, dotted: &str) -> KeyPath {
        let nth = self.1.to_string();
        let outer = self.0.into_iter().chain([nth.as_str()]);
        KeyPath::new(outer.chain(dotted.split('.')))
    }
}

/// What a statement may be.
struct Use {
    words: &'static [&'static str],
    reads: bool,
    wrong: &'static str,
    help: &'static str,
}

const READS: Use = Use {
    words: &["select", "with", "values"],
    reads: true,
    wrong: "does not only read",
    help: "write a SELECT, or move it to `[[writers.statement]]`",
};
const WRITES: Use = Use {
    words: &["insert", "update", "delete", "replace", "with"],
    reads: false,
    wrong: "changes no rows",
    help: "write an INSERT, UPDATE or DELETE, or move it to `[[readers.query]]`; a transaction of \
           its own is begun and committed around it",
};

/// The first word of a statement, in lower case, behind comments and blanks.
fn first_word(sql: &str) -> String {
    let mut rest = sql.trim_start();
    loop {
        let after = if rest.starts_with("--") {
            rest.split_once('\n').map(|(_, after)| after)
        } else if rest.starts_with("/*") {
            rest.split_once("*/").map(|(_, after)| after)
        } else {
            break;
        };
        rest = after.unwrap_or("").trim_start();
    }
    let word = rest.chars().take_while(char::is_ascii_alphabetic);
    word.collect::<String>().to_ascii_lowercase()
}

/// The shapes in which the strategies of a scenario do a rollup.
fn shapes(model: &Model) -> Vec<Shape> {
    let strategies = model.strategies.values();
    let kinds = strategies.map(|strategy| strategy.shape.unwrap_or_default());
    kinds
        .map(|kind| match kind {
            ShapeKind::InPlace => Shape::InPlace,
            ShapeKind::TwoPhase => Shape::TwoPhase,
            ShapeKind::StorageOrder => Shape::StorageOrder,
        })
        .collect()
}

/// Whether the file has a ledger.
pub(super) fn has_ledger(connection: &Connection) -> rusqlite::Result<bool> {
    connection.table_exists(None, "_async_migrations")
}

/// The entry of `name` in the file's own ledger, if it has one with a cursor to go on from.
pub(super) fn earlier(
    connection: &Connection,
    name: &str,
) -> rusqlite::Result<Option<ledger::Entry>> {
    if !has_ledger(connection)? || !connection.column_exists(None, "_async_migrations", "cursor")? {
        return Ok(None);
    }
    // One made by an older version lacks columns. They are added in the overlay, as a run would.
    ledger::ensure(connection)?;
    Ok(ledger::entry(connection, name)?.filter(|entry| entry.cursor.is_some()))
}

/// What the code under test says of the job, at the key it is about.
fn refused(job: &Job, error: &JobError) -> Finding {
    let key = match error {
        JobError::Empty { field } | JobError::Fragment { field, .. } => field,
        JobError::Key { table, key, .. } if *table == job.table && *key == job.key => "key",
        JobError::Key { .. } => "source_key",
        _ if job.set.is_some() => "set",
        _ => "table",
    };
    let help = match error {
        JobError::Key { .. } => {
            "a chunk goes from one key to another, so a key must say which row \
                                 is meant"
        }
        _ => "`eligible` and `set` are SQL as it would stand behind WHERE and SET",
    };
    finding(
        KeyPath::new(["job", key]),
        error.to_string(),
        help.to_owned(),
    )
}

fn finding(path: KeyPath, message: String, help: String) -> Finding {
    Finding {
        path,
        message,
        help,
    }
}
