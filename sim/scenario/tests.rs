//! A scenario from its text to the checked whole.

use std::path::Path;

use proptest::prelude::*;

use super::*;

const SINGLE: &str = "[strategies.single-transaction]\nkind = \"single-transaction\"\n";

fn parsed(text: &str, overrides: &[String]) -> Result<Scenario, ScenarioError> {
    check("x", Source::new("x.toml", text, overrides)?)
}

fn problems(text: &str, overrides: &[&str]) -> Vec<Problem> {
    let overrides: Vec<String> = overrides.iter().map(|&one| one.to_owned()).collect();
    match parsed(text, &overrides) {
        Err(ScenarioError::Invalid { problems, .. }) => problems,
        Err(other) => panic!("{other}"),
        Ok(_) => Vec::new(),
    }
}

fn only(text: &str, overrides: &[&str]) -> Problem {
    let mut problems = problems(text, overrides);
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.remove(0)
}

#[test]
fn the_shipped_scenarios_load() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let names = names(&folder).unwrap();
    assert!(names.iter().any(|name| name == "cold-load"), "{names:?}");
    for name in names {
        let path = folder.join(format!("{name}.toml"));
        let loaded = load_any(&path.display().to_string(), &[])
            .map_err(|e| format!("{:?}", miette::Report::new(e)))
            .unwrap();
        assert_eq!(loaded.name(), name);
        assert!(loaded.question().ends_with('?'), "{}", loaded.question());
    }
}

#[test]
fn the_schema_knows_every_key_of_the_shipped_scenarios() {
    let schema = schema();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    for name in names(&folder).unwrap() {
        let text = std::fs::read_to_string(folder.join(format!("{name}.toml"))).unwrap();
        let table: toml::Table = toml::from_str(&text).unwrap();
        let family = Family::of(|key| table.contains_key(key));
        assert_described(&schema, &schema["oneOf"][family as usize], &table, &name);
    }
}

fn assert_described(
    root: &serde_json::Value,
    at: &serde_json::Value,
    table: &toml::Table,
    path: &str,
) {
    // A table that may be left out is described as one of two: itself, or null.
    let given = at["anyOf"].get(0).unwrap_or(at);
    let target = given["$ref"].as_str().unwrap_or("#");
    let at = match target.strip_prefix("#/$defs/") {
        Some(name) => &root["$defs"][name],
        None => at,
    };
    for (key, value) in table {
        let mut described = &at["properties"][key];
        if described.is_null() && at["additionalProperties"].is_object() {
            described = &at["additionalProperties"];
        }
        assert!(!described.is_null(), "{path}.{key} is not in the schema");
        if let toml::Value::Table(inner) = value {
            assert_described(root, described, inner, &format!("{path}.{key}"));
        }
    }
}

#[test]
fn the_question_is_required() {
    let problem = only(SINGLE, &[]);
    assert!(problem.to_string().contains("which question"), "{problem}");
    assert!(problem.place.is_some());
}

#[test]
fn wrong_structure_and_wrong_values_are_reported_together() {
    let text = format!("# Why?\n[load]\nreads = 1\nobservations_per_s = -1\n{SINGLE}rows = 3\n");
    let found: Vec<String> = problems(&text, &[])
        .iter()
        .map(|p| p.path.to_string())
        .collect();
    assert_eq!(
        found,
        [
            "load",
            "load.observations_per_s",
            "strategies.single-transaction.rows"
        ]
    );
}

#[test]
fn a_refused_strategy_is_not_missed_a_second_time() {
    let problem = only("# Why?\n[strategies.a]\nrows = 3\n", &[]);
    assert_eq!(problem.path.to_string(), "strategies.a");
}

#[test]
fn a_default_at_fault_is_called_one() {
    let text = format!("# Why?\n[dataset]\ntransmissions = 2_000_000\n{SINGLE}");
    let problem = only(&text, &[]);
    assert_eq!(problem.path.to_string(), "dataset.observations");
    assert!(problem.place.is_none());
    assert!(problem.help.unwrap().contains("default"));
}

