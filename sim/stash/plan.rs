//! Every request of a cell, planned before it runs.
//!
//! Arrivals are Poisson: single requests at (1 − s) of the rate, and bursts of k at s / k of it,
//! each of one owner and spread evenly over the length of a burst. Each purpose has its own random
//! stream, and the plan knows nothing of strategies, so all strategies of a seed and a workload
//! meet the same requests at the same moments. The hash of the plan, equal in all of them, is the
//! proof.

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;

use super::scenario::{Model, Requests, Workload};
use crate::digest::Digest;
use crate::load::gap_ns;
use crate::seed::{Purpose, below, mix, stream, unit};

/// Modelled nanoseconds in a millisecond.
pub(super) const MS: u64 = 1_000_000;

/// A request to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Planned {
    /// What it is called in a script.
    pub(super) name: String,
    /// When its client asks, ns after the start.
    pub(super) at_ns: u64,
    pub(super) owner: String,
    pub(super) bytes: u64,
    /// Picks the payload.
    pub(super) draw: u64,
    /// How long the work takes, ns.
    pub(super) work_ns: u64,
    /// When its client goes away without an answer, ns after it has asked.
    pub(super) patience_ns: Option<u64>,
    /// In the order they are made; none of a client that never comes.
    pub(super) fetches: Vec<Fetch>,
}

/// A try to fetch a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fetch {
    pub(super) owner: String,
    pub(super) at: At,
}

/// When a result is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    /// So long after the answer or the fetch before, ns.
    After(u64),
    /// At this moment, ns after the start, or as soon as there is an answer.
    Moment(u64),
}

/// The requests of a cell, in the order of arrival.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) requests: Vec<Planned>,
    pub(super) hash: String,
    /// When everything has to be over, whatever a strategy does, ns.
    pub(super) closes_ns: u64,
}

impl Plan {
    pub(super) fn new(model: &Model, workload: Option<&Workload>, seed: u64) -> Self {
        let mut requests = match workload {
            Some(workload) => drawn(model, workload, seed),
            None => listed(model),
        };
        requests.sort_by_key(|request| request.at_ns);
        let mut digest = Digest::default();
        for request in &requests {
            digest.add(format!("{request:?}\n"));
        }
        let ends = requests.iter().map(|one| one.over_ns(model));
        let last_ns = ends.max().unwrap_or(0);
        Self {
            closes_ns: last_ns + (model.stash.ttl_ms + 10) * MS,
            hash: digest.hex(),
            requests,
        }
    }
}

impl Planned {
    /// When its client has come to its end at the latest, ns.
    fn over_ns(&self, model: &Model) -> u64 {
        // Each way there and back is two trips for the connection and two for the request, and
        // what is sent in a tick leaves with its end.
        let network = &model.network;
        let there_and_back = 4 * (network.latency_ms + network.tick_ms) * MS;
        let answered = self.at_ns + 2 * self.work_ns + model.stash.wait_ms * MS + there_and_back;
        self.fetches.iter().fold(answered, |before, fetch| {
            let at_ns = match fetch.at {
                At::After(gap_ns) => before + gap_ns,
                At::Moment(at_ns) => at_ns.max(before),
            };
            at_ns + there_and_back
        })
    }
}

/// The requests of a script.
fn listed(model: &Model) -> Vec<Planned> {
    let mut requests = Vec::new();
    for put in &model.put {
        for index in 0..put.times {
            let takes = model.take.iter();
            let takes = takes.filter(|take| take.put == put.name && index < take.times);
            let fetches = takes.map(|take| Fetch {
                owner: take.owner.as_ref().unwrap_or(&put.owner).clone(),
                at: At::Moment((take.at_ms + index * take.every_ms) * MS),
            });
            requests.push(Planned {
                name: put.name_of(index),
                at_ns: (put.at_ms + index * put.every_ms) * MS,
                owner: put.owner.clone(),
                bytes: put.bytes,
                draw: mix(requests.len() as u64),
                work_ns: 0,
                patience_ns: put.patience_ms.map(|ms| ms * MS),
                fetches: fetches.collect(),
            });
        }
    }
    requests
}

/// The streams of a cell.
struct Streams {
    sizes: ChaCha8Rng,
    owners: ChaCha8Rng,
    clients: ChaCha8Rng,
}

/// The requests of a workload.
fn drawn(model: &Model, workload: &Workload, seed: u64) -> Vec<Planned> {
    let requests = &model.requests;
    let rate_per_s = workload.rate_per_s(model);
    let share = workload.burst_share.unwrap_or(requests.burst_share);
    let size = workload.burst_size.unwrap_or(requests.burst_size);
    let end_ns = (requests.for_s * 1e9) as u64;
    let mut streams = Streams {
        sizes: stream(seed, Purpose::Data, "sizes"),
        owners: stream(seed, Purpose::Data, "owners"),
        clients: stream(seed, Purpose::Arrivals, "clients"),
    };
    let mut all = Vec::new();
    let mut singles = stream(seed, Purpose::Arrivals, "singles");
    moments(
        &mut singles,
        rate_per_s * (1.0 - share),
        end_ns,
        |_, at_ns| {
            let owner = streams.owner(requests);
            all.push(streams.request(requests, at_ns, owner));
        },
    );
    let mut bursts = stream(seed, Purpose::Arrivals, "bursts");
    moments(
        &mut bursts,
        rate_per_s * share / size as f64,
        end_ns,
        |random, at_ns| {
            let owner = streams.owner(requests);
            for _ in 0..size {
                let after_ns = below(random.next_u64(), requests.burst_ms * MS + 1);
                all.push(streams.request(requests, at_ns + after_ns, owner));
            }
        },
    );
    all
}

