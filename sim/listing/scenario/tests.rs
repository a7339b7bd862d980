//! A listing scenario from its text to the checked whole.

use super::*;
use crate::scenario::MustFail;
use crate::upstream::Shape;

const PROBE: &str = "[strategies.probe]\nkind = \"probe\"\n";

fn parsed(text: &str, overrides: &[&str]) -> Result<Scenario, ScenarioError> {
    let overrides: Vec<String> = overrides.iter().map(|&one| one.to_owned()).collect();
    check("x", Source::new("x.toml", text, &overrides)?)
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

/// The only thing that is wrong with `[upstream]`, `text` and one strategy, with its help.
#[track_caller]
fn only(text: &str) -> (String, String, Problem) {
    let mut problems = problems(&format!("# Why?\n{text}\n{PROBE}"), &[]);
    assert_eq!(problems.len(), 1, "{problems:?}");
    let problem = problems.remove(0);
    let help = problem.help.clone().unwrap_or_default();
    (problem.to_string(), help, problem)
}

/// What a problem underlines.
fn underlined(problem: &Problem) -> String {
    let place = problem.place.as_ref().unwrap();
    let text = place.source.inner();
    text[place.span.offset()..place.span.offset() + place.span.len()].to_owned()
}

#[test]
fn what_is_not_said_has_a_default() {
    let scenario = scenario(&format!("# Why?\n[upstream]\n{PROBE}"));
    let model = &scenario.model;
    assert_eq!(model.client.page, 100);
    assert_eq!(model.client.slots, 15);
    assert_eq!(model.client.rate_per_s, Some(25.0), "as the API's");
    assert_eq!(model.must_fail.0.len(), StrategyKind::CHEATS.len());
    assert_eq!(model.controls(), StrategyKind::CHEATS);
    assert!((model.phases.horizon_s - 43_200.0).abs() < f64::EPSILON);
    assert!((model.phases.baseline_s).abs() < f64::EPSILON);
    assert_eq!(scenario.cells(), 1, "nobody reads");
}

#[test]
fn a_slower_client_stays_slower() {
    let text = format!("# Why?\n[upstream]\n[client]\nrate_per_s = 10\n{PROBE}");
    assert_eq!(scenario(&text).model.client.rate_per_s, Some(10.0));
}

#[test]
fn everything_wrong_is_said_at_once() {
    let text = format!(
        "[upstream]\nobjets = 5\n[client]\npage = 0\nslots = \"x\"\n[load]\nreads_per_s = -1\n\
         [dataset]\n{PROBE}segments = 3\n"
    );
    let found: Vec<String> = problems(&text, &[])
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        found,
        [
            "the scenario does not say which question it answers",
            "upstream: there is no key `objets`",
            "client.slots: string \"x\" does not fit here",
            "there is no key `dataset`",
            "client.page: 0 is too little",
            "load.reads_per_s: -1 is too little",
            "strategies.probe.segments: kind `probe` does not take `segments`",
        ]
    );
}

#[test]
fn keys_of_the_other_family_are_known_as_such() {
    let (said, help, problem) = only("[upstream]\n[dataset]\ntransmissions = 5");
    assert_eq!(said, "there is no key `dataset`");
    assert_eq!(
        help,
        "it is for scenarios with neither `[upstream]` nor `[items]` nor `[pipeline]` nor `[stash]` nor \
         `[views]`"
    );
    assert_eq!(underlined(&problem), "dataset");
    let (_, help, _) = only("[upstream]\n[datasets]");
    assert!(help.starts_with("did you mean `dataset`?"), "{help}");
    let (_, help, _) = only("[upstream]\n[cleint]");
    assert!(help.starts_with("did you mean `client`?"), "{help}");
}

