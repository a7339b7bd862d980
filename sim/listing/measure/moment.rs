//! What was said of the time left at given moments, and whether it was so.
//!
//! Asked is at shares of the whole time it took, which are known afterwards only: whoever waits
//! sees what was said last by then. A forecast made at the start is easy to get wrong and one made
//! near the end easy to get right, so each moment stands by itself and none is averaged away.

use crate::listing::{Forecast, Outcome};
use crate::outcome::Window;

/// When it is asked, percent of the whole time.
pub const MOMENTS: [u64; 5] = [10, 25, 50, 75, 90];
/// The moment that stands for all where there is room for one.
pub const HALF: usize = 2;

/// A moment of [`MOMENTS`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// When: percent of the whole time.
    pub at_percent: u64,
    /// What was said last minus what was true when it was said, divided by that: −0.5 promises
    /// half of it. `None` when nothing had been said.
    pub error: Option<f64>,
    /// Whether the truth lay between the least and the most that was said; `None` without both.
    pub within: Option<bool>,
    /// From the least to the most, over what was true: how little the interval says. `None` without
    /// both.
    pub width: Option<f64>,
}

/// What `outcome` said at the [`MOMENTS`] of `window`, the time it took.
#[must_use]
pub fn moments(outcome: &Outcome, window: Window) -> Vec<Moment> {
    let asked = |at_percent: u64| {
        let into_ns = u128::from(window.duration_ns()) * u128::from(at_percent) / 100;
        let at_ns = window.start_ns + into_ns as u64;
        let said = outcome.forecasts.iter().rfind(|said| said.at_ns <= at_ns);
        let said = said.filter(|said| said.at_ns >= window.start_ns);
        Moment {
            at_percent,
            error: said.and_then(|said| error(said, window.end_ns)),
            within: said.and_then(|said| within(said, window.end_ns)),
            width: said.and_then(|said| width(said, window.end_ns)),
        }
    };
    MOMENTS.map(asked).to_vec()
}

/// How far `said` is off when the end is at `end_ns`; `None` when it said nothing, or at the end.
#[must_use]
pub fn error(said: &Forecast, end_ns: u64) -> Option<f64> {
    let rest_ns = end_ns.checked_sub(said.at_ns).filter(|rest| *rest > 0)?;
    Some(said.eta_ns? as f64 / rest_ns as f64 - 1.0)
}

fn within(said: &Forecast, end_ns: u64) -> Option<bool> {
    let rest_ns = end_ns.checked_sub(said.at_ns)?;
    Some((said.eta_least_ns?..=said.eta_most_ns?).contains(&rest_ns))
}

fn width(said: &Forecast, end_ns: u64) -> Option<f64> {
    let rest_ns = end_ns.checked_sub(said.at_ns).filter(|rest| *rest > 0)?;
    let width_ns = said.eta_most_ns?.checked_sub(said.eta_least_ns?)?;
    Some(width_ns as f64 / rest_ns as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::measure::synthetic::idle;

    const WINDOW: Window = Window {
        start_ns: 1_000,
        end_ns: 2_000,
    };

    fn said(at_ns: u64, eta_ns: u64, interval: (u64, Option<u64>)) -> Forecast {
        Forecast {
            at_ns,
            done_pages: 0,
            left_pages: 0,
            eta_ns: Some(eta_ns),
            eta_least_ns: Some(interval.0),
            eta_most_ns: interval.1,
        }
    }

    /// Five moments, by hand: nothing said yet; said at 1 200; the same, still; at 1 700, too much
    /// and outside; at 1 900, no telling.
    #[test]
    fn what_was_said_last_is_held_against_what_was_true_then() {
        let mut outcome = idle("uniform", "adaptive", 1);
        outcome.forecasts = vec![
            said(1_200, 400, (300, Some(900))),
            said(1_700, 450, (310, Some(500))),
            said(1_900, 100, (50, None)),
        ];
        let moments = moments(&outcome, WINDOW);
        let errors: Vec<Option<f64>> = moments.iter().map(|moment| moment.error).collect();
        assert_eq!(errors, [None, Some(-0.5), Some(-0.5), Some(0.5), Some(0.0)]);
        let within: Vec<Option<bool>> = moments.iter().map(|moment| moment.within).collect();
        assert_eq!(within, [None, Some(true), Some(true), Some(false), None]);
        // 600 of 800 at 1 200, and 190 of 300 at 1 700.
        let widths: Vec<Option<f64>> = moments.iter().map(|moment| moment.width).collect();
        let early = Some(0.75);
        assert_eq!(widths, [None, early, early, Some(190.0 / 300.0), None]);
    }

    #[test]
    fn what_was_said_before_the_start_is_not_asked_for() {
        let mut outcome = idle("uniform", "adaptive", 1);
        outcome.forecasts = vec![said(10, 1, (1, Some(1)))];
        assert!(
            moments(&outcome, WINDOW)
                .iter()
                .all(|moment| moment.error.is_none())
        );
    }

    #[test]
    fn a_forecast_without_a_word_is_no_error() {
        let silent = Forecast {
            eta_ns: None,
            ..said(1_500, 0, (0, None))
        };
        assert_eq!(error(&silent, 2_000), None);
        assert_eq!(error(&said(2_000, 5, (0, None)), 2_000), None, "at the end");
    }
}
