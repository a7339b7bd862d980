//! Who reads meanwhile: a few queries that most applications have in one form or another.
//!
//! A row by its key in each of the largest tables, the newest rows of one table, the rows that
//! belong to one of another. SQLite is asked how it would run each of them, and what it would scan
//! a table for is left out: nobody would want to be promised anything about that.

use rusqlite::Connection;

use super::job::Choice;
use super::name;
use super::schema::{Column, Table};

/// Reads per second, all together, in halves.
const READS_PER_S_HALVES: u64 = 100;

/// Tables of which rows are looked up by key.
const LOOKUPS: usize = 3;

/// Rows of a list.
const LISTED: u64 = 50;

/// The most rows of one that belong together: some have far more than others.
const BELONGING: u64 = 100;

/// A query that a reader makes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Query {
    /// What it is, for the comment above it.
    pub(super) comment: &'static str,
    pub(super) name: String,
    pub(super) sql: String,
    /// The column that its parameter is a value of.
    pub(super) param: Option<String>,
    /// How often it is made.
    pub(super) rate_per_s: f64,
}

/// A query, and how often it comes beside the others.
struct Weighed {
    query: Query,
    weight: u64,
}

/// The queries of those who read while `job` runs.
pub(super) fn readers(
    connection: &Connection,
    tables: &[Table],
    job: &Choice,
) -> rusqlite::Result<Vec<Query>> {
    let mut in_turn: Vec<&Table> = tables.iter().filter(|table| table.rows > 0).collect();
    // The job's own table first, the others by size.
    in_turn.sort_by_key(|table| table.name != job.table);
    let mut found = Vec::new();
    for table in &in_turn {
        if found.len() < LOOKUPS
            && let Some(query) = by_key(table, job)
        {
            keep(
                connection,
                query,
                (LOOKUPS - found.len()) as u64,
                &mut found,
            )?;
        }
    }
    if let Some(query) = first(connection, in_turn.iter().flat_map(|table| newest(table)))? {
        found.push(Weighed { query, weight: 2 });
    }
    let mut children: Vec<(bool, Query)> = in_turn
        .iter()
        .flat_map(|table| belonging(table, job))
        .collect();
    children.sort_by_key(|(to_the_job, _)| !to_the_job);
    let known: Vec<String> = found
        .iter()
        .map(|weighed| weighed.query.sql.clone())
        .collect();
    let children = children.into_iter().map(|(_, query)| query);
    let new = children.filter(|query| !known.contains(&query.sql));
    if let Some(query) = first(connection, new)? {
        found.push(Weighed { query, weight: 2 });
    }
    Ok(rated(found))
}

fn keep(
    connection: &Connection,
    query: Query,
    weight: u64,
    found: &mut Vec<Weighed>,
) -> rusqlite::Result<()> {
    if fits(connection, &query)? {
        found.push(Weighed { query, weight });
    }
    Ok(())
}

fn first(
    connection: &Connection,
    queries: impl Iterator<Item = Query>,
) -> rusqlite::Result<Option<Query>> {
    for query in queries {
        if fits(connection, &query)? {
            return Ok(Some(query));
        }
    }
    Ok(None)
}

/// Rates in proportion to the weights that add up exactly; what is left over goes to the first.
fn rated(found: Vec<Weighed>) -> Vec<Query> {
    let all: u64 = found.iter().map(|weighed| weighed.weight).sum();
    let halves = |weight: u64| READS_PER_S_HALVES * weight / all.max(1);
    let dealt: u64 = found.iter().map(|weighed| halves(weighed.weight)).sum();
    let mut left = READS_PER_S_HALVES - dealt;
    let mut queries: Vec<Query> = Vec::new();
    for Weighed { query, weight } in found {
        let rate = halves(weight) + std::mem::take(&mut left);
        queries.push(Query {
            name: unlike(&queries, &name::on_one_line(&query.name)),
            rate_per_s: rate as f64 / 2.0,
            ..query
        });
    }
    queries
}

