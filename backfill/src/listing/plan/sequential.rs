//! One page after the other: what everybody writes first, and the slowest.

use super::board::{Board, Order};
use super::{Answer, Call, Forecast, Plan, Segment};

/// One call at a time, through one segment after the other.
#[derive(Clone, Debug)]
pub struct Sequential {
    board: Board,
}

impl Sequential {
    /// From the end that `order` says, in pages of so many objects.
    #[must_use]
    pub fn new(order: Order, page: u32) -> Self {
        Self {
            board: Board::new(order, page),
        }
    }
}

impl Plan for Sequential {
    fn begin(&mut self, left: Vec<Segment>) {
        self.board.add(left);
    }

    fn next(&mut self) -> Option<Call> {
        self.board.take(1)
    }

    fn answered(&mut self, call: &Call, answer: &Answer) {
        if let Some(left) = self.board.answered(call, answer) {
            self.board.go_on(call.segment, left);
        }
    }

    fn forecast(&self) -> Forecast {
        let forecast = self.board.forecast();
        Forecast {
            chain: forecast.pages,
            ..forecast
        }
    }
}
