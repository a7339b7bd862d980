//! Segments of the same number of objects, by somebody who knows where they lie.
//!
//! No client can know that: it is what a plan can be at the best, short of splitting a second.

use backfill::listing::Range;
use backfill::listing::plan::{Answer, Board, Call, Forecast, Order, Plan, Segment};

/// Segments cut at given moments.
#[derive(Clone, Debug)]
pub struct EqualCount {
    board: Board,
    /// First seconds of segments, oldest first.
    cuts: Vec<i64>,
    slots: usize,
}

impl EqualCount {
    /// Segments that begin at `cuts`, which are seconds with as many objects between them, oldest
    /// first.
    #[must_use]
    pub fn new(cuts: Vec<i64>, slots: usize, page: u32) -> Self {
        Self {
            board: Board::new(Order::NewestFirst, page),
            cuts,
            slots,
        }
    }

    fn pieces(&self, whole: Range) -> Vec<Range> {
        let inside = self.cuts.iter().copied();
        let inside = inside.filter(|&cut| whole.gte < cut && cut < whole.lt);
        let mut ends: Vec<i64> = [whole.gte].into_iter().chain(inside).collect();
        ends.dedup();
        ends.push(whole.lt);
        let mut pieces: Vec<Range> = ends
            .windows(2)
            .map(|ends| Range::new(ends[0], ends[1]))
            .collect();
        pieces.reverse();
        pieces
    }
}

impl Plan for EqualCount {
    fn begin(&mut self, left: Vec<Segment>) {
        let mut all = Vec::new();
        for segment in left {
            match segment.after {
                Some(_) => all.push(segment),
                None => all.extend(self.pieces(segment.range).into_iter().map(Segment::fresh)),
            }
        }
        self.board.add(all);
    }

    fn next(&mut self) -> Option<Call> {
        self.board.take(self.slots)
    }

    fn answered(&mut self, call: &Call, answer: &Answer) {
        if let Some(left) = self.board.answered(call, answer) {
            self.board.go_on(call.segment, left);
        }
    }

    fn forecast(&self) -> Forecast {
        self.board.forecast()
    }
}
