//! What is observed: by objects of the API, and live. And what the tables must come to because of
//! it, found out without asking any stage.

use crate::load::Planned;
use crate::seed::{below, mix};
use crate::upstream::{Objects, PRESENT_S};

/// Ids of live observations begin here: far above those made from objects.
const LIVE_FROM: i64 = 1 << 50;

/// An observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Observation {
    pub(super) id: i64,
    /// The transmission it is of, from 1.
    pub(super) transmission: i64,
    /// When it was made, a unix second.
    pub(super) timestamp: i64,
}

/// Which observations are of which of so many transmissions.
#[derive(Clone, Copy, Debug)]
pub(super) struct History {
    pub(super) transmissions: u64,
}

impl History {
    /// The observation that the object with this number in its id is, created at that second.
    pub(super) fn listed(self, number: u32, created: i64) -> Observation {
        Observation {
            id: i64::from(number) + 1,
            transmission: self.transmission(mix(u64::from(number) + 1)),
            timestamp: created,
        }
    }

    /// The observation that a planned insert adds. No two arrive at the same nanosecond, so that
    /// is its id.
    pub(super) fn live(self, planned: &Planned) -> Observation {
        Observation {
            id: LIVE_FROM + planned.at_ns.cast_signed(),
            transmission: self.transmission(planned.draw),
            timestamp: PRESENT_S + (planned.at_ns / 1_000_000_000).cast_signed(),
        }
    }

    /// A transmission, each as likely.
    pub(super) fn transmission(self, draw: u64) -> i64 {
        1 + below(draw, self.transmissions).cast_signed()
    }

    /// What every transmission must be in the end, by its id less 1; `None` where nothing was
    /// observed of it.
    pub(super) fn truth(self, objects: &Objects, inserts: &[Planned]) -> Vec<Option<Transmission>> {
        let mut all = vec![None; self.transmissions as usize];
        let mut heard = |of: Observation, listed: bool| {
            let slot: &mut Option<Transmission> = &mut all[(of.transmission - 1) as usize];
            let known = slot.get_or_insert_default();
            known.last_seen = known.last_seen.max(of.timestamp);
            if listed {
                known.observe(of.timestamp);
            }
        };
        for position in 0..objects.len() {
            let (number, created) = (objects.number(position), objects.created(position));
            heard(self.listed(number, created), true);
        }
        for planned in inserts {
            heard(self.live(planned), false);
        }
        all
    }
}

/// What is known of a transmission.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Transmission {
    /// Observations of it that were listed.
    pub(super) observations: i64,
    /// The oldest of these, a unix second; `None` without any.
    pub(super) first_seen: Option<i64>,
    /// The newest observation, listed or live, a unix second.
    pub(super) last_seen: i64,
}

impl Transmission {
    /// One more was listed. In whichever order they come, the result is the same.
    pub(super) fn observe(&mut self, timestamp: i64) {
        self.observations += 1;
        let first = self.first_seen.unwrap_or(timestamp);
        self.first_seen = Some(first.min(timestamp));
    }
}

/// The hash of the transmission with this id.
pub(super) fn hash(id: i64) -> String {
    format!("{:016x}", mix(id.cast_unsigned()))
}
