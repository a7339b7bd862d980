//! What became of the requests of a cell, counted.

use crate::listing::{Call, CallKind};

/// Requests by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Brought something new.
    pub new: u64,
    /// Brought nothing.
    pub empty: u64,
    /// Brought only what had been brought before.
    pub refetched: u64,
    /// Were refused: too many requests.
    pub limited: u64,
    /// Failed, or were not answered in time.
    pub failed: u64,
    /// Nobody waited for their answer any more.
    pub abandoned: u64,
    /// Objects that came again, within pages that brought something new too or not.
    pub duplicates: u64,
}

impl Tally {
    /// Counts `calls`.
    #[must_use]
    pub fn of(calls: &[Call]) -> Self {
        let mut tally = Self::default();
        for call in calls {
            *tally.of_kind_mut(call.kind) += 1;
            if answered(call.kind) {
                tally.duplicates += u64::from(call.items.saturating_sub(call.new_items));
            }
        }
        tally
    }

    /// Requests of one kind.
    #[must_use]
    pub fn of_kind(mut self, kind: CallKind) -> u64 {
        *self.of_kind_mut(kind)
    }

    fn of_kind_mut(&mut self, kind: CallKind) -> &mut u64 {
        match kind {
            CallKind::New => &mut self.new,
            CallKind::Empty => &mut self.empty,
            CallKind::Refetched => &mut self.refetched,
            CallKind::Limited => &mut self.limited,
            CallKind::Failed => &mut self.failed,
            CallKind::Abandoned => &mut self.abandoned,
        }
    }

    /// All that were sent.
    #[must_use]
    pub const fn requests(self) -> u64 {
        self.answered() + self.limited + self.failed + self.abandoned
    }

    /// Those that were answered with a page, be it empty.
    #[must_use]
    pub const fn answered(self) -> u64 {
        self.new + self.wasted()
    }

    /// Those that were answered with a page on which nothing was new: empty, or known already. A
    /// request that was refused or failed costs time and is counted apart: it is not the plan's
    /// fault.
    #[must_use]
    pub const fn wasted(self) -> u64 {
        self.empty + self.refetched
    }

    /// [`wasted`](Self::wasted) divided by [`answered`](Self::answered); `None` when nothing was.
    #[must_use]
    pub fn wasted_share(self) -> Option<f64> {
        crate::measure::mean::quotient(self.wasted(), self.answered())
    }
}

/// Whether a request of `kind` was answered with a page.
pub(super) const fn answered(kind: CallKind) -> bool {
    matches!(kind, CallKind::New | CallKind::Empty | CallKind::Refetched)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::measure::synthetic::call;

    #[test]
    fn every_request_is_counted_once_and_only_answered_ones_are_wasted() {
        let mut calls = vec![
            call(0, 4, CallKind::New),
            call(1, 5, CallKind::New),
            call(2, 6, CallKind::Empty),
            call(3, 7, CallKind::Refetched),
            call(4, 5, CallKind::Limited),
            call(5, 9, CallKind::Failed),
            call(6, 9, CallKind::Abandoned),
        ];
        // 100 objects, 30 of them for the second time.
        calls[1].new_items = 70;
        // An answer that nobody took: what it would have brought again was not brought.
        calls[6].items = 100;
        let tally = Tally::of(&calls);
        assert_eq!((tally.requests(), tally.answered()), (7, 4));
        assert_eq!((tally.wasted(), tally.wasted_share()), (2, Some(0.5)));
        assert_eq!(tally.duplicates, 30 + 100);
        assert_eq!(tally.of_kind(CallKind::Limited), 1);
    }

    #[test]
    fn nothing_answered_is_no_share() {
        let tally = Tally::of(&[call(0, 1, CallKind::Limited)]);
        assert_eq!(tally.wasted_share(), None);
    }
}
