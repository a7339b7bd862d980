//! One case for each thing a processing scenario must satisfy.

use super::*;
use crate::processing::Objective;
use crate::processing::scenario::{Crash, Lock, Outage, Poison, Strategy, StrategyKind};
use crate::scenario::{Role, Seeds};

fn strategy(kind: StrategyKind) -> Strategy {
    let cheat = StrategyKind::CHEATS.contains(&kind);
    Strategy {
        kind,
        role: if cheat {
            Role::Control
        } else {
            Role::Candidate
        },
        objects: None,
        mib: None,
        efficiency_percent: None,
    }
}

fn sound() -> Model {
    let mut model = Model::default();
    for (name, kind) in [
        ("synchronous", StrategyKind::Synchronous),
        ("wipe", StrategyKind::Wipe),
        ("count-only", StrategyKind::CountOnly),
        ("unbounded", StrategyKind::Unbounded),
        ("store", StrategyKind::Store),
        ("cheat", StrategyKind::GateOpen),
    ] {
        model.strategies.insert(name.to_owned(), strategy(kind));
    }
    model
}

/// The paths of what is wrong after `change`.
fn paths(change: impl FnOnce(&mut Model)) -> Vec<String> {
    let mut model = sound();
    change(&mut model);
    let all = findings(&model).into_iter();
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
    assert_eq!(paths(|m| m.load.reads_per_s = -1.0), ["load.reads_per_s"]);
    assert_eq!(
        paths(|m| m.database.file = Some("shop.sqlite".to_owned())),
        ["database.file"]
    );
}

#[test]
fn items_are_in_range() {
    for (path, change) in [
        ("count", (|i| i.count = 20_000_001) as fn(&mut Items)),
        ("batch", |i| i.batch = 0),
        ("batch", |i| i.count = 4_999),
        ("accounts", |i| i.accounts = 20_000_001),
        ("touches", |i| i.touches = 0),
        ("touches", |i| (i.accounts, i.touches) = (3, 4)),
        ("touches", |i| i.touches = 1_001),
        ("skew", |i| i.skew = 4.1),
        ("skew", |i| i.skew = f64::NAN),
        ("opened_share", |i| i.opened_share = 1.1),
        ("closes_share", |i| i.closes_share = -0.1),
        ("history_from", |i| i.history_from = 1.1),
        ("sources", |i| i.sources = 0),
        ("note_bytes", |i| i.note_bytes = u64::MAX),
        ("process_us", |i| i.process_us = 60_000_001),
    ] {
        let found = paths(|m| change(&mut m.items));
        assert_eq!(found, [format!("items.{path}")], "{path}");
    }
    // What has no bound of its own without them is not asked for twice.
    assert_eq!(paths(|m| m.items.count = 0), ["items.count", "items.batch"]);
    assert_eq!(
        paths(|m| m.items.accounts = 0),
        ["items.accounts", "items.touches"]
    );
    let least = |m: &mut Model| (m.items.count, m.items.batch, m.items.process_us) = (1, 1, 0);
    assert!(paths(least).is_empty());
}

#[test]
fn an_effect_is_in_range_where_it_is_asked() {
    let asked = |share: f64, change: fn(&mut Effect)| {
        paths(|m| {
            m.effect.share = share;
            change(&mut m.effect);
        })
    };
    for (path, change) in [
        ("inputs", (|e| e.inputs = 0) as fn(&mut Effect)),
        ("latency_ms", |e| e.latency_ms = 3_600_001),
        ("rate_per_s", |e| e.rate_per_s = 0.0),
        ("burst", |e| e.burst = 0),
        ("at_once", |e| e.at_once = 0),
    ] {
        assert_eq!(asked(0.5, change), [format!("effect.{path}")]);
        assert!(asked(0.0, change).is_empty(), "{path}");
    }
    for share in [-0.1, 1.1, f64::NAN] {
        assert_eq!(asked(share, |_| {}), ["effect.share"]);
    }
}

#[test]
fn a_budget_has_room_for_something() {
    assert_eq!(paths(|m| m.budget.objects = 0), ["budget.objects"]);
    assert_eq!(paths(|m| m.budget.mib = 0), ["budget.mib"]);
}

#[test]
fn outages_and_locks_are_in_order_and_within_the_horizon() {
    let outages = |all: &[(f64, f64)]| {
        let window = |&(after_s, for_s)| Outage { after_s, for_s };
        paths(|m| m.outage = all.iter().map(window).collect())
    };
    assert!(outages(&[(10.0, 5.0), (15.0, 5.0)]).is_empty());
    assert_eq!(outages(&[(0.0, 5.0)]), ["outage.0.after_s"]);
    assert_eq!(outages(&[(43_200.0, 5.0)]), ["outage.0.after_s"]);
    assert_eq!(outages(&[(1.0, 1.0), (10.0, 0.0)]), ["outage.1.for_s"]);
    assert_eq!(outages(&[(10.0, 43_190.0)]), ["outage.0.for_s"]);
    assert_eq!(outages(&[(10.0, 5.0), (14.0, 5.0)]), ["outage.1.after_s"]);
    let locks = paths(|m| {
        let window = |(after_s, for_s)| Lock { after_s, for_s };
        m.lock = [(10.0, 5.0), (5.0, 1.0)].map(window).to_vec();
    });
    assert_eq!(locks, ["lock.1.after_s"]);
}

