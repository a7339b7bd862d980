//! How much of the data is still to come, strategy by strategy: where a line falls steadily the
//! work is shared well, and where it has a long foot one range is left to one slot.

use crate::report::chart::axis::Axis;
use crate::report::chart::canvas::{Canvas, Drawn, Point, Side, TEXT, WIDTH};
use crate::report::chart::{Caption, ChartError, Ink, Look, label};

/// One strategy.
#[derive(Clone, Debug)]
pub(crate) struct LeftLine {
    /// Its name.
    pub(crate) name: String,
    /// What is said of its end, after the name.
    pub(crate) end: String,
    /// How it looks.
    pub(crate) look: Look,
    /// Time since the start of the backfill, ns, and the share of objects still to come.
    pub(crate) points: Vec<(u64, f64)>,
}

const LEFT: i32 = 150;
const RIGHT: i32 = WIDTH - 400;
const TOP: i32 = 70;
const BOTTOM: i32 = 600;
/// Where the names of the ends begin, under the labels of the axis, and how far they are apart.
const NAMES: i32 = BOTTOM + 84;
const ROW: i32 = TEXT + 10;
/// From the middle of a mark to its edge.
const MARK: i32 = 11;
/// From a mark to the name beside it.
const BESIDE: i32 = 24;

/// Draws `lines` to the end of the slowest.
///
/// # Errors
/// When plotters cannot draw.
pub(crate) fn left(caption: Caption<'_>, lines: &[LeftLine]) -> Result<String, ChartError> {
    let ends = lines.iter().filter_map(|line| line.points.last());
    let end_ns = ends.map(|end| end.0).max().unwrap_or(0);
    let x = Axis::linear_time(end_ns.max(1) as f64, LEFT, RIGHT);
    let y = Axis::share(BOTTOM, TOP);
    let paths: Vec<Vec<Point>> = lines
        .iter()
        .map(|line| {
            let points = line.points.iter();
            points
                .map(|(ns, share)| (x.at(*ns as f64), y.at(*share)))
                .collect()
        })
        .collect();
    let ends = lines
        .iter()
        .zip(&paths)
        .map(|(line, path)| Named::of(line, path));
    let ends: Vec<Named> = ends.collect();
    let widths = ends
        .iter()
        .map(|one| (one.end.0, BESIDE + label::width(&one.name) + ROW));
    let rows = rows(&widths.collect::<Vec<_>>());
    let below = NAMES + (rows.iter().max().unwrap_or(&0) + 1) * ROW;
    super::draw(caption, below + 30, |canvas| {
        let title = "share of the objects that are still to come";
        canvas.text((LEFT, 26), Side::Right, Ink::Grey, title)?;
        y.draw_rows(canvas, LEFT, RIGHT)?;
        x.draw_columns(canvas, TOP, BOTTOM, true)?;
        let time = "modelled time since the start of the backfill";
        canvas.text((RIGHT, below), Side::Left, Ink::Grey, time)?;
        // The first are the candidates: they are drawn last, over the others.
        for (line, path) in lines.iter().zip(&paths).rev() {
            canvas.dashed(path, line.look.ink, 5, line.look.dash)?;
        }
        name_ends(canvas, lines, &ends, &rows)
    })
}

/// A row for each end at the columns `ends`, from 0, so that no name, which begins beside its end
/// and is so wide, meets another one or the line that leads to it.
fn rows(ends: &[(i32, i32)]) -> Vec<i32> {
    let mut order: Vec<usize> = (0..ends.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(ends[*index].0));
    let mut rows = vec![0; ends.len()];
    // From the right: what is left of a name stands below it, and its line passes before it.
    let mut begins: Vec<i32> = Vec::new();
    for index in order {
        let (at, width) = ends[index];
        let free = begins.iter().rposition(|begin| at + width > *begin);
        let row = free.map_or(0, |taken| taken + 1);
        begins.resize(begins.len().max(row + 1), i32::MAX);
        begins[row] = at - MARK;
        rows[index] = row as i32;
    }
    rows
}

/// Marks each end on its line and names it under the axis.
fn name_ends(canvas: &Canvas<'_>, lines: &[LeftLine], ends: &[Named], rows: &[i32]) -> Drawn {
    // The first are the candidates: their marks lie over the others.
    for ((line, named), row) in lines.iter().zip(ends).zip(rows).rev() {
        let (x, y) = (named.end.0, NAMES + row * ROW);
        canvas.line(&[(x, BOTTOM + 50), (x, y)], Ink::Grey, 1)?;
        canvas.mark(named.end, line.look, MARK, true)?;
        canvas.mark((x, y), line.look, MARK - 2, true)?;
        canvas.bold((x + BESIDE, y), Side::Right, line.look.ink, &named.name)?;
    }
    Ok(())
}

/// The end of a line, and what is written beside it.
struct Named {
    end: Point,
    name: String,
}

impl Named {
    /// The name is cut to what there is room for.
    fn of(line: &LeftLine, path: &[Point]) -> Self {
        let end = path.last().copied().unwrap_or((LEFT, TOP));
        let room = (WIDTH - end.0 - BESIDE) / label::width("n");
        let room = usize::try_from(room).unwrap_or(0);
        let name = label::cut(&line.name, room.saturating_sub(line.end.chars().count()));
        Self {
            end,
            name: format!("{name}{}", line.end),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_apart_and_lines_pass_before_them() {
        // Three that end close together, and one far off to the right.
        let ends = [(300, 200), (310, 200), (340, 200), (1_500, 200)];
        assert_eq!(rows(&ends), [2, 1, 0, 0]);
        assert_eq!(rows(&[(300, 200), (600, 200)]), [0, 0]);
        // The second goes below the third; the first has room beside both again.
        assert_eq!(rows(&[(0, 200), (300, 200), (400, 200)]), [0, 1, 0]);
        assert_eq!(rows(&[(0, 350), (300, 200), (400, 200)]), [2, 1, 0]);
    }
}
