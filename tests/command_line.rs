//! What scripts and people get from `sim run`: exit codes, streams, files, and nothing left behind.

#![expect(
    clippy::unwrap_used,
    reason = "a test whose desk cannot be set up has failed"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const PROJECT: &str = env!("CARGO_MANIFEST_DIR");

fn sim(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sim"));
    command
        .args(args)
        .current_dir(PROJECT)
        .env_remove("NO_COLOR");
    command
}

/// An empty folder, and the path of a report in it.
fn desk() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("report");
    (folder, out)
}

/// `sim run smoke` with `args` and the report at `out`.
fn smoke(args: &[&str], out: &Path) -> Output {
    let all = [&["run", "smoke", "--out", out.to_str().unwrap()], args].concat();
    sim(&all).output().unwrap()
}

fn stdout(output: &Output) -> &str {
    str::from_utf8(&output.stdout).unwrap()
}

/// Exit code `code`, every one of `parts` on standard error in whatever lines, and no panic.
#[track_caller]
fn ended(output: &Output, code: i32, parts: &[&str]) {
    let bare = String::from_utf8_lossy(&output.stderr).replace('│', " ");
    let words: Vec<&str> = bare.split_whitespace().collect();
    let (said, stuck) = (words.join(" "), words.concat());
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    for part in parts {
        // miette breaks long paths at slashes.
        let part_stuck: String = part.split_whitespace().collect();
        assert!(stuck.contains(&part_stuck), "`{part}` is not in: {said}");
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn bytes(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let names = names(folder).into_iter();
    names
        .map(|name| (name.clone(), fs::read(folder.join(name)).unwrap()))
        .collect()
}

fn summary(out: &Path) -> Value {
    serde_json::from_slice(&fs::read(out.join("summary.json")).unwrap()).unwrap()
}

/// The pairs (strategy, seed) of a summary, in order, without the controls.
fn cells(summary: &Value) -> Vec<(String, u64)> {
    let of_strategy = |strategy: &Value| {
        let name = strategy["name"].as_str().unwrap().to_owned();
        let cells = strategy["cells"].as_array().unwrap().clone();
        let seed = |cell: Value| cell["seed"].as_u64().unwrap();
        cells
            .into_iter()
            .map(move |cell| (name.clone(), seed(cell)))
            .collect::<Vec<_>>()
    };
    let strategies = summary["strategies"].as_array().unwrap();
    let judged = strategies.iter().filter(|one| one["role"] != "control");
    judged.flat_map(of_strategy).collect()
}

#[test]
fn json_is_one_document_and_the_one_in_the_report() {
    let (_folder, out) = desk();
    let output = smoke(&["--format", "json"], &out);
    ended(&output, 0, &["seeds", "phases.horizon_s", "modelled"]);
    assert_eq!(output.stdout, fs::read(out.join("summary.json")).unwrap());
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    for key in [
        "scenario",
        "scenario_hash",
        "verdict",
        "strategies",
        "gates",
    ] {
        assert!(!document[key].is_null(), "{key}");
    }
    assert_eq!(document["schema_version"], 1);
    assert_eq!(document["verdict"], "pass");
    let single = &document["strategies"][0];
    assert_eq!(
        (&single["name"], &single["role"]),
        (&"single-transaction".into(), &"baseline".into())
    );
    let cell = &single["cells"][0];
    assert_eq!((&cell["seed"], &cell["correct"]), (&1.into(), &true.into()));
    for hash in ["digest", "plan_hash"] {
        assert_eq!(cell[hash].as_str().unwrap().len(), 64, "{hash}");
    }
    for readers in ["no_backfill", "backfill"] {
        for figure in ["count", "p50_ns", "p95_ns", "p99_ns", "max_ns", "failed"] {
            assert!(
                cell["readers"][readers][figure].is_u64(),
                "{readers} {figure}"
            );
        }
    }
    assert!(cell["duration_ns"].is_u64() && cell["ratios"]["reader_p95"].is_f64());
    assert!(cell["counters"]["requests"].is_u64());
    for key in ["name", "passed", "detail"] {
        assert!(!cell["oracles"][0][key].is_null(), "{key}");
    }
}

#[test]
fn people_get_options_progress_and_last_the_command_that_repeats_it() {
    let (folder, out) = desk();
    let only = [
        "--strategy",
        "fixed-20-20ms",
        "--seeds",
        "1,2",
        "--set",
        "load.reads_per_s=40",
    ];
    let mut command = sim(&[&["run", "smoke", "--out", out.to_str().unwrap()], &only[..]].concat());
    let output = command.env("NO_COLOR", "1").output().unwrap();
    // A default, an override, and plain lines of progress: there is no terminal.
    let told = [
        "disk.free_mib = none",
        "load.reads_per_s = 40",
        "fixed-20-20ms seed 2:",
        "s modelled",
    ];
    let squeezed = String::from_utf8_lossy(&output.stderr)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert_eq!(output.status.code(), Some(0), "{squeezed}");
    for part in told {
        assert!(squeezed.contains(part), "{part}: {squeezed}");
    }
    let escaped = [&output.stdout, &output.stderr]
        .map(|stream| stream.contains(&0x1b) || stream.contains(&b'\r'));
    assert_eq!(escaped, [false, false], "neither colours nor bars");
    let text = stdout(&output);
    assert_eq!(
        text.lines().last(),
        Some(
            "repeat  cargo sim run smoke --seeds 1,2 --strategy fixed-20-20ms --set load.reads_per_s=40"
        )
    );
    assert!(
        text.contains(&format!("report  {}\n", out.display())),
        "{text}"
    );
    let expected = [1, 2].map(|seed| ("fixed-20-20ms".to_owned(), seed));
    assert_eq!(cells(&summary(&out)), expected);
    assert_eq!(names(folder.path()), ["report"]);
}

#[test]
fn every_cell_run_twice_comes_out_the_same() {
    let (_folder, out) = desk();
    let output = smoke(&["--check", "--strategy", "fixed-100-100ms"], &out);
    ended(&output, 0, &[]);
    let lines = String::from_utf8_lossy(&output.stderr)
        .matches("fixed-100-100ms seed 1:")
        .count();
    assert_eq!(lines, 2);
}

#[test]
fn what_the_command_line_gets_wrong_runs_nothing() {
    let (folder, out) = desk();
    let output = smoke(&["--strategy", "fixed-20-2ms"], &out);
    ended(
        &output,
        2,
        &["fixed-20-2ms", "did you mean `fixed-20-20ms`?"],
    );
    for wrong in [
        &["--seeds", "2..1"][..],
        &["--seed", "1", "--seeds", "2"],
        &["--format", "xml"],
        &["--jobs", "0"],
    ] {
        ended(&smoke(wrong, &out), 2, &[]);
    }
    ended(
        &sim(&["run", "smok"]).output().unwrap(),
        2,
        &["did you mean `smoke`?"],
    );
    assert!(names(folder.path()).is_empty());
}

/// Nobody waits for a run whose report cannot be kept: no cell is started.
#[test]
fn a_place_that_cannot_be_written_is_refused_before_the_run() {
    let (folder, out) = desk();
    ended(&smoke(&["--strategy", "single-transaction"], &out), 0, &[]);
    let before = bytes(&out);
    // A path below a file cannot be made, whoever asks.
    let below = out.join("index.html").join("report");
    let output = smoke(&[], &below);
    let file = out.join("index.html");
    ended(
        &output,
        1,
        &[
            "cannot write",
            file.to_str().unwrap(),
            "choose a directory",
            "--out",
        ],
    );
    assert!(!String::from_utf8_lossy(&output.stderr).contains("modelled"));
    assert!(output.stdout.is_empty());
    assert_eq!(bytes(&out), before);
    assert_eq!(names(folder.path()), ["report"]);
}

#[test]
fn a_directory_of_somebody_else_is_refused_and_kept() {
    let (folder, out) = desk();
    fs::create_dir(&out).unwrap();
    fs::write(out.join("thesis.tex"), "years of work").unwrap();
    let output = smoke(&[], &out);
    ended(
        &output,
        1,
        &[
            out.to_str().unwrap(),
            "is not empty and holds no report",
            "--out",
        ],
    );
    assert!(!String::from_utf8_lossy(&output.stderr).contains("modelled"));
    assert_eq!(names(&out), ["thesis.tex"]);
    assert_eq!(names(folder.path()), ["report"]);
}

#[test]
fn a_full_simulated_disk_is_a_result_and_no_crash() {
    let (_folder, out) = desk();
    let output = smoke(&["--set", "disk.free_mib=1"], &out);
    ended(&output, 3, &[]);
    assert!(
        stdout(&output).contains("database or disk is full"),
        "{}",
        stdout(&output)
    );
    assert!(
        stdout(&output).contains("UNFINISHED"),
        "{}",
        stdout(&output)
    );
    assert_eq!(summary(&out)["verdict"], "unfinished");
    let page = fs::read_to_string(out.join("index.html")).unwrap();
    assert!(page.contains("database or disk is full"));
    ended(
        &smoke(&["--set", "disk.free_mib=0"], &out),
        2,
        &["disk.free_mib"],
    );
}

#[test]
fn a_horizon_that_is_too_short_is_said_to_be_one() {
    let (_folder, out) = desk();
    let output = smoke(&["--set", "phases.horizon_s=2"], &out);
    ended(&output, 3, &[]);
    let text = stdout(&output);
    assert!(text.contains("still running at the horizon"), "{text}");
    assert!(text.contains("raise phases.horizon_s"), "{text}");
    let cell = &summary(&out)["strategies"][1]["cells"][0];
    assert!(cell["duration_ns"].is_null(), "{cell}");
}

/// What has ended is kept. The last strategy would need minutes: the signal is there before.
#[test]
fn an_interrupt_keeps_what_has_ended_and_says_that_it_is_not_all() {
    let (folder, out) = desk();
    let scenario = folder.path().join("many.toml");
    let smoke = fs::read_to_string(Path::new(PROJECT).join("scenarios/smoke.toml")).unwrap();
    let endless = "[strategies.endless]\nkind = \"chunked\"\nrows = 1\npause_ms = 60000\n";
    let smoke = smoke.replace("horizon_s = 600", "horizon_s = 50000");
    fs::write(&scenario, smoke + endless).unwrap();
    let args = [
        "run",
        scenario.to_str().unwrap(),
        "--jobs",
        "1",
        "--out",
        out.to_str().unwrap(),
    ];
    let mut running = sim(&args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(running.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("s modelled") {
        line.clear();
        assert_ne!(said.read_line(&mut line).unwrap(), 0, "it ended by itself");
    }
    let id = running.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    let output = running.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{rest}");
    assert!(rest.contains("what has ended is kept"), "{rest}");
    assert!(!rest.contains("panicked"), "{rest}");
    let summary = summary(&out);
    assert_eq!(summary["verdict"], "incomplete");
    assert!(cells(&summary).contains(&("single-transaction".to_owned(), 1)));
    assert!(!cells(&summary).contains(&("endless".to_owned(), 1)));
    let manifest: Value =
        serde_json::from_slice(&fs::read(out.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["complete"], false);
    assert!(
        stdout(&output).contains("INCOMPLETE"),
        "{}",
        stdout(&output)
    );
    assert_eq!(names(folder.path()), ["many.toml", "report"]);
}

/// Images and reports belong to the project, from wherever in it the command is given; a scenario
/// from outside is run in the project the command is given in.
#[test]
fn reports_and_images_go_to_the_project() {
    let folder = tempfile::tempdir().unwrap();
    let (project, inside, elsewhere) = (
        folder.path().join("project"),
        folder.path().join("project/sim/deep"),
        folder.path().join("elsewhere"),
    );
    for place in [&project.join("scenarios"), &inside, &elsewhere] {
        fs::create_dir_all(place).unwrap();
    }
    let tiny = "# Tiny?\n[dataset]\ntransmissions = 20\nobservations = 40\n\
                [phases]\nwarm_up_s = 0.1\nbaseline_s = 0.1\nrecovery_s = 1\n\
                [strategies.one]\nkind = \"single-transaction\"\n";
    fs::write(project.join("scenarios/mine.toml"), tiny).unwrap();
    fs::write(elsewhere.join("other.toml"), tiny).unwrap();
    let run = |place: &Path, scenario: &str| {
        let output = sim(&["run", scenario]).current_dir(place).output().unwrap();
        assert!(stdout(&output).contains("\nreport  "), "{output:?}");
        let shown = stdout(&output)
            .split("report  ")
            .last()
            .unwrap()
            .lines()
            .next()
            .unwrap();
        assert!(
            place.join(shown).join("index.html").is_file(),
            "{shown} is seen from {place:?}"
        );
    };
    run(&inside, "mine");
    run(&project, elsewhere.join("other.toml").to_str().unwrap());
    run(
        &elsewhere,
        project.join("scenarios/mine.toml").to_str().unwrap(),
    );
    assert_eq!(names(&project.join("reports")), ["mine", "other"]);
    assert!(project.join("target/images").is_dir());
    assert_eq!(names(&elsewhere), ["other.toml"]);
    assert_eq!(names(&inside), [""; 0]);
    // Without a project there is only where the command is given.
    run(&elsewhere, "other.toml");
    assert_eq!(names(&elsewhere), ["other.toml", "reports", "target"]);
}
