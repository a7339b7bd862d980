//! What is still to come over time, all strategies of a shape.

use super::super::chart::{LeftLine, left};
use super::super::evidence::Evidence;
use super::candidates_first;
use crate::listing::Outcome;
use crate::listing::measure::{ShapeResult, StrategyResult};
use crate::measure::unit;
use crate::report::ReportError;
use crate::report::chart::Caption;
use crate::report::evidence::file_part;
use crate::report::figure::Figure;
use crate::report::table::or_absent;

/// Points of a line.
const POINTS: u64 = 300;
/// Shares of the objects for which the table says when they were there, percent.
const THERE: [u64; 4] = [50, 90, 99, 100];

/// What a strategy had brought, over its time.
struct Brought {
    /// When each page with something new was answered, since the start, and the objects by then.
    pages: Vec<(u64, u64)>,
    objects: u64,
    took_ns: u64,
}

impl Brought {
    fn of(outcome: &Outcome) -> Option<Self> {
        let window = outcome.backfill?;
        let new = outcome.calls.iter().filter(|call| call.new_items > 0);
        let mut pages: Vec<(u64, u64)> = new
            .map(|call| {
                let at_ns = call.answered_ns.saturating_sub(window.start_ns);
                (at_ns, u64::from(call.new_items))
            })
            .collect();
        pages.sort_unstable();
        let mut sum = 0;
        for page in &mut pages {
            sum += page.1;
            page.1 = sum;
        }
        Some(Self {
            pages,
            objects: outcome.task.objects,
            took_ns: window.duration_ns(),
        })
    }

    fn share_left(&self, at_ns: u64) -> f64 {
        let by_then = self.pages.partition_point(|page| page.0 <= at_ns);
        let brought = by_then.checked_sub(1).map_or(0, |last| self.pages[last].1);
        // What was added meanwhile is brought too, and is none of those.
        let left = self.objects.saturating_sub(brought);
        left as f64 / self.objects.max(1) as f64
    }

    /// When `percent` of the objects were there.
    fn there_ns(&self, percent: u64) -> Option<u64> {
        let wanted = (self.objects * percent).div_ceil(100);
        let page = self.pages.iter().find(|page| page.1 >= wanted)?;
        Some(page.0)
    }

    fn points(&self) -> Vec<(u64, f64)> {
        let at =
            |step: u64| (u128::from(self.took_ns) * u128::from(step) / u128::from(POINTS)) as u64;
        (0..=POINTS)
            .map(|step| (at(step), self.share_left(at(step))))
            .collect()
    }
}

/// The picture of `shape`; `None` when nothing ran.
pub(super) fn figure(
    evidence: &Evidence<'_>,
    shape: &ShapeResult,
) -> Result<Option<Figure>, ReportError> {
    let brought: Vec<(&StrategyResult, Brought)> = candidates_first(shape)
        .into_iter()
        .filter_map(|result| {
            let outcome = evidence.outcome(&shape.name, &result.name)?;
            Some((result, Brought::of(outcome)?))
        })
        .collect();
    if brought.is_empty() {
        return Ok(None);
    }
    let id = format!("left-{}", file_part(&shape.name));
    let title = format!("What is still to come: {}", shape.name);
    let finding = finding(&brought);
    let lines: Vec<LeftLine> = brought
        .iter()
        .map(|(result, brought)| LeftLine {
            name: result.name.clone(),
            end: end(result, brought),
            look: evidence.look(&result.name),
            points: brought.points(),
        })
        .collect();
    let caption = Caption {
        id: &id,
        title: &title,
        finding: &finding,
    };
    let svg = left(caption, &lines)?;
    let rows = brought.iter().map(|(result, brought)| {
        let there = THERE.map(|percent| or_absent(brought.there_ns(percent), unit::seconds));
        let mut row = vec![result.name.clone()];
        row.extend(there);
        row.push(unit::seconds(brought.took_ns));
        row
    });
    let header = vec!["strategy", "50 % s", "90 % s", "99 % s", "100 % s", "end s"];
    Ok(Some(Figure {
        file: format!("{id}.svg"),
        id,
        title,
        reading: "A steady fall is work that is shared; a long foot is a range that nobody helps with. First seed; objects count when the page that brings them first is answered.".into(),
        finding,
        svg,
        table: (header, rows.collect()),
    }))
}

/// How long it took, or why that does not count.
fn end(result: &StrategyResult, brought: &Brought) -> String {
    match result.cells.first() {
        Some((cell, _)) if cell.makespan_ns.is_some() => {
            format!(" {}", unit::duration(brought.took_ns))
        }
        Some((_, standing)) => format!(", {}", standing.word()),
        None => String::new(),
    }
}

/// What the slowest still has to do when the quickest is done.
fn finding(all: &[(&StrategyResult, Brought)]) -> String {
    let finished = all.iter().filter(|(result, _)| {
        result
            .cells
            .first()
            .is_some_and(|(cell, _)| cell.makespan_ns.is_some())
    });
    let mut finished: Vec<&(&StrategyResult, Brought)> = finished.collect();
    finished.sort_by_key(|(_, brought)| brought.took_ns);
    let (Some((quick, first)), Some((slow, last))) = (finished.first(), finished.last()) else {
        return "No strategy finished with the right data.".to_owned();
    };
    let done = format!(
        "{} has everything after {}",
        quick.name,
        unit::duration(first.took_ns)
    );
    if quick.name == slow.name {
        return format!("{done}.");
    }
    format!(
        "{done}; {} still has {} to come then, and ends after {}.",
        slow.name,
        unit::percent(last.share_left(first.took_ns)),
        unit::duration(last.took_ns)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::CallKind;
    use crate::listing::measure::synthetic::{call, idle};
    use crate::outcome::Window;

    #[test]
    fn an_object_is_there_when_the_first_page_with_it_is_answered() {
        let mut outcome = idle("uniform", "adaptive", 1);
        outcome.task.objects = 400;
        outcome.backfill = Some(Window {
            start_ns: 1_000,
            end_ns: 2_000,
        });
        outcome.calls = vec![
            call(1_000, 1_900, CallKind::New),
            call(1_000, 1_200, CallKind::New),
            call(1_200, 1_300, CallKind::Refetched),
            call(1_300, 1_500, CallKind::New),
            call(1_500, 2_000, CallKind::New),
        ];
        let brought = Brought::of(&outcome).unwrap();
        assert_eq!(brought.share_left(199), 1.0);
        assert_eq!(brought.share_left(200), 0.75);
        assert_eq!(brought.share_left(499), 0.75);
        assert_eq!(brought.share_left(1_000), 0.0);
        assert_eq!(
            (brought.there_ns(50), brought.there_ns(51)),
            (Some(500), Some(900))
        );
        assert_eq!(brought.points().len(), 301);
        outcome.task.objects = 500;
        let brought = Brought::of(&outcome).unwrap();
        assert_eq!(brought.there_ns(100), None, "not all of them came");
    }
}
