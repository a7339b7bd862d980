//! What gates may be about: the figures a cell has in `summary.json`, under the names that gates
//! call them by.
//!
//! The catalogue is closed: a name that is not in it is a slip, and is refused before anything
//! runs, as is one that scenarios of the family never have. A figure that a cell happens not to
//! have is no data, which never passes.

use serde_json::Value;

use super::counters;
use crate::scenario::Family;
use crate::spelling;

/// What a figure is counted in. All are whole numbers: a baseline has no roundings to argue about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Nanoseconds.
    Time,
    /// Events, rows, bytes.
    Count,
    /// Billionths of a whole.
    Share,
    /// Billionths: so many times as much as something else.
    Ratio,
}

/// Billionths of shares and ratios to 1.
pub(super) const BILLION: f64 = 1e9;

/// A figure of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    /// What gates call it.
    pub name: String,
    /// What it is counted in.
    pub unit: Unit,
    /// Where it lies in a cell of `summary.json`: the first of these that is there.
    places: Vec<String>,
    /// Where the same lies without a backfill.
    quiet: Vec<String>,
    /// Where the number of requests lies that it was made from.
    samples: Vec<String>,
    /// How many there have to be for it to mean anything, unless a gate says otherwise.
    pub least_samples: u64,
}

/// Figures of requests: the name, the key, what it is counted in, how many requests it takes. At
/// 1000 requests the 95th percentile lies between the order statistics of 93.6 % and 96.4 %, at
/// 10 000 the 99th between those of 98.8 % and 99.2 %, with 95 % confidence: Conover, "Practical
/// Nonparametric Statistics", 3rd ed., 3.2, by the binomial distribution.
const OF_REQUESTS: [(&str, &str, Unit, u64); 6] = [
    ("p50", "p50_ns", Unit::Time, 0),
    ("p95", "p95_ns", Unit::Time, 1_000),
    ("p99", "p99_ns", Unit::Time, 10_000),
    ("max", "max_ns", Unit::Time, 0),
    ("count", "count", Unit::Count, 0),
    ("failed", "failed", Unit::Count, 0),
];

/// Families whose cells have readers, and writers.
const WITH_READERS: [Family; 5] = [
    Family::Columns,
    Family::Listing,
    Family::Processing,
    Family::Pipeline,
    Family::Aggregate,
];
const WITH_WRITERS: [Family; 3] = [Family::Columns, Family::Pipeline, Family::Aggregate];

/// What only one family has: the name, what it is counted in, and where it lies.
const OF_FAMILIES: [(Family, &str, Unit, &str); 24] = [
    (Family::Columns, "held", Unit::Time, "/held_ns"),
    (
        Family::Columns,
        "duration.floor",
        Unit::Ratio,
        "/ratios/duration_floor",
    ),
    (
        Family::Listing,
        "requests",
        Unit::Count,
        "/counters/requests",
    ),
    (
        Family::Listing,
        "requests.wasted",
        Unit::Share,
        "/ratios/wasted_requests",
    ),
    (
        Family::Listing,
        "duration.floor",
        Unit::Ratio,
        "/ratios/duration_floor",
    ),
    (
        Family::Listing,
        "duration.best",
        Unit::Ratio,
        "/ratios/duration_best",
    ),
    (
        Family::Listing,
        "state_bytes_per_object",
        Unit::Ratio,
        "/ratios/state_bytes_per_object",
    ),
    (
        Family::Processing,
        "items_per_s",
        Unit::Ratio,
        "/ratios/items_per_s",
    ),
    (
        Family::Processing,
        "times_synchronous",
        Unit::Ratio,
        "/ratios/times_synchronous",
    ),
    (
        Family::Processing,
        "times_wipe",
        Unit::Ratio,
        "/ratios/times_wipe",
    ),
    (
        Family::Processing,
        "reread_of_wipe",
        Unit::Ratio,
        "/ratios/reread_of_wipe",
    ),
    (
        Family::Processing,
        "objects_of_count_only",
        Unit::Ratio,
        "/ratios/objects_of_count_only",
    ),
    (
        Family::Processing,
        "items_per_write",
        Unit::Ratio,
        "/ratios/items_per_write",
    ),
    (
        Family::Processing,
        "recovery_times",
        Unit::Ratio,
        "/ratios/recovery_times",
    ),
    (
        Family::Processing,
        "stalled",
        Unit::Time,
        "/stalled/total_ns",
    ),
    (
        Family::Pipeline,
        "requests",
        Unit::Count,
        "/counters/api_requests",
    ),
    (
        Family::Pipeline,
        "times_one_after_another",
        Unit::Ratio,
        "/times_one_after_another",
    ),
    (Family::Aggregate, "chunks", Unit::Count, "/chunks"),
    (
        Family::Aggregate,
        "transaction_bytes",
        Unit::Count,
        "/transaction_bytes",
    ),
    (
        Family::Aggregate,
        "sessions.direct",
        Unit::Ratio,
        "/ratios/sessions",
    ),
    (Family::Stash, "puts", Unit::Count, "/counted/puts"),
    (
        Family::Stash,
        "fallbacks",
        Unit::Count,
        "/counted/fallbacks",
    ),
    (
        Family::Stash,
        "fallbacks_of_immediate",
        Unit::Ratio,
        "/fallbacks_of_immediate",
    ),
    (
        Family::Stash,
        "held.most",
        Unit::Count,
        "/held/with_waiting_most_bytes",
    ),
];

