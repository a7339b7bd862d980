//! One case for each thing a scenario must satisfy.

use super::*;
use crate::scenario::model::{Connections, Role, Seeds, Strategy, StrategyKind};
use crate::scenario::{Cancel, LedgerOutage, Stop};

fn strategy(kind: StrategyKind) -> Strategy {
    let takes_rows = kind != StrategyKind::SingleTransaction;
    Strategy {
        kind,
        role: match kind {
            StrategyKind::DressedSingleTransaction => Role::Control,
            _ => Role::Candidate,
        },
        rows: takes_rows.then_some(500),
        pause_ms: (kind == StrategyKind::Chunked).then_some(100),
        pacer: None,
        shape: None,
        reads: None,
        coefficient: None,
        target_ms: None,
        interval_ms: None,
        p95_ms: None,
        times_no_backfill: None,
    }
}

fn sound() -> Model {
    let mut model = Model::default();
    for (name, kind) in [
        ("single", StrategyKind::SingleTransaction),
        ("chunked", StrategyKind::Chunked),
        ("dressed", StrategyKind::DressedSingleTransaction),
    ] {
        model.strategies.insert(name.to_owned(), strategy(kind));
    }
    model
}

/// The paths of what is wrong after `change`.
fn paths(change: impl FnOnce(&mut Model)) -> Vec<String> {
    let mut model = sound();
    change(&mut model);
    findings(&model)
        .iter()
        .map(|f| f.path.to_string())
        .collect()
}

#[test]
fn the_defaults_are_sound() {
    assert_eq!(findings(&sound()), []);
}

#[test]
fn seeds_are_there_and_differ() {
    assert_eq!(paths(|m| m.seeds = Seeds(vec![])), ["seeds"]);
    assert_eq!(paths(|m| m.seeds = Seeds(vec![2, 1, 2, 2])), ["seeds"]);
    assert_eq!(paths(|m| m.seeds = Seeds(vec![u64::MAX])), ["seeds"]);
}

#[test]
fn the_dataset_is_in_range() {
    for share in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        assert_eq!(
            paths(|m| m.dataset.clustering = share),
            ["dataset.clustering"]
        );
    }
    assert_eq!(
        paths(|m| m.dataset.transmissions = 0),
        ["dataset.transmissions"]
    );
    assert_eq!(
        paths(|m| m.dataset.payload_bytes = 63),
        ["dataset.payload_bytes"]
    );
    assert_eq!(
        paths(|m| m.dataset.fanout_exponent = 3.1),
        ["dataset.fanout_exponent"]
    );
    assert_eq!(
        paths(|m| {
            m.dataset.orphan_share = 0.7;
            m.dataset.zero_timestamp_share = 0.4;
        }),
        ["dataset.zero_timestamp_share"]
    );
    assert_eq!(
        paths(|m| {
            m.dataset.orphan_share = 0.4;
            m.dataset.zero_timestamp_share = 0.4;
            m.dataset.negative_timestamp_share = 0.3;
        }),
        ["dataset.negative_timestamp_share"]
    );
    assert_eq!(paths(|m| m.dataset.id_stride = 0), ["dataset.id_stride"]);
}

#[test]
fn observations_and_transmissions_fit_together() {
    let counts = |transmissions, observations, orphan_share| {
        paths(|m| {
            m.dataset.transmissions = transmissions;
            m.dataset.observations = observations;
            m.dataset.orphan_share = orphan_share;
        })
    };
    assert_eq!(counts(10, 9, 0.0), ["dataset.observations"]);
    assert!(counts(10, 9, 0.1).is_empty());
    assert!(counts(10, 0, 1.0).is_empty());
    assert_eq!(counts(10, 0, 0.5), ["dataset.observations"]);
    assert_eq!(counts(10, 1, 1.0), ["dataset.observations"]);
}

#[test]
fn database_and_disk_are_in_range() {
    assert!(paths(|m| m.database.reader_connections = 0).is_empty());
    for connections in [Connections::Split, Connections::Competing] {
        assert_eq!(
            paths(|m| {
                m.database.connections = connections;
                m.database.reader_connections = 0;
            }),
            ["database.reader_connections"]
        );
    }
    assert_eq!(paths(|m| m.database.cache_kib = 63), ["database.cache_kib"]);
    assert_eq!(
        paths(|m| m.disk.page_cache_mib = 0),
        ["disk.page_cache_mib"]
    );
    for free_mib in [0, u64::MAX] {
        assert_eq!(
            paths(|m| m.disk.free_mib = Some(free_mib)),
            ["disk.free_mib"]
        );
    }
}

