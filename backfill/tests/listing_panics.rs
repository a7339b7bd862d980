//! A part of a listing that panics, or ends too soon, fails the run and nothing else: its name and
//! its connection are free, and a later run completes it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;
mod listing_driven;
mod listing_model;

use std::num::NonZeroU64;
use std::sync::Arc;

use backfill::TokioRuntime;
use backfill::chunked::{ChunkCost, Pace, Pacer, Work};
use backfill::ledger::Status;
use backfill::listing::plan::{Answer, Call, Forecast, Plan, Segment};
use backfill::listing::{Ending, Event, Job, Listing, ListingError, Range};
use fixture::Store;
use fixture::stepping::{Stepping, Then};
use listing_driven::api::{Api, Reply};
use listing_driven::{
    Kind, assert_complete, completed, empty, ended, entry, job, listing, on, stored,
};

const WHOLE: Range = Range::new(0, 1_000_000);

fn api(count: i64) -> Api {
    Api::at((0..count).map(|number| number * 1_000_000 / count))
}

/// A plan that panics or stops where it is told to.
struct Faulty {
    inner: Box<dyn Plan>,
    calls: u32,
    fault: Fault,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// When it is made.
    Making,
    Begin,
    Next,
    Answered,
    Forecast,
    /// It makes no call any more, without a word.
    Ends,
}

impl Faulty {
    fn fault(&self, at: Fault) {
        assert!(self.calls < 5 || self.fault != at, "the plan is on fire");
    }
}

impl Plan for Faulty {
    fn begin(&mut self, left: Vec<Segment>) {
        assert!(self.fault != Fault::Begin, "the plan is on fire");
        self.inner.begin(left);
    }

    fn next(&mut self) -> Option<Call> {
        self.fault(Fault::Next);
        if self.fault == Fault::Ends && self.calls >= 5 {
            return None;
        }
        let call = self.inner.next();
        self.calls += u32::from(call.is_some());
        call
    }

    fn answered(&mut self, call: &Call, answer: &Answer) {
        self.fault(Fault::Answered);
        self.inner.answered(call, answer);
    }

    fn forecast(&self) -> Forecast {
        self.fault(Fault::Forecast);
        self.inner.forecast()
    }
}

fn faulty(fault: Fault) -> Job {
    let plan = Kind::Adaptive(1).plan();
    let plan = Arc::new(move |setting| -> Box<dyn Plan> {
        assert!(fault != Fault::Making, "the plan is on fire");
        let inner = plan(setting);
        Box::new(Faulty {
            inner,
            calls: 0,
            fault,
        })
    });
    Job {
        plan,
        ..job(Kind::Adaptive(1), WHOLE)
    }
}

/// It must be told as a panic that said `said`, free the name and the connection, and be completed
/// by a later run.
async fn panicked(store: &Store, api: &Api, run: Listing<TokioRuntime, Api>, said: &str) {
    let failed = ended(run.run()).await.unwrap_err();
    let ListingError::Panicked {
        message, processed, ..
    } = &failed
    else {
        panic!("{failed}");
    };
    assert!(message.contains(said), "{message}");
    assert!(*processed <= stored(store).len() as u64);
    let kept = entry(store).unwrap();
    assert_eq!(kept.status, Status::Failed);
    assert!(kept.error.unwrap().contains(said));
    completed(store, api, Kind::Adaptive(15), WHOLE).await;
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_panics_fails_the_run_and_nothing_else() {
    use Fault::{Answered, Begin, Forecast, Making, Next};
    for fault in [Making, Begin, Next, Answered, Forecast] {
        let (store, api) = (empty(), api(2_500));
        let run = on(&store, &api, faulty(fault));
        panicked(&store, &api, run, "the plan is on fire").await;
    }
}

/// Not taken for a limit that was reached, or for the end.
#[tokio::test(start_paused = true)]
async fn a_plan_that_ends_early_fails_the_run() {
    let (store, api) = (empty(), api(2_500));
    let failed = ended(on(&store, &api, faulty(Fault::Ends)).run()).await;
    let failed = failed.unwrap_err();
    assert!(
        matches!(failed, ListingError::Unfinished { processed: 500, .. }),
        "{failed}"
    );
    assert_eq!(entry(&store).unwrap().status, Status::Failed);
    completed(&store, &api, Kind::Adaptive(15), WHOLE).await;
}

/// It panics when the second transaction is to be paced.
struct Hot(bool);

impl Pacer for Hot {
    fn pace(&mut self, _next: Work, _last: Option<&ChunkCost>) -> Pace {
        assert!(
            !std::mem::replace(&mut self.0, true),
            "the pacer is on fire"
        );
        Pace::of(NonZeroU64::new(10).unwrap())
    }
}

#[tokio::test(start_paused = true)]
async fn an_api_or_a_pacer_that_panics_fails_the_run_and_nothing_else() {
    let (store, listed) = (empty(), api(2_500));
    listed.answer(|call, _| if call < 5 { Reply::Page } else { Reply::Panic });
    let run = on(&store, &listed, job(Kind::Adaptive(1), WHOLE));
    panicked(&store, &listed, run, "the API is on fire").await;

    let (store, listed) = (empty(), api(2_500));
    let run = on(&store, &listed, job(Kind::Adaptive(1), WHOLE)).paced(Hot(false));
    panicked(&store, &listed, run, "the pacer is on fire").await;
}

/// While a transaction is under way on the only connection, somebody else panics: the last note
/// must not wait for what nobody drives on.
#[tokio::test(start_paused = true)]
async fn a_panic_during_a_transaction_does_not_wait_for_it() {
    let (store, api) = (empty(), api(2_500));
    api.answer(|call, _| match call {
        0..3 => Reply::Page,
        _ => Reply::Panic,
    });
    // Two steps claim, the third is the body of the first transaction; it never commits.
    let runtime = Stepping::at(3, Then::Hang);
    let database = store.database_on(runtime.clone());
    let failed = ended(listing(database, &api, job(Kind::Fixed(3), WHOLE)).run()).await;
    let failed = failed.unwrap_err();
    assert!(
        matches!(failed, ListingError::Panicked { processed: 0, .. }),
        "{failed}"
    );
    assert_eq!(entry(&store).unwrap().status, Status::Failed);
    completed(&store, &api, Kind::Adaptive(15), WHOLE).await;
}

#[tokio::test(start_paused = true)]
async fn an_observer_that_panics_is_counted_and_stops_nothing() {
    let (store, api) = (empty(), api(2_500));
    let run = on(&store, &api, job(Kind::Sequential, WHOLE)).observed(|event| {
        assert!(
            !matches!(event, Event::Stored(_)),
            "the observer is on fire"
        );
    });
    let report = ended(run.run()).await.unwrap();
    assert_eq!((report.ending, report.observer_panics), (Ending::Done, 25));
    assert_complete(&store, &api, WHOLE);
}
