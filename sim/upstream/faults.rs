//! The table `[upstream.faults]`: what goes wrong in the simulated list API. Everything is off
//! unless said.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::outcome::Window;
use crate::scenario::Findings;

/// A window cannot begin or last longer than any run, s: 19 hours.
const LONGEST_S: f64 = 19.0 * 3_600.0;
/// Objects of a stream that come, or go, in a second, at the most: with more, ids would run out.
const CHANGES_MOST_PER_S: f64 = 1_000.0;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// Share of requests that are answered with `error_status`, after the time of a page.
    pub error_share: f64,
    /// From 500 to 599.
    pub error_status: u16,
    /// Share of pages that take `slow_times` as long.
    pub slow_share: f64,
    /// How many times as long a slow page takes.
    pub slow_times: f64,
    /// Share of requests that end with the loss of their connection.
    pub drop_share: f64,
    /// Whether such a request is lost, or its answer.
    pub drop: Dropped,
    /// What is said to a request that goes on after an object there is not (any more).
    pub unknown_cursor: UnknownCursor,
    /// Share of pages whose last object is deleted as soon as they are made, if more follow: what
    /// the next page is to go on after is gone.
    pub delete_cursor_share: f64,
    /// Objects of each stream that are deleted, per second, each as likely.
    pub deletes_per_s: f64,
    /// Objects that come to each stream, per second, at its newest end.
    pub arrivals_per_s: f64,
    /// When requests are refused as too many, however few they are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub storm: Vec<Storm>,
    /// When nothing is answered but 503.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outage: Vec<Outage>,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            error_share: 0.0,
            error_status: 500,
            slow_share: 0.0,
            slow_times: 10.0,
            drop_share: 0.0,
            drop: Dropped::Answer,
            unknown_cursor: UnknownCursor::NotFound,
            delete_cursor_share: 0.0,
            deletes_per_s: 0.0,
            arrivals_per_s: 0.0,
            storm: Vec::new(),
            outage: Vec::new(),
        }
    }
}

/// What is lost with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Dropped {
    /// The request: it is not counted, and nothing is done.
    Request,
    /// The answer: all is done, and nobody hears of it.
    Answer,
}

/// What is said to a request that goes on after an object there is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownCursor {
    /// 404, as it should be.
    NotFound,
    /// An empty page with nothing behind it, as if the end were reached.
    SilentEnd,
}

/// When requests are refused as too many.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Storm {
    /// When it begins, in seconds after the API's start.
    pub after_s: f64,
    /// How long it lasts, in seconds.
    pub for_s: f64,
    /// Share of requests that are refused.
    #[serde(default = "all")]
    pub share: f64,
    /// When a refusal says to come back, in seconds; said in the way of `retry_after`.
    #[serde(default = "one_second")]
    pub retry_after_s: f64,
}

/// When nothing is answered but 503.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// When it begins, in seconds after the API's start.
    pub after_s: f64,
    /// How long it lasts, in seconds.
    pub for_s: f64,
}

const fn all() -> f64 {
    1.0
}

const fn one_second() -> f64 {
    1.0
}

impl Faults {
    /// When the API is of no use, by what it is, from its start on.
    pub(crate) fn windows(&self) -> impl Iterator<Item = (&'static str, Window)> {
        let storms = self.storm.iter();
        let storms = storms.map(|one| ("429 storm", one.after_s, one.for_s));
        let outages = self.outage.iter();
        let outages = outages.map(|one| ("outage", one.after_s, one.for_s));
        storms.chain(outages).map(|(what, after_s, for_s)| {
            let window = Window {
                start_ns: (after_s * 1e9) as u64,
                end_ns: ((after_s + for_s) * 1e9) as u64,
            };
            (what, window)
        })
    }

    pub(super) fn findings(&self, table: &str, findings: &mut Findings) {
        let path = |key: &str| format!("{table}.{key}");
        findings.number(&path("error_share"), self.error_share, 0.0, 1.0);
        findings.whole(&path("error_status"), self.error_status, 500, 599);
        findings.number(&path("slow_share"), self.slow_share, 0.0, 1.0);
        findings.number(&path("slow_times"), self.slow_times, 1.0, 1_000.0);
        findings.number(&path("drop_share"), self.drop_share, 0.0, 1.0);
        let share = self.delete_cursor_share;
        findings.number(&path("delete_cursor_share"), share, 0.0, 1.0);
        for (key, per_s) in [
            ("deletes_per_s", self.deletes_per_s),
            ("arrivals_per_s", self.arrivals_per_s),
        ] {
            findings.number(&path(key), per_s, 0.0, CHANGES_MOST_PER_S);
        }
        for (nth, storm) in self.storm.iter().enumerate() {
            let path = |key: &str| format!("{table}.storm.{nth}.{key}");
            findings.number(&path("after_s"), storm.after_s, 0.0, LONGEST_S);
            findings.number(&path("for_s"), storm.for_s, 0.001, LONGEST_S);
            findings.number(&path("share"), storm.share, 0.0, 1.0);
            findings.number(&path("retry_after_s"), storm.retry_after_s, 0.0, LONGEST_S);
        }
        for (nth, outage) in self.outage.iter().enumerate() {
            let path = |key: &str| format!("{table}.outage.{nth}.{key}");
            findings.number(&path("after_s"), outage.after_s, 0.0, LONGEST_S);
            findings.number(&path("for_s"), outage.for_s, 0.001, LONGEST_S);
        }
    }
}
