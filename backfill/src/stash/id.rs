//! Ids of payloads: 128 random bits, so that nobody finds a payload by trying.
//!
//! They are drawn from ChaCha20 (RFC 8439), whose stream nobody can foresee who does not know the
//! seed, however many ids they have seen.

use std::fmt;
use std::str::FromStr;

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;

/// Hexadecimal digits of an id.
const DIGITS: usize = 32;

/// The id of a payload, shown as 32 hexadecimal digits in lower case, and read the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id(u128);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for Id {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != DIGITS || !text.bytes().all(is_digit) {
            return Err(IdError);
        }
        let bits = u128::from_str_radix(text, 16);
        bits.map(Self).map_err(|_| IdError)
    }
}

/// A text is no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("that is no id of a payload: give the 32 hexadecimal digits that storing it has returned")]
pub struct IdError;

/// Draws ids.
#[derive(Debug)]
pub(super) struct Ids(ChaCha20Rng);

impl Ids {
    pub(super) fn new(seed: [u8; 32]) -> Self {
        Self(ChaCha20Rng::from_seed(seed))
    }

    /// An id that was not drawn before: that two of a million payloads held together get the same
    /// has a chance of 1 in 10^27.
    pub(super) fn draw(&mut self) -> Id {
        let high = u128::from(self.0.next_u64());
        Id(high << 64 | u128::from(self.0.next_u64()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_shown_and_in_no_other_way() {
        let id = Ids::new([7; 32]).draw();
        let text = id.to_string();
        assert_eq!(text.parse(), Ok(id));
        assert_eq!(Id(1).to_string(), format!("{:0>32}", 1));
        let plus = format!("+{}", &text[1..]);
        for other in ["", &text[1..], &text.to_uppercase(), &plus, "é"] {
            assert_eq!(other.parse::<Id>(), Err(IdError), "{other}");
        }
    }

    #[test]
    fn the_seed_decides_which_ids_are_drawn() {
        let drawn = |seed| {
            let mut ids = Ids::new([seed; 32]);
            (ids.draw(), ids.draw())
        };
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
        assert_ne!(drawn(1).0, drawn(1).1);
    }
}
