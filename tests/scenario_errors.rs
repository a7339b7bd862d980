//! What an author sees who got a scenario wrong: the file, the line and the way out, and exit 2.

#![expect(
    clippy::unwrap_used,
    reason = "a test whose desk cannot be set up has failed"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

const SINGLE: &str = "[strategies.single-transaction]\nkind = \"single-transaction\"\n";

/// A folder with one scenario in it.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn with(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let scenarios = folder.path().join("scenarios");
        std::fs::create_dir(&scenarios).unwrap();
        std::fs::write(scenarios.join("mine.toml"), text).unwrap();
        Self { folder }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("scenarios/mine.toml")
    }

    fn sim(&self, args: &[&str]) -> Output {
        sim_in(self.folder.path(), args)
    }
}

fn sim_in(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sim"))
        .args(args)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .unwrap()
}

/// Standard error without the line breaks and bars that depend on the width of the terminal.
fn said(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    text.replace(['│', '|'], " ")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// Exit code 2, and every one of `parts` on standard error.
#[track_caller]
fn refused(output: &Output, parts: &[&str]) {
    let said = said(output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    for part in parts {
        assert!(said.contains(part), "`{part}` is not in: {said}");
    }
    assert!(
        !said.contains('\u{1b}'),
        "colour in spite of NO_COLOR: {said}"
    );
}

#[test]
fn a_misspelt_key() {
    let desk = Desk::with(&format!("# Why?\n[load]\nread_per_s = 5\n{SINGLE}"));
    refused(
        &desk.sim(&["check", "mine"]),
        &[
            "mine.toml:3:1",
            "there is no key `read_per_s`",
            "did you mean `reads_per_s`?",
        ],
    );
}

#[test]
fn an_unknown_enum_value() {
    let desk = Desk::with(&format!("# Why?\n[database]\njournal = \"wall\"\n{SINGLE}"));
    refused(
        &desk.sim(&["check", "mine"]),
        &["mine.toml:3:11", "did you mean `wal`?"],
    );
}

#[test]
fn an_unknown_strategy() {
    let desk = Desk::with(&format!("# Why?\n{SINGLE}"));
    refused(
        &desk.sim(&["run", "mine", "--strategy", "single-transactoin"]),
        &[
            "has no strategy `single-transactoin`",
            "did you mean `single-transaction`?",
        ],
    );
}

#[test]
fn a_negative_rate() {
    let desk = Desk::with(&format!("# Why?\n[load]\nreads_per_s = -5\n{SINGLE}"));
    refused(
        &desk.sim(&["run", "mine"]),
        &[
            "mine.toml:3:15",
            "load.reads_per_s: -5 is too little",
            "choose from 0 to",
        ],
    );
}

#[test]
fn chunks_of_no_rows() {
    let desk = Desk::with("# Why?\n[strategies.a]\nkind = \"chunked\"\nrows = 0\npause_ms = 1\n");
    refused(
        &desk.sim(&["check", "mine"]),
        &["mine.toml:4:8", "strategies.a.rows", "1 or more"],
    );
}

#[test]
fn a_file_that_cannot_be_read() {
    let desk = Desk::with("# Why?\n");
    refused(
        &desk.sim(&["check", "nowhere/absent.toml"]),
        &["cannot read the scenario nowhere/absent.toml", "`sim list`"],
    );
    std::fs::write(desk.file(), [0x23, 0xff, 0xfe]).unwrap();
    refused(&desk.sim(&["check", "mine"]), &["mine.toml", "UTF-8"]);
}

#[test]
fn a_scenario_there_is_not() {
    let desk = Desk::with(&format!("# Why?\n{SINGLE}"));
    refused(
        &desk.sim(&["run", "mien"]),
        &["there is no scenario `mien`", "did you mean `mine`?"],
    );
}

#[test]
fn a_device_profile_there_is_not() {
    let desk = Desk::with(&format!("# Why?\n[disk]\nprofile = \"cloud\"\n{SINGLE}"));
    refused(
        &desk.sim(&["check", "mine"]),
        &[
            "mine.toml:3:11",
            "no device profile `cloud`",
            "did you mean `cloud-volume`?",
            "nvme",
        ],
    );
}

#[test]
fn a_malformed_device_profile() {
    let desk = Desk::with(&format!(
        "# Why?\n[disk]\nprofile = \"disk.toml\"\n{SINGLE}"
    ));
    let profile = desk.folder.path().join("scenarios/disk.toml");
    refused(
        &desk.sim(&["check", "mine"]),
        &["mine.toml:3:11", "cannot read the device profile"],
    );
    std::fs::write(profile, "cpus = \"two\"\n").unwrap();
    refused(
        &desk.sim(&["check", "mine"]),
        &[
            "disk.toml:1:8",
            "device profile is not valid",
            "a whole number",
        ],
    );
}

#[test]
fn malformed_toml() {
    let desk = Desk::with(&format!("# Why?\n[load]\nreads_per_s = = 5\n{SINGLE}"));
    refused(
        &desk.sim(&["check", "mine"]),
        &["mine.toml:3:", "not TOML", "key = value"],
    );
}

#[test]
fn no_question() {
    let desk = Desk::with(SINGLE);
    refused(
        &desk.sim(&["check", "mine"]),
        &["mine.toml:1:1", "which question", "comment line"],
    );
}

#[test]
fn several_problems_at_once() {
    let desk = Desk::with(
        "# Why?\n[load]\nreads_per_s = -5\n[disk]\npage_cache_mib = 0\nprofil = \"ssd\"\n\
         [strategies.No]\nkind = \"single-transaction\"\nrows = 5\n",
    );
    refused(
        &desk.sim(&["check", "mine"]),
        &[
            "5 things to put right",
            "mine.toml:3:15",
            "mine.toml:5:18",
            "mine.toml:6:1",
            "did you mean `profile`?",
            "mine.toml:7:1",
            "mine.toml:9:8",
        ],
    );
}

#[test]
fn a_misspelt_override() {
    let desk = Desk::with(&format!("# Why?\n{SINGLE}"));
    refused(
        &desk.sim(&["run", "mine", "--set", "load.read_per_s=5"]),
        &[
            "mine.toml with --set load.read_per_s=5:",
            "did you mean `reads_per_s`?",
            "set by --set",
        ],
    );
    refused(
        &desk.sim(&["run", "mine", "--set", "load.reads_per_s"]),
        &["there is no `=` in it", "--set path=value"],
    );
}

#[test]
fn an_override_out_of_range() {
    let desk = Desk::with(&format!(
        "# Why?\n[load]\nreads_per_s = 5 # as ever\n{SINGLE}"
    ));
    refused(
        &desk.sim(&["check", "mine", "--set", "load.reads_per_s=-1"]),
        &[
            "mine.toml with --set load.reads_per_s=-1:3:15",
            "reads_per_s = -1 # as ever",
            "-1 is too little",
        ],
    );
}

#[test]
fn a_good_scenario_is_printed_whole_and_can_be_read_back() {
    let desk = Desk::with(&format!("# Why?\n{SINGLE}"));
    let args = ["check", "mine", "--set", "disk.profile=in-memory"];
    let first = desk.sim(&args);
    assert_eq!(first.status.code(), Some(0), "{}", said(&first));
    let text = String::from_utf8(first.stdout).unwrap();
    for line in [
        "# Why?",
        "profile = \"in-memory\"",
        "horizon_s = 7200.0",
        "#   queue_depth = 1024",
    ] {
        assert!(text.contains(line), "{line} is not in: {text}");
    }
    std::fs::write(desk.file(), &text).unwrap();
    let again = desk.sim(&["check", "mine"]);
    assert_eq!(text, String::from_utf8(again.stdout).unwrap());
}

#[test]
fn the_shipped_scenarios_are_listed_with_their_questions() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // From a folder below, the scenarios of the one above are found.
    let output = sim_in(&root.join("tests"), &["list"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    for part in [
        "cold-load",
        "smoke",
        "wal-readers",
        "4 cells = (3 strategies + 1 without backfill) x 1 seed",
    ] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
}

#[test]
fn no_scenarios_is_nothing_to_judge() {
    let folder = tempfile::tempdir().unwrap();
    let output = sim_in(folder.path(), &["list"]);
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
}

#[test]
fn a_run_prints_its_options_first() {
    // Small, because it is really run.
    let small = "[dataset]\ntransmissions = 10\nobservations = 30\n[phases]\nhorizon_s = 60";
    let desk = Desk::with(&format!("# Why?\n{small}\n{SINGLE}"));
    let output = desk.sim(&["run", "mine", "--seeds", "3,5..6"]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("= [3, 5, 6]\n"), "{text}");
    assert!(text.contains("load.mix.packet_detail"), "{text}");
    refused(
        &desk.sim(&["run", "mine", "--seeds", "6..5"]),
        &["runs backwards"],
    );
}

const PROBE: &str = "[strategies.probe]\nkind = \"probe\"\n";

#[test]
fn a_listing_scenario_has_errors_of_the_same_kind() {
    let desk = Desk::with(&format!(
        "# Why?\n[upstream]\nshape = \"unifrom\"\nobjets = 5\n[client]\nslots = 0\n{PROBE}segments = 5\n"
    ));
    refused(
        &desk.sim(&["check", "mine", "--set", "crash.at_pag=3"]),
        &[
            "5 things to put right",
            "mine.toml:3:9",
            "did you mean `uniform`?",
            "mine.toml:4:1",
            "there is no key `objets`",
            "did you mean `objects`?",
            "mine.toml:6:9",
            "client.slots: 0 is too little",
            "choose from 1 to 1000",
            "mine.toml:9:12",
            "kind `probe` does not take `segments`",
            "set by --set",
            "did you mean `at_page`?",
        ],
    );
}

#[test]
fn a_listing_scenario_where_only_others_are_taken() {
    let desk = Desk::with(&format!("# Why?\n[upstream]\n{PROBE}"));
    refused(
        &desk.sim(&["serve", "mine"]),
        &[
            "`mine` is a listing scenario",
            "neither `[upstream]` nor `[items]`",
        ],
    );
}

const STORE: &str = "[strategies.store]\nkind = \"store\"\n";

#[test]
fn a_processing_scenario_has_errors_of_the_same_kind() {
    let desk = Desk::with(&format!(
        "# Why?\n[items]\ncuont = 5\ntouches = 0\n[effect]\ninputs = 5\n[[lock]]\nafter_s = 0\n\
         for_s = 1\n[clients]\n{STORE}segments = 5\n"
    ));
    refused(
        &desk.sim(&["check", "mine", "--set", "objective.times_wipe=2"]),
        &[
            "7 things to put right",
            "mine.toml:3:1",
            "did you mean `count`?",
            "mine.toml:10:2",
            "did you mean `client`? It is for listing scenarios, those with `[upstream]`",
            "there is no key `segments`",
            "mine.toml:4:11",
            "items.touches: 0 is too little",
            "mine.toml:8:11",
            "lock.0.after_s: 0 disturbs a backfill that has not begun",
            "set by --set",
            "compared with a strategy of kind `wipe`, and there is none",
            "mine.toml:6:10",
            "effect.inputs: no item asks the effect",
        ],
    );
}

#[test]
fn a_processing_scenario_where_only_others_are_taken() {
    let desk = Desk::with(&format!("# Why?\n[items]\n{STORE}"));
    refused(
        &desk.sim(&["serve", "mine"]),
        &["`mine` is a processing scenario", "neither `[upstream]`"],
    );
    refused(
        &desk.sim(&["run", "mine", "--shape", "sparse"]),
        &["scenario `mine` has no shapes", "leave out `--shape`"],
    );
    refused(
        &desk.sim(&["run", "mine", "--strategy", "stor"]),
        &["no strategy `stor`", "did you mean `store`?"],
    );
}

#[test]
fn a_shape_the_scenario_has_not() {
    let desk = Desk::with(&format!(
        "# Why?\nshapes = [\"sparse\"]\n[upstream]\n{PROBE}"
    ));
    refused(
        &desk.sim(&["run", "mine", "--shape", "empty"]),
        &["scenario `mine` has no shape `empty`", "shapes: sparse"],
    );
    refused(
        &desk.sim(&["run", "mine", "--shape", "spars"]),
        &["a similar value exists: 'sparse'"],
    );
    let other = Desk::with(&format!("# Why?\n{SINGLE}"));
    refused(
        &other.sim(&["run", "mine", "--shape", "sparse"]),
        &["scenario `mine` has no shapes", "leave out `--shape`"],
    );
}
