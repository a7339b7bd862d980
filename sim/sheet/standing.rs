//! Where a cell stands against what is asked of it, whatever family it is of.

use crate::measure::unit::NBSP;
use crate::outcome::{Ending, Oracle};
use crate::scenario::Role;

/// Where one strategy stands with one seed.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// Finished with the right data, and nothing else is asked of it: a baseline, for instance.
    Sound,
    /// A baseline that leaves what it is known to leave wrong: it is shown for that.
    Flawed,
    /// Within everything that is asked of it.
    Meets,
    /// Not within some of it; never empty, the worst first.
    Misses(Vec<Miss>),
    /// Something is asked of it that there is no figure for.
    NoData {
        /// What that is called; never empty.
        missing: Vec<&'static str>,
    },
    /// It did not finish, for this reason.
    Unfinished {
        /// What became of it, after "it".
        why: String,
    },
    /// An oracle found wrong data: nothing else counts.
    Incorrect {
        /// The first oracle that failed.
        oracle: String,
        /// What it compared.
        detail: String,
    },
    /// A control, and the oracle that is meant to see what is wrong with it did.
    Caught {
        /// That oracle.
        oracle: String,
    },
    /// A control that was caught, but not at what is wrong with it.
    Mistaken {
        /// The oracle that was meant to catch it.
        meant: &'static str,
        /// The first that did.
        by: String,
    },
    /// A control that passed as genuine.
    Slipped,
}

/// What is wanted of a figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wanted {
    /// So much or less.
    AtMost(f64),
    /// So much or more.
    AtLeast(f64),
}

/// One thing that is asked of a strategy.
#[derive(Clone, Copy, Debug)]
pub struct Aim {
    /// What it is called where the objective is given.
    pub name: &'static str,
    /// The figure; `None` where there is none, which never passes.
    pub figure: Option<f64>,
    /// What is wanted of it.
    pub wanted: Wanted,
    /// Writes the figure as part of a sentence.
    pub said: fn(f64) -> String,
    /// What stands behind the number that is wanted, as in `×`.
    pub unit: &'static str,
}

/// One thing that was asked for and not kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Miss {
    /// What it is called where the objective is given.
    pub name: &'static str,
    /// How many times as good it would have to be; above 1.
    pub by: f64,
    /// What it came to and what was wanted.
    pub phrase: String,
}

impl Aim {
    /// The miss, if it has a figure and that is not what is wanted.
    fn miss(&self) -> Option<Miss> {
        let figure = self.figure?;
        let (kept, by, words, wanted) = match self.wanted {
            Wanted::AtMost(most) => (figure <= most, figure / most, "at most", most),
            Wanted::AtLeast(least) => (figure >= least, least / figure, "at least", least),
        };
        let said = (self.said)(figure);
        (!kept).then(|| Miss {
            name: self.name,
            by,
            phrase: format!("{said}, {words} {wanted}{NBSP}{} wanted", self.unit),
        })
    }
}

/// What a cell is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// What its strategy is in the comparison.
    pub role: Role,
    /// What must be true afterwards, and whether it is.
    pub oracles: &'a [Oracle],
    /// How it ended.
    pub ending: &'a Ending,
    /// The oracle that asks whether it came to its end, and says nothing about the data.
    pub termination: &'static str,
    /// For a control, the oracle that has to catch it; `None` where any may.
    pub meant: Option<&'static str>,
    /// Whether it left wrong what it is known to leave wrong, and promises nothing of.
    pub flawed: bool,
}

impl Standing {
    /// Where what is `judged` stands; `aims` are asked of candidates and of nobody else.
    #[must_use]
    pub fn of(judged: Judged<'_>, aims: &[Aim]) -> Self {
        let failed = || judged.oracles.iter().filter(|oracle| !oracle.passed);
        if judged.role == Role::Control {
            return control(failed, judged.meant);
        }
        let of_data = failed().find(|oracle| oracle.name != judged.termination);
        let late = failed().next().map(|oracle| oracle.detail.clone());
        if let Some(oracle) = of_data {
            return Self::Incorrect {
                oracle: oracle.name.clone(),
                detail: oracle.detail.clone(),
            };
        }
        if let Some(why) = judged.ending.unfinished() {
            return Self::Unfinished { why };
        }
        if let Some(detail) = late {
            let why = format!("did not come to its end as it should: {detail}");
            return Self::Unfinished { why };
        }
        match judged.role {
            Role::Candidate => against(aims),
            Role::Baseline if judged.flawed => Self::Flawed,
            Role::Baseline | Role::Control => Self::Sound,
        }
    }

    /// One word or two for a table.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Sound => "correct",
            Self::Flawed => "known wrong",
            Self::Meets => "meets",
            Self::Misses(_) => "misses",
            Self::NoData { .. } => "no data",
            Self::Unfinished { .. } => "unfinished",
            Self::Incorrect { .. } => "incorrect",
            Self::Caught { .. } => "caught",
            Self::Mistaken { .. } | Self::Slipped => "NOT CAUGHT",
        }
    }

    /// The worse, the higher: of several seeds the worst stands for all.
    pub(super) const fn gravity(&self) -> u8 {
        match self {
            Self::Sound | Self::Flawed | Self::Meets | Self::Caught { .. } => 0,
            Self::Misses(_) => 1,
            Self::NoData { .. } => 2,
            Self::Unfinished { .. } | Self::Mistaken { .. } => 3,
            Self::Incorrect { .. } | Self::Slipped => 4,
        }
    }
}

/// A control has to be caught by the oracle that is meant for it: another one that fails proves
/// that something is wrong with it, and not that the one that was meant can see.
fn control<'a, I>(failed: impl Fn() -> I, meant: Option<&'static str>) -> Standing
where
    I: Iterator<Item = &'a Oracle>,
{
    let Some(first) = failed().next() else {
        return Standing::Slipped;
    };
    match meant {
        Some(meant) if failed().all(|oracle| oracle.name != meant) => Standing::Mistaken {
            meant,
            by: first.name.clone(),
        },
        meant => Standing::Caught {
            oracle: meant.unwrap_or(&first.name).to_owned(),
        },
    }
}

/// A miss is one whatever else there is no figure for; no figure never passes.
fn against(aims: &[Aim]) -> Standing {
    let mut misses: Vec<Miss> = aims.iter().filter_map(Aim::miss).collect();
    let missing = aims.iter().filter(|aim| aim.figure.is_none());
    let missing: Vec<&str> = missing.map(|aim| aim.name).collect();
    if !misses.is_empty() {
        misses.sort_by(|a, b| b.by.total_cmp(&a.by));
        Standing::Misses(misses)
    } else if !missing.is_empty() {
        Standing::NoData { missing }
    } else if aims.is_empty() {
        Standing::Sound
    } else {
        Standing::Meets
    }
}

#[cfg(test)]
#[path = "standing_tests.rs"]
mod tests;
