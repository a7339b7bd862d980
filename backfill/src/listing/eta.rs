//! When a listing backfill will be done, and how sure that is.
//!
//! What is left takes as long as its pages at the rate, or as long as the longest chain of pages
//! that can only be had one after the other, whichever is longer. The interval is what was expected
//! of the whole since half of it was done: expectations that moved much are worth little.

use std::collections::VecDeque;
use std::time::Duration;

use super::plan::Forecast;

/// What is expected to be left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Eta {
    /// Pages.
    pub pages: u64,
    /// How long they will take.
    pub likely: Duration,
    /// The least they were expected to take since half of what is done now was done.
    pub least: Duration,
    /// The most; `None` while nothing is known of a part of it.
    pub most: Option<Duration>,
}

/// Expectations so far.
#[derive(Clone, Debug)]
pub(super) struct Expectations {
    requests_per_ks: u64,
    slots: u64,
    /// Pages done and pages in all, as they were expected then, oldest first.
    totals: VecDeque<(u64, u64)>,
}

impl Expectations {
    pub(super) const fn new(requests_per_ks: u64, slots: u64) -> Self {
        Self {
            requests_per_ks,
            slots,
            totals: VecDeque::new(),
        }
    }

    /// What is left when so many pages are `done`, calls take `latency`, and the plan expects what
    /// `forecast` says.
    pub(super) fn update(&mut self, done: u64, forecast: Forecast, latency: Duration) -> Eta {
        self.totals
            .push_back((done, done.saturating_add(forecast.pages)));
        while self
            .totals
            .front()
            .is_some_and(|&(then, _)| then < done / 2)
        {
            self.totals.pop_front();
        }
        let totals = self.totals.iter().map(|&(_, total)| total);
        let left = |total: u64| {
            total
                .saturating_sub(done)
                .max(u64::from(forecast.pages > 0))
        };
        let least = left(totals.clone().min().unwrap_or(done));
        let most = left(totals.max().unwrap_or(done));
        let takes = |pages: u64, chain: u64| self.takes(pages, chain.min(pages), latency);
        Eta {
            pages: forecast.pages,
            likely: takes(forecast.pages, forecast.chain),
            least: takes(least, forecast.chain),
            most: forecast.known.then(|| takes(most, forecast.chain)),
        }
    }

    /// How long so many pages take, of which `chain` come one after the other.
    fn takes(&self, pages: u64, chain: u64, latency: Duration) -> Duration {
        let one_by_one = |pages: u64| {
            let ns = latency.as_nanos() * u128::from(pages);
            Duration::from_nanos(u64::try_from(ns).unwrap_or(u64::MAX))
        };
        let by_rate =
            u128::from(pages) * 1_000_000_000_000 / u128::from(self.requests_per_ks.max(1));
        let by_rate = Duration::from_nanos(u64::try_from(by_rate).unwrap_or(u64::MAX));
        by_rate
            .max(one_by_one(chain))
            .max(one_by_one(pages.div_ceil(self.slots.max(1))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATENCY: Duration = Duration::from_millis(400);

    const fn forecast(pages: u64, chain: u64, known: bool) -> Forecast {
        Forecast {
            pages,
            chain,
            known,
        }
    }

    #[test]
    fn the_rate_the_longest_chain_or_the_slots_decide() {
        let mut expected = Expectations::new(25_000, 15);
        let by_rate = expected.update(0, forecast(250, 10, true), LATENCY);
        assert_eq!(by_rate.likely, Duration::from_secs(10));
        let by_chain = expected.update(0, forecast(250, 100, true), LATENCY);
        assert_eq!(by_chain.likely, Duration::from_secs(40));
        let mut few = Expectations::new(25_000, 2);
        let by_slots = few.update(0, forecast(250, 10, true), LATENCY);
        assert_eq!(by_slots.likely, Duration::from_secs(50));
    }

    #[test]
    fn expectations_that_moved_widen_the_interval_and_are_forgotten() {
        let mut expected = Expectations::new(25_000, 15);
        expected.update(100, forecast(900, 1, true), LATENCY);
        let moved = expected.update(150, forecast(350, 1, true), LATENCY);
        assert_eq!(moved.likely, Duration::from_secs(14));
        assert_eq!(moved.most, Some(Duration::from_secs(34)));
        assert_eq!(moved.least, Duration::from_secs(14));
        let settled = expected.update(250, forecast(250, 1, true), LATENCY);
        assert_eq!(settled.most, Some(settled.likely));
        let endless = expected.update(255, forecast(u64::MAX, 1, true), LATENCY);
        assert!(endless.likely > Duration::from_secs(86_400));
        let unknown = expected.update(260, forecast(250, 1, false), LATENCY);
        assert_eq!(unknown.most, None);
    }
}
