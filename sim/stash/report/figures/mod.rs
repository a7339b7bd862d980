//! Which pictures a report has.
//!
//! First the fallbacks of all strategies by workload, and how long those in line waited. Then each
//! strategy with each workload, first seed: what was held over time, and the order of service
//! against that of arrival; open where a candidate has to reach something, else folded. A strategy
//! with wrong data has none.

mod compared;
mod over_time;

use super::Evidence;
use crate::report::ReportError;
use crate::report::evidence::file_part;
use crate::scenario::Role;
use crate::sheet::{Section, Standing};
use crate::stash::Outcome;
use crate::stash::measure::StrategyResult;

/// Draws everything there is data for.
pub(super) fn sections(evidence: &Evidence<'_>) -> Result<Vec<Section>, ReportError> {
    let mut first = vec![compared::fallbacks(evidence)?];
    first.extend(compared::waits(evidence)?);
    let mut sections = vec![Section {
        folded: None,
        figures: first,
    }];
    for result in evidence.candidates_first() {
        let Some(outcome) = drawn(evidence, result) else {
            continue;
        };
        let open = result.role == Role::Candidate && outcome.asked;
        let title = format!("{}: what was held, and who was served when", result.name);
        sections.push(Section {
            folded: (!open).then_some(title),
            figures: vec![
                over_time::held(&result.name, outcome)?,
                over_time::order(&result.name, outcome)?,
            ],
        });
    }
    Ok(sections)
}

/// The anchor of the first picture of a strategy; `None` where it has none.
pub(super) fn anchor(evidence: &Evidence<'_>, result: &StrategyResult) -> Option<String> {
    drawn(evidence, result).map(|_| id_of("held", &result.name))
}

/// What the pictures of a strategy show: its first seed; nothing where its data is wrong.
fn drawn<'a>(evidence: &Evidence<'a>, result: &StrategyResult) -> Option<&'a Outcome> {
    let mut standings = result.cells.iter().map(|(_, standing)| standing);
    let wrong = standings.any(|one| matches!(one, Standing::Incorrect { .. }));
    let outcome = evidence.outcome(&result.name)?;
    let shown = result.role != Role::Control && !wrong && !outcome.moments.is_empty();
    shown.then_some(outcome)
}

/// `what` of a strategy, as an anchor and as a file's name.
fn id_of(what: &str, strategy: &str) -> String {
    format!("{what}-{}", file_part(strategy))
}
