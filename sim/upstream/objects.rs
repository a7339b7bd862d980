//! All objects of a stream, as integers.
//!
//! An object's position is its place in the order (created, id), oldest first. Its id is a number
//! from a permutation of neighbours, so that the order of ids is not that of creation; what else
//! there is to it is made when it is asked for.

use std::fmt::Write as _;
use std::path::Path;

use backfill::listing::Range;

use super::body;
use super::error::TimesError;
use super::settings::Settings;
use super::timeline::Timeline;
use crate::dataset::draw::shuffle;
use crate::digest::Digest;
use crate::sample::draw::Draws;
use crate::seed::{Purpose, stream};

/// What ids begin with.
const PREFIX: &str = "ch_";
/// Ids are in the order of creation but for so many neighbours, as those are that begin with a
/// time. An index on them grows where it grew last, and their order is still not that of time.
const NEIGHBOURS: usize = 128;
/// Digits of an id. With all of them written, ids are ordered as their numbers are.
const DIGITS: usize = 8;

/// The objects of a stream at the start: 12 bytes each, to be shared.
#[derive(Clone, Debug)]
pub struct Objects {
    range: Range,
    /// By position: when it was created, seconds since the range begins.
    created: Box<[u32]>,
    /// By position: the number in its id.
    numbers: Box<[u32]>,
    /// By the number in its id: its position.
    positions: Box<[u32]>,
    /// What is in them.
    draws: Draws,
}

impl Objects {
    /// The objects of the stream `name`, as `settings` say, under `seed`. `settings.file` is seen
    /// from the present folder of the process.
    ///
    /// # Errors
    /// If there is a file and it cannot be used.
    pub fn generate(settings: &Settings, name: &str, seed: u64) -> Result<Self, TimesError> {
        let random = |what: &str| stream(seed, Purpose::Data, &format!("upstream {what} {name}"));
        let timeline = match &settings.file {
            Some(file) => Timeline::of_file(Path::new(file), random("times"))?,
            None => {
                let Settings {
                    shape,
                    objects,
                    years,
                    ..
                } = *settings;
                Timeline::of_shape(shape, objects, years, random("times"))
            }
        };
        let created = timeline.offsets.into_boxed_slice();
        let mut numbers: Box<[u32]> = (0..created.len() as u32).collect();
        let mut ids = random("ids");
        for neighbours in numbers.chunks_mut(NEIGHBOURS) {
            shuffle(&mut ids, neighbours);
        }
        let mut begin = 0;
        for second in created.chunk_by(|one, other| one == other) {
            numbers[begin..begin + second.len()].sort_unstable();
            begin += second.len();
        }
        let mut positions = vec![0; numbers.len()].into_boxed_slice();
        for (position, &number) in (0..).zip(&numbers) {
            positions[number as usize] = position;
        }
        Ok(Self {
            range: timeline.range,
            created,
            numbers,
            positions,
            draws: Draws::new(seed, &format!("upstream bodies {name}")),
        })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.created.len() as u32
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.created.is_empty()
    }

    /// Where in time they can lie. It ends with the present of the API.
    #[must_use]
    pub const fn range(&self) -> Range {
        self.range
    }

    /// When the object at `position` was created, a unix second.
    #[must_use]
    pub fn created(&self, position: u32) -> i64 {
        self.range.gte + i64::from(self.created[position as usize])
    }

    /// The number in the id of the object at `position`.
    #[must_use]
    pub fn number(&self, position: u32) -> u32 {
        self.numbers[position as usize]
    }

    /// The id of the object at `position`.
    #[must_use]
    pub fn id(&self, position: u32) -> String {
        id(self.number(position))
    }

    /// The position of the object with this number in its id.
    #[must_use]
    pub fn position(&self, number: u32) -> Option<u32> {
        self.positions.get(number as usize).copied()
    }

    /// The position of the object with this id.
    #[must_use]
    pub fn position_of(&self, id: &str) -> Option<u32> {
        self.position(number_in(id)?)
    }

    /// The object at `position` as the API shows it: JSON.
    #[must_use]
    pub fn body(&self, position: u32) -> String {
        let mut text = String::with_capacity(body::LENGTH);
        self.write_body(&mut text, position);
        text
    }

    /// Writes the object at `position` as the API shows it behind `text`.
    pub fn write_body(&self, text: &mut String, position: u32) {
        self.push_body(text, self.number(position), self.created(position));
    }

    /// Writes the object with this number in its id, also if it is none of those there were at the
    /// start.
    pub(super) fn push_body(&self, text: &mut String, number: u32, created: i64) {
        body::push(text, self.draws, number, created);
    }

    /// Positions of the objects that were created in `range`.
    #[must_use]
    pub fn within(&self, range: Range) -> std::ops::Range<u32> {
        self.first_from(range.gte)..self.first_from(range.lt.max(range.gte))
    }

    /// The first position that was created in `second` or later.
    pub(super) fn first_from(&self, second: i64) -> u32 {
        let is_before = |&offset: &u32| self.range.gte + i64::from(offset) < second;
        self.created.partition_point(is_before) as u32
    }

