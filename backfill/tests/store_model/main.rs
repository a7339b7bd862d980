//! A store, against a plain model of it: whatever is done with it in whatever order, through writes
//! that fail, take their time or succeed unheard of, rows are what processing made of them, no more
//! is held than there is room for, and a crash leaves what was processed up to some batch.
//!
//! `PROPTEST_CASES` says how many sequences are tried.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod play;
mod reference;
#[path = "../store_driven/mod.rs"]
mod store_driven;

use backfill::persistence::{Budget, Held, Keep};
use play::Play;
use proptest::prelude::*;
use reference::Key;
use rusqlite::ffi::{SQLITE_BUSY, SQLITE_FULL, SQLITE_IOERR};
use store_driven::runtime::Fault;

/// Sequences tried, unless `PROPTEST_CASES` says otherwise.
const CASES: u32 = 2_000;

/// What is done.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Item(u64),
    Set(Key, i64),
    Delete(Key),
    Get(Key),
    Output {
        cached: bool,
        input: u8,
        fails: bool,
    },
    Reached(u8),
    Commit(u64),
    Drop,
    Switch,
    Stage(u8, u8),
    Flush,
    Pass(u64),
    Fail(Fault, usize),
    Slow(u64),
    RollBack(u64),
    Crash,
}

fn key() -> impl Strategy<Value = Key> {
    (0..2_usize, 0..5_i64)
}

fn fault() -> impl Strategy<Value = Fault> {
    let code = prop_oneof![Just(SQLITE_IOERR), Just(SQLITE_FULL), Just(SQLITE_BUSY)];
    prop_oneof![
        code.prop_map(Fault::Before),
        Just(Fault::After(SQLITE_IOERR))
    ]
}

fn op() -> impl Strategy<Value = Op> {
    let output = (any::<bool>(), 0..4_u8, prop::bool::weighted(0.1));
    prop_oneof![
        8 => (0..3_u64).prop_map(Op::Item),
        12 => (key(), 0..100_i64).prop_map(|(key, row)| Op::Set(key, row)),
        4 => key().prop_map(Op::Delete),
        8 => key().prop_map(Op::Get),
        5 => output.prop_map(|(cached, input, fails)| Op::Output { cached, input, fails }),
        4 => (0..2_u8).prop_map(Op::Reached),
        10 => (0..3_u64).prop_map(Op::Commit),
        1 => Just(Op::Drop),
        1 => Just(Op::Switch),
        2 => (0..2_u8, 0..3_u8).prop_map(|(key, value)| Op::Stage(key, value)),
        1 => Just(Op::Flush),
        5 => prop_oneof![Just(0_u64), 1..30_u64, 400..3_000_u64].prop_map(Op::Pass),
        2 => (fault(), 1..4_usize).prop_map(|(fault, times)| Op::Fail(fault, times)),
        1 => prop_oneof![Just(0_u64), 1..50_u64].prop_map(Op::Slow),
        2 => (0..110_u64).prop_map(Op::RollBack),
        1 => Just(Op::Crash),
    ]
}

async fn play(budget: Budget, depth: Option<u64>, history: bool, ops: Vec<Op>) {
    let keep = if history { Keep::History } else { Keep::Latest };
    let mut play = Play::new(budget, depth, keep).await;
    for op in ops {
        play.act(op).await;
        play.check_held();
    }
    play.close().await;
}

fn budget() -> impl Strategy<Value = Budget> {
    let bytes = prop_oneof![2 => Just(1_u64 << 40), 1 => 300..4_000_u64];
    (1..12_u64, bytes).prop_map(|(objects, bytes)| Budget {
        held: Held { objects, bytes },
        ..Budget::DEFAULT
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var_os("PROPTEST_CASES")
            .map_or(CASES, |_| ProptestConfig::default().cases),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_store_is_what_its_batches_add_up_to(
        budget in budget(),
        depth in prop_oneof![3 => Just(None), 1 => (0..8_u64).prop_map(Some)],
        history in prop::bool::weighted(0.7),
        ops in prop::collection::vec(op(), 0..80),
    ) {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(play(budget, depth, history, ops));
    }
}
