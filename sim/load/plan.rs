//! Every request of a cell, planned before it runs.
//!
//! Arrivals are Poisson: gaps are exponential, `−ln(1 − u) / rate`, rounded to nanoseconds. Each
//! kind of traffic has its own random stream, and the plan knows nothing of strategies, so all
//! strategies of a seed meet the same requests at the same moments. The hash of the plan, equal in
//! all of them, is the proof.

use std::time::Duration;

use crate::digest::Digest;
use crate::outcome::RequestKind;
use crate::scenario::{Load, Mix};
use crate::seed::{Purpose, below, stream, unit};
use rand::Rng as _;
use rand_chacha::ChaCha8Rng;

/// A request to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    /// When it arrives, ns after the start.
    pub at_ns: u64,
    /// What it asks for.
    pub kind: RequestKind,
    /// A random number that picks its parameters.
    pub draw: u64,
}

/// The requests of a cell, in the order of arrival.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    requests: Vec<Planned>,
    hash: String,
}

impl Plan {
    /// The traffic of `load` under `seed`, for `length`.
    #[must_use]
    pub fn new(load: &Load, seed: u64, length: Duration) -> Self {
        let end_ns = u64::try_from(length.as_nanos()).unwrap_or(u64::MAX);
        let mix = load.mix;
        let mut requests = Vec::new();
        arrivals(
            &mut requests,
            "reads",
            load.reads_per_s,
            seed,
            end_ns,
            |draw| pick(mix, draw),
        );
        for (entity, rate, kind) in [
            (
                "observations",
                load.observations_per_s,
                RequestKind::InsertObservation,
            ),
            (
                "transmissions",
                load.transmissions_per_s,
                RequestKind::InsertTransmission,
            ),
            (
                "late-observations",
                load.late_observations_per_s,
                RequestKind::InsertLateObservation,
            ),
            (
                "deletes",
                load.deletes_per_s,
                RequestKind::DeleteTransmission,
            ),
        ] {
            arrivals(&mut requests, entity, rate, seed, end_ns, |_| kind);
        }
        Self::of(requests)
    }

    /// The plan of `requests`.
    #[must_use]
    pub fn of(mut requests: Vec<Planned>) -> Self {
        // Two that fall on one nanosecond keep the order of the streams: the sort is stable.
        requests.sort_by_key(|request| request.at_ns);
        let hash = hash(&requests);
        Self { requests, hash }
    }

    /// The requests, in the order of arrival.
    #[must_use]
    pub fn requests(&self) -> &[Planned] {
        &self.requests
    }

    /// SHA-256 over all requests, hex.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

/// Plans the arrivals of one stream before `end_ns`, of the kind that a draw picks.
pub(crate) fn arrivals(
    into: &mut Vec<Planned>,
    entity: &str,
    rate_per_s: f64,
    seed: u64,
    end_ns: u64,
    kind: impl Fn(u64) -> RequestKind,
) {
    if rate_per_s <= 0.0 {
        return;
    }
    let mut random = stream(seed, Purpose::Arrivals, entity);
    let mut at_ns: u64 = 0;
    loop {
        at_ns = at_ns.saturating_add(gap_ns(&mut random, rate_per_s));
        let kind = kind(random.next_u64());
        let draw = random.next_u64();
        if at_ns >= end_ns {
            return;
        }
        into.push(Planned { at_ns, kind, draw });
    }
}

/// An exponential gap; at least 1 ns, so that arrivals of one stream are distinct.
pub(crate) fn gap_ns(random: &mut ChaCha8Rng, rate_per_s: f64) -> u64 {
    let gap_s = -libm::log1p(-unit(random.next_u64())) / rate_per_s;
    (gap_s * 1e9).round().max(1.0) as u64
}

/// A kind of read, by weight.
fn pick(mix: Mix, draw: u64) -> RequestKind {
    let weights = [
        (RequestKind::Stats, mix.stats),
        (RequestKind::PacketList, mix.packet_list),
        (RequestKind::PacketDetail, mix.packet_detail),
        (RequestKind::Health, mix.health),
    ];
    let total: u64 = weights.iter().map(|&(_, weight)| u64::from(weight)).sum();
    let mut at = below(draw, total);
    for (kind, weight) in weights {
        match at.checked_sub(u64::from(weight)) {
            Some(rest) => at = rest,
            None => return kind,
        }
    }
    RequestKind::Health
}

fn hash(requests: &[Planned]) -> String {
    let mut digest = Digest::default();
    for request in requests {
        digest.add(request.at_ns.to_le_bytes());
        digest.add(request.kind.name());
        digest.add(request.draw.to_le_bytes());
    }
    digest.hex()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(seed: u64) -> Plan {
        Plan::new(&Load::default(), seed, Duration::from_secs(1_000))
    }

    #[test]
    fn rates_and_mix_come_out_as_asked() {
        let plan = plan(1);
        let count = |kind| plan.requests().iter().filter(|r| r.kind == kind).count();
        let near = |count: usize, want: f64| (count as f64 - want).abs() < 4.0 * want.sqrt();
        assert!(near(count(RequestKind::Stats), 15_000.0));
        assert!(near(count(RequestKind::PacketDetail), 5_000.0));
        assert!(near(count(RequestKind::InsertObservation), 6_600.0));
        assert!(near(count(RequestKind::InsertTransmission), 150.0));
    }

    #[test]
    fn gaps_are_exponential() {
        let load = Load {
            observations_per_s: 0.0,
            transmissions_per_s: 0.0,
            ..Load::default()
        };
        let plan = Plan::new(&load, 3, Duration::from_secs(2_000));
        let at: Vec<f64> = plan
            .requests()
            .iter()
            .map(|r| r.at_ns as f64 / 1e9)
            .collect();
        let gaps: Vec<f64> = at.windows(2).map(|two| two[1] - two[0]).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
        // Mean and standard deviation of an exponential are equal.
        assert!((mean * 50.0 - 1.0).abs() < 0.02, "{mean}");
        assert!((variance.sqrt() / mean - 1.0).abs() < 0.02, "{variance}");
    }

    #[test]
    fn another_kind_of_traffic_shifts_no_other() {
        let load = Load {
            late_observations_per_s: 3.0,
            deletes_per_s: 0.5,
            ..Load::default()
        };
        let hostile = Plan::new(&load, 1, Duration::from_secs(1_000));
        let added = [
            RequestKind::InsertLateObservation,
            RequestKind::DeleteTransmission,
        ];
        let (more, rest): (Vec<Planned>, Vec<Planned>) = hostile
            .requests()
            .iter()
            .partition(|request| added.contains(&request.kind));
        assert_eq!(rest, plan(1).requests());
        assert!((3_200..3_800).contains(&more.len()), "{}", more.len());
        assert!(more.iter().all(|request| !request.kind.is_read()));
    }

    #[test]
    fn a_seed_changes_the_plan_and_a_longer_plan_begins_with_the_shorter() {
        assert_eq!(plan(1), plan(1));
        assert_ne!(plan(1).hash(), plan(2).hash());
        let longer = Plan::new(&Load::default(), 1, Duration::from_secs(1_500));
        let short = plan(1);
        assert_eq!(
            longer.requests()[..short.requests().len()],
            *short.requests()
        );
    }
}
