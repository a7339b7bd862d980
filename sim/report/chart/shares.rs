//! Wholes and their parts: one bar a strategy, as long as all others, cut into shares.
//!
//! Colour is never alone: a part has its name written beneath it, in the order of the bar, the
//! larger ones with their share; and neighbours are told apart by a gap.

use super::Caption;
use super::canvas::{self, ChartError, Drawn, Side, TEXT, WIDTH};
use super::label::{cut, width};
use super::palette::{Ink, Look};

/// One bar.
#[derive(Clone, Debug)]
pub struct Whole<'a> {
    /// The strategy.
    pub name: &'a str,
    /// How it looks in every chart.
    pub look: Look,
    /// What is written at its end: how much the whole is.
    pub text: String,
    /// Its parts with their shares, which sum to 1, from the left.
    pub parts: Vec<(Ink, String, f64)>,
}

const LEFT: i32 = 480;
const RIGHT: i32 = WIDTH - 320;
const FIRST: i32 = 90;
const ROW: i32 = 118;
/// From the middle of a bar to its edge.
const HALF: i32 = 20;
/// From the middle of a bar to the names of its parts.
const BENEATH: i32 = 46;
/// Characters of a name.
const NAME: usize = 28;
/// A part below this share has no room for its name.
const NAMED: f64 = 0.01;
/// Between the names of two parts.
const APART: i32 = 34;

/// Draws `wholes`; `titles` stand over the bars and over what is written at their ends.
///
/// # Errors
/// When plotters cannot draw.
pub fn shares(
    caption: Caption<'_>,
    titles: [&str; 2],
    wholes: &[Whole<'_>],
) -> Result<String, ChartError> {
    let height = FIRST + wholes.len() as i32 * ROW;
    canvas::draw(caption, height, |canvas| -> Drawn {
        canvas.text((LEFT, 30), Side::Right, Ink::Grey, titles[0])?;
        canvas.text((RIGHT + TEXT, 30), Side::Right, Ink::Grey, titles[1])?;
        for (index, whole) in wholes.iter().enumerate() {
            let y = FIRST + index as i32 * ROW;
            canvas.mark((LEFT - 24, y), whole.look, 10, true)?;
            let name = cut(whole.name, NAME);
            canvas.text((LEFT - 48, y), Side::Left, Ink::Black, &name)?;
            for (ink, [from, to]) in pieces(&whole.parts) {
                canvas.fill((from, y - HALF), (to, y + HALF), ink, 0.75)?;
            }
            canvas.bold((RIGHT + TEXT, y), Side::Right, Ink::Black, &whole.text)?;
            for (at, ink, text) in names(&whole.parts) {
                let square = ((at, y + BENEATH - 9), (at + 18, y + BENEATH + 9));
                canvas.fill(square.0, square.1, ink, 0.75)?;
                canvas.text((at + 28, y + BENEATH), Side::Right, Ink::Black, &text)?;
            }
        }
        Ok(())
    })
}

/// Where each part begins and ends. A gap is taken from its end.
fn pieces(parts: &[(Ink, String, f64)]) -> Vec<(Ink, [i32; 2])> {
    let at = |share: f64| LEFT + libm::round(f64::from(RIGHT - LEFT) * share) as i32;
    let mut before = 0.0;
    let mut pieces = Vec::new();
    for (ink, _, share) in parts {
        let (from, to) = (at(before), at(before + share));
        before += share;
        if to > from {
            pieces.push((*ink, [from, (to - 3).max(from + 1)]));
        }
    }
    pieces
}

/// The parts that have a name, each with where it is written: one after the other from the left, as
/// far as there is room.
fn names(parts: &[(Ink, String, f64)]) -> Vec<(i32, Ink, String)> {
    let mut at = LEFT;
    let mut names = Vec::new();
    for (ink, name, share) in parts.iter().filter(|(_, _, share)| *share >= NAMED) {
        let text = format!("{name} {:.0} %", share * 100.0);
        let next = at + 28 + width(&text) + APART;
        if next > WIDTH {
            break;
        }
        names.push((at, *ink, text));
        at = next;
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> Vec<(Ink, String, f64)> {
        vec![
            (Ink::Vermillion, "backfill".to_owned(), 0.75),
            (Ink::Blue, "disk".to_owned(), 0.245),
            (Ink::Green, "processor".to_owned(), 0.005),
        ]
    }

    #[test]
    fn parts_fill_the_bar_and_every_large_one_has_its_name() {
        let pieces = pieces(&parts());
        let all = RIGHT - LEFT;
        assert_eq!(pieces[0], (Ink::Vermillion, [LEFT, LEFT + all * 3 / 4 - 3]));
        assert_eq!(pieces[2].1[1], RIGHT - 3);
        let names = names(&parts());
        let names: Vec<&str> = names.iter().map(|(_, _, text)| text.as_str()).collect();
        assert_eq!(names, ["backfill 75 %", "disk 24 %"]);
    }

    #[test]
    fn names_that_do_not_fit_are_left_to_the_table() {
        let long = "x".repeat(60);
        let parts = vec![(Ink::Blue, long.clone(), 0.5), (Ink::Green, long, 0.5)];
        assert_eq!(names(&parts).len(), 1);
        let whole = Whole {
            name: "one",
            look: Look::of(0),
            text: "1 s".to_owned(),
            parts,
        };
        let caption = Caption {
            id: "tail",
            title: "Tail",
            finding: "Long.",
        };
        let svg = shares(caption, ["share", "mean"], &[whole]).unwrap();
        assert!(svg.contains("1 s"), "{svg}");
    }
}