/// The moments of a Poisson stream before `end_ns`.
fn moments(
    random: &mut ChaCha8Rng,
    rate_per_s: f64,
    end_ns: u64,
    mut each: impl FnMut(&mut ChaCha8Rng, u64),
) {
    if rate_per_s <= 0.0 {
        return;
    }
    let mut at_ns: u64 = 0;
    loop {
        at_ns = at_ns.saturating_add(gap_ns(random, rate_per_s));
        if at_ns >= end_ns {
            return;
        }
        each(random, at_ns);
    }
}

impl Streams {
    fn owner(&mut self, requests: &Requests) -> u64 {
        below(self.owners.next_u64(), requests.owners)
    }

    fn request(&mut self, requests: &Requests, at_ns: u64, owner: u64) -> Planned {
        let bytes = self.bytes(requests);
        let mut drawn = || unit(self.clients.next_u64());
        let (lost, gap) = (drawn() < requests.lost_share, drawn());
        let impatient = drawn() < requests.impatient_share;
        let probe = drawn();
        let span_ms = (requests.gap_most_ms - requests.gap_least_ms) as f64;
        let gap_ms = requests.gap_least_ms as f64 + gap * span_ms;
        let gap_ns = libm::round(gap_ms * 1e6) as u64;
        let fetch = |owner: String, gap_ns| Fetch {
            owner,
            at: At::After(gap_ns),
        };
        let mut fetches = vec![fetch(named(owner), gap_ns)];
        if probe < requests.probe_share {
            fetches.push(fetch(named(owner), 0));
        } else if probe < 2.0 * requests.probe_share {
            fetches.insert(0, fetch("stranger".to_owned(), 0));
        }
        if lost {
            fetches.clear();
        }
        Planned {
            name: String::new(),
            at_ns,
            owner: named(owner),
            bytes,
            draw: self.clients.next_u64(),
            work_ns: requests.work_ms * MS,
            patience_ns: impatient.then_some(requests.patience_ms * MS),
            fetches,
        }
    }

    /// A log-normal number within the limits: one outside of them is drawn again.
    fn bytes(&mut self, requests: &Requests) -> u64 {
        loop {
            // A normal draw out of two even ones (Box, Muller 1958); the first is above 0.
            let radius = libm::sqrt(-2.0 * libm::log(1.0 - unit(self.sizes.next_u64())));
            let angle = std::f64::consts::TAU * unit(self.sizes.next_u64());
            let factor = libm::exp(requests.sigma * radius * libm::cos(angle));
            let bytes = libm::round(requests.median_bytes as f64 * factor) as u64;
            if (requests.least_bytes..=requests.most_bytes).contains(&bytes) {
                return bytes;
            }
        }
    }
}

fn named(owner: u64) -> String {
    format!("owner-{}", owner + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stash::scenario::mean_bytes;

    fn plan(seed: u64, burst_share: f64) -> Plan {
        let mut model = Model::default();
        model.requests.for_s = 100.0;
        let workload = Workload {
            rate_per_s: Some(200.0),
            burst_share: Some(burst_share),
            ..Workload::default()
        };
        Plan::new(&model, Some(&workload), seed)
    }

    #[test]
    fn rates_sizes_and_shares_come_out_as_asked() {
        for share in [0.0, 0.3, 1.0] {
            let requests = plan(1, share).requests;
            let count = requests.len() as f64;
            assert!((count / 20_000.0 - 1.0).abs() < 0.05, "{share}: {count}");
            let bytes: u64 = requests.iter().map(|one| one.bytes).sum();
            let mean = bytes as f64 / count;
            let expected = mean_bytes(&Requests::default());
            assert!((mean / expected - 1.0).abs() < 0.05, "{mean} {expected}");
            let lost = requests.iter().filter(|one| one.fetches.is_empty()).count() as f64;
            assert!((lost / count - 0.05).abs() < 0.01, "{lost}");
        }
    }

    #[test]
    fn a_seed_changes_the_plan_and_the_hash_with_it() {
        assert_eq!(plan(1, 0.3), plan(1, 0.3));
        assert_ne!(plan(1, 0.3).hash, plan(2, 0.3).hash);
    }

    #[test]
    fn those_of_a_burst_are_of_one_owner_and_close_together() {
        let requests = plan(1, 1.0).requests;
        let size = Requests::default().burst_size as usize;
        assert!(requests.len().is_multiple_of(size));
        let first = &requests[0];
        let near = requests
            .iter()
            .filter(|one| one.owner == first.owner && one.at_ns - first.at_ns <= 20 * MS);
        assert!(near.count() >= size);
    }
}
