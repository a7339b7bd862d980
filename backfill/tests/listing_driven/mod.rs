//! Real runs against an API in memory, and what must be true of what they leave.
#![allow(dead_code, reason = "every test file uses its own part of it")]

pub(crate) mod api;

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use backfill::database::Database;
use backfill::ledger::{self, Entry, Start, Status, Turn};
use backfill::listing::plan::{Adaptive, Capacity, EqualSegments, Order, Plan, Sequential};
use backfill::listing::{Ending, InFlight, Job, Listing, MakePlan, Range, Sink, State};
use backfill::{Runtime, TokioRuntime};

use crate::fixture::Store;
use crate::listing_model::recursive::Recursive;
use api::{Api, World};

/// The name the run has in the ledger, and its table.
pub(crate) const NAME: &str = "charges";

/// Longer than any run takes.
const FOR_EVER: Duration = Duration::from_secs(100 * 86_400);

const PAGE: u32 = 100;
const SLOTS: usize = 15;

/// The plans there are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Sequential,
    Probed,
    Fixed(u32),
    Recursive(u64),
    /// With so many calls before anything is known.
    Adaptive(usize),
}

pub(crate) const KINDS: [Kind; 6] = [
    Kind::Sequential,
    Kind::Probed,
    Kind::Fixed(50),
    Kind::Recursive(2),
    Kind::Adaptive(1),
    Kind::Adaptive(15),
];

impl Kind {
    pub(crate) fn plan(self) -> MakePlan {
        self.from(Order::NewestFirst)
    }

    /// The same from the end that `order` says.
    pub(crate) fn from(self, order: Order) -> MakePlan {
        Arc::new(move |setting| -> Box<dyn Plan> {
            let Capacity { page, slots, .. } = setting.capacity;
            let range = setting.range;
            match self {
                Self::Sequential => Box::new(Sequential::new(order, page)),
                Self::Probed => {
                    let known = setting.segments;
                    Box::new(EqualSegments::probed(order, page, range, known))
                }
                Self::Fixed(segments) => {
                    let segments = NonZeroU32::new(segments).unwrap();
                    Box::new(EqualSegments::fixed(segments, slots, order, page, range))
                }
                Self::Recursive(parts) => Box::new(Recursive::new(parts, page)),
                Self::Adaptive(blind) => {
                    let capacity = Capacity {
                        blind,
                        ..setting.capacity
                    };
                    Box::new(Adaptive::new(order, capacity))
                }
            }
        })
    }
}

/// All objects of `range`, fetched as `kind` says.
pub(crate) fn job(kind: Kind, range: Range) -> Job {
    Job {
        name: NAME.to_owned(),
        resource: "charges".into(),
        range,
        sink: Sink::table("charges"),
        capacity: Capacity {
            slots: SLOTS,
            page: PAGE,
            requests_per_ks: 25_000,
            blind: 1,
        },
        plan: kind.plan(),
        limit: None,
    }
}

/// A run that takes every other run for dead, and makes no notes but with its transactions.
pub(crate) fn listing<R: Runtime>(database: Database<R>, api: &Api, job: Job) -> Listing<R, Api> {
    Listing::new(database, api.clone(), job)
        .stale_after(Duration::ZERO)
        .noting_every(Duration::from_secs(86_400))
}

/// That run, on a database of its own.
pub(crate) fn on(store: &Store, api: &Api, job: Job) -> Listing<TokioRuntime, Api> {
    listing(store.database(), api, job)
}

/// What `future` comes to; a run that waits for ever fails instead, on a clock that stands still
/// while anybody works.
#[expect(
    clippy::disallowed_methods,
    reason = "a guard against hanging for ever; no verdict depends on it"
)]
pub(crate) async fn ended<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(FOR_EVER, future)
        .await
        .expect("it ends")
}

/// An empty database.
pub(crate) fn empty() -> Store {
    Store::new("")
}

