//! Any table, any chunks, any crashes, any live writers: the figures are those of one look at all
//! rows. More cases than by default: set `PROPTEST_CASES`.

use std::num::NonZeroU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use backfill::aggregate::Rebuild;
use backfill::chunked::Fixed;
use proptest::prelude::*;
use rusqlite::{Connection, ErrorCode, params};

use crate::driven::{Driven, Then};
use crate::fixture::{alone, in_time};
use crate::views::{direct_where, empty, figures, stats};

/// Cases, unless `PROPTEST_CASES` says otherwise.
const CASES: u32 = 500;

/// A view: its key, how manieth path and session; the largest of each fit nothing.
type View = (Option<i64>, u8, u8);

/// What a live writer does, right before a step.
#[derive(Clone, Debug)]
enum Live {
    Insert(View),
    /// Inserts what may be there already.
    Again(View),
    /// Two rows of which only the second stays.
    HalfBack(View, View),
}

#[derive(Clone, Debug)]
struct Case {
    views: Vec<View>,
    live: Vec<(usize, Live)>,
    rows: u64,
    bytes: u64,
    /// Before which of its steps each run dies, one after the other; then one is let through.
    deaths: Vec<usize>,
}

fn view() -> impl Strategy<Value = View> {
    let key = prop_oneof![3 => Just(None), 4 => (-20..80_i64).prop_map(Some)];
    (key, 0..6_u8, 0..12_u8)
}

fn live() -> impl Strategy<Value = Live> {
    prop_oneof![
        3 => view().prop_map(Live::Insert),
        2 => view().prop_map(Live::Again),
        1 => (view(), view()).prop_map(|(gone, stays)| Live::HalfBack(gone, stays)),
    ]
}

fn case() -> impl Strategy<Value = Case> {
    (
        prop::collection::vec(view(), 0..40),
        prop::collection::vec((0..40_usize, live()), 0..30),
        1..12_u64,
        prop_oneof![1_u64..200, Just(100_000)],
        prop::collection::vec(0..16_usize, 0..4),
    )
        .prop_map(|(views, live, rows, bytes, deaths)| Case {
            views,
            live,
            rows,
            bytes,
            deaths,
        })
}

/// Whether it went in; not if somebody else has the lock.
fn insert(connection: &Connection, (key, path, session): View) -> bool {
    let path = (path < 5).then(|| "/".repeat(usize::from(path) + 1));
    let session = (session < 11).then(|| format!("s{session}"));
    let sql = "INSERT OR IGNORE INTO page_views VALUES (?1, ?2, 'blog', ?3, 0)";
    match connection.execute(sql, params![key, path, session]) {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(
                error.sqlite_error_code(),
                Some(ErrorCode::DatabaseBusy),
                "{error}"
            );
            false
        }
    }
}

/// Whether it is done.
fn act(connection: &Connection, live: &Live) -> bool {
    match live {
        Live::Insert(view) => insert(connection, *view),
        Live::Again(view) => insert(connection, *view) && insert(connection, *view),
        Live::HalfBack(gone, stays) => {
            connection.execute_batch("BEGIN; SAVEPOINT half").unwrap();
            let done = insert(connection, *gone) && {
                connection.execute_batch("ROLLBACK TO half").unwrap();
                insert(connection, *stays)
            };
            let end = if done { "COMMIT" } else { "ROLLBACK" };
            connection.execute_batch(end).unwrap();
            done
        }
    }
}

/// What live writers still have to do, and the steps there were, over all runs.
#[derive(Default)]
struct Writers {
    waiting: Vec<(usize, Live)>,
    steps: usize,
}

async fn check(case: Case) {
    let store = empty();
    let connection = store.connection();
    connection.execute_batch("BEGIN").unwrap();
    for view in &case.views {
        insert(&connection, *view);
    }
    connection.execute_batch("COMMIT").unwrap();
    let writers = Arc::new(Mutex::new(Writers {
        waiting: case.live,
        steps: 0,
    }));
    let bytes = NonZeroU64::new(case.bytes).unwrap();
    for death in case.deaths.into_iter().chain([usize::MAX]) {
        let (live, writers) = (store.connection(), Arc::clone(&writers));
        let runtime = Driven::new(move |step| {
            let Writers { waiting, steps } = &mut *writers.lock().unwrap();
            waiting.retain(|(at, what)| at > steps || !act(&live, what));
            *steps += 1;
            if step == death { Then::Die } else { Then::GoOn }
        });
        let pacer = Fixed::new(case.rows, Duration::ZERO).unwrap();
        let rebuild = Rebuild::new(&stats()).chunk_bytes(bytes);
        let run = alone(rebuild.on(store.database_on(runtime.clone()), pacer));
        if let Some(ended) = in_time(runtime.run(run.run(), || {})).await {
            ended.unwrap();
        }
    }
    for (_, what) in writers.lock().unwrap().waiting.drain(..) {
        assert!(act(&connection, &what), "nobody else writes any more");
    }
    let fits = "path IS NOT NULL AND session_id IS NOT NULL";
    assert_eq!(figures(&store), direct_where(&store, fits));
    let refused = format!("SELECT count(*) FROM page_views WHERE NOT ({fits})");
    let set_aside = store.number("SELECT count(*) FROM _dead_letters");
    assert_eq!(set_aside, store.number(&refused));
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").map_or(CASES, |cases| cases.parse().unwrap()),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_figures_are_those_of_one_look_at_all_rows(case in case()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(check(case));
    }
}
