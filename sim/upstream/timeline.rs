//! When objects were created: seconds, drawn as a shape says.

use backfill::listing::Range;
use rand::Rng as _;
use rand_chacha::ChaCha8Rng;

use super::shape::Shape;
use crate::dataset::draw::{below, share_of};
use crate::seed::unit;

/// The present of the simulated API, a unix second: 2026-01-01T00:00:00Z. Ranges end here, and what
/// is created while somebody lists comes after it.
pub const PRESENT_S: i64 = 1_767_225_600;

/// Seconds in a year, leap days spread evenly.
pub(super) const YEAR_S: u64 = 31_557_600;
const THIRTY_DAYS_S: u64 = 30 * 86_400;
const HOUR_S: u64 = 3_600;
/// Objects of the shape `old-burst` that come after the burst.
const STRAGGLERS: u64 = 50;
/// Hours of the shape `hourly-spikes` that have objects.
const SPIKES: u64 = 60;
/// Objects on a page, where ties are put across its edge, and how many of them are before it.
const PAGE: usize = 100;
const TIED_BEFORE: usize = 5;

/// When objects were created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Timeline {
    /// Where all of them lie.
    pub(super) range: Range,
    /// Seconds since the range begins, oldest first.
    pub(super) offsets: Vec<u32>,
}

impl Timeline {
    /// `objects` of them over `years` before the present, both unless the shape says otherwise.
    pub(super) fn of_shape(shape: Shape, objects: u64, years: u32, random: ChaCha8Rng) -> Self {
        let span = u64::from(shape.years(years)) * YEAR_S;
        let objects = shape.objects(objects);
        let mut scatter = Scatter {
            random,
            span,
            offsets: Vec::with_capacity(objects as usize),
        };
        scatter.shape(shape, objects);
        scatter.offsets.sort_unstable();
        if shape == Shape::TiesAtPageEdges {
            tie_page_edges(&mut scatter.offsets);
        }
        Self {
            range: Range::new(PRESENT_S.saturating_sub_unsigned(span), PRESENT_S),
            offsets: scatter.offsets,
        }
    }
}

/// Seconds that are drawn, in any order.
struct Scatter {
    random: ChaCha8Rng,
    span: u64,
    offsets: Vec<u32>,
}

impl Scatter {
    /// `n` of them from `from` on and before `to`, each second as likely.
    fn spread(&mut self, n: u64, from: u64, to: u64) {
        for _ in 0..n {
            let offset = from + below(&mut self.random, to - from);
            self.offsets.push(offset as u32);
        }
    }

    /// `share` of `n` in the last `length` seconds, the others before.
    fn recent(&mut self, n: u64, share: f64, length: u64) {
        let recent = share_of(n, share);
        let edge = self.span - length;
        self.spread(n - recent, 0, edge);
        self.spread(recent, edge, self.span);
    }

    /// An hour of the part of the range from `from` on and before `to`.
    fn hour(&mut self, from: u64, to: u64) -> (u64, u64) {
        let begin = from + below(&mut self.random, to - from - HOUR_S);
        (begin, begin + HOUR_S)
    }

    fn shape(&mut self, shape: Shape, n: u64) {
        let span = self.span;
        match shape {
            Shape::Uniform | Shape::Sparse | Shape::TiesAtPageEdges | Shape::Empty => {
                self.spread(n, 0, span);
            }
            Shape::RecentBurst => self.recent(n, 0.99, THIRTY_DAYS_S),
            Shape::Recent2Percent => self.recent(n, 0.9, span / 50),
            Shape::Recent02Percent => self.recent(n, 0.9, span / 500),
            Shape::OldBurst => {
                let stragglers = n.min(STRAGGLERS);
                self.spread(n - stragglers, 0, THIRTY_DAYS_S);
                self.spread(stragglers, THIRTY_DAYS_S, span);
            }
            Shape::Dormant => self.spread(n, 0, YEAR_S),
            Shape::OneSecond | Shape::OneObject => self.spread(n, span / 2, span / 2 + 1),
            Shape::FiveSeconds => {
                for nth in 0..5 {
                    let second = span * (2 * nth + 1) / 10;
                    self.spread(part(n, nth, 5), second, second + 1);
                }
            }
            Shape::HourlySpikes => {
                for nth in 0..SPIKES {
                    let (from, to) = self.hour(span * nth / SPIKES, span * (nth + 1) / SPIKES);
                    self.spread(part(n, nth, SPIKES), from, to);
                }
            }
            Shape::Growth => self.growth(n),
            Shape::OneHour => {
                let (from, to) = self.hour(0, span);
                let half = n / 2;
                self.spread(half, from, to);
                self.spread(n - half, 0, span);
            }
        }
    }

    /// A density of 2^(10 x) over x from 0 to 1: its distribution is (2^(10 x) - 1) / (2^10 - 1),
    /// here turned round.
    fn growth(&mut self, n: u64) {
        for _ in 0..n {
            let u = unit(self.random.next_u64());
            let x = libm::log2(1.0 + u * 1_023.0) / 10.0;
            let offset = (x * self.span as f64) as u64;
            self.offsets.push(offset.min(self.span - 1) as u32);
        }
    }
}

/// The size of the `nth` of `parts` parts of `n`, which differ by one at the most.
const fn part(n: u64, nth: u64, parts: u64) -> u64 {
    n * (nth + 1) / parts - n * nth / parts
}

