//! What live writers stored while a backfill ran, and how it is made again in a reference.

use super::file::Opened;
use super::workload::Own;
use crate::load::{Effect, Planned};
use crate::oracle::Evidence;
use crate::outcome::RequestKind;

/// A live write that was committed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Write {
    request: Planned,
    /// At which modelled moment, ns.
    pub(super) at_ns: u64,
}

/// The live writes that were committed, in that order.
pub(super) fn writes(evidence: &Evidence<'_>) -> Vec<Write> {
    let effects = evidence.record.effects.iter();
    let writes = effects.filter_map(|effect| match *effect {
        Effect::Wrote { request, at_ns, .. } => Some(Write { request, at_ns }),
        _ => None,
    });
    writes.collect()
}

/// The unix millisecond of a modelled moment.
pub(super) fn unix_ms(at_ns: u64) -> i64 {
    let since_start = i64::try_from(at_ns / 1_000_000).unwrap_or(i64::MAX);
    Own::START_UNIX_S * 1_000 + since_start
}

impl Own {
    /// Makes `writes` in `opened`, each at its moment. One that is refused changes nothing, here as
    /// there.
    pub(super) fn replay(&self, opened: &Opened, writes: &[Write]) {
        for write in writes {
            let RequestKind::Own(asked) = write.request.kind else {
                continue;
            };
            let (made, _) = opened.volume.step(unix_ms(write.at_ns), || {
                self.requests
                    .perform(&opened.connection, asked, write.request.draw)
            });
            drop(made);
        }
    }
}
