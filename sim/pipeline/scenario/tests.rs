//! Scenario files of this family: what is read, what is refused, and what is written out.

use super::{Model, Scenario, StrategyKind, check};
use crate::scenario::{Loaded, Role, ScenarioError, Source, load_any};

const PIPELINED: &str = "[strategies.pipelined]\nkind = \"pipelined\"\n";

fn read(text: &str) -> Result<Scenario, ScenarioError> {
    check("mine", Source::new("mine.toml", text, &[]).unwrap())
}

/// The paths of what is wrong with the default scenario and `change`.
fn paths(change: impl FnOnce(&mut Model)) -> Vec<String> {
    let mut model = read(&format!("# Why?\n[pipeline]\n{PIPELINED}"))
        .unwrap()
        .model;
    change(&mut model);
    let findings = super::validate::findings(&model).into_iter();
    findings.map(|found| found.path.to_string()).collect()
}

#[test]
fn the_table_makes_the_family_and_an_api_beside_it_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("first-day.toml");
    let text = format!("# Why?\n[upstream]\nobjects = 50\n[pipeline]\nbatch = 7\n{PIPELINED}");
    std::fs::write(&path, text).unwrap();
    let Loaded::Pipeline(scenario) = load_any(path.to_str().unwrap(), &[]).unwrap() else {
        panic!("it is a pipeline");
    };
    assert_eq!(scenario.model.pipeline.batch, 7);
    assert_eq!(scenario.model.upstream.objects, 50);
    assert_eq!(scenario.model.client.rate_per_s, Some(25.0));
    assert_eq!(scenario.model.strategies["pipelined"].role, Role::Candidate);
    assert_eq!(scenario.cells(), 3, "reference, strategy, nothing");
}

#[test]
fn what_is_written_out_is_read_again_as_the_same() {
    let text = format!(
        "# Why?\n[pipeline]\n[[lock]]\nafter_s = 1.0\nfor_s = 1.0\n[crash]\nafter_s = 9.0\n\
         [upstream.faults]\nstorm = [{{ after_s = 1.0, for_s = 2.0 }}]\n{PIPELINED}"
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
    assert_eq!(value("outage"), Some("none"));
    assert_eq!(value("objective.reader_p95_times"), Some("none"));
    assert_eq!(value("crash.resume_after_s"), Some("15.0"));
}

#[test]
fn what_is_out_of_range_is_found() {
    assert_eq!(paths(|_| {}), [""; 0]);
    for (path, change) in [
        (
            "pipeline.transmissions",
            (|m| m.pipeline.transmissions = 0) as fn(&mut Model),
        ),
        ("pipeline.batch", |m| m.pipeline.batch = 0),
        ("pipeline.process_us", |m| {
            m.pipeline.process_us = u64::MAX;
        }),
        ("pipeline.efficiency_percent", |m| {
            m.pipeline.efficiency_percent = 100;
        }),
        ("pipeline.derive_times_before", |m| {
            m.pipeline.derive_times_before = 0.5;
        }),
        ("budget.objects", |m| m.budget.objects = 0),
        ("load.reads_per_s", |m| m.load.reads_per_s = f64::NAN),
        ("load.inserts_per_s", |m| m.load.inserts_per_s = -1.0),
        ("load.inserts_for_s", |m| m.load.inserts_for_s = 50_000.0),
        ("operator.poll_every_ms", |m| m.operator.poll_every_ms = 0),
    ] {
        assert_eq!(paths(change), [path]);
    }
}

#[test]
fn what_makes_rows_depend_on_time_is_refused() {
    for (path, change) in [
        (
            "upstream.faults.deletes_per_s",
            (|m| m.upstream.faults.deletes_per_s = 1.0) as fn(&mut Model),
        ),
        ("upstream.faults.arrivals_per_s", |m| {
            m.upstream.faults.arrivals_per_s = 1.0;
        }),
        ("upstream.faults.delete_cursor_share", |m| {
            m.upstream.faults.delete_cursor_share = 0.1;
        }),
        ("client.limit", |m| m.client.limit = Some(5)),
        ("upstream.file", |m| {
            m.upstream.file = Some("mine.csv".to_owned());
        }),
        ("database.file", |m| {
            m.database.file = Some("mine.db".to_owned());
        }),
    ] {
        assert_eq!(paths(change), [path]);
    }
}

#[test]
fn a_crash_and_what_is_promised_fit_the_rest() {
    let crash = |after_s, resume_after_s| {
        paths(|m| {
            m.crash = Some(super::Crash {
                after_s,
                resume_after_s,
            });
        })
    };
    assert_eq!(crash(5.0, 15.0), [""; 0]);
    assert_eq!(crash(0.0, 15.0), ["crash.after_s"]);
    assert_eq!(crash(5.0, 50_000.0), ["crash.resume_after_s"]);
    let quicker = "objective.times_one_after_another";
    assert_eq!(
        paths(|m| m.objective.times_one_after_another = Some(1.1)),
        [quicker],
        "than whom?"
    );
    let readers = "objective.reader_p95_times";
    assert_eq!(
        paths(|m| {
            m.objective.reader_p95_times = Some(2.0);
            m.load.reads_per_s = 0.0;
        }),
        [readers]
    );
}

#[test]
fn every_cheat_is_a_control_with_an_oracle_and_nothing_else_is() {
    for kind in StrategyKind::CHEATS {
        assert!(kind.meant_oracle().is_some());
        let role = paths(|m| m.strategies["pipelined"].kind = kind);
        assert_eq!(role, ["strategies.pipelined.role"]);
    }
    for kind in [
        StrategyKind::Pipelined,
        StrategyKind::OneAfterAnother,
        StrategyKind::SingleTransaction,
    ] {
        assert_eq!(kind.meant_oracle(), None);
    }
    let unknown = paths(|m| m.must_fail.0 = vec!["no-cursor".to_owned()]);
    assert_eq!(unknown, ["must_fail"]);
}
