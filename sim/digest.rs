//! SHA-256 of things said in order, as hex.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::outcome::Oracle;

/// A running SHA-256.
#[derive(Clone, Debug, Default)]
pub struct Digest(Sha256);

impl Digest {
    /// Adds bytes; where one piece ends and the next begins is the caller's to make plain.
    pub fn add(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.update(bytes);
    }

    /// The digest of everything added, 64 lower-case hex digits.
    #[must_use]
    pub fn hex(self) -> String {
        self.0
            .finalize()
            .iter()
            .fold(String::new(), |mut hex, byte| {
                write!(hex, "{byte:02x}").expect("writing to a string does not fail");
                hex
            })
    }
}

/// The SHA-256 of `bytes`, 64 lower-case hex digits.
#[must_use]
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    let mut digest = Digest::default();
    digest.add(bytes);
    digest.hex()
}

/// The digest of a cell: over its log, its counters and its verdicts.
pub(crate) fn of_cell(
    log: &[String],
    counters: &BTreeMap<String, u64>,
    oracles: &[Oracle],
) -> String {
    let mut digest = Digest::default();
    for line in log {
        digest.add(line);
        digest.add("\n");
    }
    for (name, count) in counters {
        digest.add(format!("{name} {count}\n"));
    }
    for oracle in oracles {
        let Oracle {
            name,
            passed,
            detail,
        } = oracle;
        digest.add(format!("{name} {passed} {detail}\n"));
    }
    digest.hex()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of FIPS 180-2, B.1.
    #[test]
    fn it_is_sha_256() {
        assert_eq!(
            sha256("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
