//! The objects of a stream as they are now: those of the start, without the deleted ones and with
//! those that came since; and pages of them.
//!
//! What comes is newer than all there is, and its id is higher, so that it gets the next position
//! and every other keeps its own.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::objects::{self, Objects};
use super::query::Query;

/// A stream.
#[derive(Clone, Debug)]
pub struct Stream {
    objects: Arc<Objects>,
    /// When those that came since were created, oldest first.
    arrived: Vec<i64>,
    /// Positions.
    deleted: BTreeSet<u32>,
}

/// A page: positions, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The objects on it.
    pub positions: Vec<u32>,
    /// Whether there are more in the range behind them.
    pub has_more: bool,
}

/// There is no object (any more) to go on after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownObject;

impl Stream {
    /// A stream as it is at the start.
    #[must_use]
    pub const fn new(objects: Arc<Objects>) -> Self {
        Self {
            objects,
            arrived: Vec::new(),
            deleted: BTreeSet::new(),
        }
    }

    /// The page that `query` asks for.
    ///
    /// Takes O(log n), and O(log n) for each object on the page and each deleted one in between.
    ///
    /// # Errors
    /// If there is no object to go on after.
    pub fn list(&self, query: &Query) -> Result<Listing, UnknownObject> {
        let oldest = self.first_from(query.created.gte);
        let mut end = self.first_from(query.created.lt);
        if let Some(id) = &query.starting_after {
            // It may lie anywhere: before the range all of it comes after it, and nothing behind.
            end = end.min(self.position(id).ok_or(UnknownObject)?);
        }
        let mut there = (oldest..end.max(oldest))
            .rev()
            .filter(|position| !self.deleted.contains(position));
        Ok(Listing {
            positions: there.by_ref().take(query.limit as usize).collect(),
            has_more: there.next().is_some(),
        })
    }

    /// The position of the object with this id, unless it is deleted.
    #[must_use]
    pub fn position(&self, id: &str) -> Option<u32> {
        let number = objects::number_in(id)?;
        let position = match self.objects.position(number) {
            Some(position) => position,
            None => number,
        };
        let there = position < self.len() && !self.deleted.contains(&position);
        there.then_some(position)
    }

    /// When the object at `position` was created, a unix second.
    #[must_use]
    pub fn created(&self, position: u32) -> i64 {
        match position.checked_sub(self.objects.len()) {
            Some(nth) => self.arrived[nth as usize],
            None => self.objects.created(position),
        }
    }

    /// The id of the object at `position`.
    #[must_use]
    pub fn id(&self, position: u32) -> String {
        objects::id(self.number(position))
    }

    /// Writes the object at `position` as the API shows it.
    pub(super) fn push_body(&self, text: &mut String, position: u32) {
        let number = self.number(position);
        self.objects.push_body(text, number, self.created(position));
    }

    /// An object comes, created in `second`, or in that of the newest if that is later. Its
    /// position.
    pub fn arrive(&mut self, second: i64) -> u32 {
        let position = self.len();
        let newest = position.checked_sub(1).map(|last| self.created(last));
        self.arrived.push(second.max(newest.unwrap_or(second)));
        position
    }

    /// The object at `position` is deleted; whether it was there.
    pub fn delete(&mut self, position: u32) -> bool {
        position < self.len() && self.deleted.insert(position)
    }

    /// Whether the object at `position` has been deleted.
    #[must_use]
    pub fn is_deleted(&self, position: u32) -> bool {
        self.deleted.contains(&position)
    }

    /// Whether an object with this id has come since the start, deleted or not.
    #[must_use]
    pub fn has_arrived(&self, id: &str) -> bool {
        let came = self.objects.len()..self.len();
        objects::number_in(id).is_some_and(|number| came.contains(&number))
    }

    /// An object that is there: the one at `position`, or the next older one, after the oldest the
    /// newest.
    pub(super) fn there(&self, position: u32) -> Option<u32> {
        let newer = position.saturating_add(1).min(self.len());
        let all = (0..newer).rev().chain((newer..self.len()).rev());
        let mut there = all.filter(|position| !self.deleted.contains(position));
        there.next()
    }

