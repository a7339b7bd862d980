//! What a report promises: the same bytes, every request accounted for, nothing dressed up.

use std::collections::BTreeMap;
use std::fs;

use super::*;
use crate::listing::measure::synthetic::{
    self, Script, control, one_shape, oracle, run_of, simulate,
};
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
            "calls-recent-burst--adaptive.svg",
            "calls-recent-burst--fixed-50.svg",
            "calls-recent-burst--recursive-2.svg",
            "calls-uniform--adaptive.svg",
            "calls.csv",
            "eta-recent-burst.svg",
            "eta-uniform.svg",
            "index.html",
            "latency-recent-burst.svg",
            "latency-uniform.svg",
            "left-recent-burst.svg",
            "left-uniform.svg",
            "manifest.json",
            "summary.json",
            "summary.md",
            "timeline.csv",
        ]
    );
}

#[test]
fn every_request_and_every_second_has_a_row() {
    let run = one_shape();
    let files = written(&run);
    let requests: usize = run.outcomes.iter().map(|one| one.calls.len()).sum();
    let calls = text(&files, "calls.csv");
    assert_eq!(calls.lines().count(), requests + 1);
    assert_eq!(
        calls.lines().next().unwrap(),
        "shape,strategy,seed,run,stream,sent_ns,answered_ns,gte,lt,continued,items,new_items,kind"
    );
    let first = &run.outcomes[0].calls[0];
    let row = format!(
        "uniform,adaptive,1,1,0,0,{},0,1000,false,100,100,new",
        first.answered_ns
    );
    assert_eq!(calls.lines().nth(1).unwrap(), row);
    let seconds: u64 = run
        .outcomes
        .iter()
        .map(|one| one.end_ns / 1_000_000_000 + 1)
        .sum();
    let timeline = text(&files, "timeline.csv");
    assert_eq!(timeline.lines().count() as u64, seconds + 1);
    let sent: u64 = timeline
        .lines()
        .skip(1)
        .map(|row| row.split(',').nth(4).unwrap().parse::<u64>().unwrap())
        .sum();
    assert_eq!(sent as usize, requests);
}

