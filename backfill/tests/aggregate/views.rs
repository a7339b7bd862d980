//! A table of page views, what is counted of it, and the same counts by one look at all rows.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use backfill::Runtime;
use backfill::aggregate::{Aggregate, Chunk, Column, Figure, Rebuild};
use backfill::chunked::{Backfill, Fixed, Report};
use backfill::database::Database;

use crate::driven::Driven;
use crate::fixture::{Store, alone, in_time};

const SCHEMA: &str = "CREATE TABLE page_views(
    id INTEGER PRIMARY KEY, path TEXT, page_type TEXT, session_id TEXT, timestamp_ms INTEGER);";

/// No view has set any of these aside.
pub(crate) const FITTING: &str = "typeof(path) = 'text' AND typeof(session_id) = 'text'";

/// All figures, or what they should be: views, sessions, paths, and the views of each path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) views: u64,
    pub(crate) sessions: u64,
    pub(crate) paths: u64,
    pub(crate) by_path: Vec<(String, i64)>,
}

pub(crate) fn empty() -> Store {
    Store::new(SCHEMA)
}

/// Views 1 to `views`, the `i`th of them at `path` and of `session`, which are SQL.
pub(crate) fn filled(views: u64, path: &str, session: &str) -> Store {
    let store = empty();
    store.sql(&format!(
        "BEGIN;
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {views})
         INSERT INTO page_views SELECT i, {path}, 'blog', {session}, 1700000000000 + i FROM n;
         COMMIT"
    ));
    store
}

/// Views of a few paths by a few sessions.
pub(crate) fn some(views: u64) -> Store {
    filled(views, "'/' || (i % 3)", "'s' || (i * 7 % 5)")
}

pub(crate) fn stats() -> Aggregate {
    let figures = vec![
        Figure::count_by(Column::text_up_to("path", 30), "views_by_path"),
        Figure::distinct(Column::text("session_id"), "sessions_seen"),
    ];
    Aggregate::new("page_view_stats", "page_views", "id", figures).unwrap()
}

/// The backfill in chunks of `rows`, which takes every other run for dead.
pub(crate) fn rebuild<R: Runtime>(database: &Database<R>, rows: u64) -> Backfill<R> {
    let pacer = Fixed::new(rows, Duration::ZERO).unwrap();
    alone(Rebuild::new(&stats()).on(database.clone(), pacer))
}

/// Runs it to its end, on a runtime where nothing happens.
pub(crate) async fn complete(store: &Store, rows: u64) -> Report {
    let run = rebuild(&store.database_on(Driven::calm()), rows);
    in_time(run.run()).await.unwrap()
}

/// What chunks told, in order.
#[derive(Clone, Default)]
pub(crate) struct Watched(Arc<Mutex<Vec<Chunk>>>);

impl Watched {
    pub(crate) fn watcher(&self) -> impl FnMut(&Chunk) + Send + 'static {
        let chunks = Arc::clone(&self.0);
        move |chunk| chunks.lock().unwrap().push(*chunk)
    }

    pub(crate) fn of<T>(&self, what: impl Fn(&Chunk) -> T) -> Vec<T> {
        self.0.lock().unwrap().iter().map(what).collect()
    }
}

fn by_path(store: &Store, sql: &str) -> Vec<(String, i64)> {
    let connection = store.connection();
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.unwrap().map(Result::unwrap).collect()
}

/// What the aggregate says.
pub(crate) fn figures(store: &Store) -> Counts {
    let figures = stats().read(&store.connection()).unwrap();
    let kept = store.number("SELECT count(*) FROM sessions_seen");
    let sessions = figures.values("sessions_seen").unwrap();
    assert_eq!(sessions, kept.unsigned_abs(), "the table and its count");
    Counts {
        views: figures.rows,
        sessions,
        paths: figures.values("views_by_path").unwrap(),
        by_path: by_path(
            store,
            "SELECT value, rows FROM views_by_path ORDER BY value",
        ),
    }
}

/// What one look at all rows says, but for those that `fits`, in SQL, leaves out.
pub(crate) fn direct_where(store: &Store, fits: &str) -> Counts {
    let number = |what: &str| {
        let sql = format!("SELECT {what} FROM page_views WHERE {fits}");
        store.number(&sql).unsigned_abs()
    };
    let sql =
        format!("SELECT path, count(*) FROM page_views WHERE {fits} GROUP BY path ORDER BY path");
    Counts {
        views: number("count(*)"),
        sessions: number("count(DISTINCT session_id)"),
        paths: number("count(DISTINCT path)"),
        by_path: by_path(store, &sql),
    }
}

pub(crate) fn direct(store: &Store) -> Counts {
    direct_where(store, "true")
}
