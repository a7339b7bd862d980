//! What the objective asks of a cell, and the figure it has for that. Every comparison with the
//! objective is made from these.

use super::{Cell, Figures};
use crate::measure::unit::{factor, fine_factor};
use crate::processing::Objective;
use crate::sheet::{Aim, Wanted};

/// What `objective` asks of `cell`.
pub(super) fn aims(cell: &Cell, objective: &Objective) -> Vec<Aim> {
    let at_least = |name, least: Option<f64>, figure: Option<f64>, said| {
        let wanted = Wanted::AtLeast(least?);
        Some(times(name, figure, wanted, said))
    };
    let at_most = |name, most: Option<f64>, figure: Option<f64>, said| {
        let wanted = Wanted::AtMost(most?);
        Some(times(name, figure, wanted, said))
    };
    let of = |figure: fn(&Figures) -> Option<f64>| cell.figures.as_ref().and_then(figure);
    // Whoever may fill its budget promises nothing below it.
    let lean = objective.objects_of_count_only;
    let lean = lean.filter(|_| cell.about.efficiency_percent.is_some());
    let aims = [
        at_least(
            "times_synchronous",
            objective.times_synchronous,
            of(|one| one.times_synchronous),
            |times| format!("{} the items per second of synchronous", factor(times)),
        ),
        at_least(
            "times_wipe",
            objective.times_wipe,
            of(|one| one.times_wipe),
            |times| format!("{} the items per second of wipe", factor(times)),
        ),
        at_most(
            "reread_of_wipe",
            objective.reread_of_wipe,
            of(|one| one.reread_of_wipe),
            |times| format!("{} the rows read again of wipe", fine_factor(times)),
        ),
        at_most(
            "objects_of_count_only",
            lean,
            of(|one| one.objects_of_count_only),
            |times| format!("{} the objects of count-only", fine_factor(times)),
        ),
        at_most(
            "recovery_times",
            objective.recovery_times,
            of(|one| one.recovery?.times()),
            |times| format!("caught up in {} the time of the writing", factor(times)),
        ),
        at_most(
            "reader_p95_times",
            objective.reader_p95_times,
            of(|one| one.readers.ratio()),
            |times| format!("the readers' p95 {} what it is without", factor(times)),
        ),
    ];
    aims.into_iter().flatten().collect()
}

fn times(name: &'static str, figure: Option<f64>, wanted: Wanted, said: fn(f64) -> String) -> Aim {
    Aim {
        name,
        figure,
        wanted,
        said,
        unit: "×",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::processing::Outcome;
    use crate::processing::measure::synthetic::{SECOND, took};

    #[test]
    fn what_is_not_asked_for_is_no_aim_and_what_has_no_figure_is_one() {
        let mut outcome = took("store", SECOND);
        let names = |outcome: &Outcome, objective: Objective| -> Vec<&'static str> {
            let cell = Cell::of(outcome, None);
            let aims = aims(&cell, &objective);
            assert!(aims.iter().all(|aim| aim.figure.is_none()));
            aims.iter().map(|aim| aim.name).collect()
        };
        let all = Objective {
            times_synchronous: Some(1.0),
            times_wipe: Some(1.0),
            reread_of_wipe: Some(1.0),
            objects_of_count_only: Some(1.0),
            recovery_times: Some(1.0),
            reader_p95_times: Some(1.0),
        };
        assert!(names(&outcome, Objective::default()).is_empty());
        let asked = [
            "times_synchronous",
            "times_wipe",
            "reread_of_wipe",
            "recovery_times",
            "reader_p95_times",
        ];
        assert_eq!(names(&outcome, all), asked, "it may fill its budget");
        outcome.efficiency_percent = Some(90);
        assert_eq!(names(&outcome, all).len(), 6);
    }
}
