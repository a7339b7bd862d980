//! Cuts the hosts off from each other, and lets them find each other again.

use super::{DATABASE_HOST, UPSTREAM_HOST};
use crate::listing::recorder::Recorder;
use crate::listing::scenario::Model;
use crate::outcome::Window;

/// A partition to come, under way, or over.
pub(super) struct Partition {
    /// When, ns; `None` if it is over, or there is none.
    window: Option<Window>,
    under_way: bool,
}

impl Partition {
    pub(super) fn new(model: &Model) -> Self {
        let start_s = model.phases.warm_up_s + model.phases.baseline_s;
        let window = model.partition.as_ref().map(|partition| {
            let from_s = start_s + partition.after_s;
            Window {
                start_ns: (from_s * 1e9) as u64,
                end_ns: ((from_s + partition.for_s) * 1e9) as u64,
            }
        });
        Self {
            window,
            under_way: false,
        }
    }

    /// Does what is due at `now_ns`, between two ticks.
    pub(super) fn tick(&mut self, world: &turmoil::Sim<'_>, recorder: &Recorder, now_ns: u64) {
        let Some(window) = self.window else { return };
        if !self.under_way && now_ns >= window.start_ns {
            world.partition(DATABASE_HOST, UPSTREAM_HOST);
            self.under_way = true;
        }
        if now_ns >= window.end_ns {
            world.repair(DATABASE_HOST, UPSTREAM_HOST);
            recorder.disturbed("partition", window);
            self.window = None;
        }
    }
}
