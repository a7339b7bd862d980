//! How well plans do against an exact model of a list API, on every shape of data.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod listing_model;

use std::num::NonZeroU32;

use backfill::listing::plan::{Adaptive, Capacity, EqualSegments, Order, Plan, Sequential};
use listing_model::Objects;
use listing_model::calls::{Pacing, Ran, floor_ms, run};
use listing_model::recursive::Recursive;
use listing_model::shapes::{shapes, tiny};

const LATENCY_MS: u64 = 400;
const PAGE: u32 = 100;
const PACING: Pacing = Pacing {
    rate: 25,
    burst: 25,
    page: PAGE,
};
const CAPACITY: Capacity = Capacity {
    slots: 15,
    page: PAGE,
    requests_per_ks: 25_000,
    blind: 15,
};
const NEWEST: Order = Order::NewestFirst;

fn adaptive() -> Box<dyn Plan> {
    Box::new(Adaptive::new(NEWEST, CAPACITY))
}

/// What users would do instead.
fn rivals(objects: &Objects) -> Vec<(&'static str, Box<dyn Plan>)> {
    let fixed = |segments: u32, slots: usize| -> Box<dyn Plan> {
        let segments = NonZeroU32::new(segments).unwrap();
        let plan = EqualSegments::fixed(segments, slots, NEWEST, PAGE, objects.range);
        Box::new(plan)
    };
    let probed = EqualSegments::probed(NEWEST, PAGE, objects.range, None);
    vec![
        ("sequential", Box::new(Sequential::new(NEWEST, PAGE))),
        ("probe", Box::new(probed)),
        ("fixed 10", fixed(10, 10)),
        ("fixed 50", fixed(50, 50)),
        ("fixed 500", fixed(500, 15)),
        ("recursive 2", Box::new(Recursive::new(2, PAGE))),
        ("recursive 10", Box::new(Recursive::new(10, PAGE))),
    ]
}

/// Runs `plan`; nothing may be missing, and nothing may come twice.
fn checked(name: &str, objects: &Objects, plan: &mut dyn Plan) -> Ran {
    let ran = run(objects, plan, PACING, |_| LATENCY_MS);
    assert_eq!((ran.missing, ran.refetched), (0, 0), "{name}: {ran:?}");
    ran
}

#[test]
fn on_every_shape_a_million_and_a_half_objects_take_hardly_longer_than_they_must() {
    for (name, objects) in shapes(1_500_000) {
        let ran = checked(name, &objects, &mut *adaptive());
        let floor_ms = floor_ms(&objects, PACING, LATENCY_MS);
        assert!(ran.makespan_ms * 100 <= floor_ms * 102, "{name}: {ran:?}");
        // The sparse shape has 100 pages, of which one call wasted is a hundredth.
        let wasted = ran.empty + ran.refetched;
        assert!(wasted * 100 <= ran.calls, "{name}: {ran:?}");
        assert!(ran.largest_state < 2_000, "{name}: {ran:?}");
        assert!(ran.most_in_flight <= CAPACITY.slots, "{name}: {ran:?}");
    }
}

#[test]
fn of_few_pages_no_rival_is_much_faster() {
    for n in [
        101, 150, 200, 300, 500, 700, 1_000, 1_500, 2_000, 3_000, 4_000, 5_000,
    ] {
        for (name, objects) in shapes(n) {
            let ran = checked(name, &objects, &mut *adaptive());
            let rivals = rivals(&objects).into_iter().map(|(rival, mut plan)| {
                let name = format!("{name}, {rival}");
                (checked(&name, &objects, &mut *plan).makespan_ms, rival)
            });
            let (best_ms, rival) = rivals.min().unwrap();
            let close = ran.makespan_ms * 100 <= best_ms * 125;
            assert!(close, "{n}, {name}: {rival} takes {best_ms} ms, {ran:?}");
        }
    }
}

#[test]
fn of_next_to_nothing_every_plan_fetches_it_once() {
    for (name, objects) in tiny() {
        let mut plans = rivals(&objects);
        plans.push(("adaptive", adaptive()));
        for (plan_name, mut plan) in plans {
            checked(&format!("{name}, {plan_name}"), &objects, &mut *plan);
        }
        let mut probe = EqualSegments::probed(NEWEST, PAGE, objects.range, None);
        assert_eq!(checked(name, &objects, &mut probe).calls, 1);
        assert_eq!(probe.segments(), Some(1));
    }
}
