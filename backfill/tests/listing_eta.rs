//! What a run expects of the rest of itself.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;
mod listing_driven;
mod listing_model;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use backfill::listing::{Ending, Eta, Event, Range};
use backfill::{Instant, Runtime, TokioRuntime};
use listing_driven::api::Api;
use listing_driven::{KINDS, Kind, empty, ended, job, on};
use listing_model::shapes::shapes;

/// A round of calls, which are all answered at one moment, and told of in the midst of it.
const ROUND: Duration = Duration::from_secs(1);

const WHOLE: Range = Range::new(0, 1_000_000);

/// One that was told.
#[derive(Clone, Copy, Debug)]
struct Told {
    at: Instant,
    done: u64,
    eta: Eta,
}

/// What a run tells, and when it ends; calls take 1 s, so that the slots decide.
async fn told(api: &Api, kind: Kind, range: Range) -> (Vec<Told>, Instant) {
    api.with(|world| world.latencies_ms = vec![1_000]);
    let store = empty();
    let (runtime, told) = (TokioRuntime::new(), Arc::new(Mutex::new(Vec::new())));
    let (clock, tell) = (runtime, Arc::clone(&told));
    let run = on(&store, api, job(kind, range)).observed(move |event| {
        if let Event::Expected { pages: done, eta } = event {
            let at = clock.now();
            tell.lock().unwrap().push(Told { at, done, eta });
        }
    });
    let report = ended(run.run()).await.unwrap();
    assert_eq!((report.ending, report.observer_panics), (Ending::Done, 0));
    let told = told.lock().unwrap().clone();
    (told, runtime.now())
}

#[tokio::test(start_paused = true)]
async fn what_is_likely_is_within_what_is_least_and_most() {
    for (name, objects) in shapes(4_000) {
        for kind in KINDS {
            let api = Api::at(objects.seconds());
            let (told, _) = told(&api, kind, objects.range).await;
            assert!(!told.is_empty());
            for one in &told {
                let eta = one.eta;
                assert!(eta.least <= eta.likely, "{name}, {kind:?}: {one:?}");
                assert!(
                    eta.most.is_none_or(|most| eta.likely <= most),
                    "{name}: {one:?}"
                );
            }
            let steps = told.windows(2);
            let onwards = |pair: &[Told]| pair[0].at < pair[1].at && pair[0].done < pair[1].done;
            assert!(steps.clone().all(onwards), "{name}, {kind:?}: {told:?}");
        }
    }
}

/// Gaps between spikes count, and a segment that can be split is no chain: whatever the shape, from
/// half way on the rest is expected to take no more than twice what it does. In spikes, no more
/// than the whole: what begins in one looks dense.
#[tokio::test(start_paused = true)]
async fn no_shape_makes_it_expect_many_times_too_much() {
    for (name, objects) in shapes(60_000) {
        let api = Api::at(objects.seconds());
        let (told, end) = told(&api, Kind::Adaptive(15), objects.range).await;
        let half = told.last().unwrap().done / 2;
        for one in told.iter().filter(|one| one.done >= half) {
            let most = match name {
                "hourly spikes" => end - Instant::default(),
                _ => (end - one.at) * 2 + Duration::from_secs(2),
            };
            assert!(one.eta.likely <= most, "{name}: {one:?}, done at {end:?}");
        }
    }
}

/// A full page within one second says nothing of how many more there are.
#[tokio::test(start_paused = true)]
async fn nobody_claims_to_know_how_much_a_second_holds() {
    for kind in [Kind::Sequential, Kind::Adaptive(15)] {
        let api = Api::at([WHOLE.gte + 5; 3_000]);
        let (told, _) = told(&api, kind, WHOLE).await;
        let (last, before) = told.split_last().unwrap();
        assert!(before.len() > 25);
        assert!(before.iter().all(|one| one.eta.most.is_none()), "{kind:?}");
        assert_eq!(last.eta.likely, Duration::ZERO, "{kind:?}");
    }
}

/// Evenly spread objects, and half of the pages there: the rest is expected within a tenth, and the
/// truth is within what is said, which is not all there could be: of one cursor the rest may be
/// twice or half as much, of fifteen segments one may be wrong.
#[tokio::test(start_paused = true)]
async fn from_half_way_on_the_end_is_known_within_a_tenth() {
    let api = Api::at((0..60_000).map(|number| number * 1_000_000 / 60_000));
    for (kind, widest) in [(Kind::Sequential, 1.7), (Kind::Adaptive(15), 0.5)] {
        let (told, end) = told(&api, kind, WHOLE).await;
        let late: Vec<&Told> = told.iter().filter(|one| one.done >= 300).collect();
        assert!(late.len() >= 15, "{kind:?}");
        for one in late {
            let rest = end - one.at;
            let Eta {
                likely,
                least,
                most,
                ..
            } = one.eta;
            let (rest_s, likely_s) = (rest.as_secs_f64(), likely.as_secs_f64());
            let slack_s = rest_s * 0.1 + 2.0;
            assert!(
                (rest_s - likely_s).abs() <= slack_s,
                "{kind:?}: {one:?}, {rest_s} s are left"
            );
            let most = most.unwrap();
            assert!(
                (least..=most + ROUND).contains(&(rest + ROUND)),
                "{kind:?}: {one:?}, {rest_s} s are left"
            );
            let width_s = (most - least).as_secs_f64();
            assert!(
                width_s <= rest_s * widest + 4.0,
                "{kind:?}: {one:?}, {rest_s} s are left"
            );
        }
    }
}

/// From a quarter of the pages on, and while a sixth of them is left: whatever the shape, the truth
/// is within what is said, and an upper end is said, but where a second has more than a page.
#[tokio::test(start_paused = true)]
async fn an_upper_end_is_said_and_the_truth_is_below_it() {
    let full = ["one second", "five seconds", "50 % in one hour", "ties"];
    for (name, objects) in shapes(60_000) {
        if full.contains(&name) {
            continue;
        }
        let api = Api::at(objects.seconds());
        let (told, end) = told(&api, Kind::Adaptive(15), objects.range).await;
        let all = told.last().unwrap().done;
        let between = |one: &&Told| (all / 4..all * 5 / 6).contains(&one.done);
        for one in told.iter().filter(between) {
            let (rest, Eta { least, most, .. }) = (end - one.at, one.eta);
            let most = most.unwrap_or_else(|| panic!("{name}: {one:?}"));
            assert!(
                (least..=most + ROUND).contains(&(rest + ROUND)),
                "{name}: {one:?}, {rest:?} left"
            );
        }
    }
}

/// Segments cut behind a probe's page are expected to be as it was.
#[tokio::test(start_paused = true)]
async fn a_probe_tells_of_all_its_segments() {
    let api = Api::at((0..20_000).map(|number| number * 50));
    let (told, _) = told(&api, Kind::Probed, WHOLE).await;
    assert!(told.len() > 10);
    assert!(told.iter().all(|one| one.eta.most.is_some()), "{told:?}");
}
