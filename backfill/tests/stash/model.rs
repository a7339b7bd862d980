//! A stash, against a plain model of it: whatever is done with it in whatever order, the same are
//! served, refused and told so, at the same instants, and the same is held.
//!
//! `PROPTEST_CASES` says how many sequences are tried.

use std::time::Duration;

use backfill::stash::{Amount, Settings};
use proptest::prelude::*;

use crate::play::{Op, Play};

/// Sequences tried, unless `PROPTEST_CASES` says otherwise.
const CASES: u32 = 2_000;

fn op() -> impl Strategy<Value = Op> {
    let owner = || 0..3_u8;
    let bytes = || prop_oneof![1 => Just(0_u64), 6 => 1..40_u64, 2 => 40..110_u64];
    let any = || 0..20_usize;
    prop_oneof![
        6 => (owner(), bytes()).prop_map(|(owner, bytes)| Op::Put { owner, bytes }),
        12 => (owner(), bytes()).prop_map(|(owner, bytes)| Op::Wait { owner, bytes }),
        6 => any().prop_map(Op::Poll),
        6 => Just(Op::PollAll),
        8 => any().prop_map(Op::Take),
        1 => any().prop_map(Op::TakeOfAnother),
        2 => any().prop_map(Op::Cancel),
        2 => any().prop_map(Op::Drop),
        6 => prop_oneof![Just(0_u64), 1..8_u64, 8..60_u64].prop_map(Op::Pass),
        1 => Just(Op::Clear),
    ]
}

fn amount(payloads: std::ops::Range<u64>, bytes: u64) -> impl Strategy<Value = Amount> {
    payloads.prop_map(move |payloads| Amount { payloads, bytes })
}

fn settings() -> impl Strategy<Value = Settings> {
    let overflow =
        prop_oneof![2 => Just(Amount::default()), 1 => amount(2..5, 60), 1 => amount(2..5, 105)];
    let percent = prop_oneof![1 => Just(100_u8), 2 => 35..100_u8];
    let waiting = prop_oneof![amount(3..9, 1_000), amount(3..9, 90)];
    (
        amount(3..12, 100),
        overflow,
        10..60_u64,
        prop_oneof![1 => Just(0_u64), 6 => 1..40_u64],
        waiting,
        percent,
    )
        .prop_map(
            |(capacity, overflow, ttl_ms, wait_ms, waiting, owner_percent)| Settings {
                capacity,
                overflow,
                ttl: Duration::from_millis(ttl_ms),
                wait: Duration::from_millis(wait_ms),
                waiting,
                owner_percent,
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var_os("PROPTEST_CASES")
            .map_or(CASES, |_| ProptestConfig::default().cases),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_stash_does_what_its_model_does(
        settings in settings(),
        ops in prop::collection::vec(op(), 0..120),
    ) {
        let mut play = Play::new(settings);
        for op in ops {
            play.act(op);
        }
        play.close();
    }
}