#[test]
fn an_override_reaches_a_strategy_by_its_name() {
    let text =
        "# Why?\n[strategies.fixed-500-100ms]\nkind = \"chunked\"\nrows = 500\npause_ms = 100\n";
    let set = ["strategies.fixed-500-100ms.rows=200".to_owned()];
    let scenario = parsed(text, &set).map_err(|e| e.to_string()).unwrap();
    assert_eq!(scenario.model.strategies["fixed-500-100ms"].rows, Some(200));
    let misspelt = only(text, &["strategies.fixed-50-100ms.rows=200"]);
    assert!(
        misspelt
            .help
            .unwrap()
            .contains("did you mean `fixed-500-100ms`?")
    );
}

#[test]
fn an_override_is_shown_as_such() {
    let text = format!("# Why?\n[load]\nreads_per_s = 1\n{SINGLE}");
    let place = only(&text, &["load.reads_per_s=-1"]).place.unwrap();
    assert_eq!(place.source.name(), "x.toml with --set load.reads_per_s=-1");
    let typo = only(&text, &["load.read_per_s=1"]);
    assert!(typo.help.unwrap().contains("did you mean `reads_per_s`?"));
    assert!(typo.place.is_some());
}

#[test]
fn a_missing_profile_lists_those_there_are() {
    let text = format!("# Why?\n[disk]\nprofile = \"nvne\"\n{SINGLE}");
    let problem = only(&text, &[]);
    assert_eq!(problem.path.to_string(), "disk.profile");
    let help = problem.help.unwrap();
    assert!(
        help.contains("did you mean `nvme`?") && help.contains("sd-card"),
        "{help}"
    );
}

#[test]
fn a_profile_of_ones_own_lies_beside_the_scenario() {
    let folder = tempfile::tempdir().unwrap();
    let profile = DeviceProfile::built_in("ssd").unwrap();
    let scenario = folder.path().join("mine.toml");
    let text = format!("# Why?\n[disk]\nprofile = \"device.toml\"\n{SINGLE}");
    std::fs::write(&scenario, text).unwrap();
    let loaded = || load(&scenario.display().to_string(), &[]);
    assert!(matches!(loaded(), Err(ScenarioError::Invalid { .. })));
    let device = folder.path().join("device.toml");
    std::fs::write(&device, profile.to_toml()).unwrap();
    assert_eq!(
        loaded().map_err(|e| e.to_string()).unwrap().profile,
        profile
    );
    std::fs::write(
        &device,
        profile
            .to_toml()
            .replace("queue_depth = 13", "queue_depth = 0"),
    )
    .unwrap();
    let Err(ScenarioError::Invalid { problems, .. }) = loaded() else {
        panic!("accepted");
    };
    assert!(
        problems[0]
            .to_string()
            .contains("`queue_depth` is out of range")
    );
}

#[test]
fn strategies_are_kept_by_name() {
    let text =
        format!("# Why?\nseeds = [1, 2]\n{SINGLE}[strategies.b]\nkind = \"single-transaction\"\n");
    let mut scenario = parsed(&text, &[]).map_err(|e| e.to_string()).unwrap();
    assert_eq!(scenario.cells(), 6);
    let error = scenario
        .keep_strategies(&["single-transactoin".to_owned()])
        .unwrap_err();
    assert!(error.help.contains("did you mean `single-transaction`?"));
    scenario.keep_strategies(&["b".to_owned()]).unwrap();
    assert_eq!(scenario.cells(), 4);
}

