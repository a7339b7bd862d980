//! Gates as a JUnit document, which most CI services show: a suite per scenario, a case per gate
//! and strategy, in the dialect of Jenkins.

use maud::{PreEscaped, html};

use super::failure::{Trace, text};
use super::judged::{Judged, Verdict};

/// The document of several scenarios.
#[must_use]
pub fn junit(scenarios: &[(Trace<'_>, &[Judged])]) -> String {
    let failed = |gates: &[Judged]| count(gates, |verdict| verdict == Verdict::Fail);
    let skipped = |gates: &[Judged]| {
        count(gates, |verdict| {
            matches!(verdict, Verdict::NoData | Verdict::Insufficient)
        })
    };
    let markup = html! {
        (PreEscaped("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"))
        testsuites {
            @for (trace, gates) in scenarios {
                testsuite name=(plain(trace.scenario)) tests=(gates.len())
                    failures=(failed(gates)) skipped=(skipped(gates)) {
                    @for gate in *gates {
                        testcase classname=(plain(&format!("{}.{}", trace.scenario, gate.title()))) name=(plain(&gate.expect)) {
                            @match gate.verdict {
                                Verdict::Fail => failure message=(plain(&gate.detail))
                                    type=(word(gate)) { (plain(&text(gate, *trace))) },
                                Verdict::NoData | Verdict::Insufficient =>
                                    skipped message=(plain(&gate.detail)) {},
                                Verdict::Warn => system-out { (plain(&text(gate, *trace))) },
                                Verdict::Pass => {},
                            }
                        }
                    }
                }
            }
        }
    };
    markup.into_string() + "\n"
}

fn count(gates: &[Judged], of: impl Fn(Verdict) -> bool) -> usize {
    gates.iter().filter(|gate| of(gate.verdict)).count()
}

fn word(gate: &Judged) -> &'static str {
    gate.change.map_or("breach", super::judged::Change::word)
}

/// Without what XML has no way to write.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|&letter| letter == '\n' || !letter.is_control())
        .collect()
}
