//! What must be true of a cell of a processing scenario.
//!
//! What the tables must be is known from a plain replay of the items; nothing here believes what a
//! strategy says of itself.
//!
//! * [`Auditor`]: after every write, whether the database is what it was after some batch.
//! * `rows.rs`: whether the tables are those of the replay at the end.
//! * `history.rs`: whether every version is kept once.

mod auditor;
mod history;
mod rows;

use rusqlite::Connection;

pub(super) use auditor::Auditor;

use super::items::Items;
use super::oracle_names::{MEMORY, OUTPUTS, PROGRESS, READS, REPEATED};
use super::outcome::counter;
use super::recorder::Record;
use super::replay::Replay;
use super::scenario::{Model, Strategy};
use crate::outcome::{Ending, Oracle};

/// What oracles judge by.
pub(super) struct Evidence<'a> {
    pub(super) connection: &'a Connection,
    pub(super) model: &'a Model,
    pub(super) strategy: &'a Strategy,
    pub(super) items: &'a Items,
    /// How often items turned out not to count.
    pub(super) roll_backs: usize,
    /// The tables after the last item.
    pub(super) replay: &'a Replay,
    pub(super) record: &'a Record,
    pub(super) ending: &'a Ending,
}

/// Bytes of an object at the most, as both kinds of store count them: 256, four values of up to 32
/// bytes, a key, and the texts.
pub(super) const fn object_bytes(model: &Model) -> u64 {
    256 + 4 * 32 + 64 + model.items.note_bytes
}

/// The verdicts, in the order they are shown.
pub(super) fn judge(evidence: &Evidence<'_>, auditor: &Auditor) -> rusqlite::Result<Vec<Oracle>> {
    let ended = *evidence.ending == Ending::Done;
    let mut verdicts = vec![progress(evidence), reads(evidence), auditor.verdict()];
    // Where it did not come to its end, the tables are not what they are to be, and no news.
    if ended {
        verdicts.push(rows::rows(evidence)?);
        verdicts.push(history::history(evidence)?);
        verdicts.push(outputs(evidence)?);
    }
    verdicts.push(memory(evidence));
    verdicts.push(repeated(evidence));
    Ok(verdicts)
}

fn verdict(name: &str, passed: bool, detail: String) -> Oracle {
    Oracle {
        name: name.to_owned(),
        passed,
        detail,
    }
}

fn progress(evidence: &Evidence<'_>) -> Oracle {
    let passed = *evidence.ending == Ending::Done;
    let detail = if passed {
        format!(
            "{} items were processed and written",
            evidence.items.count()
        )
    } else {
        format!("the processing ended {:?}", evidence.ending)
    };
    verdict(PROGRESS, passed, detail)
}

fn reads(evidence: &Evidence<'_>) -> Oracle {
    let wrong = &evidence.record.wrong_reads;
    let detail = wrong.first().cloned().unwrap_or_else(|| {
        let reads = evidence.record.reads;
        format!("all of {reads} reads found what was set last")
    });
    verdict(READS, wrong.is_empty(), detail)
}

fn outputs(evidence: &Evidence<'_>) -> rusqlite::Result<Oracle> {
    let wanted = if evidence.model.effect.cached {
        evidence.replay.asked.len() as u64
    } else {
        0
    };
    let sql = "SELECT input, output FROM _store_outputs ORDER BY input";
    let mut select = evidence.connection.prepare(sql)?;
    let mut rows = select.query([])?;
    let (mut stored, mut wrong) = (0, None);
    while let Some(row) = rows.next()? {
        stored += 1;
        let (input, output): (String, String) = (row.get(0)?, row.get(1)?);
        let asked = evidence.replay.asked.contains_key(&*input);
        if !asked || output != super::items::output(&input) {
            wrong.get_or_insert(format!("{output} is stored for {input}"));
        }
    }
    let claimed = evidence.record.claimed_outputs;
    // What was undone was stored before, and may be stored again.
    let undone = evidence.roll_backs > 0;
    let claims = claimed == stored || (undone && claimed > stored);
    let passed = wrong.is_none() && stored == wanted && claims;
    let detail = wrong.unwrap_or_else(|| {
        format!("{stored} outputs are stored, of {wanted} that were asked for; {claimed} were said to be")
    });
    Ok(verdict(OUTPUTS, passed, detail))
}

fn memory(evidence: &Evidence<'_>) -> Oracle {
    let (record, model) = (evidence.record, evidence.model);
    let objects = record.counter(counter::OBJECTS_MOST);
    let bytes = record.counter(counter::BYTES_MOST);
    if !evidence.strategy.kind.keeps_budget() {
        let detail = format!("it promises nothing; {objects} objects and {bytes} bytes were held");
        return verdict(MEMORY, true, detail);
    }
    let budget = super::keeper::budget(model, evidence.strategy);
    let batch = record.counter(counter::BATCH_OBJECTS_MOST);
    let most_objects = budget.objects.saturating_add(batch);
    let most_bytes = budget.bytes.saturating_add(batch * object_bytes(model));
    let passed = objects <= most_objects && bytes <= most_bytes;
    let detail = format!(
        "{objects} objects and {bytes} bytes were held at the most, of {most_objects} and \
         {most_bytes} that the budget and one batch make"
    );
    verdict(MEMORY, passed, detail)
}

/// What a crash costs is what was not written: at most what may be held, each item being an object.
fn repeated(evidence: &Evidence<'_>) -> Oracle {
    let record = evidence.record;
    let (crashes, most) = (
        record.counter(counter::CRASHES),
        record.counter(counter::ITEMS_REPEATED_MOST),
    );
    let budget = super::keeper::budget(evidence.model, evidence.strategy).objects;
    let bound = budget.saturating_add(evidence.model.items.batch);
    let passed = !evidence.strategy.kind.keeps_budget() || most <= bound;
    let detail =
        format!("{crashes} crashes; at most {most} items were processed again, of {bound}");
    verdict(REPEATED, passed, detail)
}