#[test]
fn going_back_needs_a_history_and_somewhere_to_go() {
    let back = |history_from: f64, all: &[(u64, u64)]| {
        let one = |&(at_item, to_item)| RollBack { at_item, to_item };
        paths(|m| {
            m.items.history_from = history_from;
            m.roll_back = all.iter().map(one).collect();
        })
    };
    assert!(back(0.2, &[(30_000, 20_000), (40_000, 20_000)]).is_empty());
    assert!(back(0.0, &[(1, 0), (100_000, 99_999)]).is_empty());
    assert_eq!(back(0.2, &[(30_000, 19_999)]), ["roll_back.0.to_item"]);
    assert_eq!(back(1.0, &[(100_000, 99_999)]), ["roll_back.0.to_item"]);
    assert_eq!(back(0.0, &[(5, 5)]), ["roll_back.0.to_item"]);
    assert_eq!(back(0.0, &[(100_001, 5)]), ["roll_back.0.at_item"]);
    assert_eq!(back(0.0, &[(9, 5), (9, 5)]), ["roll_back.1.at_item"]);
    assert_eq!(back(0.0, &[(9, 5), (8, 5)]), ["roll_back.1.at_item"]);
    assert_eq!(
        back(0.0, &[(0, 0)]),
        [
            "roll_back.0.at_item",
            "roll_back.0.at_item",
            "roll_back.0.to_item"
        ]
    );
}

#[test]
fn no_more_items_are_poisoned_than_there_are() {
    let poison = |with_nul, refused| paths(|m| m.poison = Some(Poison { with_nul, refused }));
    assert!(poison(50_000, 50_000).is_empty());
    assert!(poison(0, 1).is_empty());
    assert_eq!(poison(0, 0), ["poison"]);
    assert_eq!(poison(50_000, 50_001), ["poison"]);
    assert_eq!(poison(u64::MAX, u64::MAX), ["poison"]);
}

#[test]
fn a_crash_happens_at_a_write_there_is() {
    let crashed = |at_write, every_write, change: fn(&mut Model)| {
        paths(|m| {
            m.crash = Some(Crash {
                at_write,
                every_write,
                resume_after_s: 5.0,
            });
            change(m);
        })
    };
    assert!(crashed(Some(20), false, |_| {}).is_empty());
    assert_eq!(crashed(Some(21), false, |_| {}), ["crash.at_write"]);
    assert_eq!(crashed(Some(0), false, |_| {}), ["crash.at_write"]);
    assert_eq!(crashed(None, false, |_| {}), ["crash"]);
    assert_eq!(crashed(Some(1), true, |_| {}), ["crash"]);
    assert!(crashed(None, true, |m| m.items.batch = 100).is_empty());
    let many = crashed(None, true, |m| m.items.batch = 99);
    assert_eq!(many, ["crash.every_write"]);
    let late = |m: &mut Model| m.phases.horizon_s = 5.0;
    assert_eq!(crashed(Some(1), false, late), ["crash.resume_after_s"]);
}

#[test]
fn the_objective_is_in_range() {
    for (path, change) in [
        (
            "times_synchronous",
            (|o| o.times_synchronous = Some(0.0)) as fn(&mut Objective),
        ),
        ("times_wipe", |o| o.times_wipe = Some(f64::NAN)),
        ("reread_of_wipe", |o| o.reread_of_wipe = Some(-0.1)),
        ("objects_of_count_only", |o| {
            o.objects_of_count_only = Some(1_001.0)
        }),
        ("recovery_times", |o| o.recovery_times = Some(0.9)),
        ("reader_p95_times", |o| o.reader_p95_times = Some(0.9)),
    ] {
        let found = paths(|m| {
            change(&mut m.objective);
            m.load.reads_per_s = 5.0;
            let (after_s, for_s) = (1.0, 1.0);
            m.outage = vec![Outage { after_s, for_s }];
            m.strategies["store"].efficiency_percent = Some(95);
        });
        assert_eq!(found, [format!("objective.{path}")]);
    }
    let least = |m: &mut Model| m.objective.reread_of_wipe = Some(0.0);
    assert!(paths(least).is_empty());
}

