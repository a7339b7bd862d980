//! Whether a backfill that says it pauses does.

use super::{Evidence, oracle};
use crate::outcome::{BACKFILL, Oracle, PAUSES};
use crate::recorder::Paced;

impl Evidence<'_> {
    /// From the end of one of the backfill's write transactions to its asking for the next, at
    /// least the pause passes that its pacer asked for in between; unless it was told to stop.
    pub(super) fn pauses(&self) -> Oracle {
        let holds = self.record.holds.iter();
        let writes = holds.filter(|hold| hold.user == BACKFILL && hold.write);
        let (mut queued, mut released): (Vec<u64>, Vec<u64>) = writes
            .map(|hold| (hold.queued_ns, hold.released_ns))
            .unzip();
        queued.sort_unstable();
        released.sort_unstable();
        let asked = || self.record.paces.iter().filter(|pace| pace.pause_ns > 0);
        let short: Vec<(&Paced, u64)> = asked()
            .filter_map(|pace| {
                let made = self.made_ns(pace, &queued, &released)?;
                (made < pace.pause_ns).then_some((pace, made))
            })
            .collect();
        let detail = match short.first() {
            None => format!("all of {} pauses were made", asked().count()),
            Some((pace, made_ns)) => format!(
                "{} of {} pauses were not made; the first: {made_ns} ns instead of {}",
                short.len(),
                asked().count(),
                pace.pause_ns
            ),
        };
        oracle(PAUSES, short.is_empty(), detail)
    }

    /// How long the pause was that `pace` asked for, ns; `None` if no transaction followed, or
    /// because somebody said to stop.
    fn made_ns(&self, pace: &Paced, queued: &[u64], released: &[u64]) -> Option<u64> {
        let next = *queued.get(queued.partition_point(|&at| at < pace.at_ns))?;
        let mut cancels = self.record.cancels.iter();
        if cancels.any(|at| (pace.at_ns..=next).contains(at)) {
            return None;
        }
        let ended = released.partition_point(|&at| at <= pace.at_ns);
        let last = *released.get(ended.checked_sub(1)?)?;
        Some(next - last)
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::super::fixture::{EvidenceOf, facts};
    use super::*;
    use crate::outcome::Hold;
    use crate::scenario::StrategyKind;

    /// Transactions asked for at 0 and `second`, each 10 long; after the first a pause of 100.
    fn judged(second: u64, cancels: &[u64]) -> Oracle {
        let hold = |queued_ns| Hold {
            line: crate::outcome::Line::default(),
            user: BACKFILL,
            write: true,
            queued_ns,
            acquired_ns: queued_ns,
            released_ns: queued_ns + 10,
            busy_retries: 0,
            rows_changed: 5,
        };
        let reader = Hold {
            user: "reader",
            ..hold(20)
        };
        let pace = |at_ns, pause_ns| Paced {
            at_ns,
            rows: 5,
            pause_ns,
        };
        let mut evidence = EvidenceOf::new(StrategyKind::Chunked, facts(10));
        evidence.record.holds = vec![hold(0), reader, hold(second)];
        evidence.record.paces = vec![pace(0, 0), pace(10, 100)];
        evidence.record.cancels = cancels.to_vec();
        let connection = Connection::open_in_memory().unwrap();
        evidence.on(&connection, &connection).pauses()
    }

    #[test]
    fn a_pause_is_made_or_it_is_noticed() {
        assert!(judged(110, &[]).passed);
        let short = judged(109, &[]);
        assert!(
            !short.passed && short.detail.contains("99 ns instead of 100"),
            "{short:?}"
        );
        assert!(!judged(10, &[]).passed);
    }

    #[test]
    fn who_is_told_to_stop_need_not_wait() {
        assert!(judged(60, &[60]).passed);
        assert!(!judged(60, &[5]).passed, "that was before");
        assert!(!judged(60, &[70]).passed, "that was after");
    }
}
