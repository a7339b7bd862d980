//! What happens to orders, and in which order it is written to the log.
//!
//! Events of all orders are merged by time, so that the log and the orders grow side by side, as
//! they did live, and the events of one order lie far apart.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::draw::Draws;
use super::order::{OPEN_S, OPENED_UNIX_S, Orders};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Placed,
    Cancelled,
    Paid,
    Packed,
    Shipped,
    Delivered,
    Returned,
}

impl Kind {
    /// The word in `kind`, and in `status` after it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Placed => "placed",
            Self::Cancelled => "cancelled",
            Self::Paid => "paid",
            Self::Packed => "packed",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Returned => "returned",
        }
    }
}

/// One event of one order. The order of the fields is that of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Event {
    pub(super) at_unix_s: u64,
    pub(super) order: u64,
    pub(super) kind: Kind,
}

/// Questions about events lie apart from those about the order itself.
const QUESTIONS: u64 = 1 << 32;

/// Of a hundred orders, so many are cancelled, and so many of the others come back.
const CANCELLED: u64 = 6;
const RETURNED: u64 = 4;

/// Each step that follows, and the longest it takes, s.
const STEPS: [(Kind, u64); 4] = [
    (Kind::Paid, 3_600),
    (Kind::Packed, 2 * 86_400),
    (Kind::Shipped, 86_400),
    (Kind::Delivered, 6 * 86_400),
];

/// What happened to the n-th order, placed at `placed_at`, until the shop's last day.
pub(super) fn of(draws: Draws, nth: u64, placed_at: u64) -> impl Iterator<Item = Event> {
    let dice = |question: u64| draws.below(nth, QUESTIONS + question, 100);
    let cancelled = dice(0) < CANCELLED;
    let returned = !cancelled && dice(1) < RETURNED;
    let follow: Vec<(Kind, u64)> = if cancelled {
        vec![(Kind::Cancelled, 86_400)]
    } else {
        let last = returned.then_some((Kind::Returned, 14 * 86_400));
        STEPS.into_iter().chain(last).collect()
    };
    let mut at_unix_s = placed_at;
    let first = std::iter::once((Kind::Placed, 0));
    first
        .chain(follow)
        .map(move |(kind, longest_s)| {
            let question = QUESTIONS + 16 + kind as u64;
            at_unix_s += draws.below(nth, question, longest_s);
            Event {
                at_unix_s,
                order: nth,
                kind,
            }
        })
        .take_while(|event| event.at_unix_s < OPENED_UNIX_S + OPEN_S)
}

/// The events that are still to come, the next one first.
#[derive(Debug, Default)]
pub(super) struct Log(BinaryHeap<Reverse<Event>>);

impl Log {
    /// Takes note of what will happen to the n-th order.
    pub(super) fn expect(&mut self, orders: &Orders, nth: u64) {
        self.0.extend(orders.events(nth).map(Reverse));
    }

    /// The next event before `until_unix_s`.
    pub(super) fn next_before(&mut self, until_unix_s: u64) -> Option<Event> {
        let Reverse(next) = *self.0.peek()?;
        (next.at_unix_s < until_unix_s).then(|| self.0.pop().map(|Reverse(event)| event))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::scale::Scale;

    #[test]
    fn events_come_in_time_and_none_is_lost() {
        let orders = Orders::new(Scale::of(2), 1);
        let rows = orders.rows();
        let (mut log, mut events) = (Log::default(), Vec::new());
        for nth in 0..rows.orders {
            while let Some(event) = log.next_before(orders.placed_at(nth)) {
                events.push(event);
            }
            log.expect(&orders, nth);
        }
        while let Some(event) = log.next_before(u64::MAX) {
            events.push(event);
        }
        assert_eq!(events.len() as u64, rows.order_events);
        assert!(events.windows(2).all(|two| two[0] < two[1]));
        let of = |kind| events.iter().filter(|event| event.kind == kind).count() as u64;
        assert_eq!(of(Kind::Placed), rows.orders);
        assert!(of(Kind::Cancelled) > 0 && of(Kind::Returned) > 0);
        assert!(
            of(Kind::Delivered) < of(Kind::Shipped),
            "the last ones are on their way"
        );
    }
}
