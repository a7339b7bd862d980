//! How long a page takes.

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;

use super::settings::Settings;
use crate::seed::{Purpose, stream, unit};

/// How long pages take: log-normal around a median.
#[derive(Clone, Debug)]
pub(super) struct Latency {
    random: ChaCha8Rng,
    median_ns: f64,
    sigma: f64,
}

impl Latency {
    pub(super) fn of(settings: &Settings, seed: u64) -> Self {
        Self {
            random: stream(seed, Purpose::Upstream, "latency"),
            median_ns: settings.latency_ms as f64 * 1e6,
            sigma: settings.latency_sigma,
        }
    }

    /// How long the next page takes, ns; `times` as long as others. Takes two draws, whatever
    /// becomes of the page.
    pub(super) fn next_ns(&mut self, times: f64) -> u64 {
        // A normal draw out of two even ones (Box, Muller 1958); the first is above 0.
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - unit(self.random.next_u64())));
        let angle = std::f64::consts::TAU * unit(self.random.next_u64());
        let factor = libm::exp(self.sigma * radius * libm::cos(angle));
        libm::round(self.median_ns * factor * times) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(sigma: f64, seed: u64) -> Vec<u64> {
        let settings = Settings {
            latency_sigma: sigma,
            ..Settings::default()
        };
        let mut latency = Latency::of(&settings, seed);
        (0..10_000).map(|_| latency.next_ns(1.0)).collect()
    }

    #[test]
    fn without_a_sigma_every_page_takes_as_long() {
        assert_eq!(pages(0.0, 1), [400_000_000; 10_000]);
        let mut latency = Latency::of(&Settings::default(), 1);
        assert_eq!(latency.next_ns(2.5), 1_000_000_000);
    }

    /// Of a log-normal distribution, 15.87 % lie below median / e^sigma, and as many above
    /// median * e^sigma.
    #[test]
    fn with_a_sigma_they_are_spread_as_it_says() {
        let mut pages = pages(0.6, 1);
        pages.sort_unstable();
        for (rank, factor) in [(1_587, -0.6), (5_000, 0.0), (8_413, 0.6)] {
            let expected = 400e6 * libm::exp(factor);
            let ratio = pages[rank] as f64 / expected;
            assert!((0.96..1.04).contains(&ratio), "{ratio}");
        }
        assert_ne!(pages, self::pages(0.6, 2));
    }
}