/// Gives the objects on both sides of the edge of every page, counted from the newest, the second
/// of the first one behind it.
fn tie_page_edges(offsets: &mut [u32]) {
    let count = offsets.len();
    for edge in (PAGE..count).step_by(PAGE) {
        // The newest is the last.
        let behind = count - 1 - edge;
        let second = offsets[behind];
        let oldest = behind.saturating_sub(TIED_BEFORE - 1);
        offsets[oldest..=behind + TIED_BEFORE].fill(second);
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;
    use crate::seed::{Purpose, stream};

    fn timeline(shape: Shape, objects: u64) -> Timeline {
        Timeline::of_shape(shape, objects, 5, stream(1, Purpose::Data, "test"))
    }

    /// Objects in the seconds from `from` on and before `to`, counted from the start of the range.
    fn count(timeline: &Timeline, from: u64, to: u64) -> usize {
        let within = |&&offset: &&u32| (from..to).contains(&u64::from(offset));
        timeline.offsets.iter().filter(within).count()
    }

    #[test]
    fn every_shape_has_its_number_of_objects_in_order_and_in_its_range() {
        for &shape in Shape::value_variants() {
            for asked in [0, 1, 49, 50, 51, 99, 100, 101, 10_000] {
                let timeline = timeline(shape, asked);
                let (expected, years) = match shape {
                    Shape::Sparse => (10_000, 15),
                    Shape::Empty => (0, 5),
                    Shape::OneObject => (1, 5),
                    _ => (asked, 5),
                };
                assert_eq!(timeline.offsets.len() as u64, expected, "{shape:?}");
                assert_eq!(timeline.range.lt, 1_767_225_600);
                assert_eq!(timeline.range.span(), years * 31_557_600, "{shape:?}");
                assert!(timeline.offsets.is_sorted(), "{shape:?}");
                let last = timeline.offsets.last().copied().map_or(0, u64::from);
                assert!(last < timeline.range.span(), "{shape:?}");
            }
        }
    }

    #[test]
    fn every_shape_fits_in_one_year_and_in_a_hundred() {
        for &shape in Shape::value_variants() {
            for years in [1, 100] {
                let random = stream(1, Purpose::Data, "test");
                let timeline = Timeline::of_shape(shape, 1_000, years, random);
                let span = u64::from(shape.years(years)) * 31_557_600;
                let inside = |&offset: &u32| u64::from(offset) < span;
                assert!(timeline.offsets.iter().all(inside), "{shape:?} {years}");
            }
        }
    }

    #[test]
    fn bursts_lie_where_their_names_say() {
        let span = 5 * YEAR_S;
        let of = |shape, from, to| count(&timeline(shape, 100_000), from, to);
        let month = 30 * 86_400;
        assert_eq!(of(Shape::RecentBurst, span - month, span), 99_000);
        assert_eq!(of(Shape::Recent2Percent, span - span / 50, span), 90_000);
        assert_eq!(of(Shape::Recent02Percent, span - span / 500, span), 90_000);
        assert_eq!(of(Shape::OldBurst, 0, month), 99_950);
        assert_eq!(of(Shape::Dormant, 0, YEAR_S), 100_000);
        let tenths = (0..10).map(|tenth| {
            let part = span / 10;
            of(Shape::Uniform, tenth * part, (tenth + 1) * part)
        });
        assert!(tenths.into_iter().all(|n| (9_700..10_300).contains(&n)));
    }

    #[test]
    fn growth_doubles_from_tenth_to_tenth() {
        let (timeline, part) = (timeline(Shape::Growth, 1_000_000), YEAR_S / 2);
        let tenths: Vec<f64> = (0..10)
            .map(|tenth| count(&timeline, tenth * part, (tenth + 1) * part) as f64)
            .collect();
        for pair in tenths.windows(2) {
            assert!((1.8..2.2).contains(&(pair[1] / pair[0])), "{tenths:?}");
        }
    }

    #[test]
    fn few_seconds_are_few_and_full() {
        let seconds = |shape| {
            let timeline = timeline(shape, 10_003);
            let seconds = timeline.offsets.chunk_by(|one, other| one == other);
            seconds.map(<[u32]>::len).collect::<Vec<_>>()
        };
        assert_eq!(seconds(Shape::OneSecond), [10_003]);
        assert_eq!(
            seconds(Shape::FiveSeconds),
            [2_000, 2_001, 2_000, 2_001, 2_001]
        );
    }

    #[test]
    fn spikes_are_sixty_hours_a_month_each() {
        let timeline = timeline(Shape::HourlySpikes, 60_000);
        let month = 5 * YEAR_S / 60;
        for nth in 0..60 {
            let of_month = |&&offset: &&u32| u64::from(offset) / month == nth;
            let spike: Vec<u32> = timeline.offsets.iter().filter(of_month).copied().collect();
            assert_eq!(spike.len(), 1_000);
            let length = spike[999] - spike[0];
            assert!((3_000..3_600).contains(&length), "{length} s");
        }
    }

    #[test]
    fn half_of_them_lie_in_one_hour() {
        let timeline = timeline(Shape::OneHour, 10_000);
        let in_hour_from = |&from: &u32| {
            let from = u64::from(from);
            count(&timeline, from, from + 3_600)
        };
        let most = timeline.offsets.iter().step_by(50).map(in_hour_from).max();
        // The first of the hour may lie between two of those that were tried.
        assert!((4_950..=5_010).contains(&most.unwrap()), "{most:?}");
    }

    #[test]
    fn ties_straddle_the_edge_of_every_page() {
        let mut timeline = timeline(Shape::TiesAtPageEdges, 10_050);
        timeline.offsets.reverse();
        for edge in (100..10_050).step_by(100) {
            let tied = &timeline.offsets[edge - 5..edge + 5];
            assert!(tied.iter().all(|second| second == &tied[0]), "at {edge}");
        }
        let distinct = timeline.offsets.chunk_by(|one, other| one == other).count();
        assert!(distinct > 9_000, "{distinct}: others are not tied");
    }
}
