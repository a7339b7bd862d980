//! What a report promises: the same bytes, whole or not at all, every request accounted for.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;

use super::*;
use crate::measure::synthetic;

/// A sink that fails after something has been written.
struct Broken(io::ErrorKind);

impl Report for Broken {
    fn write(&self, _: &Evidence<'_>, stage: &mut Stage) -> Result<(), ReportError> {
        stage.file("half.txt", |file| {
            file.write_all(b"half")?;
            Err(io::Error::from(self.0))
        })
    }
}

fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(directory).unwrap().map(Result::unwrap);
    entries
        .map(|entry| {
            (
                entry.file_name().into_string().unwrap(),
                fs::read(entry.path()).unwrap(),
            )
        })
        .collect()
}

fn text(directory: &Path, name: &str) -> String {
    fs::read_to_string(directory.join(name)).unwrap()
}

#[test]
fn the_same_run_gives_the_same_bytes_wherever_it_is_written() {
    let run = synthetic::run();
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (first, second) = (here.path().join("a"), there.path().join("another"));
    let written = write(&run, &first).unwrap();
    write(&synthetic::run(), &second).unwrap();
    assert_eq!(files(&first), files(&second));
    let names: BTreeSet<String> = written
        .files
        .iter()
        .map(|entry| entry.name.clone())
        .collect();
    assert_eq!(names, files(&first).into_keys().collect());
    for name in [
        "summary.json",
        "summary.md",
        "index.html",
        "latency.svg",
        "tradeoff.svg",
        "timeline-single-transaction.svg",
        "cells.csv",
        "samples.csv",
        "timeline.csv",
        "manifest.json",
        "latency-no-backfill.hgrm",
        "latency-chunked-20.hgrm",
    ] {
        assert!(names.contains(name), "{name} is missing in {names:?}");
    }
    assert!(
        !names.contains("latency-dressed.hgrm"),
        "a wrong strategy has no latency"
    );
}

#[test]
fn a_new_report_replaces_the_old_one_and_leaves_nothing_beside_it() {
    let parent = tempfile::tempdir().unwrap();
    let place = parent.path().join("cold-load");
    let run = synthetic::run();
    write(&run, &place).unwrap();
    fs::write(place.join("stale.txt"), "from an older version").unwrap();
    write(&run, &place).unwrap();
    assert!(!place.join("stale.txt").exists());
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
}

#[test]
fn a_failed_write_leaves_the_old_report_as_it_was() {
    let parent = tempfile::tempdir().unwrap();
    let place = parent.path().join("cold-load");
    let run = synthetic::run();
    write(&run, &place).unwrap();
    let before = files(&place);
    let evidence = Evidence::of(&run);
    let sinks: [&dyn Report; 2] = [&summary::Summary, &Broken(io::ErrorKind::StorageFull)];
    let error = write_with(&sinks, &evidence, &place).unwrap_err();
    assert!(matches!(error, ReportError::DiskFull { .. }), "{error}");
    assert!(error.to_string().contains("half.txt"), "{error}");
    assert_eq!(files(&place), before);
    assert_eq!(
        fs::read_dir(parent.path()).unwrap().count(),
        1,
        "the stage is gone"
    );
    let error = write_with(
        &[&Broken(io::ErrorKind::PermissionDenied)],
        &evidence,
        &place,
    )
    .unwrap_err();
    assert!(error.to_string().contains("--out"), "{error}");
}

#[test]
fn somebody_elses_directory_is_not_replaced() {
    let parent = tempfile::tempdir().unwrap();
    fs::write(parent.path().join("thesis.tex"), "years").unwrap();
    let error = write(&synthetic::run(), parent.path()).unwrap_err();
    assert!(matches!(error, ReportError::NotAReport { .. }), "{error}");
    assert!(parent.path().join("thesis.tex").exists());
    let file = parent.path().join("thesis.tex/report");
    assert!(matches!(
        write(&synthetic::run(), &file),
        Err(ReportError::Unwritable { .. })
    ));
}

#[test]
fn every_request_and_every_second_has_a_row() {
    let parent = tempfile::tempdir().unwrap();
    let place = parent.path().join("r");
    let run = synthetic::run();
    write(&run, &place).unwrap();
    let cells = || run.outcomes.iter().chain(&run.counterfactuals);
    let requests: usize = cells().map(|outcome| outcome.requests.len()).sum();
    assert_eq!(text(&place, "samples.csv").lines().count(), requests + 1);
    let seconds: u64 = cells()
        .map(|outcome| outcome.end_ns / 1_000_000_000 + 1)
        .sum();
    assert_eq!(
        text(&place, "timeline.csv").lines().count() as u64,
        seconds + 1
    );
}

