//! Answers that are not believed: the end of a list behind an object that was deleted, pages that
//! do not lead on, and objects nobody asked for.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;
mod listing_driven;
mod listing_model;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use backfill::TokioRuntime;
use backfill::listing::{
    Ending, InFlight, Item, ListApi, ListError, ListParams, Listing, ListingError, Page, Range,
    State,
};
use fixture::Store;
use listing_driven::api::{Api, Reply};
use listing_driven::{KINDS, Kind, assert_complete, empty, ended, entry, job, leave, on, stored};
use listing_model::shapes::shapes;

const WHOLE: Range = Range::new(0, 1_000_000);

fn evenly(count: i64) -> impl Iterator<Item = i64> {
    (0..count).map(move |number| number * 1_000_000 / count)
}

/// All of it, from whatever the ledger says; how many calls that took.
async fn whole(store: &Store, api: &Api, kind: Kind, range: Range) -> usize {
    let report = ended(on(store, api, job(kind, range)).run()).await.unwrap();
    assert_eq!(report.ending, Ending::Done);
    assert_complete(store, api, range);
    api.take_calls().len()
}

/// Every object that a page is to go on after is deleted before it is asked for.
#[tokio::test(start_paused = true)]
async fn nothing_is_lost_behind_a_cursor_that_is_deleted() {
    for silent in [false, true] {
        for (_, objects) in shapes(1_500) {
            for kind in KINDS {
                let (store, api) = (empty(), Api::at(objects.seconds()));
                api.with(|world| world.silent = silent);
                api.answer(|call, world| {
                    world.delete_cursor(call);
                    Reply::Page
                });
                whole(&store, &api, kind, objects.range).await;
            }
        }
    }
}

