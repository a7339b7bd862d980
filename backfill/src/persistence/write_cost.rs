//! What a write costs: so much for itself, and so much for each object in it.
//!
//! Both are estimated from the writes themselves, by least squares in which the newest count most:
//! a disk that gets slower is noticed within some twenty writes.

use std::time::Duration;

/// What an earlier write counts against the one after it.
const KEPT: f64 = 0.95;

/// Writes seen, each as objects and ns, summed up.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct WriteCost {
    count: f64,
    objects: f64,
    ns: f64,
    objects_squared: f64,
    objects_ns: f64,
}

impl WriteCost {
    /// A write of so many objects took so long.
    pub(super) fn observe(&mut self, objects: u64, took: Duration) {
        let (n, ns) = (objects as f64, took.as_nanos() as f64);
        let add = |sum: &mut f64, value: f64| *sum = *sum * KEPT + value;
        add(&mut self.count, 1.0);
        add(&mut self.objects, n);
        add(&mut self.ns, ns);
        add(&mut self.objects_squared, n * n);
        add(&mut self.objects_ns, n * ns);
    }

    /// How many objects have to be waiting or under way for writes to be `percent` efficient.
    ///
    /// The writer takes all that waits, so about half is in its hands while the other half gathers:
    /// with a limit of `L`, a write of `L / 2` costs `c0 + c1 L / 2`, of which `c1 L / 2` is worth
    /// it. For an efficiency `e` that makes `L = 2 e / (1 - e) × c0 / c1`.
    ///
    /// `None` while that cannot be told: before there were two writes of different sizes, or while
    /// larger ones did not take longer.
    pub(super) fn objects_for(&self, percent: u8) -> Option<u64> {
        let spread = self.count * self.objects_squared - self.objects * self.objects;
        // Sums of squares that are equal but for rounding say nothing.
        if spread <= self.objects_squared * self.count * 1e-9 {
            return None;
        }
        let each_ns = (self.count * self.objects_ns - self.objects * self.ns) / spread;
        let fixed_ns = (self.ns - each_ns * self.objects) / self.count;
        if each_ns <= 0.0 || !each_ns.is_finite() || !fixed_ns.is_finite() {
            return None;
        }
        let efficiency = f64::from(percent.min(99)) / 100.0;
        let objects = 2.0 * efficiency / (1.0 - efficiency) * fixed_ns.max(0.0) / each_ns;
        // A float that is too large becomes the largest number.
        Some(objects.ceil() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn took(objects: u64) -> Duration {
        Duration::from_micros(2_000 + 10 * objects)
    }

    /// 2 ms for the write and 10 µs for each object: 7 600 objects for 95 %.
    #[test]
    fn the_limit_follows_from_what_writes_cost() {
        let mut cost = WriteCost::default();
        assert_eq!(cost.objects_for(95), None);
        cost.observe(100, took(100));
        assert_eq!(cost.objects_for(95), None, "one size tells nothing");
        cost.observe(100, took(100));
        assert_eq!(cost.objects_for(95), None, "nor does the same again");
        for objects in [300, 4_000, 900] {
            cost.observe(objects, took(objects));
        }
        let limit = cost.objects_for(95).unwrap();
        assert!((7_590..=7_610).contains(&limit), "{limit}");
        let limit = cost.objects_for(80).unwrap();
        assert!((1_595..=1_605).contains(&limit), "{limit}");
    }

    #[test]
    fn a_disk_that_gets_slower_is_noticed() {
        let mut cost = WriteCost::default();
        let size = |round: u64| 100 + round % 7 * 50;
        for round in 0..50 {
            cost.observe(size(round), took(size(round)));
        }
        for round in 0..200 {
            let slower = took(size(round)) + Duration::from_millis(18);
            cost.observe(size(round), slower);
        }
        let limit = cost.objects_for(95).unwrap();
        assert!((70_000..80_000).contains(&limit), "{limit}");
    }

    #[test]
    fn larger_writes_that_take_no_longer_tell_nothing() {
        let mut cost = WriteCost::default();
        for objects in [10, 500, 90] {
            cost.observe(objects, Duration::from_millis(3));
        }
        assert_eq!(cost.objects_for(95), None);
    }
}