#[test]
fn a_figure_needs_what_it_is_compared_with() {
    let promised = |change: fn(&mut Model)| {
        paths(|m| {
            m.objective = Objective {
                times_synchronous: Some(2.0),
                times_wipe: Some(1.0),
                reread_of_wipe: Some(0.5),
                objects_of_count_only: Some(0.2),
                recovery_times: Some(2.0),
                reader_p95_times: Some(3.0),
            };
            m.load.reads_per_s = 5.0;
            let (after_s, for_s) = (1.0, 1.0);
            m.outage = vec![Outage { after_s, for_s }];
            m.strategies["store"].efficiency_percent = Some(95);
            change(m);
        })
    };
    assert!(promised(|_| {}).is_empty());
    let without = |name: &'static str| {
        let mut model = sound();
        model.objective.times_synchronous = Some(2.0);
        model.objective.times_wipe = Some(1.0);
        model.objective.reread_of_wipe = Some(0.5);
        model.strategies.shift_remove(name);
        let all = findings(&model).into_iter();
        all.map(|found| found.path.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(without("synchronous"), ["objective.times_synchronous"]);
    let wipe = ["objective.times_wipe", "objective.reread_of_wipe"];
    assert_eq!(without("wipe"), wipe);
    let twice = |m: &mut Model| {
        let second = strategy(StrategyKind::Wipe);
        m.strategies.insert("second".to_owned(), second);
    };
    assert_eq!(promised(twice), wipe, "which of the two?");
    let counted = ["objective.objects_of_count_only"];
    let gone = |m: &mut Model| m.strategies.retain(|name, _| name != "count-only");
    assert_eq!(promised(gone), counted);
    let any = |m: &mut Model| m.strategies["store"].efficiency_percent = None;
    assert_eq!(promised(any), counted);
    let calm = |m: &mut Model| m.outage.clear();
    assert_eq!(promised(calm), ["objective.recovery_times"]);
    let unread = |m: &mut Model| m.load.reads_per_s = 0.0;
    assert_eq!(promised(unread), ["objective.reader_p95_times"]);
    let empty = |m: &mut Model| m.items.opened_share = 0.0;
    assert_eq!(promised(empty), ["objective.reader_p95_times"]);
}

#[test]
fn strategies_take_what_their_kind_takes() {
    let changed = |name: &str, change: fn(&mut Strategy)| {
        paths(|m| change(m.strategies.get_mut(name).unwrap()))
    };
    let objects = |s: &mut Strategy| s.objects = Some(5);
    let mib = |s: &mut Strategy| s.mib = Some(5);
    let percent = |s: &mut Strategy| s.efficiency_percent = Some(99);
    for (name, takes) in [
        ("store", [true, true, true]),
        ("synchronous", [true, true, false]),
        ("wipe", [true, true, false]),
        ("count-only", [true, false, false]),
        ("cheat", [true, false, false]),
        ("unbounded", [false, false, false]),
    ] {
        let keys = ["objects", "mib", "efficiency_percent"];
        let changes = [objects as fn(&mut Strategy), mib, percent];
        for ((key, change), takes) in keys.into_iter().zip(changes).zip(takes) {
            let found = changed(name, change);
            if takes {
                assert!(found.is_empty(), "{found:?}");
            } else {
                assert_eq!(found, [format!("strategies.{name}.{key}")]);
            }
        }
    }
    for (change, path) in [
        ((|s| s.objects = Some(0)) as fn(&mut Strategy), "objects"),
        (|s| s.mib = Some(0), "mib"),
        (|s| s.efficiency_percent = Some(0), "efficiency_percent"),
        (|s| s.efficiency_percent = Some(100), "efficiency_percent"),
    ] {
        assert_eq!(
            changed("store", change),
            [format!("strategies.store.{path}")]
        );
    }
    let role = changed("cheat", |s| s.role = Role::Candidate);
    assert_eq!(role, ["strategies.cheat.role"]);
}

#[test]
fn names_roles_and_controls_are_checked_as_elsewhere() {
    assert_eq!(paths(|m| m.strategies.clear()), ["strategies"]);
    let named = |name: &str| {
        paths(|m| {
            let store = strategy(StrategyKind::Store);
            m.strategies.insert(name.to_owned(), store);
        })
    };
    for name in ["No", "no-backfill", "queued-twice"] {
        assert_eq!(named(name), [format!("strategies.{name}")]);
    }
    // Many may be what the others are compared with.
    let baselines = paths(|m| {
        m.strategies["synchronous"].role = Role::Baseline;
        m.strategies["wipe"].role = Role::Baseline;
    });
    assert!(baselines.is_empty());
    let listed = |names: &[&str]| {
        let names = names.iter().map(ToString::to_string).collect();
        paths(|m| m.must_fail.0 = names)
    };
    assert!(listed(&["cheat", "counted-early"]).is_empty());
    assert_eq!(listed(&["no-cursor"]), ["must_fail"], "of another family");
}

#[test]
fn every_cheat_has_an_oracle_and_nothing_else_has() {
    use StrategyKind::{CountOnly, Store, Synchronous, Unbounded, Wipe};
    for kind in StrategyKind::CHEATS {
        assert!(kind.meant_oracle().is_some(), "{kind:?}");
    }
    for kind in [Synchronous, Wipe, CountOnly, Unbounded, Store] {
        assert_eq!(kind.meant_oracle(), None, "{kind:?}");
        assert!(!StrategyKind::CHEATS.contains(&kind));
    }
}
