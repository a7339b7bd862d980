//! Scenario files of this family: what is read, what is refused, and what is written out.

use super::{Model, Scenario, Strategy, StrategyKind, Workload};
use crate::scenario::{Loaded, PacerKind, Role, ScenarioError, Source, load_any};

const CHUNKED: &str = "[strategies.chunked]\nkind = \"chunked\"\nrows = 500\npause_ms = 20\n";

fn read(text: &str) -> Result<Scenario, ScenarioError> {
    Scenario::check("mine", Source::new("mine.toml", text, &[]).unwrap())
}

/// The paths of what is wrong with the default scenario and `change`.
fn paths(change: impl FnOnce(&mut Model)) -> Vec<String> {
    let mut model = read(&format!("# Why?\n[views]\n{CHUNKED}")).unwrap().model;
    change(&mut model);
    let findings = super::validate::findings(&model).into_iter();
    findings.map(|found| found.path.to_string()).collect()
}

#[test]
fn the_table_makes_the_family_and_workloads_have_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("counts.toml");
    let text = format!(
        "# Why?\n[views]\nworkloads = [\"far-apart\", \"mine\"]\n\
         [views.own.mine]\ncount = 50\nsessions = 5\n{CHUNKED}"
    );
    std::fs::write(&path, text).unwrap();
    let Loaded::Aggregate(scenario) = load_any(path.to_str().unwrap(), &[]).unwrap() else {
        panic!("it is about counts");
    };
    let views = &scenario.model.views;
    assert_eq!(views.workload("mine").unwrap().count, 50);
    assert_eq!(views.workload("far-apart"), Workload::built_in("far-apart"));
    assert_eq!(views.workload("yours"), None);
    assert_eq!(scenario.model.strategies["chunked"].role, Role::Candidate);
    assert_eq!(scenario.cells(), 4, "two workloads, with and without");
}

#[test]
fn what_is_written_out_is_read_again_as_the_same() {
    let text = format!(
        "# Why?\n[views]\nworkloads = [\"mine\"]\n[views.own.mine]\napart = 3\n\
         [crash]\nat_write = 2\n{CHUNKED}"
    );
    let scenario = read(&text).unwrap();
    let again = read(&scenario.to_toml()).unwrap();
    assert_eq!(again.model, scenario.model);
    assert_eq!(again.hash(), scenario.hash());
    let options = scenario.options_block();
    let value = |name: &str| {
        let found = options.iter().find(|(path, _)| path == name);
        found.map(|(_, value)| value.as_str())
    };
    assert_eq!(value("objective.transaction_mb"), Some("none"));
    assert_eq!(value("crash.resume_after_s"), Some("15.0"));
    assert_eq!(value("views.own.mine.apart"), Some("3"));
}

#[test]
fn what_is_out_of_range_is_found() {
    assert_eq!(paths(|_| {}), [""; 0]);
    for (path, change) in [
        (
            "views.workloads",
            (|m| m.views.workloads.clear()) as fn(&mut Model),
        ),
        ("views.workloads", |m| {
            m.views.workloads = vec!["exakt".to_owned()];
        }),
        ("views.workloads", |m| {
            m.views.workloads.push("exact".to_owned());
        }),
        ("views.paths", |m| m.views.paths = 0),
        ("views.poison", |m| m.views.poison = 6_001),
        ("views.starts", |m| m.views.starts = 0),
        ("database.file", |m| {
            m.database.file = Some("mine.db".to_owned());
        }),
        ("load.reads_per_s", |m| m.load.reads_per_s = f64::NAN),
        ("load.inserts_for_s", |m| m.load.inserts_for_s = 50_000.0),
        ("operator.poll_every_ms", |m| m.operator.poll_every_ms = 0),
        ("objective.transaction_mb", |m| {
            m.objective.transaction_mb = Some(0.0);
        }),
    ] {
        assert_eq!(paths(change), [path]);
    }
}

