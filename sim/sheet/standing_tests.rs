//! What meets, what misses and what is caught, case by case.

use super::*;
use crate::measure::unit::factor;

fn oracle(name: &str, passed: bool) -> Oracle {
    Oracle {
        name: name.to_owned(),
        passed,
        detail: "3 of 4".to_owned(),
    }
}

fn aim(figure: Option<f64>, wanted: Wanted) -> Aim {
    Aim {
        name: "times",
        figure,
        wanted,
        said: factor,
        unit: "×",
    }
}

fn standing(role: Role, oracles: &[Oracle], ending: &Ending, aims: &[Aim]) -> Standing {
    let judged = Judged {
        role,
        oracles,
        ending,
        termination: "progress",
        meant: (role == Role::Control).then_some("memory"),
        flawed: false,
    };
    Standing::of(judged, aims)
}

#[test]
fn only_a_baseline_is_known_to_be_wrong_and_only_in_what_no_oracle_found() {
    let flawed = |role, oracles: &[Oracle]| {
        let judged = Judged {
            role,
            oracles,
            ending: &Ending::Done,
            termination: "progress",
            meant: None,
            flawed: true,
        };
        Standing::of(judged, &[]).word()
    };
    assert_eq!(flawed(Role::Baseline, &[]), "known wrong");
    assert_eq!(flawed(Role::Candidate, &[]), "correct");
    assert_eq!(flawed(Role::Control, &[]), "NOT CAUGHT");
    let rows = [oracle("rows", false)];
    assert_eq!(flawed(Role::Baseline, &rows), "incorrect");
}

#[test]
fn a_bound_is_kept_to_the_last_digit_in_both_directions() {
    let candidate = |aims: &[Aim]| standing(Role::Candidate, &[], &Ending::Done, aims);
    let (most, least) = (Wanted::AtMost(2.0), Wanted::AtLeast(3.0));
    assert_eq!(candidate(&[aim(Some(2.0), most)]), Standing::Meets);
    assert_eq!(candidate(&[aim(Some(3.0), least)]), Standing::Meets);
    let Standing::Misses(misses) = candidate(&[aim(Some(2.2), most), aim(Some(1.5), least)]) else {
        panic!("both are missed");
    };
    let phrases: Vec<String> = misses
        .iter()
        .map(|miss| miss.phrase.replace(NBSP, " "))
        .collect();
    assert_eq!(
        phrases,
        ["1.50 ×, at least 3 × wanted", "2.20 ×, at most 2 × wanted"],
        "the one that is farther off comes first"
    );
    assert_eq!(misses[0].by, 2.0);
}

#[test]
fn no_figure_never_passes_and_never_hides_a_miss() {
    let candidate = |aims: &[Aim]| standing(Role::Candidate, &[], &Ending::Done, aims);
    let (met, missing) = (
        aim(Some(1.0), Wanted::AtMost(2.0)),
        aim(None, Wanted::AtMost(2.0)),
    );
    let missed = aim(Some(3.0), Wanted::AtMost(2.0));
    assert_eq!(
        candidate(&[met, missing]),
        Standing::NoData {
            missing: vec!["times"]
        }
    );
    assert!(matches!(candidate(&[missing, missed]), Standing::Misses(_)));
    assert_eq!(candidate(&[]), Standing::Sound);
    let missed = aim(Some(3.0), Wanted::AtMost(2.0));
    assert_eq!(
        standing(Role::Baseline, &[], &Ending::Done, &[missed]),
        Standing::Sound,
        "nothing is asked of a baseline"
    );
}

#[test]
fn wrong_data_counts_before_an_early_end_and_that_before_any_figure() {
    let met = [aim(Some(1.0), Wanted::AtMost(2.0))];
    let of = |oracles: &[Oracle], ending: &Ending| standing(Role::Candidate, oracles, ending, &met);
    let late = oracle("progress", false);
    let both = [late.clone(), oracle("rows", false)];
    assert!(matches!(
        of(&both, &Ending::OutOfTime),
        Standing::Incorrect { oracle, .. } if oracle == "rows"
    ));
    let horizon = "was still running at the horizon".to_owned();
    let alone = std::slice::from_ref(&late);
    assert_eq!(
        of(alone, &Ending::OutOfTime),
        Standing::Unfinished { why: horizon }
    );
    assert!(matches!(
        of(alone, &Ending::Done),
        Standing::Unfinished { why } if why.contains("3 of 4")
    ));
    for ending in [Ending::NoBackfill, Ending::Cancelled, Ending::Killed] {
        assert!(matches!(of(&[], &ending), Standing::Unfinished { .. }));
    }
}

#[test]
fn a_control_has_to_be_caught_by_the_oracle_that_is_meant() {
    let of = |oracles: &[Oracle]| standing(Role::Control, oracles, &Ending::OutOfTime, &[]);
    let by = |oracle: &str| Standing::Caught {
        oracle: oracle.to_owned(),
    };
    assert_eq!(of(&[oracle("memory", true)]), Standing::Slipped);
    assert_eq!(
        of(&[oracle("rows", false), oracle("memory", false)]),
        by("memory")
    );
    assert_eq!(
        of(&[oracle("rows", false), oracle("memory", true)]),
        Standing::Mistaken {
            meant: "memory",
            by: "rows".to_owned()
        }
    );
    let any = Judged {
        role: Role::Control,
        oracles: &[oracle("rows", false)],
        ending: &Ending::Done,
        termination: "progress",
        meant: None,
        flawed: false,
    };
    assert_eq!(Standing::of(any, &[]), by("rows"));
}
