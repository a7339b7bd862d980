//! What every plan owes whoever follows it, on whatever objects, pages and latencies.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod listing_model;

use std::num::NonZeroU32;

use backfill::listing::Range;
use backfill::listing::plan::{
    Adaptive, Capacity, EqualSegments, Order, PROBE_SLOTS, Plan, Sequential,
};
use listing_model::Objects;
use listing_model::calls::{Pacing, run};
use listing_model::recursive::Recursive;
use proptest::prelude::*;

/// Objects anywhere, in clusters, and many in one second.
fn objects() -> impl Strategy<Value = Objects> {
    let range =
        (-3_000..3_000_i64, 1..4_000_i64).prop_map(|(gte, span)| Range::new(gte, gte + span));
    range.prop_flat_map(|range| {
        let anywhere = || range.gte..range.lt;
        let cluster = (anywhere(), prop::collection::vec(0..20_i64, 0..60));
        let near = cluster.prop_map(move |(at, offsets)| {
            let near = offsets.into_iter().map(move |offset| at + offset);
            near.filter(|&second| range.contains(second)).collect()
        });
        let tied = (anywhere(), 0..60_usize).prop_map(|(at, count)| vec![at; count]);
        let loose = prop::collection::vec(anywhere(), 0..60);
        let parts = prop::collection::vec(prop_oneof![near, tied, loose], 0..5);
        parts.prop_map(move |parts| Objects::new(parts.concat(), range))
    })
}

/// How many calls may be made, when, and in which order.
#[derive(Clone, Debug)]
struct Setting {
    page: u32,
    slots: usize,
    blind: usize,
    order: Order,
    /// Requests per second.
    rate: u64,
    latencies_ms: Vec<u64>,
}

fn setting() -> impl Strategy<Value = Setting> {
    let order = prop_oneof![Just(Order::NewestFirst), Just(Order::OldestFirst)];
    let latencies_ms = prop::collection::vec(0..2_000_u64, 1..20);
    (
        1..25_u32,
        0..20_usize,
        0..20_usize,
        order,
        1..100_u64,
        latencies_ms,
    )
        .prop_map(|(page, slots, blind, order, rate, latencies_ms)| Setting {
            page,
            slots,
            blind,
            order,
            rate,
            latencies_ms,
        })
}

/// Every plan, and how many calls it may have under way.
fn plans(setting: &Setting, range: Range) -> Vec<(&'static str, Box<dyn Plan>, usize)> {
    let &Setting {
        page, slots, order, ..
    } = setting;
    let capacity = Capacity {
        slots,
        page,
        requests_per_ks: setting.rate * 1_000,
        blind: setting.blind,
    };
    let fixed = |segments| {
        let segments = NonZeroU32::new(segments).unwrap();
        Box::new(EqualSegments::fixed(segments, slots, order, page, range))
    };
    let probed = EqualSegments::probed(order, page, range, None);
    let slots = slots.max(1);
    vec![
        ("sequential", Box::new(Sequential::new(order, page)), 1),
        ("probe", Box::new(probed), PROBE_SLOTS),
        ("fixed 7", fixed(7), slots),
        ("fixed 500", fixed(500), slots),
        ("recursive", Box::new(Recursive::new(3, page)), PROBE_SLOTS),
        ("adaptive", Box::new(Adaptive::new(order, capacity)), slots),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_048,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_plan_fetches_everything_once_within_its_slots(
        objects in objects(),
        setting in setting(),
    ) {
        let pacing = Pacing { rate: setting.rate, burst: 25, page: setting.page };
        for (name, mut plan, slots) in plans(&setting, objects.range) {
            let latencies_ms = &setting.latencies_ms;
            let latency_ms = |call| latencies_ms[call as usize % latencies_ms.len()];
            let ran = run(&objects, &mut *plan, pacing, latency_ms);
            prop_assert_eq!((ran.missing, ran.refetched), (0, 0), "{}: {:?}", name, ran);
            prop_assert!(ran.most_in_flight <= slots, "{}: {:?}", name, ran);
            // Every page but the last of a segment is full.
            prop_assert!(ran.not_full <= ran.segments, "{}: {:?}", name, ran);
        }
    }
}

/// What is expected to be left is a number that grows past every bound, and must not wrap.
#[test]
fn all_of_time_is_not_too_long() {
    let setting = Setting {
        page: 1,
        slots: 1,
        blind: 15,
        order: Order::NewestFirst,
        rate: 25,
        latencies_ms: vec![400],
    };
    for range in [Range::new(0, i64::MAX), Range::new(i64::MIN, i64::MAX)] {
        let seconds = [range.gte, 0, 5, i64::MAX / 3, i64::MAX - 2, i64::MAX - 1];
        let objects = Objects::new(seconds.into_iter().flat_map(|at| [at; 50]), range);
        for (name, mut plan, _) in plans(&setting, range) {
            let pacing = Pacing {
                rate: 25,
                burst: 25,
                page: 1,
            };
            let ran = run(&objects, &mut *plan, pacing, |_| 400);
            assert_eq!((ran.missing, ran.refetched), (0, 0), "{name}: {ran:?}");
        }
    }
}
