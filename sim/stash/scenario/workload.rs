//! How many requests there are: a rate, or the load from which it follows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::model::{Model, Requests};

/// How many requests there are. One of `load` and `rate_per_s` is given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "StashWorkload")]
pub struct Workload {
    /// Bytes that would be held on average if everything were stored at once, over the capacity:
    /// what is fetched until it is, what is lost for all of its time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load: Option<f64>,
    /// Requests per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_per_s: Option<f64>,
    /// Share of the requests that come in bursts; `requests.burst_share` unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub burst_share: Option<f64>,
    /// Requests of a burst; `requests.burst_size` unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub burst_size: Option<u64>,
    /// Whether the objective is asked here; else strategies are compared only.
    pub asked: bool,
}

impl Default for Workload {
    fn default() -> Self {
        Self {
            load: None,
            rate_per_s: None,
            burst_share: None,
            burst_size: None,
            asked: true,
        }
    }
}

/// One-way trips between the moment a result is stored and the moment the request for it is there:
/// the answer, the connection there and back, and the request.
const TRIPS: u64 = 4;

impl Workload {
    /// Requests per second. With a load ρ it is ρ C / (B H): C is the capacity, B the mean of the
    /// bytes of a result, and H the mean of the time it is held, (1 − l) (g + 4 d) + l T, for a
    /// share l of lost ones, a mean gap g, a latency d one way, and a time to live T.
    pub(in crate::stash) fn rate_per_s(&self, model: &Model) -> f64 {
        if let Some(rate_per_s) = self.rate_per_s {
            return rate_per_s;
        }
        let load = self.load.unwrap_or_default();
        let capacity = model.stash.capacity_bytes as f64;
        load * capacity / (mean_bytes(&model.requests) * held_s(model))
    }
}

/// How long a result is held on average if it is stored at once, s.
pub(in crate::stash) fn held_s(model: &Model) -> f64 {
    let requests = &model.requests;
    let gap_ms = (requests.gap_least_ms + requests.gap_most_ms) as f64 / 2.0;
    let fetched_ms = gap_ms + (TRIPS * model.network.latency_ms) as f64;
    let lost = requests.lost_share;
    ((1.0 - lost) * fetched_ms + lost * model.stash.ttl_ms as f64) / 1e3
}

/// The mean of a log-normal distribution cut off at both ends (Johnson, Kotz, Balakrishnan 1994,
/// chapter 14), bytes.
pub(in crate::stash) fn mean_bytes(requests: &Requests) -> f64 {
    let (median, sigma) = (requests.median_bytes as f64, requests.sigma);
    if sigma == 0.0 {
        return median;
    }
    let place = |bytes: u64| libm::log(bytes as f64 / median) / sigma;
    let (low, high) = (place(requests.least_bytes), place(requests.most_bytes));
    let within = |shift: f64| normal(high - shift) - normal(low - shift);
    median * libm::exp(sigma * sigma / 2.0) * within(sigma) / within(0.0)
}

/// The standard normal distribution function.
fn normal(x: f64) -> f64 {
    0.5 * libm::erfc(-x / std::f64::consts::SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_becomes_the_rate_that_makes_it() {
        let mut model = Model::default();
        model.requests.sigma = 0.0;
        model.requests.median_bytes = 1 << 20;
        model.stash.ttl_ms = 1_000;
        model.network.latency_ms = 5;
        let workload = Workload {
            load: Some(0.9),
            ..Workload::default()
        };
        // Held: 0.95 x 70 ms + 0.05 x 1 000 ms.
        assert!((held_s(&model) - 0.1165).abs() < 1e-12);
        let rate_per_s = workload.rate_per_s(&model);
        assert!((rate_per_s - 0.9 * 256.0 / 0.1165).abs() < 1e-9);
    }

    #[test]
    fn the_mean_of_what_is_cut_off_is_that_of_what_is_left() {
        let requests = Requests {
            least_bytes: 1,
            most_bytes: u64::MAX,
            ..Requests::default()
        };
        let whole = requests.median_bytes as f64 * libm::exp(0.5);
        assert!((mean_bytes(&requests) / whole - 1.0).abs() < 1e-9);
        let cut = mean_bytes(&Requests::default());
        assert!(cut < whole && cut > 0.95 * whole, "{cut}");
    }
}
