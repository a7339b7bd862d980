//! A gate that did not pass as a line that GitHub shows beside the line of the scenario file. No
//! permission is needed for it, and a pull request from a fork gets it too.

use super::judged::{Judged, Verdict};

/// The workflow command of a gate; `None` where it passed.
#[must_use]
pub fn annotation(scenario: &str, judged: &Judged) -> Option<String> {
    let level = match judged.verdict {
        Verdict::Pass => return None,
        Verdict::Warn | Verdict::Insufficient => "warning",
        Verdict::Fail | Verdict::NoData => "error",
    };
    let (file, line) = judged
        .place
        .rsplit_once(':')
        .unwrap_or((&judged.place, "1"));
    let title = format!("{} {scenario} / {}", judged.verdict.word(), judged.title());
    let mut body = format!("{}: {}", judged.expect, judged.detail);
    for why in [&judged.divergence, &judged.why].into_iter().flatten() {
        body.push_str(&format!("\n{why}"));
    }
    Some(format!(
        "::{level} file={},line={line},title={}::{}\n",
        escaped(file, true),
        escaped(&title, true),
        escaped(&body, false)
    ))
}

/// What ends a command or one of its properties, written otherwise:
/// <https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts>.
fn escaped(text: &str, property: bool) -> String {
    let text = text
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A");
    if property {
        text.replace(':', "%3A").replace(',', "%2C")
    } else {
        text
    }
}
