//! What was said of the time left, against what was true: over the share of its own time that a
//! strategy had taken, so that a quick one and a slow one can be laid over each other.

use crate::report::chart::axis::Axis;
use crate::report::chart::canvas::{Canvas, Drawn, Point, Side, TEXT, WIDTH};
use crate::report::chart::{Caption, ChartError, Ink, Look, label};

/// One strategy.
#[derive(Clone, Debug)]
pub(crate) struct SaidLine {
    /// Its name.
    pub(crate) name: String,
    /// How it looks.
    pub(crate) look: Look,
    /// Share of its time, and the error of what was said then; `None` where nothing was.
    pub(crate) points: Vec<(f64, Option<f64>)>,
    /// The same with the least and the most that was said; empty for those shown without.
    pub(crate) band: Vec<(f64, Option<(f64, f64)>)>,
}

const HEIGHT: i32 = 700;
const LEFT: i32 = 150;
const RIGHT: i32 = WIDTH - 330;
const TOP: i32 = 70;
const BOTTOM: i32 = HEIGHT - 110;
/// How far up the picture reaches, percent: the least of these that shows every line.
const REACHES: [i32; 3] = [100, 200, 400];

/// How far up a picture of `lines` reaches, as a share: what is above is not drawn.
pub(crate) fn reach(lines: &[SaidLine]) -> f64 {
    let all = lines.iter().flat_map(|line| &line.points);
    let most = all.filter_map(|(_, error)| *error).fold(0.0, f64::max);
    f64::from(reach_percent(most)) / 100.0
}

fn reach_percent(most: f64) -> i32 {
    let enough = REACHES
        .into_iter()
        .find(|reach| most <= f64::from(*reach) / 100.0);
    enough.unwrap_or(REACHES[REACHES.len() - 1])
}

/// Draws `lines`, the band of those that have one, and where the truth is.
///
/// # Errors
/// When plotters cannot draw.
pub(crate) fn said(caption: Caption<'_>, lines: &[SaidLine]) -> Result<String, ChartError> {
    let reach = libm::round(reach(lines) * 100.0) as i32;
    let x = Axis::percents((0, 100), 25, LEFT, RIGHT);
    let y = Axis::percents(
        (-100, reach),
        if reach > 100 { 100 } else { 50 },
        BOTTOM,
        TOP,
    );
    super::draw(caption, HEIGHT, |canvas| {
        let title = "error of what was said of the time left; below 0 % it promised too little";
        canvas.text((LEFT, 26), Side::Right, Ink::Grey, title)?;
        y.draw_rows(canvas, LEFT, RIGHT)?;
        x.draw_columns(canvas, TOP, BOTTOM, true)?;
        let below = (RIGHT, BOTTOM + 76);
        canvas.text(
            below,
            Side::Left,
            Ink::Grey,
            "share of its own time that had gone by",
        )?;
        canvas.line(&[(LEFT, y.at(0.0)), (RIGHT, y.at(0.0))], Ink::Black, 2)?;
        for line in lines {
            for band in stretches(&line.band, |_| true) {
                draw_band(canvas, line.look.ink, &band, &x, &y)?;
            }
        }
        let mut wanted = Vec::new();
        // The first are the candidates: they are drawn last, over the others.
        for line in lines.iter().rev() {
            let mut end = None;
            for stretch in stretches(&line.points, |error| y.shows(*error)) {
                let path: Vec<Point> = stretch
                    .iter()
                    .map(|(at, error)| (x.at(*at), y.at(*error)))
                    .collect();
                canvas.dashed(&path, line.look.ink, 4, line.look.dash)?;
                end = path.last().copied().or(end);
            }
            wanted.push(end);
        }
        wanted.reverse();
        name_ends(canvas, lines, &wanted)
    })
}

/// The unbroken stretches of what is there and is to be shown.
fn stretches<T: Copy>(
    points: &[(f64, Option<T>)],
    shown: impl Fn(&T) -> bool,
) -> Vec<Vec<(f64, T)>> {
    let mut stretches: Vec<Vec<(f64, T)>> = vec![Vec::new()];
    for (at, value) in points {
        match value.filter(&shown) {
            Some(value) => {
                if let Some(last) = stretches.last_mut() {
                    last.push((*at, value));
                }
            }
            None => stretches.push(Vec::new()),
        }
    }
    stretches.retain(|stretch| stretch.len() > 1);
    stretches
}

fn draw_band(
    canvas: &Canvas<'_>,
    ink: Ink,
    band: &[(f64, (f64, f64))],
    x: &Axis,
    y: &Axis,
) -> Drawn {
    let least = band
        .iter()
        .map(|(at, (least, _))| (x.at(*at), y.at(*least)));
    let most = band
        .iter()
        .rev()
        .map(|(at, (_, most))| (x.at(*at), y.at(*most)));
    canvas.shape(least.chain(most).collect(), ink, 0.22)
}

/// Names stand at the right, each at the height of its end as far as the others allow.
fn name_ends(canvas: &Canvas<'_>, lines: &[SaidLine], ends: &[Option<Point>]) -> Drawn {
    let drawn: Vec<(&SaidLine, Point)> = lines
        .iter()
        .zip(ends)
        .filter_map(|(line, end)| Some((line, (*end)?)))
        .collect();
    let wanted: Vec<i32> = drawn.iter().map(|(_, end)| end.1).collect();
    let rows = label::spread(&wanted, TEXT + 10, TOP, BOTTOM);
    for ((line, end), row) in drawn.into_iter().zip(rows) {
        canvas.line(&[end, (RIGHT + 24, row)], Ink::Grey, 1)?;
        canvas.mark((RIGHT + 38, row), line.look, 9, true)?;
        let name = label::cut(&line.name, 18);
        canvas.bold((RIGHT + 58, row), Side::Right, line.look.ink, &name)?;
    }
    Ok(())
}