#[test]
fn an_option_another_stands_for_is_refused() {
    for (text, path, by) in [
        (
            "shapes = [\"sparse\"]\n[upstream]\nshape = \"empty\"",
            "upstream.shape",
            "shapes",
        ),
        (
            "[upstream]\nobjects = 5\n[streams]",
            "upstream.objects",
            "streams",
        ),
        (
            "[upstream]\nfile = \"x.csv\"\nyears = 5",
            "upstream.years",
            "upstream.file",
        ),
        (
            "[upstream]\nfile = \"x.csv\"\nshape = \"empty\"",
            "upstream.shape",
            "upstream.file",
        ),
        (
            "[upstream]\nfile = \"x.csv\"\nobjects = 5",
            "upstream.objects",
            "upstream.file",
        ),
    ] {
        let (said, _, problem) = only(text);
        assert_eq!(said, format!("{path}: it says nothing beside `{by}`"));
        assert!(problem.place.is_some());
    }
}

#[test]
fn a_resolved_scenario_is_the_same_scenario() {
    for text in [
        "[upstream]\n",
        "shapes = [\"uniform\", \"ties-at-page-edges\"]\n[upstream]\nobjects = 7\n",
        "[upstream]\n[streams]\nsmall = 3\n[client]\nlimit = 200\nrate_per_s = 3\n",
        "[upstream]\n[upstream.faults]\nstorm = [{ after_s = 1, for_s = 2 }]\n[crash]\n\
         at_page = 3\nhow = \"asked\"\n[partition]\nafter_s = 3\nfor_s = 5\n",
        "[upstream]\n[load]\nreads_per_s = 5\nprefilled = 10\n[phases]\nbaseline_s = 30\n[sink]\n\
         pacer = \"reader-slo\"\ntimes_no_backfill = 3.0\n[objective]\nreader_p95_times = 3\n",
    ] {
        let first = scenario(&format!("# Why?\n{text}{PROBE}"));
        let again = scenario(&first.to_toml());
        assert_eq!(first.model, again.model);
        assert_eq!(first.question, again.question);
        assert_eq!(first.hash(), again.hash());
    }
}

#[test]
fn every_option_is_listed_with_its_default() {
    let text = format!("# Why?\n[upstream]\n[crash]\nat_page = 2\n{PROBE}");
    let options = scenario(&text).options_block();
    let value = |path: &str| {
        let found = options.iter().filter(|(other, _)| other == path);
        let values: Vec<&str> = found.map(|(_, value)| value.as_str()).collect();
        assert!(values.len() < 2, "{path}: {values:?}");
        values.first().copied()
    };
    for (path, shown) in [
        ("upstream.shape", "\"uniform\""),
        ("upstream.file", "none"),
        ("upstream.faults.storm", "none"),
        ("client.rate_per_s", "25.0"),
        ("client.limit", "none"),
        ("streams", "none"),
        ("sink.rows", "1000"),
        ("database.file", "none"),
        ("disk.free_mib", "none"),
        ("crash.at_page", "2"),
        ("crash.how", "\"killed\""),
        ("partition", "none"),
        ("objective.times_floor", "1.02"),
        ("objective.reader_p95_times", "none"),
    ] {
        assert_eq!(value(path), Some(shown), "{path}");
    }
    assert_eq!(value("crash"), None);
    let at = |path: &str| options.iter().position(|(other, _)| other == path).unwrap();
    assert_eq!(at("partition"), at("crash.how") + 1);
    assert_eq!(options[0].0, "seeds");
    assert_eq!(options.last().unwrap().0, "strategies.probe.role");
}

#[test]
fn the_hash_follows_what_shapes_the_result_and_nothing_else() {
    let text = format!("# Why?\n[upstream]\nobjects = 25\n{PROBE}");
    let first = scenario(&text);
    let hash = first.hash();
    assert_eq!(hash.len(), 64);
    assert_eq!(hash, scenario(&text.replace("Why", "How")).hash());
    assert_ne!(hash, scenario(&text.replace("25", "26")).hash());
    let mut other = first.clone();
    other.name = "another".to_owned();
    other.model.disk.profile = "elsewhere/ssd.toml".to_owned();
    assert_eq!(hash, other.hash());
    other.profile.sync_ns += 1;
    assert_ne!(hash, other.hash());
}

