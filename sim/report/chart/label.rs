//! Keeps labels at the ends of lines apart: as near to where they belong as the others allow.

use super::canvas::{Point, Side, TEXT};

/// From the middle of a mark to its label; farther where a neighbour's mark is in the way.
const BESIDE: [i32; 2] = [26, 46];
/// Half rows that a label may be above or below its mark.
const FARTHEST: i32 = 20;

/// Rows for labels that would like to be at `wanted`, at least `gap` apart and within `low..=high`
/// as long as they fit there. Order is kept, equal wishes in the order given.
pub(crate) fn spread(wanted: &[i32], gap: i32, low: i32, high: i32) -> Vec<i32> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|&index| (wanted[index], index));
    let mut rows = vec![0; wanted.len()];
    let mut next = low;
    for &index in &order {
        rows[index] = wanted[index].max(next);
        next = rows[index] + gap;
    }
    // What went over the lower edge pushes its neighbours back up.
    let mut limit = high;
    for &index in order.iter().rev() {
        rows[index] = rows[index].min(limit).max(low);
        limit = rows[index] - gap;
    }
    rows
}

/// About how wide `text` is: what measures fonts is not linked in.
pub(crate) fn width(text: &str) -> i32 {
    text.chars().count() as i32 * TEXT * 6 / 10
}

/// A region of the drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) left: i32,
    pub(crate) top: i32,
    pub(crate) right: i32,
    pub(crate) bottom: i32,
}

impl Region {
    /// Everything within `reach` of the straight line from `from` to `to`.
    pub(crate) fn around(from: Point, to: Point, reach: i32) -> Self {
        Self {
            left: from.0.min(to.0) - reach,
            top: from.1.min(to.1) - reach,
            right: from.0.max(to.0) + reach,
            bottom: from.1.max(to.1) + reach,
        }
    }

    /// About what `text` covers when it is written at `at`.
    pub(crate) fn of_text(at: Point, side: Side, text: &str) -> Self {
        let width = width(text);
        let (before, behind) = match side {
            Side::Left => (width, 0),
            Side::Middle => (width / 2, width / 2),
            Side::Right => (0, width),
        };
        Self::around((at.0 - before, at.1), (at.0 + behind, at.1), TEXT / 2 + 2)
    }

    /// Whether a point is in both.
    pub(crate) const fn meets(self, other: Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    const fn within(self, other: Self) -> bool {
        other.left <= self.left
            && self.right <= other.right
            && other.top <= self.top
            && self.bottom <= other.bottom
    }
}

/// Where `text` can stand beside the mark at `at` without meeting anything of `taken`: as near as
/// possible, rather above than below and rather right than left. Where everything is taken, right
/// beside the mark.
pub(crate) fn beside(at: Point, text: &str, taken: &[Region], within: Region) -> (Point, Side) {
    let free = |place: &(Point, Side)| {
        let region = Region::of_text(place.0, place.1, text);
        region.within(within) && !taken.iter().any(|other| region.meets(*other))
    };
    let places = || {
        (0..FARTHEST).flat_map(|step| {
            [-step, step].into_iter().flat_map(move |rows| {
                let row = at.1 + rows * TEXT / 2;
                BESIDE.into_iter().flat_map(move |beside| {
                    [
                        ((at.0 + beside, row), Side::Right),
                        ((at.0 - beside, row), Side::Left),
                    ]
                })
            })
        })
    };
    let nowhere = ((at.0 + BESIDE[0], at.1), Side::Right);
    places().find(free).unwrap_or(nowhere)
}

/// At most `length` characters of `name`, with an ellipsis where it was cut.
pub(crate) fn cut(name: &str, length: usize) -> String {
    if name.chars().count() <= length {
        return name.to_owned();
    }
    let kept: String = name.chars().take(length.saturating_sub(1)).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_fit_stay_and_others_give_way() {
        assert_eq!(spread(&[10, 100, 50], 20, 0, 200), [10, 100, 50]);
        assert_eq!(spread(&[50, 50, 55], 20, 0, 200), [50, 70, 90]);
        assert_eq!(spread(&[195, 198], 20, 0, 200), [180, 200]);
    }

    #[test]
    fn a_label_evades_what_is_there_already() {
        let all = Region::around((0, 0), (1_000, 1_000), 0);
        let (at, name) = ((500, 500), "chunks");
        assert!(matches!(
            beside(at, name, &[], all),
            ((526, 500), Side::Right)
        ));
        let wall = Region::around((540, 0), (540, 1_000), 5);
        assert!(matches!(
            beside(at, name, &[wall], all),
            ((474, 500), Side::Left)
        ));
        let line = Region::around((0, 500), (1_000, 500), 3);
        let (place, _) = beside(at, name, &[line, wall], all);
        assert_eq!(place, (474, 474), "above the line");
        assert!(matches!(
            beside(at, name, &[all], all),
            ((526, 500), Side::Right)
        ));
    }

    #[test]
    fn a_label_steps_aside_before_it_leaves_its_row() {
        let all = Region::around((0, 0), (1_000, 1_000), 0);
        let neighbour = Region::around((500, 490), (500, 490), 18);
        let (place, side) = beside((500, 500), "chunks", &[neighbour], all);
        assert!(
            matches!((place, side), ((546, 500), Side::Right)),
            "{place:?}"
        );
    }

    #[test]
    fn a_long_name_is_cut() {
        assert_eq!(cut("short", 8), "short");
        assert_eq!(cut("much too long", 8), "much to…");
    }
}