#[test]
fn the_load_is_in_range_and_readers_have_something_to_read() {
    assert_eq!(paths(|m| m.load.reads_per_s = -1.0), ["load.reads_per_s"]);
    assert_eq!(
        paths(|m| m.load.transmissions_per_s = f64::NAN),
        ["load.transmissions_per_s"]
    );
    let silent = |m: &mut Model| {
        m.load.mix.stats = 0;
        m.load.mix.packet_list = 0;
        m.load.mix.packet_detail = 0;
        m.load.mix.health = 0;
    };
    assert_eq!(paths(silent), ["load.mix"]);
    assert!(
        paths(|m| {
            silent(m);
            m.load.reads_per_s = 0.0;
        })
        .is_empty()
    );
}

#[test]
fn the_cache_is_in_range_and_its_scans_end() {
    use crate::scenario::Cache;
    let cached = |change: fn(&mut Cache)| paths(|m| change(m.cache.insert(Cache::default())));
    assert!(cached(|_| {}).is_empty());
    assert!(cached(|cache| cache.recomputers = 0).is_empty());
    assert_eq!(
        cached(|cache| cache.recompute_every_ms = 0),
        ["cache.recompute_every_ms"]
    );
    assert_eq!(
        cached(|cache| cache.recompute_ms = cache.recompute_every_ms),
        ["cache.recompute_ms"]
    );
    assert_eq!(
        cached(|cache| cache.insert_us = 1_000_001),
        ["cache.insert_us"]
    );
}

#[test]
fn a_promise_to_writers_needs_writers() {
    let promised = |writer_p95_ms, rate| {
        paths(|m| {
            m.objective.writer_p95_ms = Some(writer_p95_ms);
            m.load.observations_per_s = rate;
            m.load.transmissions_per_s = 0.0;
        })
    };
    assert!(promised(250, 20.0).is_empty());
    assert_eq!(promised(250, 0.0), ["objective.writer_p95_ms"]);
    assert_eq!(promised(0, 20.0), ["objective.writer_p95_ms"]);
}

#[test]
fn the_phases_fit_the_clock() {
    assert_eq!(paths(|m| m.phases.warm_up_s = -1.0), ["phases.warm_up_s"]);
    assert_eq!(paths(|m| m.phases.horizon_s = 0.0), ["phases.horizon_s"]);
    assert_eq!(paths(|m| m.phases.horizon_s = 64_790.0), ["phases"]);
    assert!(paths(|m| m.phases.horizon_s = 64_800.0 - 120.0).is_empty());
}

#[test]
fn network_and_operator_are_in_range() {
    assert_eq!(paths(|m| m.network.tick_ms = 0), ["network.tick_ms"]);
    assert_eq!(paths(|m| m.network.latency_ms = 0), ["network.latency_ms"]);
    assert_eq!(
        paths(|m| m.operator.poll_every_ms = 0),
        ["operator.poll_every_ms"]
    );
    assert_eq!(
        paths(|m| m.operator.timeout_ms = 0),
        ["operator.timeout_ms"]
    );
    assert_eq!(
        paths(|m| {
            m.objective.reader_p95_ms = 0;
            m.objective.one_wait_ms = 0;
        }),
        ["objective.reader_p95_ms", "objective.one_wait_ms"]
    );
}

#[test]
fn a_cancellation_happens_within_the_horizon() {
    let cancelled = |after_s, resume_after_s| {
        paths(|m| {
            m.cancel = Some(Cancel {
                after_s,
                resume_after_s,
                how: Stop::Asked,
            });
        })
    };
    assert!(cancelled(10.0, Some(5.0)).is_empty());
    assert_eq!(cancelled(0.0, None), ["cancel.after_s"]);
    assert_eq!(cancelled(7_200.0, None), ["cancel.after_s"]);
    assert_eq!(cancelled(10.0, Some(7_190.0)), ["cancel.resume_after_s"]);
    assert_eq!(cancelled(10.0, Some(-1.0)), ["cancel.resume_after_s"]);
}

#[test]
fn the_ledger_is_lost_and_found_within_the_horizon() {
    let lost = |after_s, for_s, cancelled: bool| {
        paths(|m| {
            m.ledger_outage = Some(LedgerOutage { after_s, for_s });
            m.cancel = cancelled.then_some(Cancel {
                after_s: 1.0,
                resume_after_s: None,
                how: Stop::Killed,
            });
        })
    };
    assert!(lost(10.0, 5.0, false).is_empty());
    assert_eq!(lost(0.0, 5.0, false), ["ledger_outage.after_s"]);
    assert_eq!(lost(7_200.0, 5.0, false), ["ledger_outage.after_s"]);
    assert_eq!(lost(10.0, 0.0, false), ["ledger_outage.for_s"]);
    assert_eq!(lost(10.0, 7_190.0, false), ["ledger_outage.for_s"]);
    assert_eq!(lost(10.0, 5.0, true), ["ledger_outage"]);
}