/// What is absent in one file is absent in the other, and equal where it is there.
#[test]
fn every_cell_has_a_row_with_the_figures_of_the_summary() {
    let parent = tempfile::tempdir().unwrap();
    let place = parent.path().join("r");
    write(&synthetic::run(), &place).unwrap();
    let written = text(&place, "summary.json");
    let summary: serde_json::Value = serde_json::from_str(&written).unwrap();
    let table = text(&place, "cells.csv");
    let mut rows = table
        .lines()
        .map(|line| line.split(',').collect::<Vec<_>>());
    let header = rows.next().unwrap();
    let strategies = summary["strategies"].as_array().unwrap();
    let cells = strategies.iter().flat_map(|one| {
        let cells = one["cells"].as_array().unwrap();
        cells
            .iter()
            .map(|cell| (one["name"].as_str().unwrap(), cell))
    });
    for (name, cell) in cells {
        let row = rows.next().unwrap();
        let field = |title: &str| row[header.iter().position(|one| *one == title).unwrap()];
        let same = |title: &str, value: &serde_json::Value| {
            let wanted = if value.is_null() {
                String::new()
            } else {
                value.to_string()
            };
            assert_eq!(field(title), wanted, "{title} of {name}");
        };
        assert_eq!(field("strategy"), name);
        same("seed", &cell["seed"]);
        same("duration_ns", &cell["duration_ns"]);
        same("floor_ns", &cell["floor_ns"]);
        same("held_ns", &cell["held_ns"]);
        same("predicted_p95_ns", &cell["predicted_p95_ns"]);
        // Reading a float back costs its last digit.
        let floor = field("duration_floor");
        assert_eq!(floor.is_empty(), cell["ratios"]["duration_floor"].is_null());
        let quoted = format!("\"duration_floor\": {floor}");
        assert!(floor.is_empty() || written.contains(&quoted), "{quoted}");
        same("p95_ns", &cell["readers"]["backfill"]["p95_ns"]);
        same(
            "p95_no_backfill_ns",
            &cell["readers"]["no_backfill"]["p95_ns"],
        );
    }
    assert_eq!(rows.next(), None);
}

fn keys(value: &serde_json::Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

#[test]
fn the_summary_has_exactly_the_keys_of_its_schema() {
    let parent = tempfile::tempdir().unwrap();
    let place = parent.path().join("r");
    write(&synthetic::run(), &place).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&text(&place, "summary.json")).unwrap();
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
    assert_eq!(summary["schema_version"], 1);
    let single = &summary["strategies"][0];
    assert_eq!(keys(single), ["cells", "name", "role"]);
    let cell = &single["cells"][0];
    assert_eq!(
        keys(cell),
        [
            "correct",
            "counters",
            "digest",
            "duration_ns",
            "floor_ns",
            "held_ns",
            "oracles",
            "plan_hash",
            "predicted_p95_ns",
            "ratios",
            "readers",
            "seed"
        ]
    );
    assert_eq!(keys(&cell["readers"]), ["backfill", "no_backfill"]);
    assert_eq!(
        keys(&cell["readers"]["backfill"]),
        ["count", "failed", "max_ns", "p50_ns", "p95_ns", "p99_ns"]
    );
    assert_eq!(keys(&cell["ratios"]), ["duration_floor", "reader_p95"]);
    assert_eq!(keys(&cell["oracles"][0]), ["detail", "name", "passed"]);
    assert!(cell["duration_ns"].is_u64());
    let wrong = &summary["strategies"][4]["cells"][0];
    assert_eq!(
        keys(&wrong["readers"]),
        ["no_backfill"],
        "a wrong strategy has no latency"
    );
    assert!(keys(&wrong["ratios"]).is_empty());
}

#[test]
fn the_manifest_and_the_page_quote_the_hashes_of_the_files() {
    let parent = tempfile::tempdir().unwrap();
    let place = parent.path().join("r");
    let written = write(&synthetic::run(), &place).unwrap();
    let (manifest, page) = (text(&place, "manifest.json"), text(&place, "index.html"));
    for entry in &written.files {
        let bytes = fs::metadata(place.join(&entry.name)).unwrap().len();
        assert_eq!(bytes, entry.bytes, "{}", entry.name);
        let own = ["manifest.json", "index.html"].contains(&entry.name.as_str());
        assert!(own || page.contains(&entry.sha256), "{}", entry.name);
        assert!(
            entry.name == "manifest.json" || manifest.contains(&entry.sha256),
            "{}",
            entry.name
        );
    }
    assert!(!manifest.contains(&*parent.path().to_string_lossy()));
}

#[test]
fn the_page_needs_nothing_from_elsewhere_and_escapes_names() {
    let mut run = synthetic::run();
    run.scenario.question = "Is <b>1 & 2</b> safe?".to_owned();
    let parent = tempfile::tempdir().unwrap();
    let place = parent.path().join("r");
    write(&run, &place).unwrap();
    let page = text(&place, "index.html");
    assert!(page.contains("Is &lt;b&gt;1 &amp; 2&lt;/b&gt; safe?"));
    assert!(!page.contains("<script") && !page.contains("src=") && !page.contains("url("));
    let links = page.matches("http").count();
    let namespaces = page.matches("http://www.w3.org/2000/svg").count();
    let own = page.matches("http-equiv").count();
    assert_eq!(links, namespaces + own, "no link leaves the page");
}

/// A run without any data is still a report that says so.
#[test]
fn a_run_without_outcomes_can_be_written() {
    let mut run = synthetic::run();
    run.outcomes.clear();
    run.counterfactuals.clear();
    let parent = tempfile::tempdir().unwrap();
    let place = parent.path().join("r");
    write(&run, &place).unwrap();
    assert!(text(&place, "summary.md").contains("NO-DATA"));
}
