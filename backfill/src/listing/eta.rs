//! When a listing backfill will be done, and how sure that is.
//!
//! What is left takes as long as its pages at the rate, or as long as the longest chain of pages
//! that can only be had one after the other, whichever is longer.
//!
//! Nobody knows where objects lie, so the interval is no matter of statistics of pages: it is what
//! would be so if what is known were as wrong again as it has been. Three things are doubted:
//!
//! * **One record.** A cluster may end, or begin, in the rest of a segment, and nothing shows it
//!   beforehand. So the most pages that rest on what was seen of one segment may be missing, or be
//!   there as often again ([`Forecast::doubt`]). Split on demand these are a fifteenth or so of
//!   what is left; of one cursor all of it. Where the record is of fewer pages than rest on it,
//!   they may be so √(pages ÷ pages seen) times: one page says next to nothing of a thousand.
//! * **Drift.** Where what was expected of the whole has moved by x pages while d were done, it
//!   may move by x × √(l ÷ d) while the l pages that are left are done, as steps do that are as
//!   likely up as down. Asked is since half of what is done was done: what was believed before is
//!   forgotten.
//! * **Pace.** Where pages came slower than the rate since then, the rest may; where they came
//!   faster, as after a quiet time, too.
//!
//! The pages in doubt add up, and make a factor: most ÷ left = left ÷ least = 1 + doubt ÷ left.
//! Half as many is then as near as twice as many, and of something there is always something left.
//! What is under way was asked for up to one latency ago: that much is added at both ends.

use std::collections::VecDeque;
use std::time::Duration;

use super::doubt::doubt;
use super::plan::Forecast;
use crate::time::Instant;

/// Nanoseconds in 1000 s.
const NS_PER_KS: u128 = 1_000_000_000_000;

/// What is expected to be left.
///
/// Where several backfills share one limit, each expects the whole rate for itself: `likely` and
/// `least` are then as if the others stopped now, and only `most` goes by the pace it has had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Eta {
    /// Pages.
    pub pages: u64,
    /// How long they will take.
    pub likely: Duration,
    /// The least they may take, if what is known is no more wrong than it has been: never less than
    /// a call for each segment that is not done, but for those under way.
    pub least: Duration,
    /// The most; `None` while nothing is known of a part of it.
    pub most: Option<Duration>,
}

/// Expectations so far.
#[derive(Clone, Debug)]
pub(super) struct Expectations {
    requests_per_ks: u64,
    slots: u64,
    /// What was expected since half of what is done now was done, oldest first.
    before: VecDeque<Expected>,
}

/// What was expected at a moment.
#[derive(Clone, Copy, Debug)]
struct Expected {
    at: Instant,
    /// Pages done by then.
    done: u64,
    /// Pages in all.
    total: u64,
}

impl Expectations {
    pub(super) const fn new(requests_per_ks: u64, slots: u64) -> Self {
        Self {
            requests_per_ks,
            slots,
            before: VecDeque::new(),
        }
    }

    /// What is left when so many pages are `done`, calls take `latency`, and the plan expects what
    /// `forecast` says.
    pub(super) fn update(
        &mut self,
        at: Instant,
        done: u64,
        forecast: Forecast,
        latency: Duration,
    ) -> Eta {
        let Forecast { pages, chain, .. } = forecast;
        let total = done.saturating_add(pages);
        let now = Expected { at, done, total };
        self.before.push_back(now);
        while self.before.front().is_some_and(|then| then.done < done / 2) {
            self.before.pop_front();
        }
        let doubt = forecast.doubt.saturating_add(self.drift(now));
        let doubted = pages.saturating_add(doubt);
        let most = |count: u64| scaled(count, doubted, pages);
        let least = |count: u64| scaled(count, pages, doubted);
        let least_pages = least(pages).max(forecast.open.min(pages));
        let (took, nominal) = self.pace(now, forecast, latency);
        let at_most = times(
            self.takes(most(pages), most(chain), latency),
            took.max(nominal),
            nominal,
        );
        let at_least = times(
            self.takes(least_pages, least(chain), latency),
            took.min(nominal),
            nominal,
        );
        let under_way = if pages == 0 { Duration::ZERO } else { latency };
        Eta {
            pages,
            likely: self.takes(pages, chain, latency),
            least: at_least.saturating_sub(under_way),
            most: forecast.known.then(|| at_most.saturating_add(under_way)),
        }
    }

    /// Pages by which what is expected of the whole may move until the end.
    fn drift(&self, now: Expected) -> u64 {
        let totals = || self.before.iter().map(|then| then.total);
        let moved = totals().max().unwrap_or(0) - totals().min().unwrap_or(0);
        let since = self.before.front().map_or(0, |then| now.done - then.done);
        doubt(moved, since, now.total - now.done)
    }

