//! Where a backfill stands, as a word in the ledger.

use serde::{Serialize, Serializer};

/// Where a backfill stands.
///
/// From pending to running; from running to done, failed or cancelled; from failed, cancelled, and
/// from running when whoever ran it is gone, to running again. Done is the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It waits for its turn.
    Pending,
    /// Somebody works on it, or died doing so.
    Running,
    /// Everything up to its snapshot is done.
    Done,
    /// It stopped with an error; it can be resumed.
    Failed,
    /// It was stopped on purpose; it can be resumed.
    Cancelled,
    /// A word this version does not know.
    Unknown,
}

impl Status {
    const KNOWN: [Self; 5] = [
        Self::Pending,
        Self::Running,
        Self::Done,
        Self::Failed,
        Self::Cancelled,
    ];

    /// Its word in the ledger, and for readers.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown",
        }
    }

    /// The status a word of the ledger stands for.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        Self::KNOWN
            .into_iter()
            .find(|status| status.word() == word)
            .unwrap_or(Self::Unknown)
    }
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stands_for_its_status_and_any_other_for_none() {
        for status in Status::KNOWN {
            assert_eq!(Status::parse(status.word()), status);
        }
        for word in ["pending_async", "", "RUNNING"] {
            assert_eq!(Status::parse(word), Status::Unknown);
        }
    }
}
