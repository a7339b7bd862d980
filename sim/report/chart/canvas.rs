//! Strokes, marks and text on one SVG document, in whole drawing units.
//!
//! Charts are drawn at twice the size they are shown at, because plotters rounds every coordinate
//! to a whole unit and lines would show stairs otherwise. Nothing is painted behind: the page
//! decides on light or dark.

use std::fmt::Write as _;

use plotters::coord::Shift;
use plotters::element::{Drawable, PointCollection};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::Caption;
use super::palette::{Ink, Look, Marker};

/// Width of every chart, drawing units; shown at half.
pub(crate) const WIDTH: i32 = 2_000;
/// Height of ordinary text, drawing units.
pub(crate) const TEXT: i32 = 26;
/// plotters divides font sizes by this to turn a font's height into its em.
const PLOTTERS_EM: f64 = 1.24;

/// A chart could not be drawn.
#[derive(Debug, thiserror::Error)]
#[error("the chart {chart} could not be drawn: {detail}")]
pub struct ChartError {
    /// The id of its caption.
    pub chart: String,
    /// What plotters said.
    pub detail: String,
}

/// What went wrong within a drawing, without its name.
pub(crate) type Drawn = Result<(), String>;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// A point in drawing units from the top left.
pub(crate) type Point = (i32, i32);

/// Which side of its point a text is on.
#[derive(Clone, Copy)]
pub(crate) enum Side {
    /// The text ends there.
    Left,
    /// It is centred there.
    Middle,
    /// It starts there.
    Right,
}

/// The document under the pen.
pub(crate) struct Canvas<'a> {
    area: Area<'a>,
}

/// Draws one document of [`WIDTH`] × `height` with `body`.
pub(crate) fn draw(
    caption: Caption<'_>,
    height: i32,
    body: impl FnOnce(&Canvas<'_>) -> Drawn,
) -> Result<String, ChartError> {
    let mut svg = String::new();
    let drawn = {
        let canvas = Canvas {
            area: SVGBackend::with_string(&mut svg, (WIDTH as u32, height as u32))
                .into_drawing_area(),
        };
        body(&canvas).and_then(|()| canvas.area.present().map_err(|error| error.to_string()))
    };
    drawn.map_err(|detail| ChartError {
        chart: caption.id.to_owned(),
        detail,
    })?;
    Ok(with_caption(&svg, caption, height))
}

/// plotters writes neither title nor description nor size to show at: its opening tag is replaced.
fn with_caption(svg: &str, caption: Caption<'_>, height: i32) -> String {
    let body = svg.split_once('>').map_or(svg, |(_, body)| body);
    let id = escape(caption.id);
    let mut whole = String::new();
    // Writing into a string does not fail.
    let _ = write!(
        whole,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" \
         viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\">\n\
         <title id=\"{id}-title\">{}</title>\n<desc id=\"{id}-desc\">{}</desc>",
        WIDTH / 2,
        height / 2,
        escape(caption.title),
        escape(caption.finding),
    );
    whole + body
}

fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

impl Canvas<'_> {
    /// A line through `points`, `width` thick.
    pub(crate) fn line(&self, points: &[Point], ink: Ink, width: u32) -> Drawn {
        self.stroke(points, ink, width, 1.0)
    }

    /// A line that hardly shows.
    pub(crate) fn grid(&self, from: Point, to: Point) -> Drawn {
        self.stroke(&[from, to], Ink::Grey, 1, 0.35)
    }

    fn stroke(&self, points: &[Point], ink: Ink, width: u32, alpha: f64) -> Drawn {
        if points.len() < 2 {
            return Ok(());
        }
        let style = ink.rgb().mix(alpha).stroke_width(width);
        self.put(&PathElement::new(points.to_vec(), style))
    }

    /// A line in strokes and gaps. plotters knows no `stroke-dasharray`, so they are single lines.
    pub(crate) fn dashed(&self, points: &[Point], ink: Ink, width: u32, dash: &[i32]) -> Drawn {
        if dash.is_empty() {
            return self.line(points, ink, width);
        }
        for piece in pieces(points, dash) {
            self.line(&piece, ink, width)?;
        }
        Ok(())
    }

    /// A filled rectangle; `alpha` from 0 to 1.
    pub(crate) fn fill(&self, from: Point, to: Point, ink: Ink, alpha: f64) -> Drawn {
        self.put(&Rectangle::new([from, to], ink.rgb().mix(alpha).filled()))
    }

    /// A filled shape through `points`.
    pub(crate) fn shape(&self, points: Vec<Point>, ink: Ink, alpha: f64) -> Drawn {
        self.put(&Polygon::new(points, ink.rgb().mix(alpha).filled()))
    }

    /// The mark of `look`, `size` from the middle to the edge.
    pub(crate) fn mark(&self, at: Point, look: Look, size: i32, filled: bool) -> Drawn {
        let (x, y) = at;
        let color = look.ink.rgb();
        let corners = match look.marker {
            Marker::Circle => {
                let style = if filled {
                    color.filled()
                } else {
                    color.stroke_width(4)
                };
                return self.put(&Circle::new(at, size, style));
            }
            Marker::Square => vec![(-size, -size), (size, -size), (size, size), (-size, size)],
            Marker::Triangle => vec![(0, -size - 2), (size + 2, size), (-size - 2, size)],
            Marker::Diamond => vec![(0, -size - 4), (size + 4, 0), (0, size + 4), (-size - 4, 0)],
        };
        let mut points: Vec<Point> = corners.iter().map(|(dx, dy)| (x + dx, y + dy)).collect();
        if filled {
            return self.put(&Polygon::new(points, color.filled()));
        }
        points.push(points[0]);
        self.line(&points, look.ink, 4)
    }

    /// Ordinary text, its middle at the height of `at`.
    pub(crate) fn text(&self, at: Point, side: Side, ink: Ink, text: &str) -> Drawn {
        self.write(at, side, ink, FontStyle::Normal, text)
    }

    /// Text that names something.
    pub(crate) fn bold(&self, at: Point, side: Side, ink: Ink, text: &str) -> Drawn {
        self.write(at, side, ink, FontStyle::Bold, text)
    }

    fn write(&self, at: Point, side: Side, ink: Ink, weight: FontStyle, text: &str) -> Drawn {
        let anchor = match side {
            Side::Left => HPos::Right,
            Side::Middle => HPos::Center,
            Side::Right => HPos::Left,
        };
        let size = f64::from(TEXT) * PLOTTERS_EM;
        let style = FontDesc::new(FontFamily::SansSerif, size, weight)
            .color(&ink.rgb())
            .pos(Pos::new(anchor, VPos::Center));
        self.put(&Text::new(text.to_owned(), at, style))
    }

    fn put<E>(&self, element: &E) -> Drawn
    where
        for<'e> &'e E: PointCollection<'e, Point>,
        E: for<'b> Drawable<SVGBackend<'b>>,
    {
        self.area.draw(element).map_err(|error| error.to_string())
    }
}