    /// How long what was done took, and how long it should have; the same where that says nothing
    /// of the rest: what a chain takes does not depend on what is done beside it.
    fn pace(&self, now: Expected, forecast: Forecast, latency: Duration) -> (Duration, Duration) {
        let Forecast { pages, chain, .. } = forecast;
        let first = self.before.front().copied().unwrap_or(now);
        let done = now.done - first.done;
        let one_chain = chain >= pages;
        let nominal = self.takes(done, if one_chain { done } else { 0 }, latency);
        let by_chain = self.takes(pages, chain, latency) > self.takes(pages, 0, latency);
        if nominal.is_zero() || (by_chain && !one_chain) {
            return (latency, latency);
        }
        (now.at - first.at, nominal)
    }

    /// How long so many pages take, of which `chain` come one after the other.
    fn takes(&self, pages: u64, chain: u64, latency: Duration) -> Duration {
        let one_by_one = |pages: u64| nanoseconds(latency.as_nanos() * u128::from(pages));
        let by_rate = u128::from(pages) * NS_PER_KS / u128::from(self.requests_per_ks.max(1));
        nanoseconds(by_rate)
            .max(one_by_one(chain.min(pages)))
            .max(one_by_one(pages.div_ceil(self.slots.max(1))))
    }
}

/// `count` × `by` ÷ `of`, rounded up; nothing of nothing is nothing.
fn scaled(count: u64, by: u64, of: u64) -> u64 {
    let scaled = (u128::from(count) * u128::from(by)).div_ceil(u128::from(of.max(1)));
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

/// `time` × `by` ÷ `of`; as it is where there is nothing to divide by.
fn times(time: Duration, by: Duration, of: Duration) -> Duration {
    let product = time.as_nanos().saturating_mul(by.as_nanos());
    product.checked_div(of.as_nanos()).map_or(time, nanoseconds)
}

/// Saturates after 584 years.
fn nanoseconds(ns: u128) -> Duration {
    Duration::from_nanos(u64::try_from(ns).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LATENCY: Duration = Duration::from_millis(400);

    /// Of `pages` pages in one chain of `chain`, of which nothing is in doubt.
    fn forecast(pages: u64, chain: u64) -> Forecast {
        Forecast {
            pages,
            chain,
            open: 1,
            doubt: 0,
            known: true,
        }
    }

    const fn at_s(seconds: u64) -> Instant {
        Instant::from_nanos(seconds * 1_000_000_000)
    }

    /// What is said first, at the rate of 25 pages a second.
    fn first(forecast: Forecast) -> Eta {
        Expectations::new(25_000, 15).update(at_s(0), 0, forecast, LATENCY)
    }

    #[test]
    fn the_rate_the_longest_chain_or_the_slots_decide() {
        assert_eq!(first(forecast(250, 10)).likely, Duration::from_secs(10));
        assert_eq!(first(forecast(250, 100)).likely, Duration::from_secs(40));
        let mut few = Expectations::new(25_000, 2);
        let by_slots = few.update(at_s(0), 0, forecast(250, 10), LATENCY);
        assert_eq!(by_slots.likely, Duration::from_secs(50));
    }

    #[test]
    fn what_is_in_doubt_may_be_missing_or_there_again_and_a_latency_is_under_way() {
        let sure = first(forecast(250, 1));
        assert_eq!(sure.least, Duration::from_millis(9_600));
        assert_eq!(sure.most, Some(Duration::from_millis(10_400)));
        let doubted = first(Forecast {
            doubt: 250,
            ..forecast(250, 1)
        });
        assert_eq!(doubted.likely, Duration::from_secs(10));
        assert_eq!(doubted.least, Duration::from_millis(4_600));
        assert_eq!(doubted.most, Some(Duration::from_millis(20_400)));
        let unknown = first(Forecast {
            known: false,
            ..forecast(250, 1)
        });
        assert_eq!((unknown.least, unknown.most), (sure.least, None));
    }

    #[test]
    fn a_chain_is_doubted_as_all_pages_are() {
        let chain = first(Forecast {
            doubt: 250,
            ..forecast(250, 100)
        });
        assert_eq!(chain.least, Duration::from_millis(19_600));
        assert_eq!(chain.most, Some(Duration::from_millis(80_400)));
    }

    #[test]
    fn every_open_segment_costs_a_call() {
        let open = first(Forecast {
            doubt: 10_000,
            open: 200,
            ..forecast(250, 1)
        });
        assert_eq!(open.least, Duration::from_millis(7_600));
    }

    #[test]
    fn nothing_left_takes_no_time() {
        let mut expected = Expectations::new(25_000, 15);
        expected.update(at_s(0), 0, forecast(250, 1), LATENCY);
        let done = expected.update(at_s(10), 250, forecast(0, 0), LATENCY);
        assert_eq!((done.likely, done.least), (Duration::ZERO, Duration::ZERO));
        assert_eq!(done.most, Some(Duration::ZERO));
    }

    /// Of 1 000 pages 1 100 were made while 25 were done, and 100 are left: 100 × √(100 ÷ 25) = 200
    /// pages in doubt.
    #[test]
    fn expectations_that_moved_widen_the_interval_and_are_forgotten() {
        let mut expected = Expectations::new(25_000, 15);
        expected.update(at_s(39), 975, forecast(25, 1), LATENCY);
        let moved = expected.update(at_s(40), 1_000, forecast(100, 1), LATENCY);
        assert_eq!(moved.likely, Duration::from_secs(4));
        assert_eq!(moved.most, Some(Duration::from_millis(12_400)));
        assert_eq!(moved.least, Duration::from_millis(34 * 40 - 400));
        expected.update(at_s(80), 2_000, forecast(100, 1), LATENCY);
        let forgotten = expected.update(at_s(81), 2_025, forecast(75, 1), LATENCY);
        assert_eq!(forgotten.most, Some(Duration::from_millis(3_400)));
    }

    #[test]
    fn the_pace_so_far_may_be_that_of_the_rest() {
        let after = |seconds| {
            let mut expected = Expectations::new(25_000, 15);
            expected.update(at_s(0), 100, forecast(500, 1), LATENCY);
            expected.update(at_s(seconds), 200, forecast(400, 1), LATENCY)
        };
        let (fast, steady, slow) = (after(2), after(4), after(40));
        assert!([fast, slow].iter().all(|one| one.likely == steady.likely));
        assert_eq!(steady.least, Duration::from_millis(15_600));
        assert_eq!(steady.most, Some(Duration::from_millis(16_400)));
        assert_eq!(
            (fast.least, fast.most),
            (Duration::from_millis(7_600), steady.most)
        );
        assert_eq!(slow.least, steady.least);
        assert_eq!(slow.most, Some(Duration::from_millis(160_400)));
    }

    /// A hundred pages beside the chain were done in no time, or in no hurry.
    #[test]
    fn what_is_done_beside_a_chain_says_nothing_of_it() {
        for seconds in [1, 400] {
            let mut expected = Expectations::new(25_000, 15);
            expected.update(at_s(0), 100, forecast(500, 300), LATENCY);
            let chain = expected.update(at_s(seconds), 200, forecast(400, 300), LATENCY);
            assert_eq!(chain.least, Duration::from_millis(119_600));
            assert_eq!(chain.most, Some(Duration::from_millis(120_400)));
        }
        let mut cursor = Expectations::new(25_000, 15);
        cursor.update(at_s(0), 100, forecast(500, 500), LATENCY);
        let slow = cursor.update(at_s(80), 200, forecast(400, 400), LATENCY);
        assert_eq!(slow.most, Some(Duration::from_millis(320_400)));
    }

    #[test]
    fn what_never_ends_is_said_to_take_centuries() {
        let mut expected = Expectations::new(25_000, 15);
        expected.update(at_s(0), 1, forecast(1, 1), LATENCY);
        let endless = forecast(u64::MAX, u64::MAX);
        let endless = expected.update(at_s(9), u64::MAX, endless, LATENCY);
        assert!(endless.likely > Duration::from_secs(86_400 * 36_500));
    }

    fn any_forecast() -> impl Strategy<Value = Forecast> {
        let any = prop_oneof![0..20_u64, 0..100_000_u64, any::<u64>()];
        let count = [any.clone(), any.clone(), any.clone(), any];
        count.prop_map(|[pages, chain, open, doubt]| Forecast {
            pages,
            chain,
            open,
            doubt,
            known: true,
        })
    }

    proptest! {
        #[test]
        fn what_is_likely_is_between_the_least_and_the_most(
            steps in prop::collection::vec(
                (0..100_u64, 0..1_000_u64, any_forecast(), 0..10_000_u64),
                1..20,
            ),
            requests_per_ks in 0..1_000_000_u64,
            slots in 0..50_u64,
        ) {
            let mut expected = Expectations::new(requests_per_ks, slots);
            let (mut seconds, mut done) = (0, 0);
            for (took, more, forecast, latency_ms) in steps {
                (seconds, done) = (seconds + took, done + more);
                let latency = Duration::from_millis(latency_ms);
                let eta = expected.update(at_s(seconds), done, forecast, latency);
                prop_assert!(eta.least <= eta.likely, "{eta:?}");
                prop_assert!(eta.most.is_some_and(|most| eta.likely <= most), "{eta:?}");
            }
        }
    }
}
