//! What a report promises: the same bytes, everything accounted for, nothing dressed up.

use std::collections::BTreeMap;
use std::fs;

use super::*;
use crate::outcome::Ending;
use crate::processing::measure::synthetic::{self, control, idle, oracle, run_of};
use crate::scenario::Role;

fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(directory).unwrap().map(Result::unwrap);
    let read = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().unwrap();
        (name, fs::read(entry.path()).unwrap())
    };
    entries.map(read).collect()
}

/// The files of a report of `run`.
fn written(run: &Run) -> BTreeMap<String, Vec<u8>> {
    let parent = tempfile::tempdir().unwrap();
    write(run, &parent.path().join("r")).unwrap();
    files(&parent.path().join("r"))
}

fn text(files: &BTreeMap<String, Vec<u8>>, name: &str) -> String {
    String::from_utf8(files[name].clone()).unwrap()
}

fn json(files: &BTreeMap<String, Vec<u8>>) -> serde_json::Value {
    serde_json::from_str(&text(files, "summary.json")).unwrap()
}

fn keys(value: &serde_json::Value) -> Vec<&str> {
    let object = value.as_object().unwrap();
    object.keys().map(String::as_str).collect()
}

#[test]
fn the_same_run_gives_the_same_bytes_wherever_it_is_written() {
    let first = written(&synthetic::read_run());
    assert_eq!(first, written(&synthetic::read_run()));
    let names: Vec<&str> = first.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "index.html",
            "manifest.json",
            "memory-store.svg",
            "memory-synchronous.svg",
            "memory-unbounded.svg",
            "memory-wipe.svg",
            "moments.csv",
            "readers.svg",
            "samples.csv",
            "summary.json",
            "summary.md",
            "throughput.svg",
            "work-store.svg",
            "work-synchronous.svg",
            "work-unbounded.svg",
            "work-wipe.svg",
            "writes.csv",
        ]
    );
}

#[test]
fn every_write_moment_and_read_has_a_row() {
    let run = synthetic::read_run();
    let files = written(&run);
    let sum = |count: fn(&crate::processing::Outcome) -> usize| -> usize {
        run.outcomes
            .iter()
            .chain(&run.counterfactuals)
            .map(count)
            .sum()
    };
    let rows = |name: &str| text(&files, name).lines().count() - 1;
    assert_eq!(rows("writes.csv"), sum(|one| one.writes.len()));
    assert_eq!(rows("moments.csv"), sum(|one| one.moments.len()));
    assert_eq!(rows("samples.csv"), sum(|one| one.requests.len()));
    let first = &run.outcomes[0].writes[0];
    let row = format!(
        "synchronous,1,{},{},{},1,100,200,0,10,0",
        first.at_ns, first.took_ns, first.last_try_ns
    );
    assert_eq!(text(&files, "writes.csv").lines().nth(1).unwrap(), row);
    assert!(!written(&synthetic::run()).contains_key("samples.csv"));
}

