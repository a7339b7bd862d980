//! When each transmission was born and each observation heard: the order of storage.
//!
//! A log is written as things are heard, so ids and pages follow time. Births are spread evenly
//! over the span in the order of ids. Of a transmission's observations the `clustering` share is
//! heard at its birth, and so stored side by side; each of the others at an even chance at any
//! later moment of the span. That is what makes the backfill expensive: one transmission's
//! observations lie on as many pages as it has of them.

use super::draw::{below, choose, share_of};
use super::fanout::Fanout;
use crate::scenario::Dataset;
use crate::seed::{Purpose, stream};

/// The first moment of the data, unix seconds: 2025-06-15T15:06:40Z. Fixed, so that no data
/// depends on when it was generated.
pub const START_UNIX_S: i64 = 1_750_000_000;

/// The field's rate of live observations is 6.6 per second; ten times that, to stay in integers.
const OBSERVATIONS_PER_10_S: u64 = 66;

const US_PER_S: u64 = 1_000_000;

/// One observation's place in time. The order of the fields is the order of storage: by moment,
/// then by transmission, then as dealt out, so that no two are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Heard {
    /// Microseconds since [`START_UNIX_S`].
    pub(super) moment_us: u64,
    /// The transmission's place in the order of ids, from 0.
    pub(super) transmission: u32,
    /// The how-manieth observation of its transmission, from 0.
    pub(super) nth: u32,
}

/// When everything happened.
#[derive(Debug)]
pub(super) struct Timeline {
    transmissions: u64,
    span_us: u64,
    /// Every observation in the order of storage.
    pub(super) heard: Vec<Heard>,
    /// For each transmission, what its observations carry for a timestamp.
    stamps: Vec<Stamp>,
}

/// What the observations of a transmission carry for a timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stamp {
    /// When they were heard.
    Heard,
    /// 0: a clock that was never set.
    Zero,
    /// Before 1970: a clock that reaches it only behind the last moment of the span.
    Negative,
}

impl Timeline {
    /// Places the observations that `fanout` dealt out.
    pub(super) fn new(spec: &Dataset, seed: u64, fanout: &Fanout) -> Self {
        let mut timeline = Self {
            transmissions: spec.transmissions,
            span_us: spec.observations * 10 * US_PER_S / OBSERVATIONS_PER_10_S,
            heard: Vec::with_capacity(spec.observations as usize),
            stamps: stamps(spec, seed, fanout),
        };
        timeline.place(spec.clustering, seed, fanout);
        timeline.heard.sort_unstable();
        timeline
    }

    /// When a transmission was born, in microseconds since [`START_UNIX_S`].
    pub(super) fn birth_us(&self, transmission: usize) -> u64 {
        let scaled = transmission as u128 * u128::from(self.span_us);
        (scaled / u128::from(self.transmissions.max(1))) as u64
    }

    /// The moment of the last row, in microseconds since [`START_UNIX_S`].
    pub(super) fn last_us(&self) -> u64 {
        let heard = self.heard.last().map_or(0, |heard| heard.moment_us);
        let births = self.stamps.len();
        heard.max(self.birth_us(births.saturating_sub(1)))
    }

    /// How many transmissions carry such timestamps.
    pub(super) fn stamped(&self, stamp: Stamp) -> u64 {
        self.stamps.iter().filter(|&&other| other == stamp).count() as u64
    }

    /// The timestamp that an observation carries, unix seconds.
    pub(super) fn timestamp(&self, heard: Heard) -> i64 {
        match self.stamps[heard.transmission as usize] {
            Stamp::Heard => unix_s(heard.moment_us),
            Stamp::Zero => 0,
            Stamp::Negative => {
                (heard.moment_us / US_PER_S) as i64 - (self.span_us / US_PER_S) as i64 - 1
            }
        }
    }

    /// Fills `heard`. Running totals decide how many of a transmission's observations are
    /// clustered, so the share is exact over all even where one transmission has a handful.
    fn place(&mut self, clustering: f64, seed: u64, fanout: &Fanout) {
        let mut rng = stream(seed, Purpose::Data, "moments");
        // In units of 2^-32; at most 1, so no transmission clusters more than it has.
        let clustering = share_of(1 << 32, clustering);
        let clustered_of = |n: u64| (u128::from(n) * u128::from(clustering)) >> 32;
        let mut before = 0;
        for (at, &count) in fanout.counts.iter().enumerate() {
            let after = before + u64::from(count);
            let clustered = (clustered_of(after) - clustered_of(before)) as u32;
            before = after;
            let birth_us = self.birth_us(at);
            for nth in 0..count {
                let later = if nth < clustered {
                    0
                } else {
                    1 + below(&mut rng, self.span_us - birth_us)
                };
                self.heard.push(Heard {
                    moment_us: birth_us + later,
                    transmission: at as u32,
                    nth,
                });
            }
        }
    }
}

