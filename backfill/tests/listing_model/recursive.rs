//! A plan that splits what is left after every page, as it is often built: to measure against.

use backfill::listing::Range;
use backfill::listing::plan::{Answer, Board, Call, Forecast, Order, Plan, Segment};

/// What is left of a segment after a page becomes so many segments.
pub(crate) struct Recursive {
    board: Board,
    parts: u64,
}

/// Parts are never shorter than this, s.
const SHORTEST: u64 = 30;
const SLOTS: usize = 15;

impl Recursive {
    pub(crate) fn new(parts: u64, page: u32) -> Self {
        let board = Board::new(Order::NewestFirst, page);
        Self { board, parts }
    }
}

impl Plan for Recursive {
    fn begin(&mut self, left: Vec<Segment>) {
        self.board.add(left);
    }

    fn next(&mut self) -> Option<Call> {
        self.board.take(SLOTS)
    }

    fn answered(&mut self, call: &Call, answer: &Answer) {
        let Some(mut left) = self.board.answered(call, answer) else {
            return;
        };
        let below = Range::new(left.range.gte, left.range.lt - 1);
        let mut older = Vec::new();
        if below.span() >= SHORTEST * self.parts {
            older = below.cut(self.parts);
            let newest = older.pop().unwrap();
            left.range.gte = newest.gte;
        }
        self.board.go_on_last(call.segment, left);
        self.board.add(older.into_iter().rev().map(Segment::fresh));
    }

    fn forecast(&self) -> Forecast {
        self.board.forecast()
    }
}