#[test]
fn strategies_are_there_with_usable_names() {
    assert_eq!(paths(|m| m.strategies.clear()), ["strategies"]);
    for name in ["No", "a_b", "no-backfill"] {
        let added = paths(|m| {
            let single = strategy(StrategyKind::SingleTransaction);
            m.strategies.insert(name.to_owned(), single);
        });
        assert_eq!(added, [format!("strategies.{name}")]);
    }
}

#[test]
fn strategies_take_what_their_kind_takes() {
    let changed = |name: &str, change: fn(&mut Strategy)| {
        paths(|m| change(m.strategies.get_mut(name).unwrap()))
    };
    assert_eq!(
        changed("single", |s| s.rows = Some(1)),
        ["strategies.single.rows"]
    );
    assert_eq!(
        changed("chunked", |s| s.rows = None),
        ["strategies.chunked"]
    );
    assert_eq!(
        changed("chunked", |s| s.rows = Some(0)),
        ["strategies.chunked.rows"]
    );
    assert_eq!(
        changed("chunked", |s| s.pause_ms = None),
        ["strategies.chunked"]
    );
    assert_eq!(
        changed("chunked", |s| s.pause_ms = Some(3_600_001)),
        ["strategies.chunked.pause_ms"]
    );
    assert_eq!(
        changed("dressed", |s| s.pause_ms = Some(1)),
        ["strategies.dressed.pause_ms"]
    );
    assert_eq!(
        changed("dressed", |s| s.role = Role::Candidate),
        ["strategies.dressed.role"]
    );
}

#[test]
fn what_must_fail_is_a_control_and_its_name_means_its_kind() {
    let listed = |names: &[&str]| {
        let names = names.iter().map(ToString::to_string).collect();
        paths(|m| m.must_fail.0 = names)
    };
    assert!(listed(&[]).is_empty());
    assert!(
        listed(&["no-cursor", "dressed"]).is_empty(),
        "the scenario's own"
    );
    assert_eq!(listed(&["chunked"]), ["must_fail"], "a candidate");
    let mut model = sound();
    model.must_fail.0 = vec!["no-curser".to_owned()];
    let found = findings(&model);
    assert_eq!(found.len(), 1);
    assert!(
        found[0].help.contains("did you mean `no-cursor`?"),
        "{found:?}"
    );
    let taken = paths(|m| {
        let single = strategy(StrategyKind::SingleTransaction);
        m.strategies.insert("late-write".to_owned(), single);
    });
    assert_eq!(taken, ["strategies.late-write"]);
}

#[test]
fn there_is_one_baseline() {
    assert_eq!(
        paths(|m| {
            m.strategies["single"].role = Role::Baseline;
            m.strategies["chunked"].role = Role::Baseline;
        }),
        ["strategies.chunked.role"]
    );
}

#[test]
fn pacers_take_what_they_need_and_nothing_else() {
    use crate::scenario::model::PacerKind;
    let paced = |pacer, change: fn(&mut Strategy)| {
        paths(|m| {
            let strategy = m.strategies.get_mut("chunked").unwrap();
            strategy.pacer = Some(pacer);
            (strategy.rows, strategy.pause_ms) = (None, None);
            change(strategy);
        })
    };
    let whole = ["strategies.chunked"];
    assert_eq!(paced(PacerKind::TimeTarget, |_| {}), whole);
    assert!(paced(PacerKind::TimeTarget, |s| s.target_ms = Some(50)).is_empty());
    let zero = paced(PacerKind::ElapsedTime, |s| s.target_ms = Some(0));
    assert_eq!(zero, ["strategies.chunked.target_ms"]);
    let stray = paced(PacerKind::TimeTarget, |s| {
        (s.target_ms, s.rows) = (Some(50), Some(5));
    });
    assert_eq!(stray, ["strategies.chunked.rows"]);
    let negative = paced(PacerKind::ProportionalPause, |s| {
        (s.rows, s.coefficient) = (Some(5), Some(-0.7));
    });
    assert_eq!(negative, ["strategies.chunked.coefficient"]);
    let twice = paced(PacerKind::ReaderSlo, |s| {
        (s.p95_ms, s.times_no_backfill) = (Some(5), Some(3.0));
    });
    assert_eq!(twice, whole);
    for times in [0.5, f64::NAN] {
        let mut one = sound();
        let strategy = one.strategies.get_mut("chunked").unwrap();
        *strategy = Strategy {
            pacer: Some(PacerKind::ReaderSlo),
            shape: None,
            reads: None,
            rows: None,
            pause_ms: None,
            times_no_backfill: Some(times),
            ..strategy.clone()
        };
        assert_eq!(findings(&one).len(), 1, "{times}");
    }
    assert_eq!(
        paths(|m| m.strategies["single"].pacer = Some(PacerKind::Fixed)),
        ["strategies.single.pacer"]
    );
}
