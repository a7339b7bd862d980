//! Where two event logs part, although only one of them is still there.
//!
//! A log of a million lines is nothing to keep. What is kept is its hash at some sixty moments: two
//! logs that are the same up to a moment have the same hash there, and different ones ever after.
//! Moments are multiples of a power of two of nanoseconds, so that a run that takes longer than the
//! one it is compared with still shares every other of its moments, or every fourth.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::measure::unit;

/// The most moments of a log.
const MOMENTS: u64 = 64;
/// The least time between two: a millisecond, more or less.
const LEAST_STEP_NS: u64 = 1 << 20;
/// Hex digits of a hash that are kept. One in 65 536 that differ looks the same, and is then found
/// a moment later.
const DIGITS: usize = 4;

/// The hashes of an event log at some moments.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trail {
    /// Four hex digits a moment, of the SHA-256 of every line up to it.
    points: String,
    /// Time between two moments; the first is one step after the start.
    step_ns: u64,
}

/// A log as it has just been written: its trail, and an event of each step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traced {
    /// The hashes.
    pub trail: Trail,
    /// The first event in each step; `None` where there is none.
    firsts: Vec<Option<String>>,
}

/// The step in which two logs part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// Up to here they are the same.
    pub from_ns: u64,
    /// Here they are not.
    pub to_ns: u64,
    /// The first event of the newer one between the two, if it has any there.
    pub event: Option<String>,
}

impl Traced {
    /// The trail of a log whose lines begin with their moment in nanoseconds.
    #[must_use]
    pub fn of(log: &[String]) -> Self {
        let mut at_ns = 0;
        // A line that is noted late stays where it stands.
        let mut moments = Vec::with_capacity(log.len());
        for line in log {
            let own = line.split(' ').next().and_then(|first| first.parse().ok());
            at_ns = own.unwrap_or(0).max(at_ns);
            moments.push(at_ns);
        }
        let mut step_ns = LEAST_STEP_NS;
        while at_ns / step_ns >= MOMENTS {
            step_ns *= 2;
        }
        let mut traced = Self {
            trail: Trail {
                points: String::new(),
                step_ns,
            },
            firsts: Vec::new(),
        };
        let mut digest = Digest::default();
        for (line, moment_ns) in log.iter().zip(moments) {
            while traced.firsts.len() as u64 <= moment_ns / step_ns {
                if !traced.firsts.is_empty() {
                    traced.trail.push(&digest);
                }
                traced.firsts.push(None);
            }
            digest.add(line);
            digest.add("\n");
            let first = traced.firsts.last_mut();
            if let Some(first @ None) = first {
                *first = Some(line.clone());
            }
        }
        traced.trail.push(&digest);
        traced
    }
}

impl Trail {
    fn push(&mut self, digest: &Digest) {
        self.points.push_str(&digest.clone().hex()[..DIGITS]);
    }

    /// The hash at `at_ns`, a multiple of the step; after the end, that of the whole log.
    fn at(&self, at_ns: u64) -> Option<&str> {
        let last = (self.points.len() / DIGITS).checked_sub(1)?;
        let index = (at_ns / self.step_ns).checked_sub(1)?;
        let index = usize::try_from(index).unwrap_or(usize::MAX).min(last);
        self.points.get(index * DIGITS..(index + 1) * DIGITS)
    }

    fn end_ns(&self) -> u64 {
        (self.points.len() / DIGITS) as u64 * self.step_ns
    }

    /// Where the log that left this trail and `newer` part; `None` if they agree at every moment.
    #[must_use]
    pub fn parts_from(&self, newer: &Traced) -> Option<Divergence> {
        let new = &newer.trail;
        let step_ns = self.step_ns.max(new.step_ns);
        let end_ns = self.end_ns().max(new.end_ns());
        let steps = end_ns.div_ceil(step_ns);
        let mut moments = (1..=steps).map(|step| step * step_ns);
        let to_ns = moments.find(|&at_ns| self.at(at_ns) != new.at(at_ns))?;
        let from_ns = to_ns - step_ns;
        let index = |at_ns: u64| usize::try_from(at_ns / new.step_ns).unwrap_or(usize::MAX);
        let (first, end) = (index(from_ns), index(to_ns));
        let there = newer.firsts.iter().take(end).skip(first);
        Some(Divergence {
            from_ns,
            to_ns,
            event: there.flatten().next().cloned(),
        })
    }
}

impl Divergence {
    /// In a sentence, without its end.
    #[must_use]
    pub fn sentence(&self) -> String {
        let between = format!(
            "first divergence between t={} and {}",
            unit::duration(self.from_ns),
            unit::duration(self.to_ns)
        );
        match &self.event {
            Some(event) => format!("{between}; there first: `{event}`"),
            None => format!("{between}; nothing happens there now"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An event every 100 ms.
    fn log(events: u64) -> Vec<String> {
        let moment = |nth: u64| format!("{} event {nth}", nth * 100_000_000);
        (0..events).map(moment).collect()
    }

    #[test]
    fn the_step_is_found_in_which_two_logs_part() {
        let old = Traced::of(&log(200)).trail;
        let mut changed = log(200);
        changed[123].push_str(" otherwise");
        let divergence = old.parts_from(&Traced::of(&changed)).unwrap();
        assert!(divergence.from_ns <= 12_300_000_000 && 12_300_000_000 < divergence.to_ns);
        assert!(divergence.to_ns - divergence.from_ns <= 20_000_000_000 / 32);
        let event = divergence.event.unwrap();
        let nth: u64 = event
            .rsplit(' ')
            .next()
            .unwrap_or("")
            .parse()
            .unwrap_or(123);
        assert!((115..=123).contains(&nth), "{event}");
    }

    #[test]
    fn logs_of_other_lengths_share_moments() {
        for (old, new) in [(100, 900), (900, 100), (100, 101), (1, 2_000)] {
            let divergence = Traced::of(&log(old))
                .trail
                .parts_from(&Traced::of(&log(new)));
            let divergence = divergence.unwrap();
            let end_ns = (old.min(new) - 1) * 100_000_000;
            assert!(divergence.to_ns > end_ns, "{old} {new}: {divergence:?}");
            let most_ns = 2 * (old.max(new) * 100_000_000).div_ceil(32);
            assert!(divergence.from_ns <= end_ns + most_ns, "{divergence:?}");
        }
    }

    #[test]
    fn what_is_the_same_does_not_part() {
        for events in [0, 1, 50, 5_000] {
            let traced = Traced::of(&log(events));
            assert_eq!(traced.trail.parts_from(&traced), None);
            assert!(traced.trail.points.len() <= 65 * DIGITS);
        }
        // A log that is not of moments is one step.
        let odd = Traced::of(&["a".to_owned(), "b".to_owned()]);
        assert_eq!(odd.trail.parts_from(&odd), None);
        assert_eq!(odd.trail.points.len(), DIGITS);
    }
}