#[test]
fn the_summary_has_exactly_the_keys_of_its_schema() {
    let summary = json(&written(&synthetic::read_run()));
    assert_eq!(
        keys(&summary),
        [
            "gates",
            "scenario",
            "scenario_hash",
            "schema_version",
            "strategies",
            "verdict"
        ]
    );
    let names: Vec<&serde_json::Value> = summary["strategies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["name"])
        .collect();
    let expected = [
        "synchronous",
        "wipe",
        "unbounded",
        "store",
        "gate-open",
        "queued-twice",
    ];
    assert_eq!(names, expected);
    let cell = &summary["strategies"][3]["cells"][0];
    assert_eq!(
        keys(cell),
        [
            "correct",
            "counters",
            "digest",
            "duration_ns",
            "effect",
            "held",
            "kind",
            "oracles",
            "plan_hash",
            "ratios",
            "readers",
            "recovery",
            "rows",
            "seed",
            "stalled",
            "standing",
            "writing",
        ]
    );
    assert_eq!(
        keys(&cell["ratios"]),
        [
            "items_per_s",
            "items_per_write",
            "reader_p95",
            "recovery_times",
            "reread_of_wipe",
            "times_synchronous",
            "times_wipe",
        ]
    );
    assert_eq!(cell["kind"], "store");
    assert_eq!(cell["rows"]["reloads"], 500);
    assert!(cell["duration_ns"].is_u64());
}

/// Neither in a table nor in a picture nor in a sentence.
#[test]
fn a_wrong_cell_has_no_figure_anywhere() {
    let mut run = synthetic::read_run();
    let store = run.outcomes.len() - 1;
    let took = crate::measure::unit::duration(run.outcomes[store].end_ns);
    run.outcomes[store].oracles.push(oracle("rows", false));
    let files = written(&run);
    let summary = json(&files);
    assert_eq!(summary["verdict"], "incorrect");
    let cell = &summary["strategies"][store]["cells"][0];
    for absent in [
        "duration_ns",
        "held",
        "ratios",
        "readers",
        "rows",
        "writing",
    ] {
        assert!(cell.get(absent).is_none(), "{absent}");
    }
    assert!(!files.contains_key("memory-store.svg"));
    let page = text(&files, "index.html");
    assert!(page.contains("store leaves wrong data behind") && !page.contains(&took));
    assert!(text(&files, "throughput.svg").contains("incorrect"));
}

#[test]
fn what_did_not_finish_is_shown_and_not_counted() {
    let mut run = synthetic::run();
    run.outcomes[3].ending = Ending::OutOfTime;
    let files = written(&run);
    assert_eq!(json(&files)["verdict"], "unfinished");
    assert!(text(&files, "work-store.svg").contains("It did not finish."));
    assert!(text(&files, "throughput.svg").contains("unfinished"));
}

#[test]
fn controls_are_named_with_the_oracle_that_caught_them() {
    let mut run = synthetic::run();
    let line = "controls: 2/2 caught: gate-open by memory, queued-twice by history";
    let files = written(&run);
    assert!(text(&files, "summary.md").contains(line));
    assert!(text(&files, "index.html").contains(line));
    run.controls.push(control("counted-early", "rows"));
    let files = written(&run);
    assert_eq!(json(&files)["verdict"], "fail");
    let not = "counted-early NOT by outputs, its own oracle, but by rows";
    assert!(text(&files, "summary.md").contains(not));
}

#[test]
fn the_manifest_and_the_page_quote_the_hashes_of_the_files() {
    let parent = tempfile::tempdir().unwrap();
    let place = parent.path().join("r");
    let report = write(&synthetic::read_run(), &place).unwrap();
    let files = files(&place);
    assert_eq!(report.files.len(), files.len());
    let (manifest, page) = (text(&files, "manifest.json"), text(&files, "index.html"));
    for entry in &report.files {
        let bytes = files[&entry.name].len() as u64;
        assert_eq!(bytes, entry.bytes, "{}", entry.name);
        let own = ["manifest.json", "index.html"].contains(&entry.name.as_str());
        assert!(own || page.contains(&entry.sha256), "{}", entry.name);
        assert!(entry.name == "manifest.json" || manifest.contains(&entry.sha256));
    }
    assert!(!manifest.contains(&*parent.path().to_string_lossy()));
}

#[test]
fn the_page_has_what_a_reviewer_needs_and_nothing_from_elsewhere() {
    let mut run = synthetic::read_run();
    run.question = "Is <b>1 & 2</b> safe?".to_owned();
    run.outcomes[1].strategy = "a <i> & b".to_owned();
    let files = written(&run);
    let page = text(&files, "index.html");
    for there in [
        "Is &lt;b&gt;1 &amp; 2&lt;/b&gt; safe?",
        "cargo sim run outage --seed 1",
        "Items per second",
        "What readers wait",
        "Memory: store, seed 1",
        "Work: store, seed 1",
        "Method and limits",
        "budget.objects",
        "Shaded: outage, crash.",
        "prefers-color-scheme: dark",
        "@media print",
    ] {
        assert!(page.contains(there), "{there}");
    }
    assert!(!page.contains("<i>") && files.contains_key("memory-a--i----b.svg"));
    assert!(!page.contains("<script") && !page.contains("src=") && !page.contains("url("));
    let links = page.matches("http").count();
    let namespaces = page.matches("http://www.w3.org/2000/svg").count();
    assert_eq!(links, namespaces + page.matches("http-equiv").count());
    let mut ids: Vec<&str> = page
        .split(" id=\"")
        .skip(1)
        .filter_map(|at| at.split('"').next())
        .collect();
    ids.sort_unstable();
    assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "{ids:?}");
    for target in page.split(" href=\"#").skip(1) {
        let target = target.split('"').next().unwrap();
        assert!(ids.contains(&target), "{target} leads nowhere");
    }
}