#[test]
fn a_workload_of_ones_own_is_listed_and_has_a_name_of_its_own() {
    let own = |name: &str, listed: bool, workload: Workload| {
        paths(|m| {
            if listed {
                m.views.workloads.push(name.to_owned());
            }
            m.views.own.insert(name.to_owned(), workload);
        })
    };
    let plain = Workload::default();
    assert_eq!(own("mine", true, plain.clone()), [""; 0]);
    assert_eq!(own("mine", false, plain.clone()), ["views.own.mine"]);
    assert_eq!(own("uniform", true, plain), ["views.own.uniform"]);
    let uneven = Workload {
        skew: 1.0,
        apart: 5,
        ..Workload::default()
    };
    assert_eq!(own("mine", true, uneven), ["views.own.mine.skew"]);
    let far = Workload {
        apart: 40_001,
        ..Workload::default()
    };
    assert_eq!(own("mine", true, far), ["views.own.mine.apart"]);
}

#[test]
fn a_strategy_takes_what_its_kind_takes() {
    let strategy = |change: fn(&mut Strategy)| paths(|m| change(&mut m.strategies["chunked"]));
    assert_eq!(strategy(|one| one.rows = None), ["strategies.chunked"]);
    assert_eq!(
        strategy(|one| one.rows = Some(0)),
        ["strategies.chunked.rows"]
    );
    assert_eq!(strategy(|one| one.chunk_bytes = Some(1_000)), [""; 0]);
    let none = ["strategies.chunked.chunk_bytes"];
    assert_eq!(strategy(|one| one.chunk_bytes = Some(0)), none);
    assert_eq!(
        strategy(|one| one.carried = Some(5)),
        ["strategies.chunked.carried"]
    );
    let at_once = strategy(|one| one.kind = StrategyKind::CollectAll);
    assert_eq!(
        at_once,
        ["strategies.chunked.rows", "strategies.chunked.pause_ms"]
    );
    let listens = |change: fn(&mut Model)| {
        paths(|m| {
            let strategy = &mut m.strategies["chunked"];
            (strategy.pacer, strategy.rows) = (Some(PacerKind::ReaderSlo), None);
            (strategy.pause_ms, strategy.times_no_backfill) = (None, Some(2.0));
            m.phases.baseline_s = 5.0;
            change(m);
        })
    };
    assert_eq!(listens(|_| {}), [""; 0]);
    assert_eq!(
        listens(|m| m.load.reads_per_s = 0.0),
        ["strategies.chunked.pacer"]
    );
    let before = ["strategies.chunked.times_no_backfill"];
    assert_eq!(listens(|m| m.phases.baseline_s = 0.0), before);
}

#[test]
fn what_is_known_to_be_wrong_is_no_candidate() {
    let role = |kind, role| {
        paths(|m| {
            m.strategies["chunked"].kind = kind;
            m.strategies["chunked"].role = role;
        })
    };
    let path = ["strategies.chunked.role"];
    assert_eq!(role(StrategyKind::CarriedSet, Role::Candidate), path);
    assert_eq!(role(StrategyKind::CarriedSet, Role::Baseline), [""; 0]);
    for kind in StrategyKind::CHEATS {
        assert!(kind.meant_oracle().is_some());
        assert_eq!(role(kind, Role::Baseline), path, "{kind:?}");
    }
    let unknown = paths(|m| m.must_fail.0 = vec!["no-cursor".to_owned()]);
    assert_eq!(unknown, ["must_fail"]);
}

#[test]
fn a_crash_says_where_and_not_too_often() {
    let crash = |at_write, every_write, rows| {
        paths(|m| {
            m.strategies["chunked"].rows = Some(rows);
            m.crash = Some(crate::processing::scenario::Crash {
                at_write,
                every_write,
                resume_after_s: 15.0,
            });
        })
    };
    assert_eq!(crash(Some(3), false, 500), [""; 0]);
    assert_eq!(crash(None, true, 500), [""; 0]);
    assert_eq!(crash(None, false, 500), ["crash"]);
    assert_eq!(crash(Some(3), true, 500), ["crash"]);
    assert_eq!(crash(None, true, 5), ["crash.every_write"]);
}
