//! Which pictures a report has.
//!
//! First what tells strategies apart: items per second, and what readers wait where somebody reads.
//! Then each strategy over its time, memory and work, the candidates' open and the others' folded.
//! Pictures over time show the first seed. A strategy with wrong data has none.

mod compared;
mod over_time;

use super::Evidence;
use crate::processing::measure::StrategyResult;
use crate::report::ReportError;
use crate::report::evidence::file_part;
use crate::scenario::Role;
use crate::sheet::{Section, Standing};

/// Draws everything there is data for.
pub(super) fn sections(evidence: &Evidence<'_>) -> Result<Vec<Section>, ReportError> {
    let compared = [
        compared::throughput(evidence)?,
        compared::readers(evidence)?,
    ];
    let mut sections = vec![Section {
        folded: None,
        figures: compared.into_iter().flatten().collect(),
    }];
    for result in evidence.candidates_first() {
        let Some(spell) = over_time::Spell::of(evidence, result) else {
            continue;
        };
        let open = result.role == Role::Candidate;
        let title = format!("{}: memory and work over time", result.name);
        sections.push(Section {
            folded: (!open).then_some(title),
            figures: vec![spell.memory()?, spell.work()?],
        });
    }
    Ok(sections)
}

/// The anchor of the first picture of a strategy over time; `None` where it has none.
pub(super) fn anchor(evidence: &Evidence<'_>, result: &StrategyResult) -> Option<String> {
    let spell = over_time::Spell::of(evidence, result)?;
    Some(spell.id("memory"))
}

/// Whether any seed of it left wrong data.
fn incorrect(result: &StrategyResult) -> bool {
    let mut standings = result.cells.iter().map(|(_, standing)| standing);
    standings.any(|one| matches!(one, Standing::Incorrect { .. }))
}

/// `what` of a strategy, as an anchor and as a file's name.
fn id_of(what: &str, strategy: &str) -> String {
    format!("{what}-{}", file_part(strategy))
}
