//! What a gate says, taken apart: `reader.p95 of ours / baseline <= 1.05`.

use std::fmt;

/// What is asked of a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// The figure, as in `reader.p95`.
    pub metric: String,
    /// The strategy whose figure it is; `None` for all candidates.
    pub of: Option<String>,
    /// What it is divided by.
    pub reference: Option<Reference>,
    /// How it is compared.
    pub operator: Operator,
    /// With what.
    pub limit: Quantity,
    /// With how many seeds it has to hold; `None` where it says nothing, which means all.
    pub seeds: Option<Seeds>,
}

/// What a figure is divided by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// The same figure of the same seed without any backfill.
    NoBackfill,
    /// The same figure of the same seed, as it was accepted.
    Baseline,
    /// The same figure of the same seed with another strategy.
    Strategy(String),
}

/// How a figure is compared with its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
    /// `==`
    Equal,
}

/// A number with its unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantity {
    /// The number; finite, and not below 0.
    pub amount: f64,
    /// `ms` and the like; `None` for a bare number.
    pub unit: Option<Scale>,
}

/// The unit behind a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Nanoseconds.
    Ns,
    /// Microseconds.
    Us,
    /// Milliseconds.
    Ms,
    /// Seconds.
    S,
    /// Minutes.
    Min,
    /// Hours.
    H,
    /// Hundredths.
    Percent,
}

/// With how many seeds a gate has to hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Seeds {
    /// Every one.
    All,
    /// One at least.
    Any,
    /// So many percent of them, at least.
    Percent(f64),
}

impl Operator {
    pub(super) const ALL: [Self; 5] = [
        Self::AtMost,
        Self::AtLeast,
        Self::Equal,
        Self::Less,
        Self::More,
    ];

    /// As it is written.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::More => ">",
            Self::AtLeast => ">=",
            Self::Equal => "==",
        }
    }

    /// Whether `figure` is as it should be.
    #[must_use]
    #[expect(clippy::float_cmp, reason = "`==` is meant for counts")]
    pub fn holds(self, figure: f64, limit: f64) -> bool {
        match self {
            Self::Less => figure < limit,
            Self::AtMost => figure <= limit,
            Self::More => figure > limit,
            Self::AtLeast => figure >= limit,
            Self::Equal => figure == limit,
        }
    }

    /// Whether more is worse.
    #[must_use]
    pub const fn bounds_above(self) -> bool {
        matches!(self, Self::Less | Self::AtMost)
    }
}

impl Scale {
    pub(super) const ALL: [Self; 7] = [
        Self::Ns,
        Self::Us,
        Self::Ms,
        Self::S,
        Self::Min,
        Self::H,
        Self::Percent,
    ];

    /// As it is written.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Ns => "ns",
            Self::Us => "us",
            Self::Ms => "ms",
            Self::S => "s",
            Self::Min => "min",
            Self::H => "h",
            Self::Percent => "%",
        }
    }

    /// Whether it is one of time.
    #[must_use]
    pub const fn is_time(self) -> bool {
        !matches!(self, Self::Percent)
    }
}

impl Quantity {
    /// In nanoseconds where it is a time, as a plain number elsewhere.
    #[must_use]
    pub fn value(self) -> f64 {
        let (times, over) = match self.unit {
            None | Some(Scale::Ns) => (1.0, 1.0),
            Some(Scale::Us) => (1e3, 1.0),
            Some(Scale::Ms) => (1e6, 1.0),
            Some(Scale::S) => (1e9, 1.0),
            Some(Scale::Min) => (60e9, 1.0),
            Some(Scale::H) => (3_600e9, 1.0),
            // 1 / 100 is no number a machine has, 5 / 100 is the nearest to 0.05 there is.
            Some(Scale::Percent) => (1.0, 100.0),
        };
        self.amount * times / over
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.metric)?;
        if let Some(name) = &self.of {
            write!(f, " of {}", Name(name))?;
        }
        match &self.reference {
            None => {}
            Some(Reference::NoBackfill) => f.write_str(" / no_backfill")?,
            Some(Reference::Baseline) => f.write_str(" / baseline")?,
            Some(Reference::Strategy(name)) => write!(f, " / {}", Name(name))?,
        }
        write!(f, " {} {}", self.operator.sign(), self.limit)?;
        match self.seeds {
            None => Ok(()),
            Some(Seeds::All) => f.write_str(" for all seeds"),
            Some(Seeds::Any) => f.write_str(" for any seed"),
            Some(Seeds::Percent(share)) => write!(f, " for {share}% of seeds"),
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = self.unit.map_or("", Scale::sign);
        write!(f, "{}{unit}", self.amount)
    }
}

/// A strategy's name, in quotes where it could be taken for something else.
struct Name<'a>(&'a str);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.0;
        let reserved = ["no_backfill", "baseline"].contains(&name);
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        if !name.is_empty() && !reserved && name.chars().all(plain) {
            f.write_str(name)
        } else {
            write!(f, "'{name}'")
        }
    }
}
