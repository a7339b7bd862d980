//! A processing scenario from its text to the checked whole.

use super::*;
use crate::scenario::{MustFail, Problem};
use crate::scenario::{ScenarioError, Source};

const STORE: &str = "[strategies.store]\nkind = \"store\"\n";

fn parsed(text: &str, overrides: &[&str]) -> Result<Scenario, ScenarioError> {
    let overrides: Vec<String> = overrides.iter().map(|&one| one.to_owned()).collect();
    Scenario::check("x", Source::new("x.toml", text, &overrides)?)
}

fn scenario(text: &str) -> Scenario {
    parsed(text, &[])
        .map_err(|e| format!("{:?}", miette::Report::new(e)))
        .unwrap()
}

fn problems(text: &str, overrides: &[&str]) -> Vec<Problem> {
    match parsed(text, overrides) {
        Err(ScenarioError::Invalid { problems, .. }) => problems,
        Err(other) => panic!("{other}"),
        Ok(_) => Vec::new(),
    }
}

/// The only thing that is wrong with `text` and one strategy, with its help.
#[track_caller]
fn only(text: &str) -> (String, String) {
    let mut problems = problems(&format!("# Why?\n{text}\n{STORE}"), &[]);
    assert_eq!(problems.len(), 1, "{problems:?}");
    let problem = problems.remove(0);
    assert!(problem.place.is_some(), "{problem}");
    let help = problem.help.clone().unwrap_or_default();
    (problem.to_string(), help)
}

#[test]
fn what_is_not_said_has_a_default() {
    let scenario = scenario(&format!("# Why?\n[items]\n{STORE}"));
    let model = &scenario.model;
    assert_eq!(model.items.batch, 5_000);
    assert_eq!(model.budget.objects, 100_000);
    assert_eq!(model.controls(), StrategyKind::CHEATS);
    assert!((model.phases.horizon_s - 43_200.0).abs() < f64::EPSILON);
    assert_eq!(scenario.cells(), 1, "nobody reads");
}

#[test]
fn everything_wrong_is_said_at_once() {
    let text = format!(
        "[items]\ncuont = 5\nbatch = 0\naccounts = \"x\"\n[load]\nreads_per_s = -1\n[upstream]\n\
         {STORE}slots = 3\n"
    );
    let found: Vec<String> = problems(&text, &["crash.at_wirte=3"])
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        found,
        [
            "the scenario does not say which question it answers",
            "items: there is no key `cuont`",
            "items.accounts: string \"x\" does not fit here",
            "there is no key `upstream`",
            "strategies.store: there is no key `slots`",
            "crash: there is no key `at_wirte`",
            "items.batch: 0 is too little",
            "load.reads_per_s: -1 is too little",
        ]
    );
}

#[test]
fn keys_of_other_families_are_known_as_such() {
    let listing = "it is for listing scenarios, those with `[upstream]`";
    let columns = "it is for scenarios with neither `[upstream]` nor `[items]`";
    for (key, help) in [
        ("client", listing),
        ("dataset", columns),
        ("itms", "did you mean `items`? keys here: "),
        ("roll_bak", "did you mean `roll_back`? keys here: "),
    ] {
        let (said, shown) = only(&format!("[items]\n[{key}]"));
        assert_eq!(said, format!("there is no key `{key}`"));
        assert!(shown.starts_with(help), "{key}: {shown}");
    }
    let (_, shown) = only("[items]\n[cleint]");
    let help = "did you mean `client`? It is for listing scenarios";
    assert!(shown.starts_with(help), "{shown}");
}

#[test]
fn what_is_said_of_an_effect_nobody_asks_is_refused() {
    for said in [
        "inputs = 5",
        "cached = true",
        "latency_ms = 5",
        "rate_per_s = 5",
        "burst = 5",
        "at_once = 5",
    ] {
        let key = said.split(' ').next().unwrap();
        let (message, help) = only(&format!("[items]\n[effect]\nshare = 0\n{said}"));
        let because = "no item asks the effect, so it says nothing";
        assert_eq!(message, format!("effect.{key}: {because}"));
        assert!(help.starts_with("raise `effect.share`"), "{help}");
    }
    let asked = format!("# Why?\n[items]\n[effect]\nshare = 0.1\ninputs = 5\n{STORE}");
    assert_eq!(scenario(&asked).model.effect.inputs, 5);
    // Of a share that cannot be read nobody knows whether it is 0.
    let (message, _) = only("[items]\n[effect]\nshare = \"x\"\ninputs = 5");
    assert!(message.starts_with("effect.share: "), "{message}");
}

