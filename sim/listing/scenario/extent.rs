//! How much there is to list: shapes, objects and pages of a scenario's cells.

use std::ops::RangeInclusive;
use std::slice;

use super::model::Model;
use crate::upstream::Shape;

impl Model {
    /// How objects lie, one after the other, where no file says it.
    #[must_use]
    pub fn shapes(&self) -> &[Shape] {
        match self.shapes.as_slice() {
            [] => slice::from_ref(&self.upstream.shape),
            shapes => shapes,
        }
    }

    /// Requests per second that the client makes, at the most.
    #[must_use]
    pub fn rate_per_s(&self) -> f64 {
        self.client.rate_per_s.unwrap_or(self.upstream.rate_per_s)
    }

    /// Streams of the same size: how many there are, and the objects of each. `of_file` are those
    /// of `upstream.file`, where it is given.
    fn streams(&self, shape: Shape, of_file: Option<u64>) -> [(u64, u64); 2] {
        match (&self.streams, of_file) {
            (_, Some(objects)) => [(1, objects), (0, 0)],
            (None, None) => [(1, shape.objects(self.upstream.objects)), (0, 0)],
            (Some(streams), None) => [
                (streams.large.into(), shape.objects(streams.large_objects)),
                (streams.small.into(), streams.small_objects),
            ],
        }
    }

    /// Objects of a cell, over all streams.
    fn objects(&self, shape: Shape, of_file: Option<u64>) -> u64 {
        let streams = self.streams(shape, of_file).into_iter();
        let all = streams.map(|(number, objects)| number.saturating_mul(objects));
        all.fold(0, u64::saturating_add)
    }

    /// Full pages of a cell, or as many as its limit allows; stream by stream, rounded up.
    fn pages(&self, shape: Shape, of_file: Option<u64>) -> u64 {
        let page = u64::from(self.client.page.max(1));
        let streams = self.streams(shape, of_file).into_iter();
        let all = streams.map(|(number, objects)| number.saturating_mul(objects.div_ceil(page)));
        let pages = all.fold(0, u64::saturating_add);
        let limit = self.client.limit.unwrap_or(u64::MAX);
        pages.min(limit.div_ceil(page))
    }

    /// Objects of the largest cell, where no file says how many there are.
    pub(super) fn most_objects(&self) -> u64 {
        let objects = self.shapes().iter().map(|&shape| self.objects(shape, None));
        objects.max().unwrap_or(0)
    }

    /// Objects of all cells of a strategy and a seed.
    pub(super) fn all_objects(&self, of_file: Option<u64>) -> u64 {
        let objects = self.shapes().iter();
        let objects = objects.map(|&shape| self.objects(shape, of_file));
        objects.fold(0, u64::saturating_add)
    }

    /// Pages of the smallest and of the largest cell.
    pub(super) fn least_and_most_pages(&self, of_file: Option<u64>) -> RangeInclusive<u64> {
        let pages = || {
            self.shapes()
                .iter()
                .map(|&shape| self.pages(shape, of_file))
        };
        pages().min().unwrap_or(0)..=pages().max().unwrap_or(0)
    }
}