#[test]
fn a_scenario_of_another_family_is_told_apart_by_its_table() {
    let probe = "# Why?\n[strategies.probe]\nkind = \"probe\"\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("filled.toml");
    let path = path.to_str().unwrap();
    std::fs::write(path, format!("{probe}[upstream]\n")).unwrap();
    let set = ["upstream.objects=7".to_owned()];
    let Loaded::Listing(scenario) = load_any(path, &set).unwrap() else {
        panic!("it has `[upstream]`");
    };
    assert_eq!(scenario.model.upstream.objects, 7);
    // Whoever does not know the family is told so, and not of keys there are not.
    let refused = load(path, &[]).unwrap_err();
    assert!(
        refused
            .to_string()
            .starts_with("`filled` is a listing scenario")
    );
    let store = "# Why?\n[items]\n[strategies.store]\nkind = \"store\"\n";
    std::fs::write(path, store).unwrap();
    assert!(matches!(load_any(path, &[]), Ok(Loaded::Processing(_))));
    let refused = load(path, &[]).unwrap_err();
    assert!(
        refused
            .to_string()
            .starts_with("`filled` is a processing scenario")
    );
    // With the tables of two it is of the first of them.
    let Err(ScenarioError::Invalid { problems, .. }) = load_any(path, &set) else {
        panic!("items are of another family");
    };
    let help = problems
        .iter()
        .find(|one| one.to_string() == "there is no key `items`");
    assert_eq!(
        help.and_then(|one| one.help.as_deref()),
        Some("it is for processing scenarios, those with `[items]`")
    );
    std::fs::write(path, probe).unwrap();
    assert!(matches!(load_any(path, &set), Ok(Loaded::Listing(_))));
    assert!(matches!(
        load(path, &[]),
        Err(ScenarioError::Invalid { .. })
    ));
}

#[test]
fn keys_of_other_families_are_known_as_such() {
    for (key, help) in [
        (
            "upsteam",
            "did you mean `upstream`? It is for listing scenarios, those with `[upstream]`",
        ),
        (
            "client",
            "it is for listing scenarios, those with `[upstream]`",
        ),
        (
            "poison",
            "it is for processing scenarios, those with `[items]`",
        ),
        (
            "crash",
            "it is for listing scenarios, those with `[upstream]`, and processing scenarios, those \
             with `[items]`",
        ),
        ("databse", "did you mean `database`? keys here: "),
    ] {
        let problem = only(&format!("# Why?\n[{key}]\n{SINGLE}"), &[]);
        let said = problem.help.unwrap();
        assert!(said.starts_with(help), "{said}");
    }
}

#[test]
fn lists_of_tables_are_refused_like_anything_else() {
    let found = problems("# Why?\n[[strategies]]\nkind = \"chunked\"\n", &[]);
    assert!(!found.is_empty());
}

/// Bits of scenario files, right and wrong.
const BITS: [&str; 24] = [
    "# Why?\n",
    "[load]\n",
    "[laod]\n",
    "[strategies.a]\n",
    "[[strategies]]\n",
    "[strategies]\n",
    "kind = \"chunked\"\n",
    "kind = 3\n",
    "rows = 0\n",
    "rows = -1\n",
    "pause_ms = 10\n",
    "a = { kind = \"chunked\", row = 1 }\n",
    "load.mix = { stats = \"ä\" }\n",
    "mix.stats = -1\n",
    "reads_per_s = nan\n",
    "seeds = [1, 1]\n",
    "seeds = 1979-05-27\n",
    "[disk]\n",
    "é = \"ü\"\n",
    "profile = \"x.toml\"\n",
    "[phases]\n",
    "horizon_s = inf\n",
    "\"",
    "{ \n",
];

proptest! {
    /// However bad a file is, the answer is a scenario or a list of what is wrong, never a panic,
    /// and every place shown lies in the text it is shown in.
    #[test]
    fn nothing_an_author_writes_is_too_bad_to_be_answered(
        bits in proptest::collection::vec(0..BITS.len(), 0..12),
        set in proptest::option::of(0..BITS.len()),
    ) {
        let text: String = bits.iter().map(|&bit| BITS[bit]).collect();
        let overrides: Vec<String> = set
            .iter()
            .flat_map(|&bit| [format!("strategies.a={}", BITS[bit]), BITS[bit].to_owned()])
            .filter(|given| given.contains('='))
            .take(1)
            .collect();
        match parsed(&text, &overrides) {
            Ok(scenario) => prop_assert!(!scenario.model.strategies.is_empty()),
            Err(error) => {
                if let ScenarioError::Invalid { problems, .. } = &error {
                    prop_assert!(!problems.is_empty());
                }
                let shown = format!("{:?}", miette::Report::new(error));
                prop_assert!(!shown.contains("Failed to read"), "{}", shown);
            }
        }
    }
}
