//! What scripts and people get from `sim gate` and `sim baseline`: every exit code, what is
//! written, and what is refused before anything runs.

#![expect(
    clippy::unwrap_used,
    reason = "a test whose project cannot be set up has failed"
)]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Slow enough that readers notice; its gates begin in line 22.
const SCENARIO: &str = "# Tiny?\nmust_fail = []\n\
    [dataset]\ntransmissions = 200\nobservations = 2_000\n\
    [disk]\nprofile = \"sd-card\"\npage_cache_mib = 1\n\
    [load]\nreads_per_s = 100\n\
    [phases]\nwarm_up_s = 0.1\nbaseline_s = 0.1\nrecovery_s = 1\n\
    [strategies.whole]\nkind = \"single-transaction\"\nrole = \"baseline\"\n\
    [strategies.chunks]\nkind = \"chunked\"\nrows = 20\npause_ms = 20\n";

/// A gate that holds whatever happens.
const HOLDS: &str = "[[gate]]\nexpect = \"duration < 1h\"\n";

/// A project with the scenario `tiny`.
struct Project(TempDir);

impl Project {
    fn with(more: &str) -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        fs::create_dir(project.path("scenarios")).unwrap();
        project.scenario(&format!("{SCENARIO}{more}"));
        project
    }

    /// One whose scenario was accepted with six seeds.
    fn accepted(more: &str) -> Self {
        let project = Self::with(more);
        project.accept("tiny", &["--seeds", "1..6"], 0);
        project
    }

    fn scenario(&self, text: &str) {
        fs::write(self.path("scenarios/tiny.toml"), text).unwrap();
    }

    fn path(&self, inside: &str) -> PathBuf {
        self.0.path().join(inside)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sim"));
        command.args(args).current_dir(self.0.path());
        command
    }

    #[track_caller]
    fn accept(&self, scenario: &str, more: &[&str], code: i32) -> String {
        let args = [
            &["baseline", "accept", scenario, "--reason", "a test"],
            more,
        ]
        .concat();
        self.sim(&args, code)
    }

    /// What `sim` says on both streams, with its exit code.
    #[track_caller]
    fn sim(&self, args: &[&str], code: i32) -> String {
        let output = self.command(args).output().unwrap();
        let said = said(&output);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        assert!(!said.contains("panicked"), "{said}");
        said
    }

    fn baseline(&self) -> Value {
        json(&self.path("reports/baselines/tiny.json"))
    }

    /// Changes the accepted cells of `chunks`, as if the code had been another.
    fn accepted_otherwise(&self, change: impl Fn(&mut Value)) {
        let mut baseline = self.baseline();
        for cell in baseline["strategies"][1]["cells"].as_array_mut().unwrap() {
            cell["digest"] = "0".repeat(64).into();
            change(cell);
        }
        let path = self.path("reports/baselines/tiny.json");
        fs::write(path, serde_json::to_string_pretty(&baseline).unwrap()).unwrap();
    }

    fn gates(&self) -> Vec<Value> {
        let summary = json(&self.path("reports/tiny/summary.json"));
        summary["gates"].as_array().unwrap().clone()
    }
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn said(output: &Output) -> String {
    let all = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8(all).unwrap()
}

