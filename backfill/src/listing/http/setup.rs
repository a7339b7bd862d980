//! How an API is spoken to over HTTP, as somebody sets it.

use std::time::Duration;

use hyper::header::HeaderValue;

/// How an API is spoken to over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpSettings {
    /// How long a try may take, from the connection to the last byte of the answer.
    pub timeout: Duration,
    /// Bytes of an answer at the most; a longer one is an error, and is not read to its end.
    pub max_body_bytes: usize,
    /// Who asks.
    pub token: Option<BearerToken>,
}

impl Default for HttpSettings {
    /// 30 s, 8 MiB, nobody: many times what a page of 100 objects takes and has.
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            max_body_bytes: 8 << 20,
            token: None,
        }
    }
}

impl HttpSettings {
    /// Refuses what lets no answer through.
    pub(super) const fn check(&self) -> Result<(), HttpSetupError> {
        if self.timeout.is_zero() {
            return Err(HttpSetupError::NoTime);
        }
        if self.max_body_bytes == 0 {
            return Err(HttpSetupError::NoRoom);
        }
        Ok(())
    }
}

/// A token that is sent with every request, and never shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BearerToken(HeaderValue);

impl BearerToken {
    /// `Authorization: Bearer {token}`.
    ///
    /// # Errors
    /// If it has characters that no header can have.
    pub fn new(token: &str) -> Result<Self, HttpSetupError> {
        let header = HeaderValue::try_from(format!("Bearer {token}"));
        let mut header = header.map_err(|_| HttpSetupError::Token)?;
        header.set_sensitive(true);
        Ok(Self(header))
    }

    pub(super) const fn header(&self) -> &HeaderValue {
        &self.0
    }
}

/// Why an API cannot be spoken to over HTTP.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpSetupError {
    /// That is no address of a server.
    #[error(
        "`{base}` is no address of an API: {reason}; give one like https://api.example.com or \
         http://localhost:8080/proxied"
    )]
    Base {
        /// The address.
        base: String,
        /// What is wrong with it.
        reason: String,
    },
    /// It would not be sent, and is not repeated here.
    #[error("the API's address has a user or a password in it; give a token instead")]
    Credentials,
    /// Nobody here speaks TLS.
    #[error(
        "`{base}` wants TLS, which is not built in; give a connector that does TLS, or the \
         http:// address of a proxy that does"
    )]
    NoTls {
        /// The address.
        base: String,
    },
    /// It cannot be sent.
    #[error("the token has a character that no HTTP header can have, such as a line break")]
    Token,
    /// Nothing can be answered in no time.
    #[error("the timeout is 0; no answer comes in time for that")]
    NoTime,
    /// Nothing can be answered in no bytes.
    #[error("an answer may have 0 bytes; no answer is that short")]
    NoRoom,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_never_shown() {
        let token = Some(BearerToken::new("sk_test_secret").unwrap());
        let settings = HttpSettings {
            token,
            ..HttpSettings::default()
        };
        assert!(!format!("{settings:?}").contains("secret"));
        assert_eq!(BearerToken::new("two\nlines"), Err(HttpSetupError::Token));
    }
}
