//! How much was held at the most, against what may be: the budget and one batch, because a batch
//! begins when there is room and is not cut in the middle.

use serde::Serialize;

use crate::processing::Outcome;
use crate::processing::outcome::counter::{
    BATCH_BYTES_MOST, BATCH_OBJECTS_MOST, BYTES_MOST, OBJECTS_MOST, OVERSHOOTS,
};

/// How much was held. What was not counted is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Held {
    /// Objects, at the most.
    #[serde(rename = "objects_most", skip_serializing_if = "Option::is_none")]
    pub objects: Option<u64>,
    /// Bytes, at the most.
    #[serde(rename = "bytes_most", skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Objects that may be held: the budget, and the most that one batch added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objects_allowed: Option<u64>,
    /// Bytes that may be held, alike.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_allowed: Option<u64>,
    /// Objects above that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objects_over: Option<u64>,
    /// Bytes above that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_over: Option<u64>,
    /// Batches that began without room, because nothing could have made some.
    pub overshoots: u64,
}

impl Held {
    /// What `outcome` held.
    #[must_use]
    pub fn of(outcome: &Outcome) -> Self {
        let counted = |name: &str| outcome.counters.get(name).copied();
        let allowed = |budget: Option<u64>, batch: &str| Some(budget? + counted(batch)?);
        let over = |most: Option<u64>, allowed: Option<u64>| Some(most?.saturating_sub(allowed?));
        let (objects, bytes) = (counted(OBJECTS_MOST), counted(BYTES_MOST));
        let objects_allowed = allowed(outcome.task.budget_objects, BATCH_OBJECTS_MOST);
        let bytes_allowed = allowed(outcome.task.budget_bytes, BATCH_BYTES_MOST);
        Self {
            objects,
            bytes,
            objects_allowed,
            bytes_allowed,
            objects_over: over(objects, objects_allowed),
            bytes_over: over(bytes, bytes_allowed),
            overshoots: outcome.counter(OVERSHOOTS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::processing::measure::synthetic::idle;

    #[test]
    fn one_batch_above_the_budget_is_allowed_and_no_more() {
        let mut outcome = idle("store", 1);
        outcome.task.budget_objects = Some(1_000);
        outcome.task.budget_bytes = None;
        let mut count = |name: &str, value| outcome.counters.insert(name.to_owned(), value);
        count(OBJECTS_MOST, 1_251);
        count(BATCH_OBJECTS_MOST, 250);
        count(BYTES_MOST, 9);
        let held = Held::of(&outcome);
        assert_eq!(held.objects_allowed, Some(1_250));
        assert_eq!(held.objects_over, Some(1));
        assert_eq!((held.bytes, held.bytes_over), (Some(9), None), "no budget");
        outcome.task.budget_objects = Some(1_001);
        assert_eq!(Held::of(&outcome).objects_over, Some(0));
        outcome.counters.clear();
        assert_eq!(
            Held::of(&outcome),
            Held::default(),
            "not counted is no data"
        );
    }
}