#[test]
fn little_or_nothing_can_be_written_too() {
    let mut alone = synthetic::read_run();
    alone.outcomes.drain(..3);
    let verdict = |run: &Run| json(&written(run))["verdict"].clone();
    assert_eq!(
        verdict(&alone),
        "no-data",
        "there is nothing to compare with"
    );
    alone.objective = crate::processing::Objective::default();
    assert_eq!(verdict(&alone), "pass");
    assert_eq!(verdict(&run_of(vec![idle("store", 1)])), "no-data");
    let mut empty = run_of(Vec::new());
    empty.controls.clear();
    empty.options.clear();
    assert_eq!(verdict(&empty), "no-data");
    empty.complete = false;
    assert_eq!(verdict(&empty), "incomplete");
}

#[test]
fn a_terminal_gets_what_fits_and_is_told_what_does_not() {
    let run = synthetic::read_run();
    let evidence = Evidence::of(&run);
    let wide = sheet::terminal(&evidence, "reports/outage", None);
    assert!(wide.ends_with("repeat  cargo sim run outage --seed 1\n"));
    assert!(!wide.contains("No room here"), "{wide}");
    for width in [60, 80, 120] {
        let text = sheet::terminal(&evidence, "reports/outage", Some(width));
        let longest = text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(longest <= usize::from(width), "{width}:\n{text}");
        assert!(text.replace("\n  ", " ").contains("No room here for: "));
    }
}

/// As large as a report gets: many strategies, seeds and writes.
#[test]
fn the_largest_report_can_still_be_sent_around() {
    let mut run = synthetic::read_run();
    let firsts = run.outcomes.clone();
    for seed in 2..=10 {
        let again = firsts.iter().cloned().map(|mut outcome| {
            outcome.seed = seed;
            outcome
        });
        run.outcomes.extend(again);
    }
    for nth in 0..6 {
        let other = run.outcomes.clone().into_iter().take(4).map(|mut outcome| {
            outcome.strategy = format!("{}-{nth}", outcome.strategy);
            outcome.role = Some(Role::Baseline);
            outcome
        });
        run.outcomes.extend(other.collect::<Vec<_>>());
    }
    let moments: Vec<_> = (0..100_000_u64)
        .map(|at| synthetic::moment(at * 200_000, at * 7, at * 6))
        .collect();
    run.outcomes
        .iter_mut()
        .for_each(|one| one.moments = moments.clone());
    let files = written(&run);
    let comment = text(&files, "summary.md").chars().count();
    assert!(comment < 60_000, "{comment} characters");
    let bytes = files["index.html"].len();
    assert!(bytes < 3_000_000, "{bytes} bytes");
}

/// To look at: `cargo test -p backfill-sim --lib processing::report -- --ignored`, then open
/// `target/processing-report/index.html`.
#[test]
#[ignore = "writes a report for the eyes"]
fn a_report_to_look_at() {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    let run = synthetic::read_run();
    write(&run, &target.join("processing-report")).unwrap();
    println!(
        "{}",
        sheet::terminal(&Evidence::of(&run), "reports/outage", Some(100))
    );
}
