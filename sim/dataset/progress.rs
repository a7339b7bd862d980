//! What a caller learns while an image is built or checked, enough to draw a bar.

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Rows are generated and inserted; counted in rows of both tables.
    Rows,
    /// Indexes that are a setting are added; counted in indexes.
    Indexes,
    /// The file is read and hashed; counted in bytes.
    Verify,
}

impl Phase {
    /// The phase in one word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::Indexes => "indexes",
            Self::Verify => "verify",
        }
    }
}

/// How far a phase has come. `done` never falls within a phase and ends at `total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub phase: Phase,
    /// Units of the phase that are done.
    pub done: u64,
    /// Units of the phase altogether.
    pub total: u64,
}
