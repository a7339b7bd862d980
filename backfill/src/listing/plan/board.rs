//! The segments of a plan: which wait, which are under way, and how dense they are.

use std::collections::{BTreeMap, VecDeque};

use super::density::Density;
use super::{Answer, Call, Forecast, Segment, SegmentId};
use crate::listing::doubt::doubt;
use crate::listing::range::Range;

/// Which end of the range is fetched first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The newest: what users look at.
    #[default]
    NewestFirst,
    /// The oldest.
    OldestFirst,
}

/// Segments that wait for a slot, and those that have one.
#[derive(Clone, Debug)]
pub struct Board {
    order: Order,
    /// Objects on a full page.
    page: u64,
    next_id: u64,
    waiting: VecDeque<(SegmentId, Segment)>,
    under_way: BTreeMap<SegmentId, Segment>,
    begun: BTreeMap<SegmentId, Begun>,
    /// All of them together, and those that are done.
    seen: Seen,
}

/// What has been seen of a segment that goes on.
#[derive(Clone, Copy, Debug, Default)]
struct Begun {
    /// How close together its last objects lay.
    density: Option<Density>,
    seen: Seen,
    /// What was seen of the one it was split off.
    inherited: Option<Record>,
    /// Its last page lay within one second: nothing says how many more that has.
    in_one_second: bool,
}

/// What was seen of a segment, for those that are taken to go on as it was.
#[derive(Clone, Copy, Debug)]
struct Record {
    of: SegmentId,
    objects: u64,
    density: Density,
}

impl Begun {
    /// Of segment `id`: its own, or that of the one it was split off until a second of it is done.
    fn record(&self, id: SegmentId) -> Option<Record> {
        let own = self.seen.density().map(|density| Record {
            of: id,
            objects: self.seen.objects,
            density,
        });
        own.or(self.inherited)
    }
}

/// Objects, and the seconds they and the gaps between them are spread over.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    objects: u64,
    seconds: u64,
}

impl Seen {
    fn add(&mut self, objects: u32, range: Range) {
        self.objects += u64::from(objects);
        self.seconds = self.seconds.saturating_add(range.span());
    }

    /// `None` before a second is done.
    fn density(self) -> Option<Density> {
        (self.seconds > 0).then(|| Density::per(self.objects, self.seconds))
    }
}

impl Board {
    /// An empty board, for pages of so many objects.
    #[must_use]
    pub fn new(order: Order, page: u32) -> Self {
        Self {
            order,
            page: u64::from(page.max(1)),
            next_id: 0,
            waiting: VecDeque::new(),
            under_way: BTreeMap::new(),
            begun: BTreeMap::new(),
            seen: Seen::default(),
        }
    }

    /// Adds segments that wait, given newest first, behind those that do; their numbers.
    pub fn add(&mut self, newest_first: impl IntoIterator<Item = Segment>) -> Vec<SegmentId> {
        let mut numbered: Vec<(SegmentId, Segment)> = newest_first
            .into_iter()
            .map(|segment| {
                let id = SegmentId(self.next_id);
                self.next_id += 1;
                (id, segment)
            })
            .collect();
        if self.order == Order::OldestFirst {
            numbered.reverse();
        }
        let ids = numbered.iter().map(|(id, _)| *id).collect();
        self.waiting.extend(numbered);
        ids
    }

    /// Adds segments as [`Board::add`] does, split off `from` after its answer. What is left is the
    /// same, split or not: until they have an answer of their own, they are taken to go on as it
    /// was.
    pub fn split_off(
        &mut self,
        from: SegmentId,
        newest_first: impl IntoIterator<Item = Segment>,
    ) -> Vec<SegmentId> {
        let ids = self.add(newest_first);
        let begun = Begun {
            inherited: self.begun.get(&from).and_then(|begun| begun.record(from)),
            ..Begun::default()
        };
        self.begun.extend(ids.iter().map(|id| (*id, begun)));
        ids
    }

    /// Lets a segment go on under its number, before all that wait.
    pub fn go_on(&mut self, id: SegmentId, segment: Segment) {
        self.waiting.push_front((id, segment));
    }

    /// Lets a segment go on under its number, behind all that wait.
    pub fn go_on_last(&mut self, id: SegmentId, segment: Segment) {
        self.waiting.push_back((id, segment));
    }