#[test]
fn the_summary_has_exactly_the_keys_of_its_schema() {
    let files = written(&synthetic::run());
    let summary = json(&files);
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
    assert_eq!(summary["verdict"], "pass");
    let names: Vec<&serde_json::Value> = summary["strategies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["name"])
        .collect();
    assert_eq!(
        names,
        [
            "adaptive",
            "fixed-50",
            "recursive-2",
            "drops-ties",
            "skips-pages"
        ]
    );
    assert_eq!(keys(&summary["strategies"][0]), ["cells", "name", "role"]);
}

#[test]
fn a_cell_has_exactly_the_keys_that_make_sense_for_it() {
    let summary = json(&written(&synthetic::run()));
    let adaptive = &summary["strategies"][0];
    assert_eq!(
        adaptive["cells"].as_array().unwrap().len(),
        2,
        "one per shape"
    );
    let cell = &adaptive["cells"][1];
    assert_eq!(
        keys(cell),
        [
            "correct",
            "counters",
            "digest",
            "duration_ns",
            "eta",
            "floor_by_chain_ns",
            "floor_by_rate_ns",
            "floor_ns",
            "oracles",
            "plan_hash",
            "ratios",
            "seed",
            "shape",
            "standing",
        ],
        "nobody reads"
    );
    assert_eq!(
        (&cell["shape"], &cell["standing"]),
        (&"recent-burst".into(), &"meets".into())
    );
    assert_eq!(
        keys(&cell["ratios"]),
        [
            "duration_best",
            "duration_floor",
            "state_bytes_per_object",
            "wasted_requests"
        ]
    );
    assert_eq!(cell["counters"]["requests"], 15_169);
    assert_eq!(cell["counters"]["wasted_requests"], 36);
    assert_eq!(cell["floor_ns"], 600_000_000_000_u64);
    assert_eq!(cell["eta"].as_array().unwrap().len(), 5);
    assert_eq!(
        keys(&cell["eta"][2]),
        ["at_percent", "error", "in_interval", "interval_width"]
    );
    let read = json(&written(&synthetic::read_run()));
    let cell = &read["strategies"][0]["cells"][0];
    assert_eq!(keys(&cell["readers"]), ["backfill", "no_backfill"]);
    assert!(cell["ratios"]["reader_p95"].is_f64());
}

/// Neither in a table nor in a picture nor in a sentence.
#[test]
fn a_wrong_cell_has_no_makespan_anywhere() {
    let mut run = one_shape();
    run.outcomes[1].oracles.push(oracle("exact-ids", false));
    let took = crate::measure::unit::duration(run.outcomes[1].end_ns);
    run.outcomes.remove(0);
    let files = written(&run);
    let cell = &json(&files)["strategies"][0]["cells"][0];
    assert_eq!(cell["standing"], "incorrect");
    for absent in ["duration_ns", "eta"] {
        assert!(cell.get(absent).is_none(), "{absent}");
    }
    for absent in ["duration_floor", "duration_best"] {
        assert!(cell["ratios"].get(absent).is_none(), "{absent}");
    }
    let markdown = text(&files, "summary.md");
    assert!(markdown.contains("### density: INCORRECT"), "{markdown}");
    let mut rows = markdown
        .lines()
        .filter(|line| line.starts_with("| fixed-50"));
    assert!(
        rows.next().unwrap().starts_with("| fixed-50 | baseline |"),
        "no makespan column"
    );
    let picture = text(&files, "left-uniform.svg");
    assert!(picture.contains("fixed-50, incorrect"), "{picture}");
    assert!(!picture.contains(&took), "{took}");
    assert!(!text(&files, "index.html").contains(&format!("everything after {took}")));
    assert!(
        !files.contains_key("eta-uniform.svg"),
        "nothing to hold it against"
    );
}

#[test]
fn controls_are_named_with_the_oracle_that_caught_them() {
    let mut run = one_shape();
    let files = written(&run);
    let line = "controls: 2/2 caught: drops-ties by exact-ids, skips-pages by exact-ids";
    assert!(text(&files, "summary.md").contains(line));
    assert!(text(&files, "index.html").contains(line));
    run.controls.push(control("blind", false));
    let files = written(&run);
    assert_eq!(json(&files)["verdict"], "fail");
    assert!(text(&files, "summary.md").contains("controls: 2/3 caught: blind NOT CAUGHT"));
}

#[test]
fn the_manifest_and_the_page_quote_the_hashes_of_the_files() {
    let parent = tempfile::tempdir().unwrap();
    let place = parent.path().join("r");
    let report = write(&one_shape(), &place).unwrap();
    let files = files(&place);
    let (manifest, page) = (text(&files, "manifest.json"), text(&files, "index.html"));
    for entry in &report.files {
        assert_eq!(
            files[&entry.name].len() as u64,
            entry.bytes,
            "{}",
            entry.name
        );
        let own = ["manifest.json", "index.html"].contains(&entry.name.as_str());
        assert!(own || page.contains(&entry.sha256), "{}", entry.name);
        assert!(entry.name == "manifest.json" || manifest.contains(&entry.sha256));
    }
    assert!(!manifest.contains(&*parent.path().to_string_lossy()));
}

#[test]
fn the_page_needs_nothing_from_elsewhere_and_escapes_names() {
    let mut run = one_shape();
    run.question = "Is <b>1 & 2</b> safe?".to_owned();
    run.outcomes
        .iter_mut()
        .for_each(|one| one.shape = "a <i> & b".to_owned());
    let files = written(&run);
    let page = text(&files, "index.html");
    assert!(page.contains("Is &lt;b&gt;1 &amp; 2&lt;/b&gt; safe?"));
    assert!(!page.contains("<i>") && files.contains_key("left-a--i----b.svg"));
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
}

#[test]
fn a_run_without_outcomes_or_calls_can_be_written() {
    let mut run = one_shape();
    run.outcomes.iter_mut().for_each(|one| {
        one.calls.clear();
        one.stores.clear();
        one.forecasts.clear();
        one.backfill = None;
    });
    assert_eq!(json(&written(&run))["verdict"], "no-data");
    run.outcomes.clear();
    let files = written(&run);
    assert!(text(&files, "summary.md").contains("NO-DATA"));
}

const NAMES: [&str; 10] = [
    "adaptive",
    "sequential",
    "tiers",
    "fixed-10",
    "fixed-50",
    "fixed-500",
    "probe",
    "recursive-2",
    "recursive-10",
    "oracle",
];
const SHAPES: [&str; 12] = [
    "uniform",
    "recent-burst",
    "burst-2-percent",
    "old-burst",
    "dormant",
    "one-second",
    "five-seconds",
    "hourly-spikes",
    "sparse",
    "ties",
    "growth",
    "narrow",
];

/// As large as a report gets: every picture has as many bars as it may.
fn large() -> Run {
    let outcomes = SHAPES.iter().enumerate().flat_map(|(nth, shape)| {
        NAMES.iter().enumerate().map(move |(index, name)| {
            let ranges = [60, 1, 2, 10, 50, 60, 50, 60, 60, 60][index] + nth as u64;
            let script = Script {
                name,
                role: if index == 0 {
                    Role::Candidate
                } else {
                    Role::Baseline
                },
                chains: vec![3_000 / ranges; ranges as usize],
                waste_every: 3,
                knows: index == 0,
            };
            simulate(shape, &script, 1)
        })
    });
    synthetic::read(run_of(outcomes.collect()))
}

#[test]
fn the_largest_page_can_still_be_sent_around() {
    let files = written(&large());
    let bytes = files["index.html"].len();
    assert!(bytes < 3_000_000, "{bytes} bytes");
    let comment = text(&files, "summary.md").chars().count();
    assert!(comment < 65_536, "{comment} characters");
    assert!(text(&files, "summary.md").contains("digests of the 122 cells are in summary.json"));
    let drawn = files
        .keys()
        .filter(|name| name.starts_with("calls-"))
        .count();
    assert_eq!(
        drawn,
        12 + 9,
        "the candidate everywhere, the others on one shape"
    );
}

/// To look at: `cargo test -p backfill-sim --lib a_report_to_look_at -- --ignored`, then open
/// `target/listing-report/index.html` and its neighbours.
#[test]
#[ignore = "writes reports for the eyes"]
fn a_report_to_look_at() {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    write(&synthetic::run(), &target.join("listing-report")).unwrap();
    write(&synthetic::read_run(), &target.join("listing-report-read")).unwrap();
    write(&large(), &target.join("listing-report-large")).unwrap();
    write(&one_shape(), &target.join("listing-report-small")).unwrap();
    for run in [synthetic::run(), large(), one_shape()] {
        println!(
            "{}",
            terminal(&Evidence::of(&run), "reports/density", Some(100))
        );
    }
}
