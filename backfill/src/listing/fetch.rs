//! One page, fetched so that nothing is skipped.
//!
//! A cursor is an object, and objects are deleted. Some APIs then say so, and some answer with an
//! empty page, as if everything had been listed. So an empty page behind a cursor is not believed:
//! the page is asked for again behind an older object of the page before, and in the end from the
//! newest second that is left. What comes twice is stored once.

use std::sync::Arc;
use std::time::Duration;

use super::api::{Item, ListApi, ListParams, Page};
use super::error::{Class, ListError};
use super::plan::{Answer, Call, Segment};
use crate::runtime::Runtime;

/// What pages are asked of.
#[derive(Clone, Debug)]
pub(super) struct Source<R, A> {
    pub(super) runtime: R,
    pub(super) api: A,
    pub(super) resource: Arc<str>,
    /// Objects on a page.
    pub(super) limit: u32,
}

/// A page that was fetched.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) call: Call,
    pub(super) result: Result<(Answer, Vec<Item>), ListError>,
}

impl<R: Runtime, A: ListApi> Source<R, A> {
    /// Fetches the page of `call`. `before` are the objects of the page before, newest first, the
    /// cursor last; none where that page was fetched by an earlier run.
    pub(super) async fn fetch(self, call: Call, before: Arc<[Arc<str>]>) -> Fetched {
        let asked_at = self.runtime.now();
        let result = self.page(&call.left, &before).await;
        let waited = self.runtime.now() - asked_at;
        let result = result.and_then(|page| checked(page, &call.left, waited));
        Fetched { call, result }
    }

    async fn page(&self, left: &Segment, before: &[Arc<str>]) -> Result<Page, ListError> {
        let mut after = left.after.clone();
        let mut older = Older::than(before, left.after.as_ref());
        loop {
            let params = ListParams {
                resource: Arc::clone(&self.resource),
                created: left.range,
                limit: self.limit,
                starting_after: after.clone(),
            };
            match self.api.list(params).await {
                Err(error) if error.class() == Class::Cursor && after.is_some() => {}
                // From the newest second that is left there is nothing to be doubted.
                Ok(page) if page.items.is_empty() && after.is_some() => {}
                Ok(page) => return going_on(page, after.as_ref(), left.after.as_ref()),
                Err(error) => return Err(error),
            }
            after = older.next();
        }
    }
}

/// Ever older objects of the page before: one back, then two, then four.
struct Older<'a> {
    before: &'a [Arc<str>],
    back: usize,
}

impl<'a> Older<'a> {
    /// Those before `cursor`; none if the page before is not the one that ended there.
    fn than(before: &'a [Arc<str>], cursor: Option<&Arc<str>>) -> Self {
        let known = cursor.is_some() && before.last() == cursor;
        Self {
            before: if known { before } else { &[] },
            back: 1,
        }
    }
}

impl Iterator for Older<'_> {
    type Item = Arc<str>;

    fn next(&mut self) -> Option<Arc<str>> {
        let at = self.before.len().checked_sub(1 + self.back)?;
        self.back *= 2;
        Some(Arc::clone(&self.before[at]))
    }
}

/// `page`, which was asked for behind `after`, unless it does not lead on behind `cursor`.
fn going_on(
    page: Page,
    after: Option<&Arc<str>>,
    cursor: Option<&Arc<str>>,
) -> Result<Page, ListError> {
    if page.has_more && page.items.is_empty() {
        let message = "an empty page that says there is more";
        return Err(ListError::System(message.to_owned()));
    }
    if let Some(after) = after
        && page.items.iter().any(|item| *item.id == **after)
    {
        let message = format!("the page after `{after}` has `{after}` on it");
        return Err(ListError::System(message));
    }
    let last = page.items.last().map(|last| &*last.id);
    if let Some(cursor) = cursor
        && page.has_more
        && last == Some(&**cursor)
    {
        // It would be asked for over and over.
        let message = format!("nothing comes after `{cursor}`, but there is more behind its page");
        return Err(ListError::System(message));
    }
    Ok(page)
}

/// What a page says, without what nobody asked for.
fn checked(page: Page, left: &Segment, waited: Duration) -> Result<(Answer, Vec<Item>), ListError> {
    let Page {
        mut items,
        has_more,
        took,
    } = page;
    let mut newer = i64::MAX;
    for item in &items {
        let Some(created) = item.created else {
            continue;
        };
        if created > newer {
            let message = format!(
                "`{}` is newer than the object before it on its page",
                item.id
            );
            return Err(ListError::System(message));
        }
        newer = created;
    }
    let last = items.last();
    let past_the_end = last.is_some_and(|last| last.created.is_some_and(|at| at < left.range.gte));
    let answer_last: Option<Arc<str>> = last.map(|last| Arc::from(&*last.id));
    let oldest = last.and_then(|last| last.created);
    items.retain(|item| item.created.is_none_or(|at| left.range.contains(at)));
    let answer = Answer {
        items: u32::try_from(items.len()).unwrap_or(u32::MAX),
        last: answer_last,
        newest: items.first().and_then(|first| first.created),
        oldest,
        has_more: has_more && !past_the_end,
        latency: took.unwrap_or(waited),
    };
    Ok((answer, items))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(ids: &[&str]) -> Vec<Arc<str>> {
        ids.iter().map(|&id| Arc::from(id)).collect()
    }

    #[test]
    fn older_objects_are_tried_in_ever_larger_steps() {
        let before = ids(&["a", "b", "c", "d", "e", "f", "g"]);
        let older: Vec<Arc<str>> = Older::than(&before, Some(&Arc::from("g"))).collect();
        assert_eq!(older, ids(&["f", "e", "c"]));
        assert_eq!(Older::than(&before, Some(&Arc::from("x"))).count(), 0);
        assert_eq!(Older::than(&[], None).count(), 0);
    }
}
