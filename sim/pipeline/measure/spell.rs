//! A part of the time in which the same stages ran, and what others lived through in it.

use crate::measure::{Paired, Subject, requests_in};
use crate::outcome::Window;
use crate::pipeline::Outcome;

/// The name of the whole time, from the start of the first stage to the end of the last.
pub(super) const ALL: &str = "all";

/// A part of the time.
#[derive(Clone, Copy, Debug)]
pub struct Spell {
    /// Which stages ran, as in `listing+processing`; or `all`.
    pub name: &'static str,
    /// When.
    pub window: Window,
    /// What readers waited, with the stages and without.
    pub readers: Paired,
    /// What those waited who added observations.
    pub writers: Paired,
}

impl Spell {
    /// The requests of `outcome` that fell due in `window`, and those of the run without any stage.
    pub(super) fn of(
        name: &'static str,
        window: Window,
        outcome: &Outcome,
        quiet: Option<&Outcome>,
    ) -> Self {
        let stats = |of: &Outcome, subject| requests_in(&of.requests, subject, window).stats();
        let paired = |subject| Paired {
            backfill: stats(outcome, subject),
            no_backfill: quiet.and_then(|quiet| stats(quiet, subject)),
        };
        Self {
            name,
            window,
            readers: paired(Subject::Readers),
            writers: paired(Subject::Writers),
        }
    }
}

/// The parts of a time in which stages ran like this: `stages` in the order of
/// [`crate::pipeline::Stage::ALL`]. Parts without a length are left out.
#[must_use]
pub fn spans(stages: &[Option<Window>; 3]) -> Vec<(&'static str, Window)> {
    let [Some(listing), Some(processing), Some(deriving)] = *stages else {
        return Vec::new();
    };
    let window = |start_ns: u64, end_ns: u64| Window { start_ns, end_ns };
    let both_from = processing.start_ns.max(listing.start_ns);
    let all = [
        (
            "listing",
            window(listing.start_ns, listing.end_ns.min(both_from)),
        ),
        ("listing+processing", window(both_from, listing.end_ns)),
        (
            "processing",
            window(listing.end_ns.max(both_from), processing.end_ns),
        ),
        ("deriving", deriving),
    ];
    let long = |(_, window): &(&str, Window)| window.end_ns > window.start_ns;
    all.into_iter().filter(long).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(stages: [(u64, u64); 3]) -> Vec<(&'static str, u64, u64)> {
        let window = |(start_ns, end_ns)| Some(Window { start_ns, end_ns });
        let spans = spans(&stages.map(window)).into_iter();
        spans
            .map(|(name, window)| (name, window.start_ns, window.end_ns))
            .collect()
    }

    #[test]
    fn parts_follow_each_other_and_cover_all_of_it() {
        assert_eq!(
            names([(10, 20), (20, 30), (30, 35)]),
            [
                ("listing", 10, 20),
                ("processing", 20, 30),
                ("deriving", 30, 35)
            ]
        );
        assert_eq!(
            names([(10, 20), (10, 23), (23, 35)]),
            [
                ("listing+processing", 10, 20),
                ("processing", 20, 23),
                ("deriving", 23, 35)
            ]
        );
        assert_eq!(
            names([(10, 20), (15, 20), (20, 21)]),
            [
                ("listing", 10, 15),
                ("listing+processing", 15, 20),
                ("deriving", 20, 21)
            ]
        );
        assert!(spans(&[None, None, None]).is_empty());
    }
}