/// What is kept of a cell in a baseline, where it has it; and, of these, what is held against it
/// where no gate says otherwise.
const PRIMARY: [&str; 25] = [
    "duration",
    "reader.p50",
    "reader.p95",
    "reader.p99",
    "reader.max",
    "reader.count",
    "reader.failed",
    "writer.p50",
    "writer.p95",
    "writer.p99",
    "writer.max",
    "writer.count",
    "writer.failed",
    "requests",
    "requests.wasted",
    "request.p50",
    "request.p95",
    "request.p99",
    "request.max",
    "request.count",
    "wait.p95",
    "fallbacks",
    "held.most",
    "chunks",
    "transaction_bytes",
];
pub(super) const HELD_AGAINST: [&str; 3] = ["duration", "reader.p95", "request.p95"];

impl Metric {
    /// The figure that gates of `family` call `name`.
    ///
    /// # Errors
    /// If there is none: what to write instead.
    pub(crate) fn of(name: &str, family: Family) -> Result<Self, String> {
        let all = Self::all(family);
        if let Some(found) = all.iter().find(|metric| metric.name == name) {
            return Ok(found.clone());
        }
        let counted = name.starts_with("counter.");
        // Counters are many: they are listed to who asks for one.
        let names = all.iter().map(|metric| metric.name.as_str());
        let names: Vec<&str> = names
            .filter(|name| name.starts_with("counter.") == counted)
            .collect();
        let more = if counted { "" } else { ", and counter.NAME" };
        Err(format!(
            "{}{more}",
            spelling::did_you_mean(name, &names, "metrics here")
        ))
    }

    /// Everything gates of `family` may be about.
    pub(crate) fn all(family: Family) -> Vec<Self> {
        let mut all = Vec::new();
        // A stash is there for as long as it is asked: how long is the scenario's choice.
        if family != Family::Stash {
            all.push(Self::at("duration", Unit::Time, "/duration_ns"));
        }
        if WITH_READERS.contains(&family) {
            all.extend(OF_REQUESTS.map(|figure| Self::of_requests("reader", figure)));
        }
        if WITH_WRITERS.contains(&family) {
            all.extend(OF_REQUESTS.map(|figure| Self::of_requests("writer", figure)));
        }
        if family == Family::Stash {
            all.extend(
                OF_REQUESTS.map(|figure| Self::by_itself("request", "whole_requests", figure)),
            );
            all.extend(OF_REQUESTS.map(|figure| Self::by_itself("wait", "waits", figure)));
        }
        let own = OF_FAMILIES.iter().filter(|(of, ..)| *of == family);
        all.extend(own.map(|(_, name, unit, place)| Self::at(name, *unit, place)));
        all.extend(counters::of(family).map(|name| {
            let unit = if name.ends_with("_ns") || name.ends_with("_ns_max") {
                Unit::Time
            } else {
                Unit::Count
            };
            Self::at(
                &format!("counter.{name}"),
                unit,
                &format!("/counters/{name}"),
            )
        }));
        all
    }

    /// What a baseline keeps of the cells of `family`.
    pub(crate) fn primary(family: Family) -> Vec<Self> {
        let all = Self::all(family).into_iter();
        all.filter(|metric| PRIMARY.contains(&metric.name.as_str()))
            .collect()
    }

    fn at(name: &str, unit: Unit, place: &str) -> Self {
        Self {
            name: name.to_owned(),
            unit,
            places: vec![place.to_owned()],
            quiet: Vec::new(),
            samples: Vec::new(),
            least_samples: 0,
        }
    }