/// Cuts the way along `points` into the strokes of `dash`.
fn pieces(points: &[Point], dash: &[i32]) -> Vec<Vec<Point>> {
    let mut pieces = Vec::new();
    let mut piece: Vec<Point> = points.first().copied().into_iter().collect();
    let (mut step, mut left) = (0, f64::from(dash[0]));
    for pair in points.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let (dx, dy) = (f64::from(to.0 - from.0), f64::from(to.1 - from.1));
        let length = libm::hypot(dx, dy);
        let mut done = 0.0;
        while length - done > left {
            done += left;
            let share = done / length;
            let at = (
                from.0 + libm::round(dx * share) as i32,
                from.1 + libm::round(dy * share) as i32,
            );
            if step % 2 == 0 {
                piece.push(at);
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece = vec![at];
            }
            step += 1;
            left = f64::from(dash[step % dash.len()]);
        }
        left -= length - done;
        if step % 2 == 0 {
            piece.push(to);
        }
    }
    if piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPTION: Caption<'_> = Caption {
        id: "c",
        title: "a < b",
        finding: "c & d",
    };

    #[test]
    fn a_document_has_a_title_a_description_and_no_background() {
        let svg = draw(CAPTION, 100, |canvas| {
            canvas.line(&[(0, 0), (9, 9)], Ink::Black, 2)
        })
        .unwrap();
        assert!(svg.starts_with("<svg xmlns="), "{svg}");
        assert!(
            svg.contains("<title id=\"c-title\">a &lt; b</title>"),
            "{svg}"
        );
        assert!(
            svg.contains("<desc id=\"c-desc\">c &amp; d</desc>"),
            "{svg}"
        );
        assert!(
            svg.contains("width=\"1000\" height=\"50\" viewBox=\"0 0 2000 100\""),
            "{svg}"
        );
        assert!(!svg.contains("<rect"), "{svg}");
        assert!(svg.trim_end().ends_with("</svg>"), "{svg}");
    }

    #[test]
    fn dashes_follow_the_way_around_corners() {
        let pieces = pieces(&[(0, 0), (10, 0), (10, 10)], &[6, 6]);
        assert_eq!(pieces, [vec![(0, 0), (6, 0)], vec![(10, 2), (10, 8)]]);
    }
}
