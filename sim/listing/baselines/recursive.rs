//! Whatever is left of a segment is split after every page.
//!
//! As a sync engine did it that gave up its density probe: the newest part keeps the cursor and the
//! second of the last object, all parts go to the end of the queue, and nothing is split into parts
//! shorter than half a minute. It finds clusters quickly, and makes a call for every leaf.

use backfill::listing::Range;
use backfill::listing::plan::{Answer, Board, Call, Forecast, Order, Plan, Segment};

/// Parts are not shorter than this, s.
const SHORTEST_PART_S: u64 = 30;

/// Splits after every page.
#[derive(Clone, Debug)]
pub struct Recursive {
    board: Board,
    ways: u64,
    slots: usize,
}

impl Recursive {
    /// Into `ways` parts, `slots` calls at a time, in pages of so many objects.
    #[must_use]
    pub fn new(ways: u32, slots: usize, page: u32) -> Self {
        Self {
            board: Board::new(Order::NewestFirst, page),
            ways: u64::from(ways.max(2)),
            slots,
        }
    }
}

impl Plan for Recursive {
    fn begin(&mut self, left: Vec<Segment>) {
        self.board.add(left);
    }

    fn next(&mut self) -> Option<Call> {
        self.board.take(self.slots)
    }

    fn answered(&mut self, call: &Call, answer: &Answer) {
        let Some(left) = self.board.answered(call, answer) else {
            return;
        };
        let below = Range::new(left.range.gte, left.range.lt - 1);
        if below.span() < SHORTEST_PART_S * self.ways {
            self.board.go_on_last(call.segment, left);
            return;
        }
        let mut parts = below.cut(self.ways).into_iter().rev();
        let newest = parts.next().unwrap_or(below);
        let rest: Vec<Range> = parts.collect();
        self.board.go_on_last(
            call.segment,
            Segment {
                range: Range::new(newest.gte, left.range.lt),
                after: left.after,
            },
        );
        self.board
            .split_off(call.segment, rest.into_iter().map(Segment::fresh));
    }

    fn forecast(&self) -> Forecast {
        self.board.forecast()
    }
}
