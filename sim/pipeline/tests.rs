//! Small worlds: whatever the order of the stages and whatever goes wrong, the rows are the same.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::scenario::{Crash, Load, Model, Pipeline, Scenario, Strategy, StrategyKind};
use super::world::{self, Cell, Data, Part, RESOURCE};
use super::{Outcome, Stage, control, counter, report};
use crate::dataset;
use crate::disk::DeviceProfile;
use crate::execution::{Progress, Settings};
use crate::outcome::Ending;
use crate::processing::scenario::{Lock, Outage, Phases};
use crate::scenario::{Connections, Role, Seeds};
use crate::sheet::Observed as _;
use crate::upstream::{self, Objects, Storm};
use crate::world::Watch;

/// 3 000 objects of 150 transmissions: 30 pages, in about 2 s.
fn small() -> Model {
    let mut model = Model {
        pipeline: Pipeline {
            transmissions: 150,
            batch: 500,
            process_us: 1_000,
            ..Pipeline::default()
        },
        upstream: upstream::Settings {
            objects: 3_000,
            latency_ms: 100,
            ..upstream::Settings::default()
        },
        load: Load {
            reads_per_s: 50.0,
            inserts_per_s: 20.0,
            inserts_for_s: 12.0,
        },
        phases: Phases {
            warm_up_s: 0.0,
            baseline_s: 2.0,
            recovery_s: 1.0,
            horizon_s: 600.0,
        },
        ..Model::default()
    };
    model.database.connections = Connections::Split;
    model
}

/// Everything goes wrong, once.
fn hostile() -> Model {
    let mut model = small();
    model.upstream.faults.storm = vec![Storm {
        after_s: 2.5,
        for_s: 2.0,
        share: 1.0,
        retry_after_s: 1.0,
    }];
    model.outage = vec![Outage {
        after_s: 3.0,
        for_s: 2.0,
    }];
    model.lock = vec![Lock {
        after_s: 1.0,
        for_s: 0.4,
    }];
    model.crash = Some(Crash {
        after_s: 2.7,
        resume_after_s: 15.0,
    });
    model
}

fn scenario(model: Model) -> Scenario {
    Scenario {
        name: "test".to_owned(),
        question: "Does it work?".to_owned(),
        model,
        device: DeviceProfile::built_in("nvme"),
    }
}

fn data(scenario: &Scenario) -> Data {
    let objects = Objects::generate(&scenario.model.upstream, RESOURCE, 1).unwrap();
    Data {
        seed: 1,
        digest: objects.digest(),
        objects: Arc::new(objects),
    }
}

fn run(scenario: &Scenario, data: &Data, part: Part<'_>) -> Outcome {
    let cell = Cell {
        scenario,
        data,
        part,
    };
    world::run(cell, &Arc::default(), &AtomicBool::new(false)).unwrap()
}

/// The outcomes of these orders, each compared with the reference of `scenario`.
fn outcomes(scenario: &Scenario, kinds: &[StrategyKind]) -> Vec<Outcome> {
    let data = data(scenario);
    let reference = run(scenario, &data, Part::Reference);
    assert!(reference.correct(), "{:?}", reference.oracles);
    let all = kinds.iter().map(|&kind| {
        let role = Role::Candidate;
        let strategy = Strategy { kind, role };
        let part = Part::Strategy(kind.name(), &strategy, reference.rows.as_ref());
        run(scenario, &data, part)
    });
    all.collect()
}

fn failed(outcome: &Outcome) -> Vec<&str> {
    let failed = outcome.oracles.iter().filter(|one| !one.passed);
    failed.map(|one| one.name.as_str()).collect()
}

const RIGHT: [StrategyKind; 3] = [
    StrategyKind::Pipelined,
    StrategyKind::OneAfterAnother,
    StrategyKind::SingleTransaction,
];

#[test]
fn every_order_of_stages_leaves_the_same_rows() {
    let all = outcomes(&scenario(small()), &RIGHT);
    for outcome in &all {
        assert_eq!(outcome.ending, Ending::Done);
        assert_eq!(failed(outcome), [""; 0], "{:?}", outcome.oracles);
        assert_eq!(outcome.oracles.len(), 5);
    }
    let took = |nth: usize| all[nth].took().unwrap().duration_ns();
    assert!(took(0) < took(1), "{} and {} ns", took(0), took(1));
    // Stages 1 and 2 overlap in the first, and in no other.
    let begins = |outcome: &Outcome, stage: Stage| outcome.stages[stage as usize].unwrap();
    for (outcome, overlap) in all.iter().zip([true, false, false]) {
        let listed = begins(outcome, Stage::Listing).end_ns;
        let processed = begins(outcome, Stage::Processing);
        assert_eq!(processed.start_ns < listed, overlap);
        assert!(begins(outcome, Stage::Deriving).start_ns >= processed.end_ns.max(listed));
    }
}