    /// Positions there have been, deleted ones among them.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.objects.len() + self.arrived.len() as u32
    }

    /// Whether there has been none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The objects there were at the start.
    #[must_use]
    pub const fn objects(&self) -> &Arc<Objects> {
        &self.objects
    }

    fn number(&self, position: u32) -> u32 {
        if position < self.objects.len() {
            self.objects.number(position)
        } else {
            position
        }
    }

    /// The first position that was created in `second` or later.
    fn first_from(&self, second: i64) -> u32 {
        let started = self.objects.first_from(second);
        if started < self.objects.len() {
            return started;
        }
        let arrived = self.arrived.partition_point(|&created| created < second);
        started + arrived as u32
    }
}

#[cfg(test)]
mod tests {
    use backfill::listing::Range;
    use proptest::prelude::*;
    use proptest::sample::select;

    use clap::ValueEnum as _;

    use super::*;
    use crate::upstream::{PRESENT_S, Settings, Shape};

    fn stream(shape: Shape, objects: u64) -> Stream {
        let settings = Settings {
            shape,
            objects,
            ..Settings::default()
        };
        Stream::new(Arc::new(
            Objects::generate(&settings, "charges", 1).unwrap(),
        ))
    }

    fn query(gte: i64, lt: i64, limit: u32, starting_after: Option<String>) -> Query {
        Query {
            created: Range::new(gte, lt),
            limit,
            starting_after,
        }
    }

    /// The order and the bounds, written down as the API documents them: sort, filter, take.
    struct Naive {
        /// (created, id, deleted).
        rows: Vec<(i64, String, bool)>,
    }

    impl Naive {
        fn of(stream: &Stream) -> Self {
            let row = |position| (stream.created(position), stream.id(position), false);
            Self {
                rows: (0..stream.len()).map(row).collect(),
            }
        }

        fn list(&self, query: &Query) -> Option<(Vec<String>, bool)> {
            let mut rows: Vec<_> = self.rows.iter().filter(|row| !row.2).collect();
            rows.sort_by(|one, other| (other.0, &other.1).cmp(&(one.0, &one.1)));
            if let Some(id) = &query.starting_after {
                let cursor = rows.iter().find(|row| row.1 == *id)?;
                let key = (cursor.0, cursor.1.clone());
                rows.retain(|row| (row.0, row.1.clone()) < key);
            }
            rows.retain(|row| query.created.gte <= row.0 && row.0 < query.created.lt);
            let limit = query.limit as usize;
            let ids = rows.iter().take(limit).map(|row| row.1.clone()).collect();
            Some((ids, rows.len() > limit))
        }
    }

    fn ids(stream: &Stream, query: &Query) -> Option<(Vec<String>, bool)> {
        let page = stream.list(query).ok()?;
        let ids = page.positions.iter().map(|&position| stream.id(position));
        Some((ids.collect(), page.has_more))
    }

    /// What is done to a stream, in numbers that are taken as far as there are objects.
    #[derive(Clone, Debug)]
    enum Step {
        Delete(u32),
        Arrive(u8),
        List {
            bounds: (u32, u32),
            near: (i8, i8),
            limit: u32,
            cursor: Option<u32>,
        },
        ListAll(u32),
    }

    fn step() -> impl Strategy<Value = Step> {
        let list = (
            any::<(u32, u32)>(),
            (-1_i8..=1, -1_i8..=1),
            1_u32..=100,
            any::<Option<u32>>(),
        );
        prop_oneof![
            any::<u32>().prop_map(Step::Delete),
            (0_u8..3).prop_map(Step::Arrive),
            list.prop_map(|(bounds, near, limit, cursor)| Step::List {
                bounds,
                near,
                limit,
                cursor
            }),
            (1_u32..=100).prop_map(Step::ListAll),
        ]
    }

    /// Those of as many objects as are asked for.
    fn shapes() -> Vec<Shape> {
        let all = Shape::value_variants().iter().copied();
        all.filter(|&shape| shape != Shape::Sparse).collect()
    }