/// `text` without line ends and frames, which stand where the terminal has them.
fn squeezed(text: &str) -> String {
    let bare = text.replace(['│', '·', '╭', '─'], " ");
    bare.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn what_is_as_it_was_accepted_passes() {
    let project = Project::accepted(HOLDS);
    let said = project.sim(&["gate"], 0);
    for part in [
        "tiny  ok, 6 seeds",
        "cells: 12 identical",
        "✓ deterministic: whole seed 1 came out the same twice",
        "✓ requests-conserved:",
        "✓ littles-law:",
        "✓ against-itself:",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let gates = project.gates();
    let found: Vec<(&str, &str)> = gates
        .iter()
        .map(|gate| {
            (
                gate["expect"].as_str().unwrap(),
                gate["verdict"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("duration < 1h", "pass"),
            ("duration / baseline <= 1.05", "pass")
        ]
    );
    assert_eq!(gates[0]["where"], "scenarios/tiny.toml:23");
    assert!(gates[0]["actual"].is_u64());
    assert_eq!(gates[1]["change"], "identical");
    // Accepting it again is nothing to write down.
    let before = fs::read(project.path("reports/baselines/HISTORY.csv")).unwrap();
    assert!(project.accept("tiny", &[], 0).contains("nothing to accept"));
    assert_eq!(
        fs::read(project.path("reports/baselines/HISTORY.csv")).unwrap(),
        before
    );
    assert!(
        project
            .sim(&["baseline", "diff"], 0)
            .contains("tiny: as it was accepted")
    );
}

#[test]
fn what_has_become_worse_fails_and_says_how_to_accept_it() {
    let project = Project::accepted("");
    let shorter = |cell: &mut Value| {
        let duration = cell["metrics"]["duration"].as_u64().unwrap();
        cell["metrics"]["duration"] = (duration * 10 / 11).into();
        cell["trail"]["points"] = cell["trail"]["points"]
            .as_str()
            .unwrap()
            .replace('a', "b")
            .into();
    };
    project.accepted_otherwise(shorter);
    let said = project.sim(&["gate", "tiny"], 3);
    for part in [
        "FAIL  tiny / chunks   duration / baseline <= 1.05     reports/baselines/tiny.json:1",
        "1.100 × [1.100, 1.100] 95 % CI over 6 seeds · 6/6 worse",
        "(regressed)",
        "first divergence between t=",
        "repro cargo sim run tiny --seed",
        "cargo sim baseline accept tiny --reason",
        "cells: 6 identical, changed: chunks 6",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(
        json(&project.path("reports/tiny/summary.json"))["verdict"],
        "fail"
    );
    let junit = project.sim(&["gate", "--format", "junit"], 3);
    assert!(junit.contains("<testsuite name=\"tiny\" tests=\"1\" failures=\"1\" skipped=\"0\">"));
    assert!(junit.contains("<failure message=") && junit.contains("type=\"regressed\""));
    let github = project.sim(&["gate", "--format", "github"], 3);
    let line = "::error file=reports/baselines/tiny.json,line=1,title=FAIL tiny / chunks::";
    assert!(github.contains(line), "{github}");
    let output = project
        .command(&["gate", "--format", "json"])
        .output()
        .unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["exit_code"], 3);
    assert_eq!(document["scenarios"][0]["gates"][0]["verdict"], "fail");
    // What is accepted passes, and is written down.
    assert!(
        project
            .sim(&["baseline", "diff"], 0)
            .contains("chunks: duration:")
    );
    project.accept("tiny", &["--commit", "abc123"], 0);
    project.sim(&["gate"], 0);
    let history = fs::read_to_string(project.path("reports/baselines/HISTORY.csv")).unwrap();
    assert!(
        history.starts_with("scenario,metric,old,new,reason,commit\n"),
        "{history}"
    );
    let last = history.lines().last().unwrap();
    assert!(last.starts_with("tiny,chunks: duration,") && last.ends_with(",a test,abc123"));
}

#[test]
fn a_run_is_held_to_its_gates_too() {
    let project = Project::with("[[gate]]\nexpect = \"duration of chunks < 1ms\"\n");
    let said = project.sim(&["run", "tiny"], 3);
    assert!(
        said.contains("FAIL  tiny / chunks   duration of chunks < 1ms"),
        "{said}"
    );
    assert_eq!(project.gates()[0]["verdict"], "fail");
    // What is not run is not judged.
    project.sim(&["run", "tiny", "--strategy", "whole"], 0);
    assert!(project.gates().is_empty());
    let project = Project::with(
        "[[gate]]\nexpect = \"duration < 1ms\"\nseverity = \"warn\"\n\
         [[gate]]\nexpect = \"duration / baseline <= 1.05\"\n",
    );
    let said = project.sim(&["run", "tiny"], 0);
    assert!(said.contains("WARN  tiny / chunks"), "{said}");
    assert!(said.contains("gates against the baseline: 1, left to `cargo sim gate tiny`"));
}

/// A control that passes proves that the oracles are blind.
#[test]
fn a_control_that_passes_fails() {
    let project = Project::with(
        "[strategies.no-cheat]\nkind = \"chunked\"\nrows = 20\npause_ms = 20\nrole = \"control\"\n",
    );
    let said = project.accept("tiny", &[], 3);
    assert!(said.contains("a run that failed is no baseline"), "{said}");
    assert!(!project.path("reports/baselines").exists());
}

#[test]
fn what_cannot_be_judged_never_passes() {
    let empty = Project::with("");
    assert!(
        empty
            .sim(&["gate"], 4)
            .contains("no scenario has a baseline")
    );
    assert!(
        empty
            .sim(&["baseline", "diff"], 4)
            .contains("no baseline to compare")
    );
    let silent = SCENARIO.replace("reads_per_s = 100", "reads_per_s = 0");
    let project = Project::accepted("");
    project.scenario(&format!("{silent}[[gate]]\nexpect = \"reader.max < 1h\"\n"));
    assert!(
        project.sim(&["run", "tiny"], 4).contains("reads"),
        "nobody reads"
    );
    let few = "[[gate]]\nexpect = \"reader.p95 < 1h\"\n";
    project.scenario(&format!("{SCENARIO}{few}"));
    let said = project.sim(&["gate"], 0);
    assert!(
        said.contains("INSUFFICIENT  tiny / chunks   reader.p95 < 1h"),
        "{said}"
    );
    assert!(said.contains("and reader.p95 takes 1000"), "{said}");
    project.sim(&["gate", "--strict"], 4);
    project.sim(&["run", "tiny"], 4);
}

#[test]
fn what_is_wrong_with_a_gate_is_shown_where_it_stands_and_nothing_runs() {
    for (gate, place, parts) in [
        (
            "expect = \"reader.p59 < 50ms\"",
            "tiny.toml:23:11",
            &[
                "there is no metric `reader.p59`",
                "did you mean `reader.p95`?",
            ][..],
        ),
        (
            "expect = \"requests.wasted <= 1%\"",
            "tiny.toml:23:11",
            &["there is no metric `requests.wasted`"],
        ),
        (
            "expect = \"duration / hole <= 1\"",
            "tiny.toml:23:22",
            &["there is no strategy `hole`", "did you mean `whole`?"],
        ),
        (
            "expect = \"duration < 3\"",
            "tiny.toml:23:22",
            &["is a time"],
        ),
        (
            "expct = \"duration < 3s\"",
            "tiny.toml",
            &["did you mean `expect`?"],
        ),
        ("why = \"because\"", "tiny.toml", &["`expect` is missing"]),
    ] {
        let project = Project::with(&format!("[[gate]]\n{gate}\n"));
        for args in [&["run", "tiny"][..], &["gate", "tiny"], &["check", "tiny"]] {
            let said = squeezed(&project.sim(args, 2));
            for part in parts.iter().copied().chain([place]) {
                assert!(said.contains(part), "{gate}, {part}: {said}");
            }
        }
        assert!(!project.path("reports").exists());
    }
    let project = Project::with(HOLDS);
    project.sim(&["baseline", "accept", "tiny"], 2);
    let blank = ["baseline", "accept", "tiny", "--reason", " "];
    assert!(project.sim(&blank, 2).contains("the reason is empty"));
    let said = project.sim(&["gate", "tinny"], 2);
    assert!(said.contains("did you mean `tiny`?"), "{said}");
    let printed = project.sim(&["check", "tiny"], 0);
    assert!(
        printed.contains("[[gate]]\nexpect = \"duration < 1h\""),
        "{printed}"
    );
}

#[test]
fn a_baseline_that_is_missing_or_of_another_run_is_refused() {
    let project = Project::with("");
    let missing = squeezed(&project.sim(&["gate", "tiny"], 5));
    assert!(
        missing.contains("cargo sim baseline accept tiny --reason"),
        "{missing}"
    );
    project.accept("tiny", &["--seeds", "1,2"], 0);
    let seeds = project.sim(&["gate", "--seeds", "1..3"], 5);
    assert!(
        seeds.contains("seeds: [1, 2] there, [1, 2, 3] here"),
        "{seeds}"
    );
    project.scenario(&SCENARIO.replace("rows = 20", "rows = 21"));
    let changed = project.sim(&["gate"], 5);
    assert!(changed.contains("scenario_hash:"), "{changed}");
    assert!(!changed.contains("modelled"), "nothing runs: {changed}");
    // Asking more of it does not make it another scenario.
    project.scenario(&format!(
        "# Why?{}{HOLDS}",
        SCENARIO.strip_prefix("# Tiny?").unwrap()
    ));
    project.sim(&["gate"], 0);
    let mut older = project.baseline();
    older["provenance"]["sqlite"] = "3.1.0".into();
    let path = project.path("reports/baselines/tiny.json");
    fs::write(&path, older.to_string()).unwrap();
    let drifted = project.sim(&["gate"], 5);
    assert!(
        drifted.contains("provenance.sqlite: 3.1.0 there"),
        "{drifted}"
    );
    project.sim(&["gate", "--allow-provenance-drift"], 0);
    older["schema_version"] = 2.into();
    fs::write(&path, older.to_string()).unwrap();
    let other = squeezed(&project.sim(&["gate", "--allow-provenance-drift"], 5));
    assert!(other.contains("schema_version is 2, and not 1"), "{other}");
}

/// A gate may be about every counter that a cell of each family really has.
#[test]
fn counters_of_every_family_are_known() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("report");
    for part in [
        &["smoke", "--strategy", "fixed-20-20ms"][..],
        &[
            "density-small",
            "--strategy",
            "adaptive",
            "--shape",
            "empty",
        ],
        &["crash-replay", "--strategy", "store"],
        &["initial-sync-small", "--strategy", "pipelined"],
        &["stash-small", "--strategy", "fifo"],
        &["aggregate-small", "--strategy", "chunked"],
    ] {
        let sim = |args: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_sim"));
            command.args(args).current_dir(env!("CARGO_MANIFEST_DIR"));
            command.output().unwrap()
        };
        let place = ["--out", out.to_str().unwrap()];
        sim(&[&["run"], part, &place].concat());
        let summary = json(&out.join("summary.json"));
        let counters = summary["strategies"][0]["cells"][0]["counters"].clone();
        let names = counters.as_object().unwrap().keys();
        let gates: Vec<String> = names
            .map(|name| format!("{{ expect = 'counter.{name} / baseline <= 2' }}"))
            .collect();
        assert!(gates.len() > 7, "{part:?}");
        let set = format!("gate=[{}]", gates.join(", "));
        let output = sim(&["check", part[0], "--set", &set]);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    }
}

#[test]
fn an_interrupt_is_said_to_be_one() {
    let project = Project::accepted("");
    let endless = "[strategies.endless]\nkind = \"chunked\"\nrows = 1\npause_ms = 60000\n";
    project.scenario(&format!(
        "{}{endless}",
        SCENARIO.replace("recovery_s = 1", "recovery_s = 1\nhorizon_s = 50000")
    ));
    let args = ["baseline", "accept", "tiny", "--reason", "x", "--jobs", "1"];
    let mut running = project
        .command(&args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut heard = BufReader::new(running.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("s modelled") {
        line.clear();
        assert_ne!(heard.read_line(&mut line).unwrap(), 0, "it ended by itself");
    }
    let before = project.baseline();
    let id = running.id().to_string();
    let sent = Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(sent.success());
    let mut rest = String::new();
    heard.read_to_string(&mut rest).unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(130), "{rest}");
    assert!(!rest.contains("panicked"), "{rest}");
    assert_eq!(
        project.baseline(),
        before,
        "what was interrupted is not accepted"
    );
}