/// Ids in the table; none if there is no table.
pub(crate) fn stored(store: &Store) -> BTreeSet<Box<str>> {
    let connection = store.patient();
    if !connection.table_exists(None, "charges").unwrap() {
        return BTreeSet::new();
    }
    let mut statement = connection.prepare("SELECT id FROM charges").unwrap();
    let ids = statement.query_map([], |row| row.get(0)).unwrap();
    ids.map(Result::unwrap).collect()
}

/// The ledger's entry; `None` if there is none.
pub(crate) fn entry(store: &Store) -> Option<Entry<State>> {
    let connection = store.patient();
    let ledger = connection.table_exists(None, "_async_migrations").unwrap();
    let entry = || ledger::entry_at(&connection, NAME).unwrap();
    ledger.then(entry).flatten()
}

/// What the ledger says is stored.
pub(crate) fn state(store: &Store) -> State {
    entry(store).unwrap().cursor.unwrap()
}

/// Writes `state` into the ledger, as a run leaves it that was cancelled.
pub(crate) fn leave(store: &Store, state: &State) {
    let connection = store.patient();
    ledger::ensure(&connection).unwrap();
    let start = Start {
        cursor: Some(state),
        ..Start::default()
    };
    let turn = Turn::take(&connection, NAME, &start).unwrap();
    let ended = turn.finish(&connection, Status::Cancelled, 0, None, Duration::ZERO);
    ended.unwrap();
}

/// Ids that `state` says are stored, of all that ever were.
pub(crate) fn claimed(state: &State, world: &World) -> BTreeSet<Box<str>> {
    let completed = |at| state.completed.iter().any(|range| range.contains(at));
    let begun = |place: (i64, &str)| {
        let before = |one: &InFlight| place >= (world.ever[&*one.cursor], &*one.cursor);
        let mut parts = state.in_flight.iter();
        parts.any(|one| Range::new(one.gte, one.lt).contains(place.0) && before(one))
    };
    let all = world.ever.iter();
    all.filter(|&(id, &at)| completed(at) || begun((at, &**id)))
        .map(|(id, _)| id.clone())
        .collect()
}

/// The state must claim nothing that is not in the table.
pub(crate) fn assert_not_ahead(store: &Store, api: &Api) {
    let Some(state) = entry(store).and_then(|entry| entry.cursor) else {
        return;
    };
    let stored = stored(store);
    api.with(|world| {
        let claimed = claimed(&state, world);
        // What was deleted before anybody asked for it is not missing.
        let missing = claimed.difference(&stored).filter(|&id| {
            let place = (world.ever[id], id.clone());
            world.lasting.contains(&place)
        });
        assert_eq!(
            missing.collect::<Vec<_>>(),
            Vec::<&Box<str>>::new(),
            "{state:?}"
        );
    });
}

/// The table must hold what is and always was in `range`, and nothing that never was.
pub(crate) fn assert_complete(store: &Store, api: &Api, range: Range) {
    let (stored, entry) = (stored(store), entry(store).unwrap());
    let state = entry.cursor.unwrap();
    assert!(state.is_complete(), "{state:?}");
    assert_eq!((state.range, state.completed), (range, vec![range]));
    assert_eq!(entry.status, Status::Done);
    api.with(|world| {
        let wanted = world.lasting.iter().filter(|(at, _)| range.contains(*at));
        let missing: Vec<_> = wanted.filter(|(_, id)| !stored.contains(id)).collect();
        assert_eq!(missing, Vec::<&api::Place>::new());
        let right = |id| world.ever.get(id).is_some_and(|&at| range.contains(at));
        let invented: Vec<_> = stored.iter().filter(|&id| !right(id)).collect();
        assert_eq!(invented, Vec::<&Box<str>>::new());
    });
}

/// What a run has left, however it ended, is true of itself, and the next run completes it.
pub(crate) async fn completed(left: &Store, api: &Api, kind: Kind, range: Range) {
    left.assert_sound();
    assert_not_ahead(left, api);
    if let Some(entry) = entry(left) {
        assert_eq!(entry.rows_processed, stored(left).len() as u64);
    }
    api.answer_all();
    let report = ended(on(left, api, job(kind, range)).run()).await.unwrap();
    assert_eq!(report.ending, Ending::Done);
    assert_complete(left, api, range);
}
