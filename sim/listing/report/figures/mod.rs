//! Which pictures a report has, shape by shape.
//!
//! Every shape has what is left over time, what was said of it, the calls of each candidate, and
//! the latency of readers where somebody reads. On the shape that tells the strategies apart the
//! most, the calls of every strategy are drawn. Pictures show the first seed; latencies all.

mod calls;
mod left;
mod reads;
mod said;

pub(super) use calls::id as calls_id;

use super::evidence::Evidence;
use crate::listing::measure::{ShapeResult, StrategyResult};
use crate::report::ReportError;
use crate::report::figure::Figure;
use crate::scenario::Role;

/// All pictures of a report, in the order of the page.
#[derive(Clone, Debug)]
pub(super) struct Figures(pub(super) Vec<ShapeFigures>);

/// The pictures of one shape.
#[derive(Clone, Debug)]
pub(super) struct ShapeFigures {
    /// The shape.
    pub(super) shape: String,
    /// Its pictures.
    pub(super) figures: Vec<Figure>,
}

impl Figures {
    /// Draws everything there is data for: the telling shape first, then the others in order.
    pub(super) fn of(evidence: &Evidence<'_>) -> Result<Self, ReportError> {
        let telling = evidence.telling_shape().map(|shape| shape.name.as_str());
        let mut shapes: Vec<&ShapeResult> = evidence.comparison.shapes.iter().collect();
        shapes.sort_by_key(|shape| Some(shape.name.as_str()) != telling);
        let drawn = shapes.into_iter().map(|shape| {
            Ok(ShapeFigures {
                shape: shape.name.clone(),
                figures: of_shape(evidence, shape, Some(shape.name.as_str()) == telling)?,
            })
        });
        Ok(Self(drawn.collect::<Result<_, ReportError>>()?))
    }

    /// All of them, one after the other.
    pub(super) fn all(&self) -> impl Iterator<Item = &Figure> {
        self.0.iter().flat_map(|shape| &shape.figures)
    }
}

fn of_shape(
    evidence: &Evidence<'_>,
    shape: &ShapeResult,
    telling: bool,
) -> Result<Vec<Figure>, ReportError> {
    let mut figures = Vec::new();
    figures.extend(left::figure(evidence, shape)?);
    figures.extend(said::figure(evidence, shape)?);
    let drawn = candidates_first(shape);
    for result in drawn
        .into_iter()
        .filter(|one| telling || one.role == Role::Candidate)
    {
        figures.extend(calls::figure(evidence, result, telling)?);
    }
    figures.extend(reads::figure(evidence, shape)?);
    Ok(figures)
}

/// Those that are not controls, the candidates before the others.
fn candidates_first(shape: &ShapeResult) -> Vec<&StrategyResult> {
    let mut all: Vec<&StrategyResult> = shape.genuine().collect();
    all.sort_by_key(|result| result.role != Role::Candidate);
    all
}
