//! Okabe–Ito colours that have a contrast of 3:1 on white and on a dark page (WCAG 1.4.11): blue,
//! vermillion, green and purple. Orange, sky blue and yellow fail on white and are left out. Black
//! becomes light on a dark page by CSS, so it is always exactly `#000000`.

use plotters::style::RGBColor;

/// A colour by what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Axes, text and the baseline strategy.
    Black,
    /// What is not to be looked at first: grids, the run without a backfill.
    Grey,
    /// `#0072B2`.
    Blue,
    /// `#D55E00`.
    Vermillion,
    /// `#009E73`.
    Green,
    /// `#CC79A7`.
    Purple,
}

impl Ink {
    pub(super) const fn rgb(self) -> RGBColor {
        match self {
            Self::Black => RGBColor(0, 0, 0),
            // 4.5:1 on white, 4.2:1 on #0d1117.
            Self::Grey => RGBColor(0x76, 0x76, 0x76),
            Self::Blue => RGBColor(0x00, 0x72, 0xB2),
            Self::Vermillion => RGBColor(0xD5, 0x5E, 0x00),
            Self::Green => RGBColor(0x00, 0x9E, 0x73),
            Self::Purple => RGBColor(0xCC, 0x79, 0xA7),
        }
    }
}

/// The shape of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// A disc.
    Circle,
    /// A square on its side.
    Square,
    /// A triangle on its base.
    Triangle,
    /// A square on its corner.
    Diamond,
}

/// How one strategy looks in every chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// The colour.
    pub ink: Ink,
    /// The mark.
    pub marker: Marker,
    /// Lengths of stroke and gap; empty is solid.
    pub dash: &'static [i32],
}

/// Strokes and gaps in drawing units; none is mistaken for another at half size.
const DASHES: [&[i32]; 4] = [&[], &[28, 14], &[8, 12], &[34, 12, 8, 12]];
const INKS: [Ink; 4] = [Ink::Blue, Ink::Vermillion, Ink::Green, Ink::Purple];
const MARKERS: [Marker; 4] = [
    Marker::Square,
    Marker::Triangle,
    Marker::Diamond,
    Marker::Circle,
];

impl Look {
    /// The baseline strategy: black, solid, round.
    pub const BASELINE: Self = Self {
        ink: Ink::Black,
        marker: Marker::Circle,
        dash: &[],
    };
    /// The run without a backfill.
    pub const NO_BACKFILL: Self = Self {
        ink: Ink::Grey,
        marker: Marker::Circle,
        dash: &[4, 8],
    };

    /// The strategy at `index` among those that are not the baseline. Beyond four, colours come
    /// again with another dash and marker, beyond sixteen these two in other pairs: 64 differ.
    #[must_use]
    pub const fn of(index: usize) -> Self {
        let round = index / INKS.len();
        let lap = round / DASHES.len();
        Self {
            ink: INKS[index % INKS.len()],
            marker: MARKERS[(index + round + lap) % MARKERS.len()],
            dash: DASHES[(index + round) % DASHES.len()],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_four_strategies_look_different() {
        let looks: Vec<Look> = (0..64).map(Look::of).collect();
        for (index, look) in looks.iter().enumerate() {
            assert!(!looks[..index].contains(look), "{index}: {look:?}");
        }
    }
}
