//! The segments of a plan: which wait, which are under way, and how dense they are.

use std::collections::{BTreeMap, VecDeque};

use super::density::Density;
use super::{Answer, Call, Forecast, Segment, SegmentId};
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
    /// Its last page lay within one second: nothing says how many more that has.
    in_one_second: bool,
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
    /// nobody has seen anything of, as everything was.
    #[must_use]
    pub fn forecast(&self) -> Forecast {
        let waiting = self.waiting.iter().map(|(id, segment)| (*id, segment));
        let mean = self.seen.density();
        let mut forecast = Forecast {
            known: true,
            ..Forecast::default()
        };
        for (id, segment) in waiting.chain(self.under_way()) {
            let begun = self.begun.get(&id);
            let density = begun.and_then(|begun| begun.seen.density());
            forecast.known &= density.is_some() && begun.is_some_and(|begun| !begun.in_one_second);
            let objects = density.or(mean).map_or(0, |all| all.objects(segment.range));
            let pages = self.pages(objects).max(1);
            forecast.pages = forecast.pages.saturating_add(pages);
            forecast.chain = forecast.chain.max(pages);
        }
        forecast
    }
}
