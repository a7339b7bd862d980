//! One case for each thing a listing scenario must satisfy.

use super::*;
use crate::listing::scenario::{Crash, Partition, Sink, Strategy, StrategyKind, Streams};
use crate::scenario::{Role, Seeds, Stop};
use crate::upstream::Shape;

fn strategy(kind: StrategyKind) -> Strategy {
    let cheat = StrategyKind::CHEATS.contains(&kind);
    Strategy {
        kind,
        role: if cheat {
            Role::Control
        } else {
            Role::Candidate
        },
        segments: (kind == StrategyKind::Fixed).then_some(50),
        ways: (kind == StrategyKind::Recursive).then_some(2),
        slots: None,
        blind: None,
    }
}

fn sound() -> Model {
    let mut model = Model::default();
    for (name, kind) in [
        ("adaptive", StrategyKind::Adaptive),
        ("fixed", StrategyKind::Fixed),
        ("recursive", StrategyKind::Recursive),
        ("sequential", StrategyKind::Sequential),
        ("cheat", StrategyKind::StateFirst),
    ] {
        model.strategies.insert(name.to_owned(), strategy(kind));
    }
    model
}

/// The paths of what is wrong after `change`.
fn paths(change: impl FnOnce(&mut Model)) -> Vec<String> {
    let mut model = sound();
    change(&mut model);
    let of_page = crash_page(&model, model.least_and_most_pages(None));
    let all = findings(&model).into_iter().chain(of_page);
    all.map(|found| found.path.to_string()).collect()
}

#[test]
fn the_defaults_are_sound() {
    assert_eq!(findings(&sound()), []);
}

#[test]
fn what_other_scenarios_have_too_is_checked_as_theirs() {
    assert_eq!(paths(|m| m.seeds = Seeds(vec![])), ["seeds"]);
    assert_eq!(paths(|m| m.database.cache_kib = 63), ["database.cache_kib"]);
    assert_eq!(
        paths(|m| m.disk.page_cache_mib = 0),
        ["disk.page_cache_mib"]
    );
    assert_eq!(paths(|m| m.network.tick_ms = 0), ["network.tick_ms"]);
    assert_eq!(paths(|m| m.phases.horizon_s = 0.0), ["phases.horizon_s"]);
    assert_eq!(paths(|m| m.phases.warm_up_s = 30_000.0), ["phases"]);
    assert_eq!(paths(|m| m.upstream.burst = 0), ["upstream.burst"]);
    assert_eq!(
        paths(|m| m.database.file = Some("shop.sqlite".to_owned())),
        ["database.file"]
    );
}

#[test]
fn shapes_are_listed_once_and_not_beside_a_file() {
    assert!(paths(|m| m.shapes = vec![Shape::Empty, Shape::Sparse]).is_empty());
    assert_eq!(
        paths(|m| m.shapes = vec![Shape::Empty, Shape::Empty]),
        ["shapes"]
    );
    assert_eq!(
        paths(|m| {
            m.upstream.file = Some("x.csv".to_owned());
            m.shapes = vec![Shape::Empty];
            m.streams = Some(Streams::default());
        }),
        ["shapes", "streams"]
    );
}

#[test]
fn the_client_is_in_range() {
    assert_eq!(paths(|m| m.client.page = 0), ["client.page"]);
    assert_eq!(
        paths(|m| m.client.page = 101),
        ["client.page"],
        "no API page is longer"
    );
    assert_eq!(paths(|m| m.client.slots = 0), ["client.slots"]);
    assert_eq!(paths(|m| m.client.slots = 1_001), ["client.slots"]);
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(
            paths(|m| m.client.rate_per_s = Some(rate)),
            ["client.rate_per_s"]
        );
    }
    assert_eq!(paths(|m| m.client.burst = 0), ["client.burst"]);
    assert_eq!(paths(|m| m.client.attempts = 0), ["client.attempts"]);
    assert_eq!(paths(|m| m.client.limit = Some(0)), ["client.limit"]);
}

#[test]
fn the_client_waits_for_pages_and_longer_each_time() {
    assert_eq!(paths(|m| m.client.timeout_ms = 0), ["client.timeout_ms"]);
    assert_eq!(paths(|m| m.client.timeout_ms = 400), ["client.timeout_ms"]);
    assert!(paths(|m| m.client.timeout_ms = 401).is_empty());
    assert_eq!(
        paths(|m| m.client.backoff_base_ms = 0),
        ["client.backoff_base_ms"]
    );
    assert_eq!(
        paths(|m| m.client.backoff_cap_ms = 499),
        ["client.backoff_cap_ms"]
    );
    assert!(paths(|m| m.client.backoff_cap_ms = 500).is_empty());
}