    /// The largest number of objects in one second.
    #[must_use]
    pub fn longest_second(&self) -> u32 {
        let seconds = self.created.chunk_by(|one, other| one == other);
        seconds.map(<[u32]>::len).max().unwrap_or(0) as u32
    }

    /// What they take in memory, bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        [&self.created, &self.numbers, &self.positions]
            .map(|column| size_of_val::<[u32]>(column))
            .iter()
            .sum()
    }

    /// SHA-256 over them, hex.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut digest = Digest::default();
        for second in [self.range.gte, self.range.lt] {
            digest.add(second.to_le_bytes());
        }
        for (created, number) in self.created.iter().zip(&self.numbers) {
            digest.add(created.to_le_bytes());
            digest.add(number.to_le_bytes());
        }
        // One of them stands for what is in all.
        let mut body = String::new();
        self.push_body(&mut body, 0, 0);
        digest.add(body);
        digest.hex()
    }
}

/// The id with this number in it.
pub(super) fn id(number: u32) -> String {
    let mut text = String::with_capacity(PREFIX.len() + DIGITS);
    push_id(&mut text, number);
    text
}

/// Writes the id with this number in it.
pub(super) fn push_id(text: &mut String, number: u32) {
    // Writing to a String cannot fail.
    let _ = write!(text, "{PREFIX}{number:0DIGITS$}");
}

/// The number in `id`; `None` if it is no id.
pub(crate) fn number_in(id: &str) -> Option<u32> {
    let digits = id.strip_prefix(PREFIX)?;
    let all = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::Shape;

    fn objects(shape: Shape, objects: u64) -> Objects {
        let settings = Settings {
            shape,
            objects,
            ..Settings::default()
        };
        Objects::generate(&settings, "charges", 1).unwrap()
    }

    #[test]
    fn positions_are_in_the_order_of_created_and_id_and_back() {
        for shape in [Shape::FiveSeconds, Shape::Uniform, Shape::TiesAtPageEdges] {
            let objects = objects(shape, 1_003);
            let key = |position| (objects.created(position), objects.id(position));
            assert!((1..1_003).all(|position| key(position - 1) < key(position)));
            for position in 0..1_003 {
                let number = number_in(&objects.id(position)).unwrap();
                assert_eq!(objects.position(number), Some(position));
            }
            assert_eq!(objects.position(1_003), None);
            let ids: Vec<String> = (0..1_003).map(|position| objects.id(position)).collect();
            assert!(!ids.is_sorted(), "ids are not in the order of time");
        }
    }

    #[test]
    fn an_object_takes_twelve_bytes() {
        let objects = objects(Shape::RecentBurst, 100_000);
        assert_eq!(objects.bytes(), 1_200_000);
    }

    #[test]
    fn ids_have_eight_digits_and_nothing_else() {
        assert_eq!(id(42), "ch_00000042");
        assert_eq!(number_in("ch_00000042"), Some(42));
        for other in [
            "ch_42",
            "00000042",
            "ch_000000042",
            "ch_+0000042",
            "cu_00000042",
            "",
        ] {
            assert_eq!(number_in(other), None, "{other}");
        }
    }

    #[test]
    fn objects_within_a_range_are_counted_to_the_second() {
        let objects = objects(Shape::FiveSeconds, 12);
        let seconds: Vec<i64> = (0..12).map(|position| objects.created(position)).collect();
        let (first, second) = (seconds[0], seconds[2]);
        assert_ne!(first, second);
        assert_eq!(objects.within(Range::new(first, first + 1)), 0..2);
        assert_eq!(objects.within(Range::new(first + 1, second)), 2..2);
        assert_eq!(objects.within(Range::new(first, second + 1)).len(), 4);
        assert_eq!(objects.within(Range::new(i64::MIN, i64::MAX)), 0..12);
        assert_eq!(objects.within(Range::new(second, first)).len(), 0);
        assert_eq!(objects.longest_second(), 3);
    }

    #[test]
    fn the_same_seed_gives_the_same_objects_and_another_others() {
        let of = |name, seed| {
            let settings = Settings {
                objects: 500,
                ..Settings::default()
            };
            Objects::generate(&settings, name, seed).unwrap()
        };
        let first = of("charges", 1);
        assert_eq!(first.digest(), of("charges", 1).digest());
        assert_eq!(first.body(7), of("charges", 1).body(7));
        assert_ne!(first.digest(), of("charges", 2).digest());
        assert_ne!(first.digest(), of("refunds", 1).digest());
    }

    /// A change of this changes every result ever checked in.
    #[test]
    fn the_objects_of_a_seed_are_pinned() {
        let pinned = objects(Shape::Growth, 1_000).digest();
        assert_eq!(pinned, PINNED);
    }

    const PINNED: &str = "3c5b04592f0708381ee8e30ef95247dbadbccdd17be0b124b80a46b83f05864a";
}