/// Unix seconds of a moment.
pub(super) const fn unix_s(moment_us: u64) -> i64 {
    START_UNIX_S + (moment_us / US_PER_S) as i64
}

/// Exactly `zero_timestamp_share` and `negative_timestamp_share` of all transmissions, chosen among
/// those with observations, each with the same chance.
fn stamps(spec: &Dataset, seed: u64, fanout: &Fanout) -> Vec<Stamp> {
    let mut stamps = vec![Stamp::Heard; fanout.counts.len()];
    for (stamp, share, entity) in [
        (Stamp::Zero, spec.zero_timestamp_share, "zero-timestamps"),
        (
            Stamp::Negative,
            spec.negative_timestamp_share,
            "negative-timestamps",
        ),
    ] {
        let mut left: Vec<&mut Stamp> = stamps
            .iter_mut()
            .zip(&fanout.counts)
            .filter(|(other, count)| **count > 0 && **other == Stamp::Heard)
            .map(|(other, _)| other)
            .collect();
        let mut rng = stream(seed, Purpose::Data, entity);
        let wanted = share_of(spec.transmissions, share);
        let chosen = choose(&mut rng, wanted, left.len() as u64);
        for (one, chosen) in left.iter_mut().zip(chosen) {
            if chosen {
                **one = stamp;
            }
        }
    }
    stamps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline(spec: &Dataset) -> (Fanout, Timeline) {
        let fanout = Fanout::new(spec, 1).unwrap();
        let timeline = Timeline::new(spec, 1, &fanout);
        (fanout, timeline)
    }

    fn small() -> Dataset {
        Dataset {
            transmissions: 710,
            observations: 15_000,
            ..Dataset::default()
        }
    }

    #[test]
    fn every_observation_is_heard_between_birth_and_end() {
        let (fanout, timeline) = timeline(&small());
        let mut counts = vec![0; fanout.counts.len()];
        for heard in &timeline.heard {
            counts[heard.transmission as usize] += 1;
            assert!(heard.moment_us >= timeline.birth_us(heard.transmission as usize));
            assert!(heard.moment_us <= timeline.span_us);
        }
        assert_eq!(counts, fanout.counts);
    }

    #[test]
    fn the_clustered_share_is_exact() {
        for (clustering, expected) in [(0.0, 0), (0.022, 330), (0.5, 7_500), (1.0, 15_000)] {
            let spec = Dataset {
                clustering,
                ..small()
            };
            let (_, timeline) = timeline(&spec);
            let at_birth = timeline
                .heard
                .iter()
                .filter(|heard| heard.moment_us == timeline.birth_us(heard.transmission as usize))
                .count() as i64;
            assert!((at_birth - expected).abs() <= 1, "{clustering}: {at_birth}");
        }
    }

    #[test]
    fn zero_and_negative_timestamps_are_exact_and_spare_the_orphans() {
        let spec = Dataset {
            orphan_share: 0.1,
            zero_timestamp_share: 0.1,
            negative_timestamp_share: 0.2,
            ..small()
        };
        let (fanout, timeline) = timeline(&spec);
        let (zero, negative) = (Stamp::Zero, Stamp::Negative);
        let found = (timeline.stamped(zero), timeline.stamped(negative));
        assert_eq!((fanout.orphans, found), (71, (71, 142)));
        assert!(timeline.stamps[..71].iter().all(|&it| it == Stamp::Heard));
        for &heard in &timeline.heard {
            let (timestamp, stamp) = (
                timeline.timestamp(heard),
                timeline.stamps[heard.transmission as usize],
            );
            assert_eq!(timestamp == 0, stamp == zero);
            assert_eq!(timestamp < 0, stamp == negative);
        }
    }

    #[test]
    fn the_span_is_that_of_the_live_rate() {
        let (_, timeline) = timeline(&small());
        assert_eq!(timeline.span_us / US_PER_S, 2_272);
        assert_eq!(unix_s(timeline.span_us), START_UNIX_S + 2_272);
    }
}
