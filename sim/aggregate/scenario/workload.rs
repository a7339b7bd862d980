//! What a workload is: how many views there are, of which sessions, and what is added live.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A table of page views, and who adds to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "AggregateWorkload")]
pub struct Workload {
    /// Views that are stored before the run.
    pub count: u64,
    /// Sessions they are of.
    pub sessions: u64,
    /// How uneven sessions are: the n-th most active one has views in proportion to 1 / n^`skew`; 0
    /// is even. Says nothing where `apart` is given.
    pub skew: f64,
    /// Sessions between two views of one session: so many sessions have a view each, in turns,
    /// until all of their views are there, then as many others. 0 where sessions are drawn.
    pub apart: u64,
    /// Views per second that are added live, for `load.inserts_for_s`; 0 for none. A third is
    /// stored between views that were there, and half are of pages and sessions that were not.
    pub inserts_per_s: f64,
}

impl Default for Workload {
    fn default() -> Self {
        Self {
            count: 100_000,
            sessions: 40_000,
            skew: 0.0,
            apart: 0,
            inserts_per_s: 0.0,
        }
    }
}

/// Those that have a name.
const BUILT_IN: [&str; 6] = [
    "exact",
    "far-apart",
    "uniform",
    "heavy-tailed",
    "live",
    "full",
];

impl Workload {
    /// The built-in workload `name`:
    ///
    /// | name | views | sessions |
    /// |---|---|---|
    /// | `exact` | 6 000 | drawn from 2 500: what the original was tried on |
    /// | `far-apart` | 60 000 | 30 000 with two views each, 14 999 other sessions between them |
    /// | `uniform` | 100 000 | drawn from 40 000 |
    /// | `heavy-tailed` | 100 000 | drawn from 11 460 with `skew = 1`: about 9 400 of them |
    /// | `live` | as `uniform` | and 20 a second are added live |
    /// | `full` | 1 500 000 | drawn from 600 000, and 20 a second are added live |
    #[must_use]
    pub fn built_in(name: &str) -> Option<Self> {
        let uniform = Self::default();
        Some(match name {
            "exact" => Self {
                count: 6_000,
                sessions: 2_500,
                ..uniform
            },
            "far-apart" => Self {
                count: 60_000,
                sessions: 30_000,
                apart: 15_000,
                ..uniform
            },
            "uniform" => uniform,
            "heavy-tailed" => Self {
                sessions: 11_460,
                skew: 1.0,
                ..uniform
            },
            "live" => Self {
                inserts_per_s: 20.0,
                ..uniform
            },
            "full" => Self {
                count: 1_500_000,
                sessions: 600_000,
                inserts_per_s: 20.0,
                ..uniform
            },
            _ => return None,
        })
    }

    /// The names of those that are built in.
    #[must_use]
    pub const fn built_in_names() -> &'static [&'static str] {
        &BUILT_IN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_workload() {
        for name in Workload::built_in_names() {
            assert!(Workload::built_in(name).is_some(), "{name}");
        }
        assert_eq!(Workload::built_in("mine"), None);
    }
}
