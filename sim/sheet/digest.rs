//! What two runs of a cell must have in common, as one number.

use std::collections::BTreeMap;

use crate::digest::Digest;
use crate::outcome::Oracle;

/// SHA-256 over the ordered event log, the counters and the verdicts of a cell, hex.
pub(crate) fn digest(
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
