//! Which verdict comes before which, and what it says.

use super::*;

fn caught() -> Standing {
    Standing::Caught {
        oracle: "memory".to_owned(),
    }
}

fn incorrect() -> Standing {
    Standing::Incorrect {
        oracle: "rows".to_owned(),
        detail: "3 of 4 rows".to_owned(),
    }
}

fn unfinished() -> Standing {
    Standing::Unfinished {
        why: "was killed".to_owned(),
    }
}

fn no_data() -> Standing {
    Standing::NoData {
        missing: vec!["times_wipe"],
    }
}

fn misses(by: f64) -> Standing {
    Standing::Misses(vec![Miss {
        name: "times_wipe",
        by,
        phrase: format!("off by {by}"),
    }])
}

/// A docket of a candidate and a baseline with these standings and a built-in control.
fn with<T>(
    candidate: &[Standing],
    baseline: Standing,
    control: Standing,
    ask: impl Fn(&Docket<'_>) -> T,
) -> T {
    let seeds = |all: &'_ [Standing]| -> Vec<u64> { (1..=all.len() as u64).collect() };
    let docket = Docket {
        strategies: vec![
            Case {
                name: "wipe",
                role: Role::Baseline,
                standings: vec![(1, &baseline)],
            },
            Case {
                name: "store",
                role: Role::Candidate,
                standings: seeds(candidate).into_iter().zip(candidate).collect(),
            },
        ],
        built_in: vec![Case {
            name: "gate-open",
            role: Role::Control,
            standings: vec![(1, &control)],
        }],
        complete: true,
    };
    ask(&docket)
}

#[test]
fn what_makes_figures_worthless_comes_first() {
    let verdict = |candidate, baseline, control| {
        with(&[candidate], baseline, control, |docket| docket.verdict())
    };
    let (sound, meets) = (|| Standing::Sound, || Standing::Meets);
    assert_eq!(verdict(meets(), sound(), caught()), Verdict::Pass);
    assert_eq!(
        verdict(misses(2.0), incorrect(), Standing::Slipped),
        Verdict::Incorrect,
        "a baseline with wrong data is no comparison"
    );
    let mistaken = Standing::Mistaken {
        meant: "memory",
        by: "rows".to_owned(),
    };
    assert_eq!(verdict(unfinished(), sound(), mistaken), Verdict::Fail);
    assert_eq!(
        verdict(misses(2.0), unfinished(), caught()),
        Verdict::Unfinished
    );
    assert_eq!(
        verdict(misses(2.0), sound(), caught()),
        Verdict::ObjectiveMissed
    );
    assert_eq!(verdict(no_data(), sound(), caught()), Verdict::NoData);
}

#[test]
fn no_candidate_is_nothing_to_judge_and_an_interrupted_run_is_not_judged() {
    with(&[], Standing::Sound, caught(), |docket| {
        let mut none = docket.clone();
        none.strategies.truncate(1);
        assert_eq!(none.verdict(), Verdict::NoData);
        assert!(none.answer().unwrap().0.contains("no candidate"));
        none.complete = false;
        assert_eq!(none.verdict(), Verdict::Incomplete);
    });
}

#[test]
fn the_worst_seed_speaks_and_the_sentences_name_it() {
    let seeds = [Standing::Meets, misses(1.5), misses(3.0), misses(2.0)];
    with(&seeds, Standing::Sound, Standing::Slipped, |docket| {
        assert_eq!(docket.strategies[1].worst().unwrap().0, 3);
        assert_eq!(docket.worst_miss().unwrap().1.by, 3.0);
        let missed = docket.missed("store").unwrap().sentence;
        assert_eq!(missed, "store misses the objective with seed 3: off by 3.");
        assert_eq!(docket.missed("wipe"), None);
        let (headline, _) = docket.answer().unwrap();
        assert!(headline.contains("gate-open"), "{headline}");
        assert!(docket.blind()[0].sentence.contains("blind"));
    });
    with(&[no_data()], Standing::Sound, caught(), |docket| {
        let sentence = docket.broken().remove(0).sentence;
        assert!(sentence.contains("store has no figure for times_wipe with seed 1"));
    });
    with(&[incorrect()], unfinished(), caught(), |docket| {
        let broken: Vec<String> = docket
            .broken()
            .into_iter()
            .map(|one| one.sentence)
            .collect();
        assert_eq!(
            broken,
            [
                "wipe did not finish with seed 1: it was killed.",
                "store is incorrect with seed 1: rows found 3 of 4 rows. It has no figures."
            ]
        );
        assert!(docket.answer().unwrap().0.starts_with("store leaves wrong"));
    });
}