#[test]
fn streams_are_there_and_fit_in_memory() {
    let streams =
        |change: fn(&mut Streams)| paths(|m| change(m.streams.insert(Streams::default())));
    assert!(streams(|_| {}).is_empty());
    assert!(streams(|s| s.small = 0).is_empty());
    assert_eq!(streams(|s| (s.small, s.large) = (0, 0)), ["streams"]);
    assert_eq!(streams(|s| s.small = 10_001), ["streams.small"]);
    assert_eq!(streams(|s| s.large_objects = 20_000_000), ["streams"]);
    assert_eq!(
        streams(|s| (s.large, s.large_objects) = (u32::MAX, u64::MAX)),
        ["streams.large", "streams.large_objects", "streams"]
    );
}

#[test]
fn a_sink_takes_what_its_pacer_takes() {
    let sink = |pacer, change: fn(&mut Sink), reads: f64, baseline_s: f64| {
        paths(|m| {
            m.sink = Sink {
                pacer,
                rows: None,
                pause_ms: None,
                ..Sink::default()
            };
            change(&mut m.sink);
            m.load.reads_per_s = reads;
            m.phases.baseline_s = baseline_s;
        })
    };
    let fixed = PacerKind::Fixed;
    assert_eq!(
        sink(fixed, |_| {}, 0.0, 0.0),
        ["sink", "sink"],
        "rows and pause"
    );
    let none = sink(
        fixed,
        |s| (s.rows, s.pause_ms) = (Some(0), Some(1)),
        0.0,
        0.0,
    );
    assert_eq!(none, ["sink.rows"]);
    let stray = |s: &mut Sink| (s.rows, s.pause_ms, s.p95_ms) = (Some(1), Some(1), Some(1));
    assert_eq!(sink(fixed, stray, 0.0, 0.0), ["sink.p95_ms"]);
    let slo = PacerKind::ReaderSlo;
    assert!(sink(slo, |s| s.p95_ms = Some(50), 5.0, 0.0).is_empty());
    let unread = sink(slo, |s| s.p95_ms = Some(50), 0.0, 0.0);
    assert_eq!(unread, ["sink.pacer"]);
    let times = |s: &mut Sink| s.times_no_backfill = Some(3.0);
    assert_eq!(sink(slo, times, 5.0, 0.0), ["sink.times_no_backfill"]);
    assert!(sink(slo, times, 5.0, 20.0).is_empty());
}

#[test]
fn the_load_is_in_range() {
    assert_eq!(paths(|m| m.load.reads_per_s = -1.0), ["load.reads_per_s"]);
    assert_eq!(paths(|m| m.load.prefilled = 20_000_001), ["load.prefilled"]);
}

#[test]
fn a_promise_to_readers_needs_readers_and_rows() {
    let promised = |reads_per_s, prefilled, times| {
        paths(|m| {
            m.objective.reader_p95_times = Some(times);
            m.load.reads_per_s = reads_per_s;
            m.load.prefilled = prefilled;
        })
    };
    let path = ["objective.reader_p95_times"];
    assert!(promised(5.0, 100, 3.0).is_empty());
    assert_eq!(promised(0.0, 100, 3.0), path);
    assert_eq!(promised(5.0, 0, 3.0), path);
    assert_eq!(promised(5.0, 100, 0.5), path);
}

#[test]
fn the_objective_is_in_range() {
    assert_eq!(
        paths(|m| m.objective.times_floor = 0.9),
        ["objective.times_floor"]
    );
    assert_eq!(
        paths(|m| m.objective.times_best = f64::NAN),
        ["objective.times_best"]
    );
    assert_eq!(
        paths(|m| m.objective.wasted_percent = 101.0),
        ["objective.wasted_percent"]
    );
}

#[test]
fn a_crash_happens_at_a_page_there_is() {
    let crashed = |at_page, every_page, change: fn(&mut Model)| {
        paths(|m| {
            m.crash = Some(Crash {
                at_page,
                every_page,
                resume_after_s: 5.0,
                how: Stop::Killed,
            });
            change(m);
        })
    };
    assert!(crashed(Some(100), false, |_| {}).is_empty());
    assert_eq!(crashed(Some(101), false, |_| {}), ["crash.at_page"]);
    assert_eq!(crashed(Some(0), false, |_| {}), ["crash.at_page"]);
    assert_eq!(crashed(None, false, |_| {}), ["crash"]);
    assert_eq!(crashed(Some(1), true, |_| {}), ["crash"]);
    assert!(crashed(None, true, |_| {}).is_empty());
    let many = crashed(None, true, |m| m.upstream.objects = 100_001);
    assert_eq!(many, ["crash.every_page"]);
    let limited = |m: &mut Model| m.client.limit = Some(901);
    assert!(crashed(Some(10), false, limited).is_empty());
    assert_eq!(crashed(Some(11), false, limited), ["crash.at_page"]);
    // Every shape has to have it.
    let shapes = |m: &mut Model| m.shapes = vec![Shape::Uniform, Shape::OneObject];
    assert_eq!(crashed(Some(2), false, shapes), ["crash.at_page"]);
    let streams = |m: &mut Model| {
        m.streams = Some(Streams {
            small: 3,
            small_objects: 101,
            large: 1,
            large_objects: 100,
        });
    };
    assert!(crashed(Some(7), false, streams).is_empty());
    assert_eq!(crashed(Some(8), false, streams), ["crash.at_page"]);
    let late = |m: &mut Model| m.phases.horizon_s = 5.0;
    assert_eq!(crashed(Some(1), false, late), ["crash.resume_after_s"]);
}