/// `name`, with a number behind it if one of `queries` has it: names that differ only in what a
/// report cannot show become the same.
fn unlike(queries: &[Query], name: &str) -> String {
    let taken = |name: &String| queries.iter().any(|query| query.name == *name);
    let numbered = (2..).map(|number| format!("{name} {number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    names.find(|name| !taken(name)).unwrap_or_default()
}

/// One row by its key, or the few rows that share the first column of a key.
fn by_key(table: &Table, job: &Choice) -> Option<Query> {
    let own = (table.name == job.table).then(|| job.key.clone());
    let unique = || table.indexes.iter().filter(|index| index.unique);
    let single = unique().find(|index| index.columns.len() == 1);
    let key = table
        .rowid()
        .map(|rowid| vec![rowid.to_owned()])
        .or(own)
        .or_else(|| single.map(|index| index.columns.clone()))
        .or_else(|| unique().next().map(|index| index.columns.clone()))?;
    let column = key.first()?;
    if key.len() > 1 {
        return Some(of_one(table, column));
    }
    Some(Query {
        comment: "One row by its key.",
        name: format!("{} by {column}", table.name),
        sql: format!(
            "SELECT * FROM {} WHERE {} = ?1",
            name::sql(&table.name),
            name::sql(column)
        ),
        param: Some(name::column(&table.name, column)),
        rate_per_s: 0.0,
    })
}

/// The rows that share a value of `column`.
fn of_one(table: &Table, column: &str) -> Query {
    Query {
        comment: "The rows that belong together.",
        name: format!("{} of one {column}", table.name),
        sql: format!(
            "SELECT * FROM {} WHERE {} = ?1 LIMIT {BELONGING}",
            name::sql(&table.name),
            name::sql(column)
        ),
        param: Some(name::column(&table.name, column)),
        rate_per_s: 0.0,
    }
}

/// The newest rows, by a moment that is indexed or else by the rowid.
fn newest(table: &Table) -> impl Iterator<Item = Query> {
    let leading = table
        .indexes
        .iter()
        .filter_map(|index| index.columns.first());
    let moments = leading.filter(|name| {
        let column = table.columns.iter().find(|column| column.name == **name);
        column.is_some_and(is_moment)
    });
    let rowid = table.rowid().map(ToOwned::to_owned);
    moments.cloned().chain(rowid).map(|column| Query {
        comment: "The newest rows.",
        name: format!("newest {}", table.name),
        sql: format!(
            "SELECT * FROM {} ORDER BY {} DESC LIMIT {LISTED}",
            name::sql(&table.name),
            name::sql(&column)
        ),
        param: None,
        rate_per_s: 0.0,
    })
}

/// Whether a column says when, as far as its name or its type tells.
fn is_moment(column: &Column) -> bool {
    let kind = column.kind.to_ascii_lowercase();
    let words = [
        "at",
        "time",
        "timestamp",
        "date",
        "day",
        "created",
        "seen",
        "on",
        "when",
        "ts",
    ];
    let name = column.name.to_ascii_lowercase();
    kind.contains("date")
        || kind.contains("time")
        || name.split('_').any(|part| words.contains(&part))
}

/// The rows that refer to one of another table, and whether that is the job's.
fn belonging(table: &Table, job: &Choice) -> Vec<(bool, Query)> {
    let leading = |column: &str| {
        let mut indexes = table.indexes.iter();
        indexes.any(|index| index.columns.first().is_some_and(|first| first == column))
    };
    let indexed = table
        .references
        .iter()
        .filter(|(column, _)| leading(column));
    indexed
        .map(|(column, parent)| {
            (
                parent.eq_ignore_ascii_case(&job.table),
                of_one(table, column),
            )
        })
        .collect()
}

/// Whether SQLite takes the query, only reads for it, and finds what it wants without looking at
/// every row. A list may walk along an index as long as it sorts nothing: it stops at its limit.
fn fits(connection: &Connection, query: &Query) -> rusqlite::Result<bool> {
    let Ok(statement) = connection.prepare(&query.sql) else {
        return Ok(false);
    };
    let params = usize::from(query.param.is_some());
    if !statement.readonly() || statement.parameter_count() != params {
        return Ok(false);
    }
    let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", query.sql))?;
    if params == 1 {
        plan.raw_bind_parameter(1, rusqlite::types::Null)?;
    }
    let mut rows = plan.raw_query();
    let (mut scans, mut sorts) = (0, false);
    while let Some(row) = rows.next()? {
        let step: String = row.get(3)?;
        scans += u32::from(step.starts_with("SCAN"));
        sorts |= step.contains("TEMP B-TREE");
    }
    let scans_allowed = u32::from(query.param.is_none());
    Ok(scans <= scans_allowed && !sorts)
}
