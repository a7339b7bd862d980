//! A stash scenario from its text to the checked whole.

use super::*;
use crate::scenario::{Problem, ScenarioError, Source};

const FIFO: &str = "[strategies.fifo]\nkind = \"fifo\"\n";
const BUSY: &str = "[workloads.busy]\nload = 0.9\n";

fn parsed(text: &str) -> Result<Scenario, ScenarioError> {
    Scenario::check("x", Source::new("x.toml", text, &[])?)
}

fn problems(text: &str) -> Vec<Problem> {
    match parsed(&format!("# Why?\n{text}\n{FIFO}")) {
        Err(ScenarioError::Invalid { problems, .. }) => problems,
        Err(other) => panic!("{other}"),
        Ok(_) => Vec::new(),
    }
}

/// The only thing that is wrong with `text` and one strategy.
#[track_caller]
fn only(text: &str) -> String {
    let problems = problems(text);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].place.is_some() && problems[0].help.is_some());
    problems[0].to_string()
}

#[test]
fn what_is_not_said_is_as_the_stash_has_it() {
    let scenario = parsed(&format!("# Why?\n[stash]\n{BUSY}{FIFO}")).unwrap();
    let real = backfill::stash::Settings::default();
    let stash = &scenario.model.stash;
    assert_eq!(stash.capacity_bytes, real.capacity.bytes);
    assert_eq!(stash.capacity_payloads, real.capacity.payloads);
    assert_eq!(stash.waiting_bytes, real.waiting.bytes);
    assert_eq!(stash.waiting_payloads, real.waiting.payloads);
    assert_eq!(u128::from(stash.ttl_ms), real.ttl.as_millis());
    assert_eq!(u128::from(stash.wait_ms), real.wait.as_millis());
    assert_eq!(stash.owner_percent, real.owner_percent);
    assert_eq!(scenario.cells(), 1);
    let again = parsed(&scenario.to_toml()).unwrap();
    assert_eq!(again.model, scenario.model);
    assert_eq!(again.hash(), scenario.hash());
}

#[test]
fn requests_need_a_workload_and_a_workload_one_measure() {
    assert_eq!(
        only("[stash]"),
        "stash: nothing is asked for, so nothing would happen"
    );
    for workload in ["", "load = 0.9\nrate_per_s = 3"] {
        let said = only(&format!("[stash]\n[workloads.busy]\n{workload}"));
        assert_eq!(
            said,
            "workloads.busy: it takes one of `load` and `rate_per_s`"
        );
    }
    assert_eq!(
        only("[stash]\n[workloads.busy]\nload = -1"),
        "workloads.busy.load: -1 is too little"
    );
    let many = only("[stash]\n[workloads.busy]\nrate_per_s = 1e6");
    assert!(many.contains("make 10000000"), "{many}");
}

#[test]
fn a_script_is_about_its_own_puts() {
    let put = "[[put]]\nname = \"a\"\nat_ms = 0\nbytes = 5\n";
    assert!(problems(&format!("[stash]\n{put}")).is_empty());
    for (more, path) in [
        (BUSY, "workloads"),
        ("[requests]\nowners = 2\n", "requests"),
        (put, "put.1.name"),
        ("[[take]]\nput = \"b\"\nat_ms = 0\n", "take.0.put"),
        (
            "[[take]]\nput = \"a\"\nat_ms = 0\ntimes = 2\n",
            "take.0.times",
        ),
        (
            "[[expect]]\nput = \"a\"\nstrategy = \"fivo\"\nstored = true\n",
            "expect.0.strategy",
        ),
        (
            "[[expect]]\nput = \"a-1\"\nstrategy = \"fifo\"\nstored = true\n",
            "expect.0.put",
        ),
    ] {
        let said = only(&format!("[stash]\n{put}{more}"));
        assert!(said.starts_with(&format!("{path}: ")), "{said}");
    }
    let take = "[[take]]\nput = \"a\"\nat_ms = 0\n";
    let said = only(&format!("[stash]\n{BUSY}{take}"));
    assert_eq!(said, "take: there is no `[[put]]` that it could be about");
}

#[test]
fn what_never_fits_and_what_nobody_could_measure_is_refused() {
    let said = only(&format!(
        "[stash]\ncapacity_bytes = 10_000_000\n{BUSY}[requests]\nmost_bytes = 8_388_608\n"
    ));
    assert!(
        said.starts_with("requests.most_bytes: 8388608 B are more"),
        "{said}"
    );
    let said = only(&format!(
        "[stash]\n{BUSY}[objective]\nfallbacks_of_immediate = 0.05\n"
    ));
    assert!(
        said.starts_with("objective.fallbacks_of_immediate: it takes exactly one"),
        "{said}"
    );
    let said = only(&format!("[stash]\nowner_percent = 101\n{BUSY}"));
    assert_eq!(said, "stash.owner_percent: 101 is too much");
    let said = only(&format!("[stash]\n{BUSY}[requests]\nmedian_bytes = 10\n"));
    assert!(
        said.starts_with("requests.median_bytes: 10 B are not between"),
        "{said}"
    );
    let said = only(&format!("[stash]\n{BUSY}[disk]\nprofile = \"nvme\"\n"));
    assert_eq!(said, "there is no key `disk`");
}