#[test]
fn a_resolved_scenario_is_the_same_scenario() {
    for text in [
        "[items]\n",
        "[items]\n[effect]\nshare = 0.3\ncached = false\n[budget]\nmib = 7\n",
        "[items]\nhistory_from = 0\n[[outage]]\nafter_s = 1\nfor_s = 2\n[[outage]]\nafter_s = 5\n\
         for_s = 2.5\n[[lock]]\nafter_s = 3\nfor_s = 1\n[[roll_back]]\nat_item = 9\nto_item = 3\n\
         [poison]\nrefused = 3\n[crash]\nat_write = 2\n[objective]\nrecovery_times = 1.5\n",
        "[items]\n[crash]\nevery_write = true\nresume_after_s = 0\n[load]\nreads_per_s = 5\n\
         [objective]\nreader_p95_times = 3\n",
    ] {
        let first = scenario(&format!("# Why?\n{text}{STORE}"));
        let again = scenario(&first.to_toml());
        assert_eq!(first.model, again.model);
        assert_eq!(first.question, again.question);
        assert_eq!(first.hash(), again.hash());
    }
}

#[test]
fn every_option_is_listed_with_its_default() {
    let text = format!(
        "# Why?\n[items]\n[[outage]]\nafter_s = 1\nfor_s = 2\n[crash]\nat_write = 2\n{STORE}"
    );
    let options = scenario(&text).options_block();
    let value = |path: &str| {
        let found = options.iter().filter(|(other, _)| other == path);
        let values: Vec<&str> = found.map(|(_, value)| value.as_str()).collect();
        assert!(values.len() < 2, "{path}: {values:?}");
        values.first().copied()
    };
    for (path, shown) in [
        ("items.skew", "0.9"),
        ("effect.share", "0.0"),
        ("budget.mib", "256"),
        ("database.file", "none"),
        ("disk.free_mib", "none"),
        ("outage", "[{ after_s = 1.0, for_s = 2.0 }]"),
        ("lock", "none"),
        ("roll_back", "none"),
        ("poison", "none"),
        ("crash.at_write", "2"),
        ("crash.resume_after_s", "15.0"),
        ("objective.times_synchronous", "none"),
        ("objective.reader_p95_times", "none"),
    ] {
        assert_eq!(value(path), Some(shown), "{path}");
    }
    assert_eq!(value("effect.inputs"), None, "nobody asks it");
    assert_eq!(value("crash"), None);
    let at = |path: &str| options.iter().position(|(other, _)| other == path).unwrap();
    assert_eq!(at("lock"), at("outage") + 1);
    assert_eq!(
        at("objective.times_synchronous"),
        at("crash.resume_after_s") + 1
    );
    assert_eq!(
        at("strategies.store.kind"),
        at("objective.reader_p95_times") + 1
    );
    assert_eq!(options[0].0, "seeds");
    assert_eq!(options.last().unwrap().0, "strategies.store.role");
}

#[test]
fn the_hash_follows_what_shapes_the_result_and_nothing_else() {
    let text = format!("# Why?\n[items]\ncount = 25_000\n{STORE}");
    let first = scenario(&text);
    let hash = first.hash();
    assert_eq!(hash.len(), 64);
    assert_eq!(hash, scenario(&text.replace("Why", "How")).hash());
    assert_ne!(hash, scenario(&text.replace("25_000", "26_000")).hash());
    let mut other = first;
    other.name = "another".to_owned();
    other.model.disk.profile = "elsewhere/ssd.toml".to_owned();
    assert_eq!(hash, other.hash());
    other.device.as_mut().unwrap().sync_ns += 1;
    assert_ne!(hash, other.hash());
}

#[test]
fn a_part_of_a_scenario_is_kept_by_name() {
    let text = "# Why?\nseeds = [1, 2]\n[items]\n[load]\nreads_per_s = 1\n\
                [strategies.a]\nkind = \"wipe\"\n[strategies.b]\nkind = \"store\"\n";
    let mut one = scenario(text);
    assert_eq!(one.cells(), 6, "and without any processing");
    let error = one.keep_strategies(&["c".to_owned()]).unwrap_err();
    assert!(error.help.contains("strategies: a, b"), "{error:?}");
    one.keep_strategies(&["b".to_owned()]).unwrap();
    assert_eq!(one.cells(), 4);
    one.model.load.reads_per_s = 0.0;
    assert_eq!(one.cells(), 2);
}

#[test]
fn controls_are_those_that_are_listed_and_not_taken() {
    let text = "# Why?\nmust_fail = [\"gate-open\", \"queued-twice\"]\n[items]\n\
                [strategies.gate-open]\nkind = \"gate-open\"\nrole = \"control\"\n";
    let model = scenario(text).model;
    let listed = ["gate-open", "queued-twice"].map(str::to_owned);
    assert_eq!(model.must_fail, MustFail(listed.to_vec()));
    assert_eq!(model.controls(), [StrategyKind::QueuedTwice]);
}
