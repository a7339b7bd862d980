//! The triggers that count what is inserted while, and after, a table is counted.
//!
//! A statement in a trigger takes over the conflict clause of the one that set it off: under an
//! `INSERT OR REPLACE` every INSERT replaces, under a plain one every conflict fails. An upsert's
//! own clause stays, so there are no others here. Whoever inserts into the table runs this SQL with
//! an SQLite of their own, which may be as old as upserts are (3.24, of 2018).

use rusqlite::Connection;

use super::aggregate::{Aggregate, Figure};
use super::plan::misfit;
use crate::dead_letter;
use crate::identifier::{literal, quoted};

/// One for each thing that can happen to a row.
const TRIGGERS: [&str; 6] = [
    "again", "replaced", "counted", "refused", "changed", "deleted",
];

fn name(aggregate: &Aggregate, trigger: &str) -> String {
    format!("_aggregate_{}_{trigger}", aggregate.name)
}

/// Creates them.
pub(super) fn create(connection: &Connection, aggregate: &Aggregate) -> rusqlite::Result<()> {
    let (table, key) = (quoted(&aggregate.table), quoted(&aggregate.key));
    let this = format!("name = {}", literal(&aggregate.name));
    let counted = |row: &str| {
        format!(
            "EXISTS (SELECT 1 FROM _aggregates WHERE {this}
               AND ({row}.{key} <= done_id OR {row}.{key} > last_id))"
        )
    };
    let (new, old) = (counted("NEW"), counted("OLD"));
    let misfit = misfit(aggregate, "NEW");
    let void = |id: &str| {
        format!("UPDATE _aggregates SET changed_id = coalesce(changed_id, {id}) WHERE {this}")
    };
    let old_void = void(&format!("OLD.{key}"));
    let differs: Vec<String> = aggregate
        .figures
        .iter()
        .map(|figure| quoted(&figure.column.name))
        .chain([key.clone()])
        .map(|column| format!("OLD.{column} IS NOT NEW.{column} COLLATE BINARY"))
        .collect();
    let made = [
        // What `OR REPLACE` is about to delete has been counted. After the insert nothing would
        // tell: a key that was there before and was counted, and is inserted, was replaced.
        format!(
            "BEFORE INSERT ON {table} WHEN {new}
               AND EXISTS (SELECT 1 FROM {table} AS s WHERE s.{key} = NEW.{key})
             BEGIN UPDATE _aggregates SET again_id = NEW.{key} WHERE {this}; END"
        ),
        format!(
            "AFTER INSERT ON {table}
             WHEN EXISTS (SELECT 1 FROM _aggregates WHERE {this} AND again_id = NEW.{key})
             BEGIN {}; END",
            void(&format!("NEW.{key}"))
        ),
        format!(
            "AFTER INSERT ON {table} WHEN {new} AND {misfit} IS NULL
             BEGIN UPDATE _aggregates SET rows = rows + 1 WHERE {this}; {} END",
            counts(aggregate)
        ),
        format!(
            "AFTER INSERT ON {table} WHEN {new} AND {misfit} IS NOT NULL BEGIN {}; END",
            dead_letter::insert(&format!(
                "VALUES ({}, {}, NEW.{key}, 0, {misfit})",
                literal(&aggregate.name),
                literal(&aggregate.table),
            ))
        ),
        format!(
            "AFTER UPDATE ON {table} WHEN ({}) AND ({old} OR {new}) BEGIN {old_void}; END",
            differs.join(" OR ")
        ),
        format!("AFTER DELETE ON {table} WHEN {old} BEGIN {old_void}; END"),
    ];
    for (trigger, does) in TRIGGERS.into_iter().zip(made) {
        let name = quoted(&name(aggregate, trigger));
        connection.execute_batch(&format!("CREATE TRIGGER {name} {does}"))?;
    }
    Ok(())
}

/// Counts one new row in every figure.
fn counts(aggregate: &Aggregate) -> String {
    let one = |figure: &Figure| {
        let (table, column) = (quoted(&figure.table), quoted(&figure.column.name));
        let (columns, values, on_conflict) = if figure.counts_rows {
            ("value, rows", ", 1", "UPDATE SET rows = rows + 1")
        } else {
            ("value", "", "NOTHING")
        };
        format!(
            "UPDATE _aggregate_values SET found = found + 1
             WHERE aggregate = {} AND tbl = {}
               AND NOT EXISTS (SELECT 1 FROM {table} AS t WHERE t.value = NEW.{column});
             INSERT INTO {table}({columns}) VALUES (NEW.{column}{values})
             ON CONFLICT(value) DO {on_conflict};",
            literal(&aggregate.name),
            literal(&figure.table),
        )
    };
    aggregate.figures.iter().map(one).collect()
}

/// Whether all of them are there.
pub(super) fn watch(connection: &Connection, aggregate: &Aggregate) -> rusqlite::Result<bool> {
    let sql = "SELECT count(*) FROM sqlite_schema
               WHERE type = 'trigger' AND name = ?1 AND tbl_name = ?2 COLLATE NOCASE";
    let mut there = connection.prepare_cached(sql)?;
    for trigger in TRIGGERS {
        let name = name(aggregate, trigger);
        let found: i64 = there.query_row([&name, &aggregate.table], |row| row.get(0))?;
        if found == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

pub(super) fn drop(connection: &Connection, aggregate: &Aggregate) -> rusqlite::Result<()> {
    for trigger in TRIGGERS {
        let name = quoted(&name(aggregate, trigger));
        connection.execute_batch(&format!("DROP TRIGGER IF EXISTS {name}"))?;
    }
    Ok(())
}