#[test]
fn a_storm_a_lock_an_outage_and_a_crash_change_no_row() {
    for outcome in outcomes(&scenario(hostile()), &RIGHT) {
        let name = &outcome.strategy;
        assert_eq!(failed(&outcome), [""; 0], "{name} {:?}", outcome.oracles);
        assert_eq!(outcome.ending, Ending::Done, "{name}");
        let counted = |name: &str| outcome.counters.get(name).copied().unwrap_or(0);
        assert_eq!(counted(counter::CRASHES), 1, "{name}");
        assert!(counted(counter::LIMITED) > 0, "{name}");
        let mut what: Vec<&str> = outcome.disturbances.iter().map(|one| &*one.what).collect();
        what.sort_unstable();
        assert_eq!(what, ["429 storm", "crash", "lock", "outage"], "{name}");
    }
}

#[test]
fn deriving_too_early_is_caught_and_by_the_oracle_meant_for_it() {
    let plain = scenario(small());
    for kind in StrategyKind::CHEATS {
        let world = control::world(&plain, kind);
        let outcome = outcomes(&world, &[kind]).remove(0);
        let meant = kind.meant_oracle().unwrap();
        assert!(failed(&outcome).contains(&meant), "{:?}", outcome.oracles);
        for right in outcomes(&world, &RIGHT) {
            assert_eq!(failed(&right), [""; 0], "{:?}", right.oracles);
        }
    }
}

#[test]
fn a_reference_that_did_not_end_is_nothing_to_be_compared_with() {
    let scenario = scenario(small());
    let data = data(&scenario);
    let kind = StrategyKind::Pipelined;
    let strategy = Strategy {
        kind,
        role: Role::Candidate,
    };
    let outcome = run(&scenario, &data, Part::Strategy("alone", &strategy, None));
    assert_eq!(failed(&outcome), ["same-rows"]);
}

#[test]
fn what_never_ends_is_stopped_at_the_horizon() {
    let mut model = small();
    model.phases.horizon_s = 1.0;
    let scenario = scenario(model);
    let data = data(&scenario);
    let reference = run(&scenario, &data, Part::Reference);
    assert_eq!(reference.ending, Ending::OutOfTime);
    assert!(reference.rows.is_none());
    assert_eq!(failed(&reference), ["termination"]);
}

/// Nobody looks how far it is.
struct Silent;

impl Progress for Silent {
    fn dataset(&self, _: u64, _: dataset::Progress) {}
    fn started(&self, _: &str, _: &Arc<Watch>) {}
    fn ended(&self, _: &str, _: &Arc<Watch>) {}
}

/// The files of a report of the small scenario with two seeds, run with so many jobs.
fn report_of(jobs: usize) -> BTreeMap<String, Vec<u8>> {
    let mut model = small();
    model.seeds = Seeds(vec![1, 2]);
    for kind in RIGHT {
        let role = match kind {
            StrategyKind::Pipelined => Role::Candidate,
            _ => Role::Baseline,
        };
        let name = kind.name().to_owned();
        model.strategies.insert(name, Strategy { kind, role });
    }
    model.objective.times_one_after_another = Some(1.0);
    let settings = Settings {
        jobs,
        check: false,
        images: PathBuf::new(),
        command: "cargo sim run test".to_owned(),
        witness: None,
        held: false,
    };
    let run = super::execute(
        &scenario(model),
        &settings,
        &Silent,
        &AtomicBool::new(false),
    );
    let folder = tempfile::tempdir().unwrap();
    let written = report::write(&run.unwrap(), &folder.path().join("report")).unwrap();
    let files = written.files.iter();
    files
        .map(|file| {
            let bytes = std::fs::read(written.directory.join(&file.name)).unwrap();
            (file.name.clone(), bytes)
        })
        .collect()
}

#[test]
fn one_job_or_two_write_the_same_bytes_and_say_all_there_is_to_say() {
    let (one, two) = (report_of(1), report_of(2));
    assert_eq!(
        one.keys().collect::<Vec<_>>(),
        two.keys().collect::<Vec<_>>()
    );
    for (file, bytes) in &one {
        assert!(two[file] == *bytes, "{file} differs");
    }
    let text = |file: &str| String::from_utf8(one[file].clone()).unwrap();
    let summary = text("summary.md");
    for said in [
        "PASS",
        "listing+processing",
        "controls: 1/1 caught: derive-early by same-rows",
    ] {
        assert!(summary.contains(said), "{said} in {summary}");
    }
    // All of the time and its parts, of three strategies and two seeds, with a header.
    assert_eq!(text("phases.csv").lines().count(), 1 + 2 * (4 + 4 + 4));
    for name in RIGHT.map(StrategyKind::name) {
        let picture = text(&format!("time-{name}.svg"));
        assert!(picture.contains("deriving"), "the parts are shaded");
    }
}