#[test]
fn a_file_of_ones_own_counts_by_what_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.toml");
    let load = |name: &str, set: &[&str]| {
        let text = format!("# Why?\n[upstream]\nfile = \"{name}\"\n{PROBE}");
        let set: Vec<String> = set.iter().map(|&one| one.to_owned()).collect();
        check(
            "x",
            Source::new(path.to_str().unwrap(), &text, &set).unwrap(),
        )
    };
    let Err(ScenarioError::Invalid { problems, .. }) = load("invoices.csv", &[]) else {
        panic!("there is no such file");
    };
    assert_eq!(underlined(&problems[0]), "\"invoices.csv\"");
    assert!(
        problems[0]
            .help
            .as_ref()
            .unwrap()
            .contains("readable CSV file")
    );
    let times = "2026-01-01T00:00:00Z\n2026-01-02T00:00:00Z\n";
    std::fs::write(folder.path().join("invoices.csv"), times).unwrap();
    std::fs::write(folder.path().join("copy.csv"), times).unwrap();
    std::fs::write(folder.path().join("other.csv"), "2026-01-01T00:00:00Z\n").unwrap();
    let [invoices, copy, other] = ["invoices", "copy", "other"].map(|name| {
        load(&format!("{name}.csv"), &[])
            .map_err(|e| format!("{:?}", miette::Report::new(e)))
            .unwrap()
    });
    assert_eq!(invoices.objects(), 2);
    assert_eq!(invoices.hash(), copy.hash());
    assert_ne!(invoices.hash(), other.hash());
    let upstreams = invoices.upstreams();
    assert_eq!(upstreams.len(), 1);
    assert_eq!(upstreams[0].0, "invoices");
    let seen = upstreams[0].1.file.as_ref().unwrap();
    assert!(std::path::Path::new(seen).exists(), "{seen}");
    let toml = invoices.to_toml();
    assert!(
        !toml.contains("shape") && !toml.contains("objects"),
        "{toml}"
    );
    // A crash at a page there is not would be none.
    let crashed = load("invoices.csv", &["client.page=1", "crash.at_page=3"]);
    let Err(ScenarioError::Invalid { problems, .. }) = crashed else {
        panic!("two pages");
    };
    assert_eq!(problems[0].to_string(), "crash.at_page: 3 is too much");
}

#[test]
fn a_part_of_a_scenario_is_kept_by_name() {
    let text = "# Why?\nseeds = [1, 2]\nshapes = [\"uniform\", \"sparse\", \"empty\"]\n[upstream]\n\
                [strategies.a]\nkind = \"probe\"\n[strategies.b]\nkind = \"adaptive\"\n";
    let mut one = scenario(text);
    assert_eq!(one.cells(), 12);
    assert_eq!(one.objects(), 20_000, "uniform and sparse");
    let error = one.keep_strategies(&["c".to_owned()]).unwrap_err();
    assert!(error.help.contains("strategies: a, b"), "{error:?}");
    one.keep_strategies(&["b".to_owned()]).unwrap();
    let error = one
        .keep_shapes(&[Shape::Empty, Shape::Dormant])
        .unwrap_err();
    assert_eq!(error.shape, "dormant");
    assert!(error.help.contains("uniform, sparse, empty"), "{error:?}");
    one.keep_shapes(&[Shape::Empty, Shape::Uniform]).unwrap();
    let names: Vec<String> = one.upstreams().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["uniform", "empty"], "in the order of the file");
    assert_eq!(one.cells(), 4);
    one.model.load.reads_per_s = 1.0;
    assert_eq!(one.cells(), 8, "and without a backfill");
    let mut single = scenario(&format!("# Why?\n[upstream]\nshape = \"dormant\"\n{PROBE}"));
    assert!(single.keep_shapes(&[Shape::Uniform]).is_err());
    single.keep_shapes(&[Shape::Dormant]).unwrap();
    assert_eq!(single.upstreams()[0].0, "dormant");
}

#[test]
fn controls_are_those_that_are_listed_and_not_taken() {
    let text = "# Why?\nmust_fail = [\"state-first\", \"limit-completes\"]\n[upstream]\n\
                [strategies.state-first]\nkind = \"state-first\"\nrole = \"control\"\n";
    let model = scenario(text).model;
    assert_eq!(
        model.must_fail,
        MustFail(vec!["state-first".to_owned(), "limit-completes".to_owned()])
    );
    assert_eq!(model.controls(), [StrategyKind::LimitCompletes]);
}
