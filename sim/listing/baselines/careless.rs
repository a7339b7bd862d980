//! Plans that fetch what was fetched: mistakes that must be caught.

use backfill::listing::Range;
use backfill::listing::plan::{
    Answer, Board, Call, EqualSegments, Forecast, Order, Plan, Segment, segment_count,
};

/// A density probe that throws its page away: the segments begin with the newest object again.
#[derive(Clone, Debug)]
pub struct ProbeDiscarded {
    range: Range,
    page: u32,
    probe: Board,
    segments: Option<EqualSegments>,
}

impl ProbeDiscarded {
    /// Of `range`, in pages of so many objects.
    #[must_use]
    pub fn new(range: Range, page: u32) -> Self {
        Self {
            range,
            page,
            probe: Board::new(Order::NewestFirst, page),
            segments: None,
        }
    }
}

impl Plan for ProbeDiscarded {
    fn begin(&mut self, left: Vec<Segment>) {
        self.probe.add(left);
    }

    fn next(&mut self) -> Option<Call> {
        match &mut self.segments {
            Some(segments) => segments.next(),
            None => self.probe.take(1),
        }
    }

    fn answered(&mut self, call: &Call, answer: &Answer) {
        if let Some(segments) = &mut self.segments {
            segments.answered(call, answer);
            return;
        }
        self.probe.answered(call, answer);
        let oldest = answer.oldest.unwrap_or(self.range.gte);
        let covered = Range::new(oldest, self.range.lt).span();
        let count = segment_count(self.range.span(), covered);
        let mut segments =
            EqualSegments::fixed(count, 15, Order::NewestFirst, self.page, self.range);
        segments.begin(vec![Segment::fresh(self.range)]);
        self.segments = Some(segments);
    }

    fn forecast(&self) -> Forecast {
        let segments = self.segments.as_ref();
        segments.map_or_else(|| self.probe.forecast(), EqualSegments::forecast)
    }

    fn segments(&self) -> Option<u32> {
        self.segments.as_ref().and_then(EqualSegments::segments)
    }
}

/// Halves what it had asked for instead of what is left of it.
#[derive(Clone, Debug)]
pub struct RefetchingSplit {
    board: Board,
}

impl RefetchingSplit {
    /// In pages of so many objects.
    #[must_use]
    pub fn new(page: u32) -> Self {
        Self {
            board: Board::new(Order::NewestFirst, page),
        }
    }
}

impl Plan for RefetchingSplit {
    fn begin(&mut self, left: Vec<Segment>) {
        self.board.add(left);
    }

    fn next(&mut self) -> Option<Call> {
        self.board.take(4)
    }

    fn answered(&mut self, call: &Call, answer: &Answer) {
        let Some(left) = self.board.answered(call, answer) else {
            return;
        };
        let halves = call.left.range.cut(2);
        if halves.len() < 2 {
            self.board.go_on(call.segment, left);
            return;
        }
        self.board.add(halves.into_iter().rev().map(Segment::fresh));
    }

    fn forecast(&self) -> Forecast {
        self.board.forecast()
    }
}