    /// The next call, if a segment waits and fewer than `slots` are under way.
    pub fn take(&mut self, slots: usize) -> Option<Call> {
        if self.under_way.len() >= slots {
            return None;
        }
        let (segment, left) = self.waiting.pop_front()?;
        self.under_way.insert(segment, left.clone());
        Some(Call { segment, left })
    }

    /// `call` is no longer under way; what is left of its segment.
    pub fn answered(&mut self, call: &Call, answer: &Answer) -> Option<Segment> {
        self.under_way.remove(&call.segment);
        let left = answer.left(&call.left);
        let done_from = left
            .as_ref()
            .map_or(call.left.range.gte, |left| left.range.lt);
        let done = Range::new(done_from, call.left.range.lt);
        self.seen.add(answer.items, done);
        let mut begun = self.begun.remove(&call.segment).unwrap_or_default();
        if left.is_some() {
            begun.seen.add(answer.items, done);
            begun.in_one_second = answer.newest == answer.oldest;
            if let Some(seen) = Density::of(answer) {
                let known = begun.density;
                begun.density = Some(known.map_or(seen, |known| known.blended(seen)));
            }
            self.begun.insert(call.segment, begun);
        }
        left
    }

    /// How many are under way.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.under_way.len()
    }

    /// Whether any waits.
    #[must_use]
    pub fn any_waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Those under way, in the order of their numbers.
    pub(super) fn under_way(&self) -> impl Iterator<Item = (SegmentId, &Segment)> {
        self.under_way.iter().map(|(id, segment)| (*id, segment))
    }

    /// Objects left of a segment, if it goes on as it was last seen; `None` while nothing of it has
    /// been. Where objects come in spikes, this is far too many between two of them.
    pub(super) fn expected(&self, id: SegmentId, segment: &Segment) -> Option<u64> {
        let density = self.begun.get(&id)?.density?;
        Some(density.objects(segment.range))
    }

    /// Pages that so many objects fill.
    pub(super) const fn pages(&self, objects: u64) -> u64 {
        objects.div_ceil(self.page)
    }

    /// What is left to do. A segment is taken to go on as all of it was so far, gaps and all; one
    /// that was split off and not seen, as the one it was split off; any other as everything was.
    #[must_use]
    pub fn forecast(&self) -> Forecast {
        let waiting = self.waiting.iter().map(|(id, segment)| (*id, segment));
        let mean = self.seen.density();
        let mut forecast = Forecast {
            known: true,
            ..Forecast::default()
        };
        // By the segment whose record they rest on: pages to come, and objects that tell of them.
        let mut resting: BTreeMap<Option<SegmentId>, (u64, u64)> = BTreeMap::new();
        for (id, segment) in waiting.chain(self.under_way()) {
            let begun = self.begun.get(&id).copied().unwrap_or_default();
            let record = begun.record(id);
            forecast.known &= record.is_some() && !begun.in_one_second;
            let density = record.map(|record| record.density).or(mean);
            let objects = density.map_or(0, |all| all.objects(segment.range));
            let pages = self.pages(objects).max(1);
            forecast.open += 1;
            forecast.pages = forecast.pages.saturating_add(pages);
            forecast.chain = forecast.chain.max(pages);
            let objects = record.map_or(self.seen.objects, |record| record.objects);
            let rest = resting.entry(record.map(|record| record.of));
            let (to_come, tell) = rest.or_default();
            (*to_come, *tell) = (to_come.saturating_add(pages), objects.max(*tell));
        }
        let doubts = resting.into_values().map(|(to_come, tell)| {
            let seen = self.pages(tell).max(1);
            doubt(to_come, seen, to_come.max(seen))
        });
        forecast.doubt = doubts.max().unwrap_or(0);
        forecast
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const PAGE: u32 = 100;

    /// A full page: its objects at these seconds, and more behind them.
    fn page(newest: i64, oldest: i64) -> Answer {
        Answer {
            items: PAGE,
            last: Some("last".into()),
            newest: Some(newest),
            oldest: Some(oldest),
            has_more: true,
            latency: Duration::from_millis(400),
        }
    }

    /// Takes the next segment, lets it be answered, and hands back what is left of it.
    fn answered(board: &mut Board, answer: &Answer) -> (SegmentId, Segment) {
        let call = board.take(usize::MAX).unwrap();
        let left = board.answered(&call, answer).unwrap();
        (call.segment, left)
    }

    /// A board with one segment of which 100 objects in 100 seconds are done; 9 900 are left.
    fn begun() -> (Board, SegmentId, Segment) {
        let mut board = Board::new(Order::NewestFirst, PAGE);
        board.add([Segment::fresh(Range::new(0, 10_000))]);
        let (id, left) = answered(&mut board, &page(9_999, 9_899));
        assert_eq!(left.range, Range::new(0, 9_900));
        (board, id, left)
    }

    /// `left` cut in three by `add`, the newest part going on as segment `id`.
    fn cut(
        board: &mut Board,
        id: SegmentId,
        left: &Segment,
        add: impl Fn(&mut Board, [Segment; 2]),
    ) {
        let part = |gte| Range::new(gte, gte + 3_300);
        add(board, [3_300, 0].map(|gte| Segment::fresh(part(gte))));
        let range = part(6_600);
        let after = left.after.clone();
        board.go_on(id, Segment { range, after });
    }

    #[test]
    fn what_is_left_is_the_same_whether_split_or_not() {
        let (mut whole, id, left) = begun();
        whole.go_on(id, left);
        let (mut split, id, left) = begun();
        cut(&mut split, id, &left, |board, parts| {
            board.split_off(id, parts);
        });
        let (whole, split) = (whole.forecast(), split.forecast());
        assert_eq!((whole.pages, whole.open, whole.known), (99, 1, true));
        assert_eq!((split.pages, split.open, split.known), (99, 3, true));
        // All of it rests on one page.
        let all = (99.0 * 99_f64.sqrt()) as u64;
        assert_eq!((whole.doubt, split.doubt), (all, all));
    }

    #[test]
    fn of_what_was_not_split_off_nothing_is_known() {
        let (mut board, id, left) = begun();
        cut(&mut board, id, &left, |board, parts| {
            board.add(parts);
        });
        let forecast = board.forecast();
        assert_eq!((forecast.pages, forecast.known), (99, false));
    }

    #[test]
    fn a_part_that_was_split_off_has_its_own_record_from_its_first_page_on() {
        let (mut board, id, left) = begun();
        cut(&mut board, id, &left, |board, parts| {
            board.split_off(id, parts);
        });
        // The newest part goes on as it was: all 98 pages rest on two of it.
        let (newest, left) = answered(&mut board, &page(9_899, 9_799));
        board.go_on(newest, left);
        let forecast = board.forecast();
        assert_eq!((forecast.pages, forecast.known), (32 + 66, true));
        assert_eq!(forecast.doubt, 98 * 7);
        board.take(usize::MAX).unwrap();
        // The middle one is ten times as dense: its 3 290 seconds are 329 pages, and rest on one.
        let (middle, left) = answered(&mut board, &page(6_599, 6_589));
        board.go_on_last(middle, left);
        let forecast = board.forecast();
        assert_eq!((forecast.pages, forecast.known), (32 + 329 + 33, true));
        assert_eq!(forecast.doubt, (329.0 * 329_f64.sqrt()) as u64);
    }

    #[test]
    fn a_part_that_begins_with_a_full_second_keeps_what_it_inherited_and_is_not_known() {
        let (mut board, id, left) = begun();
        board.go_on_last(id, left.clone());
        board.split_off(id, [Segment::fresh(Range::new(-1_000, 0))]);
        board.take(usize::MAX).unwrap();
        let (second, left) = answered(&mut board, &page(-1, -1));
        board.go_on(second, left);
        let forecast = board.forecast();
        assert_eq!((forecast.pages, forecast.known), (99 + 10, false));
    }

    #[test]
    fn a_record_of_many_pages_is_doubted_once() {
        let mut board = Board::new(Order::NewestFirst, PAGE);
        board.add([Segment::fresh(Range::new(0, 1_000))]);
        for lt in (5..=10).rev() {
            let (id, left) = answered(&mut board, &page(lt * 100 - 1, lt * 100 - 101));
            board.go_on(id, left);
        }
        let forecast = board.forecast();
        assert_eq!((forecast.pages, forecast.doubt), (4, 4));
    }
}
