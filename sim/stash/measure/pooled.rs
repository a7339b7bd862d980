//! What the figures of all seeds come to together: counts are sums, percentiles are of all samples
//! together, and what is a bound is its worst.

use super::cell::{Counted, Figures};
use crate::measure::mean::quotient;
use crate::measure::{Latencies, Quantile};

/// Figures over all seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Pooled {
    /// All together.
    pub counted: Counted,
    /// All together; `None` when any seed has none to compare with.
    pub immediate_fallbacks: Option<u64>,
    /// The fallbacks over those of `immediate` with the worst seed.
    pub worst_of_immediate: Option<f64>,
    /// All samples.
    pub waits: Latencies,
    /// All samples.
    pub whole: Latencies,
    /// All samples.
    pub immediate_whole: Latencies,
    /// The mean of the means.
    pub held_mean_bytes: u64,
    /// The most.
    pub held_most_bytes: u64,
    /// The most.
    pub with_waiting_most_bytes: u64,
    /// Bytes that may be held and wait.
    pub limit_bytes: u64,
    /// The longest.
    pub expiry_wake_ns: Option<u64>,
}

impl Pooled {
    /// `all` together.
    pub(super) fn of(all: &[&Figures]) -> Option<Self> {
        let most = |figure: fn(&Figures) -> u64| all.iter().map(|one| figure(one)).max();
        let samples = |of: fn(&Figures) -> Option<&Latencies>| {
            let parts = all.iter().filter_map(|one| of(one));
            Latencies::of_ns(parts.flat_map(|part| part.as_slice().iter().copied()))
        };
        let means: u64 = all.iter().map(|one| one.held_mean_bytes).sum();
        let ratios = all.iter().filter_map(|one| one.fallbacks_of_immediate());
        Some(Self {
            counted: all.iter().map(|one| one.counted).reduce(Counted::with)?,
            immediate_fallbacks: all.iter().map(|one| one.immediate_fallbacks).sum(),
            worst_of_immediate: ratios.reduce(f64::max),
            waits: samples(|one| Some(&one.waits)),
            whole: samples(|one| Some(&one.whole)),
            immediate_whole: samples(|one| one.immediate_whole.as_ref()),
            held_mean_bytes: means / all.len() as u64,
            held_most_bytes: most(|one| one.held_most_bytes)?,
            with_waiting_most_bytes: most(|one| one.with_waiting_most_bytes)?,
            limit_bytes: most(|one| one.limit_bytes)?,
            expiry_wake_ns: all.iter().filter_map(|one| one.expiry_wake_ns).max(),
        })
    }

    /// Results that found no room, over those of `immediate`.
    #[must_use]
    pub fn fallbacks_of_immediate(&self) -> Option<f64> {
        quotient(self.counted.fallbacks, self.immediate_fallbacks?)
    }

    /// Results that found no room, of all that were put.
    #[must_use]
    pub fn fallback_share(&self) -> Option<f64> {
        quotient(self.counted.fallbacks, self.counted.puts)
    }

    /// Results that were in line, of all that were put.
    #[must_use]
    pub fn waited_share(&self) -> Option<f64> {
        quotient(self.counted.waited, self.counted.puts)
    }

    /// The p95 of a whole request over that of `immediate`.
    #[must_use]
    pub fn whole_p95_of_immediate(&self) -> Option<f64> {
        let (own, theirs) = (&self.whole, &self.immediate_whole);
        quotient(own.at(Quantile::P95)?, theirs.at(Quantile::P95)?)
    }
}
