//! The same drawing in fewer bytes: neighbours that look alike become one path.
//!
//! plotters writes an element with all its attributes for every stroke of a dashed line and for
//! every bar. A page with dozens of charts would be mostly these attributes.

use std::fmt::Write as _;

/// `svg` with the lines and rectangles that follow each other in one style joined.
pub(crate) fn compact(svg: &str) -> String {
    let mut whole = String::new();
    let mut path: Option<(&str, String)> = None;
    for line in svg.lines() {
        match (stroke(line).or_else(|| bar(line)), &mut path) {
            (Some((style, way)), Some((same, ways))) if *same == style => ways.push_str(&way),
            (Some(piece), path) => {
                close(&mut whole, path.take());
                *path = Some(piece);
            }
            (None, path) => {
                close(&mut whole, path.take());
                whole.push_str(line);
                whole.push('\n');
            }
        }
    }
    close(&mut whole, path);
    whole
}

fn close(whole: &mut String, path: Option<(&str, String)>) {
    if let Some((style, ways)) = path {
        // Writing into a string does not fail.
        let _ = writeln!(whole, "<path {style} d=\"{ways}\"/>");
    }
}

/// The style of an open line, and its way.
fn stroke(line: &str) -> Option<(&str, String)> {
    let rest = line.strip_prefix("<polyline ")?.strip_suffix(" \"/>")?;
    let (style, points) = rest.split_once(" points=\"")?;
    Some((style, format!("M{points}")))
}

/// The style of a rectangle, and the way around it.
fn bar(line: &str) -> Option<(&str, String)> {
    let rest = line.strip_prefix("<rect ")?.strip_suffix("/>")?;
    let (x, rest) = value(rest, "x")?;
    let (y, rest) = value(rest, "y")?;
    let (width, rest) = value(rest, "width")?;
    let (height, style) = value(rest, "height")?;
    Some((style, format!("M{x},{y}h{width}v{height}h-{width}z")))
}

/// The value of the attribute `name` that `attributes` begin with, and the others.
fn value<'a>(attributes: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    let rest = attributes.strip_prefix(name)?.strip_prefix("=\"")?;
    rest.split_once("\" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::canvas::{Side, draw};
    use crate::report::chart::{Caption, Ink};

    #[test]
    fn neighbours_of_one_style_are_one_path_and_nothing_else_is_touched() {
        let caption = Caption {
            id: "c",
            title: "t",
            finding: "f",
        };
        let svg = draw(caption, 100, |canvas| {
            canvas.line(&[(1, 2), (3, 4), (5, 6)], Ink::Blue, 2)?;
            canvas.line(&[(7, 8), (9, 10)], Ink::Blue, 2)?;
            canvas.line(&[(1, 1), (2, 2)], Ink::Green, 2)?;
            canvas.text((4, 4), Side::Middle, Ink::Black, "<rect x=\"1\"/>")?;
            canvas.fill((10, 20), (13, 24), Ink::Blue, 1.0)?;
            canvas.fill((30, 20), (31, 24), Ink::Blue, 1.0)
        });
        let svg = svg.unwrap();
        let compact = compact(&svg);
        let count = |what: &str| compact.matches(what).count();
        assert_eq!(
            (count("<polyline"), count("<rect"), count("<path")),
            (0, 0, 3)
        );
        assert!(compact.contains("d=\"M1,2 3,4 5,6M7,8 9,10\""), "{compact}");
        assert!(
            compact.contains("d=\"M10,20h3v4h-3zM30,20h1v4h-1z\""),
            "{compact}"
        );
        let style = "fill=\"none\" opacity=\"1\" stroke=\"#009E73\" stroke-width=\"2\"";
        assert!(
            compact.contains(&format!("<path {style} d=\"M1,1 2,2\"/>")),
            "{compact}"
        );
        assert!(compact.contains("&lt;rect x"), "{compact}");
        let others = |svg: &str| -> Vec<String> {
            let drawn = |line: &&str| {
                !["<polyline", "<rect", "<path"]
                    .iter()
                    .any(|tag| line.starts_with(tag))
            };
            svg.lines().filter(drawn).map(str::to_owned).collect()
        };
        assert_eq!(others(&svg), others(&compact));
    }
}
