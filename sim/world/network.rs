//! The network of a world, before any host is on it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use rand::Rng as _;

use super::{Watch, WorldError};
use crate::clock::{LONGEST, dilated};
use crate::scenario::Network;
use crate::seed::{Purpose, stream};

/// Connections that may wait to be accepted at once; turmoil ends the world beyond it.
const TCP_CAPACITY: usize = 4_096;

/// The network of `settings` under `seed`.
///
/// # Panics
/// If a tick is no whole number of tokio's milliseconds, which no checked scenario has.
pub(crate) fn builder(settings: &Network, seed: u64) -> turmoil::Builder {
    let tick = dilated(Duration::from_millis(settings.tick_ms));
    assert!(
        !tick.is_zero() && tick.subsec_nanos().is_multiple_of(1_000_000),
        "turmoil's clocks drift unless a tick is a whole number of tokio's milliseconds"
    );
    let latency = dilated(Duration::from_millis(settings.latency_ms));
    let mut builder = turmoil::Builder::new();
    builder
        .epoch(SystemTime::UNIX_EPOCH)
        .rng_seed(stream(seed, Purpose::Network, "turmoil").next_u64())
        .simulation_duration(dilated(LONGEST))
        .tick_duration(tick)
        .min_message_latency(latency)
        .max_message_latency(latency)
        .tcp_capacity(TCP_CAPACITY);
    builder
}

/// Lets modelled time pass until every client of `world` is done; `each_tick` comes before every
/// tick and is told when that begins, ns.
///
/// # Errors
/// If a host fails, or `stop` says that nobody waits any more.
pub(crate) fn until_done(
    mut world: turmoil::Sim<'_>,
    settings: &Network,
    watch: &Watch,
    stop: &AtomicBool,
    mut each_tick: impl FnMut(&turmoil::Sim<'_>, u64),
) -> Result<(), WorldError> {
    let tick_ns = settings.tick_ms * 1_000_000;
    loop {
        each_tick(&world, watch.now_ns.load(Ordering::Relaxed));
        let done = world
            .step()
            .map_err(|error| WorldError::World(error.to_string()))?;
        watch.now_ns.fetch_add(tick_ns, Ordering::Relaxed);
        if done {
            return Ok(());
        }
        if stop.load(Ordering::Relaxed) {
            return Err(WorldError::Interrupted);
        }
    }
}

/// What of a page's time is spent on the way there and back. What is sent in a tick arrives with
/// the first tick that begins when its latency is over; without any, the way back takes a tick.
pub(crate) const fn round_trip_ns(network: &Network) -> u64 {
    let ticks = match network.latency_ms {
        0 => 1,
        latency_ms => 2 * latency_ms.div_ceil(network.tick_ms),
    };
    ticks * network.tick_ms * 1_000_000
}
