//! Why a page could not be had.

use std::time::Duration;

/// Why a page could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// The API has had enough for now (429).
    #[error("the API asks for fewer requests{}", wait(*retry_after))]
    RateLimited {
        /// For how long it wants to hear nothing.
        retry_after: Option<Duration>,
    },
    /// The API failed (5xx, or 408).
    #[error("the API failed with status {status}{}", wait(*retry_after))]
    Server {
        /// The status.
        status: u16,
        /// For how long it wants to hear nothing.
        retry_after: Option<Duration>,
    },
    /// No answer came in time.
    #[error("no answer within {} ms", after.as_millis())]
    Timeout {
        /// How long was waited.
        after: Duration,
    },
    /// The connection could not be made, or broke.
    #[error("the connection failed: {0}")]
    Connection(String),
    /// The object that the page was to go on after does not exist (any more).
    #[error("there is no object `{cursor}` to go on after")]
    CursorGone {
        /// The object.
        cursor: String,
    },
    /// The API does not let us (401, 403).
    #[error("the API refuses access with status {status}: {message}")]
    Auth {
        /// The status.
        status: u16,
        /// What the API says.
        message: String,
    },
    /// The API does not understand what it is asked for (other 4xx): a mistake in the set-up.
    #[error("the API refuses the request with status {status}: {message}")]
    Config {
        /// The status.
        status: u16,
        /// What the API says.
        message: String,
    },
    /// The answer is not what a list API answers.
    #[error("the API's answer cannot be understood: {0}")]
    System(String),
}

/// What can be done about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Another try may succeed.
    Transient,
    /// Another page may be asked for instead.
    Cursor,
    /// Somebody has to give us access.
    Auth,
    /// Somebody has to change what we ask for.
    Config,
    /// Something is broken.
    System,
}

impl ListError {
    /// What can be done about it.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::RateLimited { .. }
            | Self::Server { .. }
            | Self::Timeout { .. }
            | Self::Connection(_) => Class::Transient,
            Self::CursorGone { .. } => Class::Cursor,
            Self::Auth { .. } => Class::Auth,
            Self::Config { .. } => Class::Config,
            Self::System(_) => Class::System,
        }
    }

    /// For how long the API wants to hear nothing, where it says so.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } | Self::Server { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

fn wait(retry_after: Option<Duration>) -> String {
    retry_after.map_or_else(String::new, |wait| {
        format!(", and for quiet for {} ms", wait.as_millis())
    })
}
