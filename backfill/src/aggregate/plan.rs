//! What is said to SQLite about the rows of a chunk.
//!
//! A chunk's rows are counted by a few statements over its stretch of keys, not one by one: the
//! values of a chunk are far fewer than its rows where they repeat, and where they do not, SQLite
//! goes through them without anybody in between. A stretch of one key is how a single row is tried.

use rusqlite::Connection;

use super::aggregate::{Aggregate, Figure, Kind};
use crate::dead_letter;
use crate::identifier::{literal, quoted};

/// What a value that is no text counts for, and each count of rows, in bytes.
const NUMBER_BYTES: u64 = 8;

/// The statements of an aggregate. `?1` and `?2` are the first and last key of a stretch.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// Notes of rows that do not fit; `?3` is the aggregate's name, `?4` its source.
    pub(super) refuse: String,
    /// How many rows fit.
    pub(super) fitting: String,
    pub(super) figures: Vec<Stored>,
}

/// What is done for one figure.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    /// Its table.
    pub(super) table: String,
    /// How many of the values are new, to be asked before they are stored; `None` where storing
    /// tells.
    pub(super) found: Option<String>,
    /// Stores values, and gives the bytes of each that was written.
    pub(super) store: String,
}

impl Plan {
    pub(super) fn of(aggregate: &Aggregate) -> Self {
        let (table, key) = (quoted(&aggregate.table), quoted(&aggregate.key));
        let stretch = format!("FROM {table} AS s WHERE s.{key} BETWEEN ?1 AND ?2");
        let misfit = misfit(aggregate, "s");
        let fit = format!("{stretch} AND {misfit} IS NULL");
        Self {
            refuse: dead_letter::insert(&format!(
                "SELECT ?3, ?4, s.{key}, 0, {misfit} {stretch} AND {misfit} IS NOT NULL"
            )),
            fitting: format!("SELECT count(*) {fit}"),
            figures: aggregate
                .figures
                .iter()
                .map(|figure| Stored::of(figure, &fit))
                .collect(),
        }
    }
}

impl Stored {
    fn of(figure: &Figure, fit: &str) -> Self {
        let (table, column) = (quoted(&figure.table), quoted(&figure.column.name));
        let value_bytes = match figure.column.kind {
            Kind::Integer => NUMBER_BYTES.to_string(),
            Kind::Text { .. } => "octet_length(value)".to_owned(),
        };
        let (found, store) = if figure.counts_rows {
            let found = format!(
                "SELECT count(*) FROM (SELECT DISTINCT s.{column} COLLATE BINARY AS v {fit}) AS n
                 WHERE NOT EXISTS (SELECT 1 FROM {table} AS t WHERE t.value = n.v)"
            );
            let store = format!(
                "INSERT INTO {table}(value, rows)
                 SELECT s.{column}, count(*) {fit} GROUP BY s.{column} COLLATE BINARY
                 ON CONFLICT(value) DO UPDATE SET rows = rows + excluded.rows
                 RETURNING {value_bytes} + {NUMBER_BYTES}"
            );
            (Some(found), store)
        } else {
            let store = format!(
                "INSERT INTO {table}(value) SELECT s.{column} {fit}
                 ON CONFLICT(value) DO NOTHING RETURNING {value_bytes}"
            );
            (None, store)
        };
        let table = figure.table.clone();
        Self {
            table,
            found,
            store,
        }
    }
}

/// Why the row `row` fits no figure, as an expression; NULL if it fits all. It stands in triggers,
/// too: no function in it is younger than upserts are.
pub(super) fn misfit(aggregate: &Aggregate, row: &str) -> String {
    let mut cases = String::new();
    for Figure { column, .. } in &aggregate.figures {
        let value = format!("{row}.{}", quoted(&column.name));
        let kind = match column.kind {
            Kind::Integer => "integer",
            Kind::Text { .. } => "text",
        };
        let said = literal(&format!("{} is no {kind} but ", column.name));
        cases += &format!(" WHEN typeof({value}) <> '{kind}' THEN {said} || typeof({value})");
        if let Kind::Text { longest_bytes } = column.kind {
            let said = literal(&format!(
                "{} has more than {longest_bytes} bytes",
                column.name
            ));
            cases += &format!(" WHEN length(CAST({value} AS BLOB)) > {longest_bytes} THEN {said}");
        }
    }
    if cases.is_empty() {
        return "NULL".to_owned();
    }
    format!("(CASE{cases} END)")
}

/// The keys of a stretch and what each row weighs, in order; `?3` is how many at the most.
///
/// A row weighs what its values do: a text or a blob its bytes, anything else 8. SQLite knows the
/// length of a long value without reading it.
///
/// # Errors
/// What SQLite says.
pub(super) fn weighing(connection: &Connection, aggregate: &Aggregate) -> rusqlite::Result<String> {
    let mut columns = connection.prepare_cached("SELECT name FROM pragma_table_info(?1)")?;
    let weights = columns
        .query_map([&aggregate.table], |row| {
            let value = format!("s.{}", quoted(&row.get::<_, String>(0)?));
            Ok(format!(
                "iif(typeof({value}) IN ('text', 'blob'), octet_length({value}), {NUMBER_BYTES})"
            ))
        })?
        .collect::<rusqlite::Result<Vec<String>>>()?;
    let (table, key) = (quoted(&aggregate.table), quoted(&aggregate.key));
    Ok(format!(
        "SELECT s.{key}, {} FROM {table} AS s WHERE s.{key} BETWEEN ?1 AND ?2
         ORDER BY s.{key} LIMIT ?3",
        weights.join(" + ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::{Column, Figure};
    use rusqlite::StatementStatus;

    /// A chunk of ten rows, of a table of 20 000 with indexes that have in order what a figure
    /// needs.
    #[test]
    fn the_work_of_a_chunk_does_not_grow_with_the_table() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(
            "CREATE TABLE views(id INTEGER PRIMARY KEY, path TEXT, session TEXT);
             CREATE INDEX by_path ON views(path, session);
             CREATE INDEX by_session ON views(session, path);
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
             INSERT INTO views SELECT i, 'p', 's' || (i % 7) FROM n;
             ANALYZE;
             CREATE TABLE paths(value TEXT PRIMARY KEY, rows INTEGER) WITHOUT ROWID;
             CREATE TABLE sessions(value TEXT PRIMARY KEY) WITHOUT ROWID",
        )
        .unwrap();
        let figures = vec![
            Figure::count_by(Column::text("path"), "paths"),
            Figure::distinct(Column::text("session"), "sessions"),
        ];
        let aggregate = Aggregate::new("views", "views", "id", figures).unwrap();
        let plan = Plan::of(&aggregate);
        let weighing = weighing(&db, &aggregate).unwrap();
        let figures = plan.figures.iter();
        let figures = figures.flat_map(|figure| figure.found.iter().chain([&figure.store]));
        for sql in figures.chain([&plan.fitting, &weighing]) {
            let mut statement = db.prepare(sql).unwrap();
            let params = &[10_001, 10_010, 11][..statement.parameter_count()];
            let mut rows = statement.query(rusqlite::params_from_iter(params)).unwrap();
            while rows.next().unwrap().is_some() {}
            drop(rows);
            let steps = statement.get_status(StatementStatus::VmStep);
            assert!((1..1_000).contains(&steps), "{steps} for {sql}");
        }
        assert_eq!(
            db.query_row("SELECT rows FROM paths", [], |row| row.get(0)),
            Ok(10)
        );
    }
}
