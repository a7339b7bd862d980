//! How objects lie in time.

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How objects lie in time. What a strategy takes for granted about it is what it fails on.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    ValueEnum,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// Every second as likely.
    #[default]
    Uniform,
    /// 99 % in the last 30 days.
    RecentBurst,
    /// 90 % in the last 2 % of the range.
    #[serde(rename = "recent-2-percent")]
    #[value(name = "recent-2-percent")]
    Recent2Percent,
    /// 90 % in the last 0.2 % of the range.
    #[serde(rename = "recent-0-2-percent")]
    #[value(name = "recent-0-2-percent")]
    Recent02Percent,
    /// All in the first 30 days, but for 50 stragglers later.
    OldBurst,
    /// All in the first year of the range.
    Dormant,
    /// All in one second.
    OneSecond,
    /// All in five seconds, far from each other.
    FiveSeconds,
    /// 60 hours, one in each sixtieth of the range: one a month in five years.
    HourlySpikes,
    /// Ever more: twice as many in each tenth of the range as in the one before.
    Growth,
    /// Half of them in one hour, the others anywhere.
    OneHour,
    /// Ten objects of the same second across every edge of a page of 100.
    TiesAtPageEdges,
    /// 10 000 over 15 years, every second as likely, whatever `objects` and `years` say.
    Sparse,
    /// None, whatever `objects` says.
    Empty,
    /// One, in the middle of the range, whatever `objects` says.
    OneObject,
}

impl Shape {
    /// How many objects there are when `asked` are asked for.
    #[must_use]
    pub const fn objects(self, asked: u64) -> u64 {
        match self {
            Self::Sparse => 10_000,
            Self::Empty => 0,
            Self::OneObject => 1,
            _ => asked,
        }
    }

    /// How many years the range has when `asked` are asked for.
    #[must_use]
    pub const fn years(self, asked: u32) -> u32 {
        match self {
            Self::Sparse => 15,
            _ => asked,
        }
    }

    /// What it is called in scenario files and reports.
    #[must_use]
    pub fn name(self) -> String {
        // Every variant has a name, because none is skipped.
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_has_one_name_in_files_and_on_the_command_line() {
        for shape in Shape::value_variants() {
            assert_eq!(serde_json::to_value(shape).unwrap(), shape.name());
        }
        assert_eq!(Shape::Recent02Percent.name(), "recent-0-2-percent");
        assert_eq!(Shape::value_variants().len(), 15);
    }
}