/// All of the page before is deleted, so that no object of it leads on.
#[tokio::test(start_paused = true)]
async fn nothing_is_lost_where_a_whole_page_is_deleted() {
    for silent in [false, true] {
        // Evenly spread, and three pages in each of a few seconds.
        for seconds in [
            evenly(1_000).collect::<Vec<_>>(),
            (0..1_000).map(|n| n / 300).collect(),
        ] {
            let (store, api) = (empty(), Api::at(seconds));
            api.with(|world| world.silent = silent);
            api.answer(|call, world| {
                let cursor = world.calls[call].starting_after.clone();
                if let Some(cursor) = cursor.filter(|cursor| world.is_there(cursor)) {
                    let newer: Vec<_> = world.newer_than(&cursor).take(99).collect();
                    newer.iter().for_each(|id| world.delete(id));
                    world.delete(&cursor);
                }
                Reply::Page
            });
            whole(&store, &api, Kind::Sequential, WHOLE).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_cursor_deleted_between_two_runs_leads_on_from_its_second() {
    for silent in [false, true] {
        let (store, api) = (empty(), Api::at((0..1_000).map(|number| number / 4)));
        api.with(|world| world.silent = silent);
        api.answer(|call, _| match call {
            0..3 => Reply::Page,
            _ => Reply::Fail(ListError::System("enough".to_owned())),
        });
        ended(on(&store, &api, job(Kind::Sequential, WHOLE)).run())
            .await
            .unwrap_err();
        let state = listing_driven::state(&store);
        let InFlight { cursor, lt, .. } = state.in_flight[0].clone();
        api.with(|world| world.delete(&cursor));
        api.take_calls();
        api.answer_all();
        ended(on(&store, &api, job(Kind::Sequential, WHOLE)).run())
            .await
            .unwrap();
        let calls = api.take_calls();
        assert_eq!(calls[0].starting_after.as_deref(), Some(&*cursor));
        // Of what was there, only the cursor's second is asked for again.
        assert_eq!((calls[1].created.lt, &calls[1].starting_after), (lt, &None));
        assert_eq!(calls.len(), 2 + 7);
        assert_complete(&store, &api, WHOLE);
    }
}

/// An empty page behind a cursor may be true: it costs one call to find out, not the page again.
#[tokio::test(start_paused = true)]
async fn an_empty_page_that_is_true_costs_one_call() {
    for silent in [false, true] {
        let (store, api) = (empty(), Api::at(evenly(1_000)));
        api.with(|world| world.silent = silent);
        // All behind the first three pages is deleted before the fourth is asked for.
        api.answer(|call, world| {
            if call == 3 {
                (0..700).for_each(|number| world.delete(&format!("o{number:06}")));
            }
            Reply::Page
        });
        assert_eq!(whole(&store, &api, Kind::Sequential, WHOLE).await, 5);
        assert_eq!(stored(&store).len(), 300);
    }
}

#[tokio::test(start_paused = true)]
async fn objects_that_arrive_at_the_newest_end_do_no_harm() {
    for kind in KINDS {
        let (store, api) = (empty(), Api::at(evenly(1_500)));
        api.answer(|call, world| {
            // Some in the last second of the range, some behind it.
            world.insert(WHOLE.lt - 1 + call as i64 % 2, &format!("new{call:06}"));
            Reply::Page
        });
        whole(&store, &api, kind, WHOLE).await;
    }
}

type Answers = dyn Fn(&ListParams) -> Result<Page, ListError> + Send + Sync;

/// An API that answers what a test says.
#[derive(Clone)]
struct Stub {
    calls: Arc<AtomicUsize>,
    answer: Arc<Answers>,
}

impl ListApi for Stub {
    async fn list(&self, params: ListParams) -> Result<Page, ListError> {
        let calls = self.calls.fetch_add(1, Ordering::SeqCst);
        assert!(calls < 10_000, "it never ends");
        (self.answer)(&params)
    }
}

/// A run against an API that answers every call with `answer`, which must fail.
async fn refused(
    answer: impl Fn(&ListParams) -> Result<Page, ListError> + Send + Sync + 'static,
) -> String {
    let stub = Stub {
        calls: Arc::default(),
        answer: Arc::new(answer),
    };
    let store = empty();
    let run: Listing<TokioRuntime, Stub> =
        Listing::new(store.database(), stub, job(Kind::Sequential, WHOLE));
    let failed = ended(run.run()).await.unwrap_err();
    let ListingError::Page { source, .. } = failed else {
        panic!("{failed}");
    };
    assert!(!entry(&store).unwrap().cursor.unwrap().is_complete());
    source.to_string()
}

fn item(id: &str, created: i64) -> Item {
    Item {
        id: id.into(),
        created: Some(created),
        body: "{}".into(),
    }
}

fn page(items: &[(&str, i64)], has_more: bool) -> Page {
    Page {
        items: items
            .iter()
            .map(|&(id, created)| item(id, created))
            .collect(),
        has_more,
        took: None,
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_does_not_lead_on_is_an_error() {
    let empty = refused(|_| Ok(page(&[], true))).await;
    assert!(
        empty.contains("an empty page that says there is more"),
        "{empty}"
    );
    // It does not heed where to go on.
    let again = refused(|_| Ok(page(&[("b", 9), ("a", 5)], true))).await;
    assert!(
        again.contains("the page after `a` has `a` on it"),
        "{again}"
    );
    let upwards = refused(|_| Ok(page(&[("a", 5), ("b", 9)], false))).await;
    assert!(
        upwards.contains("`b` is newer than the object before it"),
        "{upwards}"
    );
    // It does not know any cursor, and a second has more than a page.
    let unknown = refused(|params| match params.starting_after {
        Some(_) => Ok(page(&[], false)),
        None => Ok(page(&[("b", 5), ("a", 5)], true)),
    });
    let unknown = unknown.await;
    assert!(unknown.contains("nothing comes after `a`"), "{unknown}");
    let denied = refused(|params| match &params.starting_after {
        Some(cursor) => Err(ListError::CursorGone {
            cursor: cursor.to_string(),
        }),
        None => Ok(page(&[("b", 5), ("a", 5)], true)),
    });
    let denied = denied.await;
    assert!(denied.contains("nothing comes after `a`"), "{denied}");
}

#[tokio::test(start_paused = true)]
async fn an_object_outside_of_the_range_is_not_stored_and_ends_it_where_it_is_older() {
    let answer = |params: &ListParams| match params.starting_after.as_deref() {
        None => Ok(page(&[("new", WHOLE.lt), ("c", 900), ("b", 7)], true)),
        Some("b") => Ok(page(&[("a", 0), ("old", -1)], true)),
        Some(other) => panic!("{other}"),
    };
    let stub = Stub {
        calls: Arc::default(),
        answer: Arc::new(answer),
    };
    let store = empty();
    let run = Listing::new(store.database(), stub.clone(), job(Kind::Sequential, WHOLE));
    let report = ended(run.run()).await.unwrap();
    assert_eq!((report.ending, report.pages), (Ending::Done, 2));
    assert_eq!(stub.calls.load(Ordering::SeqCst), 2);
    let ids = ["a", "b", "c"].map(Into::into);
    assert_eq!(stored(&store), ids.into());
}

/// A state that somebody has written by hand, with a cursor of an object that never was.
#[tokio::test(start_paused = true)]
async fn a_cursor_nobody_knows_leads_on_from_its_second() {
    let (store, api) = (empty(), Api::at(evenly(300)));
    api.with(|world| {
        world.ever.insert("never".into(), 500_000);
    });
    leave(
        &store,
        &State {
            in_flight: vec![InFlight {
                gte: 0,
                lt: 1_000_000,
                cursor: "never".into(),
            }],
            ..State::new(WHOLE)
        },
    );
    assert_eq!(whole(&store, &api, Kind::Sequential, WHOLE).await, 4);
}