    proptest! {
        #[test]
        fn pages_are_those_of_sorting_and_filtering(
            shape in select(shapes()),
            objects in 0_u64..400,
            steps in prop::collection::vec(step(), 1..30),
        ) {
            let mut stream = stream(shape, objects);
            let mut naive = Naive::of(&stream);
            let mut second = PRESENT_S;
            for step in steps {
                let any = |nth: u32| nth.checked_rem(stream.len());
                match step {
                    Step::Delete(nth) => {
                        let Some(position) = any(nth) else { continue };
                        let row = &mut naive.rows[position as usize];
                        prop_assert_eq!(stream.delete(position), !row.2);
                        row.2 = true;
                    }
                    Step::Arrive(later) => {
                        second += i64::from(later);
                        let position = stream.arrive(second);
                        naive.rows.push((second, stream.id(position), false));
                    }
                    Step::List { bounds, near, limit, cursor } => {
                        // At and right beside seconds that there are: that is where mistakes are.
                        let bound = |nth, near| any(nth).map_or(PRESENT_S, |position| {
                            stream.created(position) + i64::from(near)
                        });
                        let (one, other) = (bound(bounds.0, near.0), bound(bounds.1, near.1));
                        let cursor = cursor.and_then(any).map(|position| stream.id(position));
                        let query = query(one.min(other), one.max(other), limit, cursor);
                        prop_assert_eq!(ids(&stream, &query), naive.list(&query));
                    }
                    Step::ListAll(limit) => {
                        let mut query = query(i64::MIN, i64::MAX, limit, None);
                        let mut all = Vec::new();
                        loop {
                            let page = ids(&stream, &query);
                            prop_assert_eq!(&page, &naive.list(&query));
                            let (page, has_more) = page.unwrap();
                            all.extend(page);
                            if !has_more { break; }
                            query.starting_after = all.last().cloned();
                        }
                        let there = naive.rows.iter().filter(|row| !row.2).count();
                        prop_assert_eq!(all.len(), there);
                    }
                }
            }
        }
    }

    #[test]
    fn a_cursor_outside_of_the_range_is_before_all_of_it_or_behind() {
        let stream = stream(Shape::FiveSeconds, 50);
        let (oldest, middle, newest) = (stream.id(0), stream.created(25), stream.id(49));
        let after = |id: String| query(middle, middle + 1, 100, Some(id));
        assert_eq!(ids(&stream, &after(newest)).unwrap().0.len(), 10);
        assert_eq!(ids(&stream, &after(oldest)), Some((vec![], false)));
        for unknown in ["ch_00000050", "ch_5", "", "ch_99999999"] {
            assert_eq!(ids(&stream, &after(unknown.to_owned())), None, "{unknown}");
        }
    }

    #[test]
    fn a_range_that_ends_before_it_begins_is_empty() {
        let stream = stream(Shape::Uniform, 50);
        let page = stream.list(&query(PRESENT_S, 0, 10, None));
        assert_eq!(page, Ok(Listing::default()));
    }

    #[test]
    fn what_comes_is_newest_and_what_is_deleted_leaves_the_others_where_they_were() {
        let mut stream = stream(Shape::OneObject, 1);
        let all = query(i64::MIN, i64::MAX, 100, None);
        let first = stream.id(0);
        for second in [PRESENT_S, PRESENT_S, PRESENT_S - 9] {
            stream.arrive(second);
        }
        let created: Vec<i64> = (1..4).map(|position| stream.created(position)).collect();
        assert_eq!(created, [PRESENT_S; 3], "never older than what there is");
        let page = ids(&stream, &all).unwrap().0;
        let expected = [stream.id(3), stream.id(2), stream.id(1), first];
        assert_eq!(page, expected);
        assert!(stream.delete(2) && !stream.delete(2) && !stream.delete(4));
        assert_eq!(stream.position(&stream.id(2)), None);
        assert_eq!(stream.there(2), Some(1));
        assert!(stream.delete(1) && stream.delete(0));
        assert_eq!(stream.there(1), Some(3), "after the oldest the newest");
        assert!(stream.delete(3));
        assert_eq!(stream.there(1), None);
    }
}
