//! Exact order statistics: nearest rank on whole nanoseconds, and nothing at all without samples.
//!
//! A percentile here is a latency somebody really had, `x_(ceil(q·n))`: no interpolation, no
//! buckets. Quantiles are integers (parts per million), because `0.07 * 100` is more than 7 in
//! floating point and would shift a rank.

use serde::Serialize;

use crate::outcome::Request;

/// A quantile in parts per million.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantile(u32);

impl Quantile {
    /// The median.
    pub const P50: Self = Self(500_000);
    /// What objectives are stated in.
    pub const P95: Self = Self(950_000);
    /// The tail.
    pub const P99: Self = Self(990_000);

    /// `ppm` parts per million; more than a million is a million.
    #[must_use]
    pub const fn from_ppm(ppm: u32) -> Self {
        Self(if ppm > 1_000_000 { 1_000_000 } else { ppm })
    }

    /// The 1-based rank of this quantile among `count` samples; `None` without samples.
    #[must_use]
    pub const fn rank(self, count: usize) -> Option<usize> {
        if count == 0 {
            return None;
        }
        let rank = (self.0 as u128 * count as u128).div_ceil(1_000_000);
        Some(if rank == 0 { 1 } else { rank as usize })
    }
}

/// Latencies in ascending order, with how many of them are of failed requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Latencies {
    sorted_ns: Vec<u64>,
    failed: u64,
}

impl Latencies {
    /// The latencies of `requests`. A failed one counts with the time it waited at least: leaving
    /// it out would make the worst strategy look like the best.
    #[must_use]
    pub fn of<'a>(requests: impl Iterator<Item = &'a Request>) -> Self {
        let mut latencies = Self::default();
        for request in requests {
            latencies.sorted_ns.push(request.latency_ns());
            latencies.failed += u64::from(request.failed);
        }
        latencies.sorted_ns.sort_unstable();
        latencies
    }

    /// These, nanoseconds, none of them of a failed request.
    #[must_use]
    pub fn of_ns(values: impl Iterator<Item = u64>) -> Self {
        let mut sorted_ns: Vec<u64> = values.collect();
        sorted_ns.sort_unstable();
        Self {
            sorted_ns,
            failed: 0,
        }
    }

    /// All samples of both. Percentiles of seeds are never averaged: their samples are pooled.
    #[must_use]
    pub fn pooled(mut self, other: &Self) -> Self {
        self.sorted_ns.extend_from_slice(&other.sorted_ns);
        self.sorted_ns.sort_unstable();
        self.failed += other.failed;
        self
    }

    /// In ascending order, nanoseconds.
    #[must_use]
    pub fn as_slice(&self) -> &[u64] {
        &self.sorted_ns
    }

    /// The sample at `quantile`, nanoseconds; `None` without samples.
    #[must_use]
    pub fn at(&self, quantile: Quantile) -> Option<u64> {
        let rank = quantile.rank(self.sorted_ns.len())?;
        self.sorted_ns.get(rank - 1).copied()
    }

    /// The usual figures; `None` without samples.
    #[must_use]
    pub fn stats(&self) -> Option<Stats> {
        Some(Stats {
            count: self.sorted_ns.len() as u64,
            p50_ns: self.at(Quantile::P50)?,
            p95_ns: self.at(Quantile::P95)?,
            p99_ns: self.at(Quantile::P99)?,
            max_ns: *self.sorted_ns.last()?,
            failed: self.failed,
        })
    }
}

/// The usual figures of at least one latency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Samples, the failed ones included.
    pub count: u64,
    /// Median, nanoseconds.
    pub p50_ns: u64,
    /// 95th percentile, nanoseconds.
    pub p95_ns: u64,
    /// 99th percentile, nanoseconds.
    pub p99_ns: u64,
    /// The worst, nanoseconds.
    pub max_ns: u64,
    /// Samples whose request failed or was never answered.
    pub failed: u64,
}

/// Requests below which a p95 is shaky: at 1 000 its rank lies between the 93.6th and the 96.4th
/// percentile (binomial, two-sided 95 %), and requests that queue behind others are worth less.
const P95_FLOOR: u64 = 1_000;
/// The same for p99: at 10 000 its rank lies between 98.8 and 99.2.
const P99_FLOOR: u64 = 10_000;

impl Stats {
    /// What there are too few samples for, as a remark; `None` when there are enough.
    #[must_use]
    pub fn few_samples(&self) -> Option<&'static str> {
        if self.count < P95_FLOOR {
            Some("few samples: fewer than 1 000 requests, p95 and p99 are rough")
        } else if self.count < P99_FLOOR {
            Some("fewer than 10 000 requests: p99 is rough")
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::RequestKind;

    fn latencies(values: &[u64]) -> Latencies {
        let requests: Vec<Request> = values
            .iter()
            .map(|&value| Request {
                service: crate::outcome::Service::default(),
                kind: RequestKind::Stats,
                intended_ns: 10,
                acquired_ns: 10,
                finished_ns: 10 + value,
                failed: value == 7,
            })
            .collect();
        Latencies::of(requests.iter())
    }

    #[test]
    fn a_percentile_is_the_nearest_rank_from_above() {
        let hundred: Vec<u64> = (1..=100).rev().collect();
        let stats = latencies(&hundred).stats().unwrap();
        assert_eq!(
            (
                stats.count,
                stats.p50_ns,
                stats.p95_ns,
                stats.p99_ns,
                stats.max_ns,
                stats.failed
            ),
            (100, 50, 95, 99, 100, 1)
        );
        assert_eq!(latencies(&[5, 9]).at(Quantile::P50), Some(5));
        assert_eq!(latencies(&[5, 9]).at(Quantile::P95), Some(9));
    }

    /// `0.07 * 100.0` is 7.000000000000001: a float would answer the eighth sample.
    #[test]
    fn a_rank_does_not_suffer_from_floating_point() {
        assert_eq!(Quantile::from_ppm(70_000).rank(100), Some(7));
        assert_eq!(Quantile::from_ppm(0).rank(100), Some(1));
        assert_eq!(Quantile::from_ppm(u32::MAX).rank(100), Some(100));
    }

    #[test]
    fn no_samples_are_no_data() {
        assert_eq!(latencies(&[]).stats(), None);
        assert_eq!(Quantile::P95.rank(0), None);
    }

    #[test]
    fn pooling_keeps_every_sample() {
        let pooled = latencies(&[1, 7]).pooled(&latencies(&[3, 7]));
        assert_eq!(pooled.as_slice(), [1, 3, 7, 7]);
        assert_eq!(pooled.stats().unwrap().failed, 2);
    }

    #[test]
    fn few_samples_are_remarked_on() {
        let stats = |count| Stats {
            count,
            p50_ns: 1,
            p95_ns: 1,
            p99_ns: 1,
            max_ns: 1,
            failed: 0,
        };
        assert!(
            stats(999)
                .few_samples()
                .is_some_and(|note| note.contains("p95"))
        );
        assert!(
            stats(9_999)
                .few_samples()
                .is_some_and(|note| !note.contains("p95"))
        );
        assert_eq!(stats(10_000).few_samples(), None);
    }
}