#[test]
fn a_partition_begins_and_ends_within_the_horizon() {
    let parted = |after_s, for_s| paths(|m| m.partition = Some(Partition { after_s, for_s }));
    assert!(parted(10.0, 5.0).is_empty());
    assert_eq!(parted(0.0, 5.0), ["partition.after_s"]);
    assert_eq!(parted(43_200.0, 5.0), ["partition.after_s"]);
    assert_eq!(parted(10.0, 0.0), ["partition.for_s"]);
    assert_eq!(parted(10.0, 43_190.0), ["partition.for_s"]);
}

#[test]
fn strategies_take_what_their_kind_takes() {
    let changed = |name: &str, change: fn(&mut Strategy)| {
        paths(|m| change(m.strategies.get_mut(name).unwrap()))
    };
    for (name, change, path) in [
        (
            "fixed",
            (|s| s.segments = None) as fn(&mut Strategy),
            "fixed",
        ),
        ("fixed", |s| s.segments = Some(0), "fixed.segments"),
        ("fixed", |s| s.segments = Some(100_001), "fixed.segments"),
        ("fixed", |s| s.segments = Some(1_001), "fixed.segments"),
        ("fixed", |s| s.ways = Some(2), "fixed.ways"),
        ("adaptive", |s| s.segments = Some(2), "adaptive.segments"),
        ("adaptive", |s| s.slots = Some(0), "adaptive.slots"),
        ("adaptive", |s| s.slots = Some(1_001), "adaptive.slots"),
        ("adaptive", |s| s.blind = Some(0), "adaptive.blind"),
        ("adaptive", |s| s.blind = Some(16), "adaptive.blind"),
        ("recursive", |s| s.ways = None, "recursive"),
        ("recursive", |s| s.ways = Some(1), "recursive.ways"),
        ("recursive", |s| s.blind = Some(1), "recursive.blind"),
        ("sequential", |s| s.slots = Some(2), "sequential.slots"),
        ("cheat", |s| s.role = Role::Candidate, "cheat.role"),
    ] {
        assert_eq!(changed(name, change), [format!("strategies.{path}")]);
    }
    let many = |s: &mut Strategy| (s.segments, s.slots) = (Some(1_001), Some(15));
    assert!(changed("fixed", many).is_empty());
    let wide = |s: &mut Strategy| (s.slots, s.blind) = (Some(16), Some(16));
    assert!(changed("adaptive", wide).is_empty());
}

#[test]
fn slots_are_as_many_as_somebody_says() {
    let model = sound();
    let slots = |name: &str| model.strategies[name].slots(&model.client);
    assert_eq!(slots("sequential"), 1);
    assert_eq!(slots("fixed"), 50);
    assert_eq!(slots("adaptive"), 15);
}

#[test]
fn names_roles_and_controls_are_checked_as_elsewhere() {
    assert_eq!(paths(|m| m.strategies.clear()), ["strategies"]);
    let named = |name: &str| {
        paths(|m| {
            let probe = strategy(StrategyKind::Probe);
            m.strategies.insert(name.to_owned(), probe);
        })
    };
    for name in ["No", "no-backfill", "state-first"] {
        assert_eq!(named(name), [format!("strategies.{name}")]);
    }
    // Many may be what the others are compared with.
    let baselines = paths(|m| {
        m.strategies["fixed"].role = Role::Baseline;
        m.strategies["adaptive"].role = Role::Baseline;
    });
    assert!(baselines.is_empty());
    let listed = |names: &[&str]| {
        let names = names.iter().map(ToString::to_string).collect();
        paths(|m| m.must_fail.0 = names)
    };
    assert!(listed(&["cheat", "retry-outside"]).is_empty());
    assert_eq!(listed(&["no-cursor"]), ["must_fail"], "of the other family");
}

#[test]
fn every_cheat_has_an_oracle_and_nothing_else_has() {
    use StrategyKind::{Adaptive, EqualCount, Fixed, Probe, Recursive, Sequential, Tiers};
    for kind in StrategyKind::CHEATS {
        assert!(kind.meant_oracle().is_some(), "{kind:?}");
    }
    for kind in [
        Sequential, Tiers, Fixed, Probe, Recursive, Adaptive, EqualCount,
    ] {
        assert_eq!(kind.meant_oracle(), None, "{kind:?}");
        assert!(!StrategyKind::CHEATS.contains(&kind));
    }
}
