//! The table `[upstream]`: the simulated list API, as a scenario describes it.

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::faults::Faults;
use super::shape::Shape;
use crate::scenario::{Finding, Findings};

/// Objects of a stream, at the most. All of them and those that arrive in 18 hours at the highest
/// rate have different ids of eight digits.
pub(crate) const OBJECTS_MOST: u64 = 20_000_000;
/// Years before the present that objects are drawn from, at the most.
const YEARS_MOST: u32 = 100;
/// Requests per second, at the most.
const RATE_MOST: f64 = 100_000.0;
/// The longest time a page may be set to take, ms: ten minutes.
const LATENCY_MOST_MS: u64 = 600_000;

/// The simulated list API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How objects lie in time.
    pub shape: Shape,
    /// A CSV file that says it instead: a creation time in each line, or `date,count`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Objects in a stream; `sparse`, `empty` and `one-object` have their own number.
    pub objects: u64,
    /// Years before the present in which they were created; `sparse` has its own.
    pub years: u32,
    /// How long a client waits for a page, the way there and back included: the median, ms.
    pub latency_ms: u64,
    /// How much that differs from page to page: the sigma of a log-normal distribution, 0 for not
    /// at all.
    pub latency_sigma: f64,
    /// How requests are counted.
    pub window: Window,
    /// Requests per second, over all streams.
    pub rate_per_s: f64,
    /// Requests at once after a quiet time, with `window = "bucket"`.
    pub burst: u32,
    /// Whether requests that are refused count, too: who does not wait is not let in again.
    pub refused_count: bool,
    /// How a refusal says when to come back.
    pub retry_after: RetryAfter,
    /// What goes wrong.
    pub faults: Faults,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            shape: Shape::Uniform,
            file: None,
            objects: 10_000,
            years: 5,
            latency_ms: 400,
            latency_sigma: 0.0,
            window: Window::Bucket,
            rate_per_s: 25.0,
            burst: 25,
            refused_count: false,
            retry_after: RetryAfter::Seconds,
            faults: Faults::default(),
        }
    }
}

/// How requests are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Window {
    /// A bucket of `burst` tokens, filled at `rate_per_s`.
    Bucket,
    /// `rate_per_s` of them in any second, however it is laid.
    Sliding,
    /// Not at all.
    None,
}

/// How a refusal says when to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RetryAfter {
    /// In whole seconds, rounded up.
    Seconds,
    /// In seconds with three decimals, rounded up, as some APIs do.
    Fraction,
    /// As a date, to be compared with the answer's own.
    Date,
    /// Not at all.
    Absent,
}

impl Settings {
    /// What is out of range or does not fit the rest, under the name of the `table`.
    pub(crate) fn findings(&self, table: &str) -> Vec<Finding> {
        let mut findings = Findings::default();
        let path = |key: &str| format!("{table}.{key}");
        findings.whole(&path("objects"), self.objects, 0, OBJECTS_MOST);
        findings.whole(&path("years"), self.years, 1, u64::from(YEARS_MOST));
        findings.whole(&path("latency_ms"), self.latency_ms, 0, LATENCY_MOST_MS);
        findings.number(&path("latency_sigma"), self.latency_sigma, 0.0, 2.0);
        let rate = path("rate_per_s");
        let known = findings.number(&rate, self.rate_per_s, 0.001, RATE_MOST);
        if known && self.window == Window::Sliding && self.rate_per_s.fract() != 0.0 {
            let message = format!("{} requests are not a whole number", self.rate_per_s);
            let help = "a sliding window counts whole requests in a second; choose a whole number, \
                        or `window = \"bucket\"`";
            findings.add(rate.as_str(), message, help);
        }
        findings.whole(&path("burst"), self.burst, 1, 1_000_000);
        self.faults.findings(&path("faults"), &mut findings);
        findings.into_inner()
    }

    /// What a bucket gains, requests in 1000 s: whole, so that it can be counted exactly.
    #[must_use]
    pub fn requests_per_ks(&self) -> u64 {
        libm::round(self.rate_per_s * 1_000.0) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> Settings {
        toml::from_str(text).unwrap()
    }

    fn found(text: &str) -> Vec<String> {
        let findings = settings(text).findings("upstream");
        let said = |one: Finding| format!("{}: {}; {}", one.path, one.message, one.help);
        findings.into_iter().map(said).collect()
    }

    #[test]
    fn the_defaults_are_in_range_and_written_out_as_they_are_read() {
        assert_eq!(found(""), [""; 0]);
        let all = toml::to_string(&Settings::default()).unwrap();
        assert_eq!(settings(&all), Settings::default(), "{all}");
        let given = "shape = \"ties-at-page-edges\"\nwindow = \"sliding\"\n[faults]\n\
                     storm = [{ after_s = 1.0, for_s = 2.0 }]\n";
        let given = settings(given);
        assert_eq!(settings(&toml::to_string(&given).unwrap()), given);
        assert!(toml::from_str::<Settings>("shap = \"uniform\"").is_err());
        assert!(toml::from_str::<Settings>("[faults]\nstorms = 1").is_err());
    }

    #[test]
    fn what_is_out_of_range_is_found() {
        let text = "objects = 30_000_000\nyears = 0\nlatency_ms = 600_001\nlatency_sigma = 3.0\n\
                    rate_per_s = 0.0\nburst = 0\n\
                    [faults]\nerror_share = 1.5\nerror_status = 404\nslow_times = 0.5\n\
                    arrivals_per_s = 1e9\nstorm = [{ after_s = -1.0, for_s = 0.0, share = 2.0 }]\n\
                    outage = [{ after_s = 0.0, for_s = inf }]\n";
        let paths = [
            "objects",
            "years",
            "latency_ms",
            "latency_sigma",
            "rate_per_s",
            "burst",
            "faults.error_share",
            "faults.error_status",
            "faults.slow_times",
            "faults.arrivals_per_s",
            "faults.storm.0.after_s",
            "faults.storm.0.for_s",
            "faults.storm.0.share",
            "faults.outage.0.for_s",
        ];
        let found = found(text);
        let begins = |(said, path): (&String, &str)| said.starts_with(&format!("upstream.{path}:"));
        assert!(found.iter().zip(paths).all(begins), "{found:#?}");
        assert_eq!(found.len(), paths.len(), "{found:#?}");
    }

    #[test]
    fn a_sliding_window_counts_whole_requests() {
        let found = found("window = \"sliding\"\nrate_per_s = 2.5");
        assert!(
            found[0].starts_with("upstream.rate_per_s: 2.5 requests"),
            "{found:?}"
        );
        assert_eq!(settings("rate_per_s = 2.5").findings("x"), []);
        assert_eq!(settings("rate_per_s = 0.3").requests_per_ks(), 300);
    }
}
