//! Which functions a statement calls, asked of SQLite.
//!
//! `EXPLAIN` and not the authorizer, which is not told of functions in the defaults of columns: an
//! `INSERT` that leaves a column out calls them all the same. The program that it lists has a line
//! `Function` for every call, in quotes, comments or spellings of whatever kind, and behind it the
//! programs of triggers. Its form is not promised by SQLite; but the version is built in here, and
//! `tests/own_refusals.rs` would not pass if it were read wrongly.

use rusqlite::Connection;

/// What no other run could repeat.
const UNREPEATABLE: [&str; 2] = ["random", "randomblob"];
/// What depends on when it is asked, or on what the same connection did before.
const OF_THE_MOMENT: [&str; 6] = [
    "current_time",
    "current_date",
    "current_timestamp",
    "changes",
    "total_changes",
    "last_insert_rowid",
];
/// What depends on when it is asked if it is asked for `'now'`.
const OF_TIME: [&str; 7] = [
    "date",
    "time",
    "datetime",
    "julianday",
    "unixepoch",
    "strftime",
    "timediff",
];

/// A call that a program makes.
#[derive(Debug)]
struct Call {
    function: String,
    by_trigger: bool,
}

/// The first function that `sql`, a trigger, a view or a default calls and that comes to something
/// else in every run.
///
/// # Errors
/// What SQLite says of `sql`.
pub(super) fn unrepeatable(connection: &Connection, sql: &str) -> rusqlite::Result<Option<String>> {
    let mut called = calls(connection, sql)?.into_iter();
    let found = called.find(|call| UNREPEATABLE.contains(&call.function.as_str()));
    Ok(found.map(|call| format!("{}()", call.function)))
}

/// The first function that `sql` itself calls and that comes to something else whenever it is
/// asked.
///
/// # Errors
/// What SQLite says of `sql`.
pub(super) fn of_the_moment(
    connection: &Connection,
    sql: &str,
) -> rusqlite::Result<Option<String>> {
    let now = asks_for_now(sql);
    let own = calls(connection, sql)?.into_iter();
    let mut own = own.filter(|call| !call.by_trigger);
    Ok(
        own.find_map(|Call { function, .. }| match function.as_str() {
            name if OF_THE_MOMENT.contains(&name) => Some(format!("{name}()")),
            name if now && OF_TIME.contains(&name) => Some(format!("{name}('now')")),
            _ => None,
        }),
    )
}

/// Whether functions of time are asked for now: by name, in any case, or by leaving it out. SQLite
/// does not tell what a function is given, so this looks at the text.
fn asks_for_now(sql: &str) -> bool {
    let text: String = sql.split_whitespace().collect();
    let text = text.to_ascii_lowercase();
    let of_nothing = OF_TIME
        .iter()
        .any(|name| text.contains(&format!("{name}()")));
    // Its first argument is a format.
    let mut formats = text.split("strftime('").skip(1);
    let formatted =
        formats.any(|rest| matches!(rest.split_once('\''), Some((_, end)) if end.starts_with(')')));
    text.contains("'now'") || of_nothing || formatted
}

fn calls(connection: &Connection, sql: &str) -> rusqlite::Result<Vec<Call>> {
    let mut explained = connection.prepare(&format!("EXPLAIN {sql}"))?;
    let mut lines = explained.raw_query();
    let (mut calls, mut programs) = (Vec::new(), 0);
    while let Some(line) = lines.next()? {
        programs += u32::from(line.get::<_, i64>("addr")? == 0);
        if !matches!(line.get_ref("opcode")?.as_str()?, "Function" | "PureFunc") {
            continue;
        }
        // Behind its name is how many arguments it may have.
        if let Some((function, _)) = line.get_ref("p4")?.as_str()?.split_once('(') {
            calls.push(Call {
                function: function.to_ascii_lowercase(),
                by_trigger: programs > 1,
            });
        }
    }
    Ok(calls)
}
