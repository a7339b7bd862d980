//! What happened in each modelled second of a cell.

use crate::listing::{CallKind, Outcome};

const SECOND_NS: u64 = 1_000_000_000;

/// A cell, second by second: from its start to its end, the last one cut off there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seconds(pub Vec<Second>);

/// One of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Second {
    /// Requests sent in it.
    pub requests: u64,
    /// Those of them that were refused: too many.
    pub limited: u64,
    /// Pages stored by the end of it.
    pub pages_stored: u64,
    /// Pages that were expected to be left, as last said by the end of it; `None` before.
    pub pages_left: Option<u64>,
    /// How much longer it was expected to take, as last said by the end of it, ns.
    pub eta_ns: Option<u64>,
}

impl Seconds {
    /// The seconds of `outcome`.
    #[must_use]
    pub fn of(outcome: &Outcome) -> Self {
        let mut seconds = vec![Second::default(); (outcome.end_ns / SECOND_NS + 1) as usize];
        for call in &outcome.calls {
            if let Some(second) = seconds.get_mut((call.sent_ns / SECOND_NS) as usize) {
                second.requests += 1;
                second.limited += u64::from(call.kind == CallKind::Limited);
            }
        }
        let mut stores = outcome.stores.iter().peekable();
        let mut forecasts = outcome.forecasts.iter().peekable();
        let (mut pages_stored, mut said) = (0, None);
        for (index, second) in seconds.iter_mut().enumerate() {
            let end_ns = (index as u64 + 1) * SECOND_NS;
            while let Some(store) = stores.next_if(|store| store.at_ns < end_ns) {
                pages_stored += u64::from(store.pages);
            }
            while let Some(forecast) = forecasts.next_if(|said| said.at_ns < end_ns) {
                said = Some(forecast);
            }
            second.pages_stored = pages_stored;
            second.pages_left = said.map(|said| said.left_pages);
            second.eta_ns = said.and_then(|said| said.eta_ns);
        }
        Self(seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::measure::synthetic::{SECOND, call, idle};
    use crate::listing::{Forecast, Store};

    #[test]
    fn a_request_counts_when_it_is_sent_and_progress_is_kept() {
        let mut outcome = idle("uniform", "adaptive", 1);
        outcome.end_ns = 3 * SECOND + 1;
        outcome.calls = vec![
            call(0, 2 * SECOND, CallKind::New),
            call(SECOND - 1, SECOND, CallKind::Limited),
            call(SECOND, SECOND + 1, CallKind::New),
        ];
        let store = |at_ns, pages| Store {
            at_ns,
            stream: 0,
            pages,
            items: 100,
            state_bytes: 80,
            held_pages: 1,
            held_bytes: 9_000,
        };
        outcome.stores = vec![
            store(SECOND, 2),
            store(2 * SECOND - 1, 1),
            store(3 * SECOND, 4),
        ];
        outcome.forecasts = vec![Forecast {
            at_ns: SECOND + 5,
            done_pages: 2,
            left_pages: 9,
            eta_ns: Some(7),
            eta_least_ns: None,
            eta_most_ns: None,
        }];
        let Seconds(seconds) = Seconds::of(&outcome);
        let requests: Vec<(u64, u64)> = seconds.iter().map(|s| (s.requests, s.limited)).collect();
        assert_eq!(requests, [(2, 1), (1, 0), (0, 0), (0, 0)]);
        let stored: Vec<u64> = seconds.iter().map(|second| second.pages_stored).collect();
        assert_eq!(stored, [0, 3, 3, 7]);
        let left: Vec<Option<u64>> = seconds.iter().map(|second| second.pages_left).collect();
        assert_eq!(left, [None, Some(9), Some(9), Some(9)]);
        assert_eq!(seconds[2].eta_ns, Some(7));
    }
}
