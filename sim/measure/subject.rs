//! Whom the objective is about: those who read, unless the scenario promises writers something.

use crate::outcome::RequestKind;
use crate::scenario::Objective;

/// Whose requests a strategy is judged by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Subject {
    /// Those who read.
    #[default]
    Readers,
    /// Those who insert.
    Writers,
}

impl Subject {
    /// Whom `objective` is about.
    #[must_use]
    pub const fn of(objective: &Objective) -> Self {
        match objective.writer_p95_ms {
            None => Self::Readers,
            Some(_) => Self::Writers,
        }
    }

    /// Whether a request of `kind` is one of theirs.
    #[must_use]
    pub const fn sends(self, kind: RequestKind) -> bool {
        matches!(self, Self::Readers) == kind.is_read()
    }

    /// Those it is not about.
    #[must_use]
    pub const fn others(self) -> Self {
        match self {
            Self::Readers => Self::Writers,
            Self::Writers => Self::Readers,
        }
    }

    /// One of them: `reader`.
    #[must_use]
    pub const fn one(self) -> &'static str {
        match self {
            Self::Readers => "reader",
            Self::Writers => "writer",
        }
    }

    /// All of them: `readers`.
    #[must_use]
    pub const fn all(self) -> &'static str {
        match self {
            Self::Readers => "readers",
            Self::Writers => "writers",
        }
    }

    /// What one of them asks for: `read`.
    #[must_use]
    pub const fn request(self) -> &'static str {
        match self {
            Self::Readers => "read",
            Self::Writers => "write",
        }
    }

    /// What all of them ask for: `reads`.
    #[must_use]
    pub const fn requests(self) -> &'static str {
        match self {
            Self::Readers => "reads",
            Self::Writers => "writes",
        }
    }
}