    /// Figures of requests that nobody would make without what is compared.
    fn by_itself(who: &str, at: &str, (name, key, unit, least): (&str, &str, Unit, u64)) -> Self {
        Self {
            samples: vec![format!("/{at}/count")],
            least_samples: least,
            ..Self::at(&format!("{who}.{name}"), unit, &format!("/{at}/{key}"))
        }
    }

    /// A pipeline has its requests by phase, the first of which is all of it.
    fn of_requests(who: &str, (name, key, unit, least): (&str, &str, Unit, u64)) -> Self {
        let with = |key: &str| {
            vec![
                format!("/{who}s/backfill/{key}"),
                format!("/phases/0/{who}s/{key}"),
            ]
        };
        Self {
            name: format!("{who}.{name}"),
            unit,
            places: with(key),
            quiet: vec![
                format!("/{who}s/no_backfill/{key}"),
                format!("/phases/0/{who}s_without/{key}"),
            ],
            samples: with("count"),
            least_samples: least,
        }
    }

    /// Whether there is the same figure without a backfill.
    #[must_use]
    pub fn has_quiet(&self) -> bool {
        !self.quiet.is_empty()
    }

    /// Whether it is made from requests that can be counted.
    #[must_use]
    pub fn has_samples(&self) -> bool {
        !self.samples.is_empty()
    }

    /// The figure in the `record` of a cell.
    #[must_use]
    pub fn read(&self, record: &Value) -> Option<u64> {
        self.whole(record, &self.places)
    }

    /// The same without a backfill.
    #[must_use]
    pub fn read_quiet(&self, record: &Value) -> Option<u64> {
        self.whole(record, &self.quiet)
    }

    /// How many requests it was made from.
    #[must_use]
    pub fn read_samples(&self, record: &Value) -> Option<u64> {
        found(record, &self.samples)?.as_u64()
    }

    fn whole(&self, record: &Value, places: &[String]) -> Option<u64> {
        let figure = found(record, places)?;
        match self.unit {
            Unit::Time | Unit::Count => figure.as_u64(),
            Unit::Share | Unit::Ratio => {
                let billionths = libm::round(figure.as_f64()? * BILLION);
                (billionths >= 0.0).then_some(billionths as u64)
            }
        }
    }
}

fn found<'a>(record: &'a Value, places: &[String]) -> Option<&'a Value> {
    places.iter().find_map(|place| record.pointer(place))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn metric(name: &str, family: Family) -> Metric {
        Metric::of(name, family).unwrap()
    }

    #[test]
    fn figures_are_read_where_a_family_has_them() {
        let p95 = metric("reader.p95", Family::Columns);
        let columns = json!({ "readers": { "backfill": { "p95_ns": 7, "count": 3 },
                                           "no_backfill": { "p95_ns": 2 } } });
        let pipeline = json!({ "phases": [{ "readers": { "p95_ns": 8, "count": 4 },
                                            "readers_without": { "p95_ns": 5 } }] });
        for (record, figure, quiet, samples) in [(columns, 7, 2, 3), (pipeline, 8, 5, 4)] {
            assert_eq!(p95.read(&record), Some(figure));
            assert_eq!(p95.read_quiet(&record), Some(quiet));
            assert_eq!(p95.read_samples(&record), Some(samples));
        }
        let wasted = metric("requests.wasted", Family::Listing);
        let record = json!({ "ratios": { "wasted_requests": 0.25 } });
        assert_eq!(wasted.read(&record), Some(250_000_000));
        assert_eq!(wasted.read(&json!({ "ratios": {} })), None);
        let syncs = metric("counter.syncs", Family::Processing);
        assert_eq!(syncs.read(&json!({ "counters": { "syncs": 3 } })), Some(3));
    }

    #[test]
    fn slips_and_strangers_are_refused_with_the_way_out() {
        let refused = |name, family| Metric::of(name, family).unwrap_err();
        let help = refused("reader.p59", Family::Columns);
        assert!(help.starts_with("did you mean `reader.p95`?"), "{help}");
        let help = refused("counter.sync", Family::Columns);
        assert!(help.starts_with("did you mean `counter.syncs`?"), "{help}");
        // Nobody writes beside a listing, and rows that are there are asked of no API.
        refused("writer.p95", Family::Listing);
        refused("requests.wasted", Family::Columns);
        refused("counter.chunks", Family::Listing);
    }

    #[test]
    fn names_are_given_once() {
        for family in WITH_READERS.into_iter().chain([Family::Stash]) {
            let mut names: Vec<String> = Metric::all(family)
                .into_iter()
                .map(|one| one.name)
                .collect();
            let all = names.len();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), all, "{family:?}");
        }
    }
}
