//! One kind of object that is fetched.

use std::sync::Arc;

use crate::upstream::Objects;

/// One kind of object: a resource of the API, and the table of the same name.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    /// Its name.
    pub(super) name: Arc<str>,
    /// The objects there are at the start.
    pub(super) objects: Arc<Objects>,
}

impl Stream {
    /// The name of its backfill in the ledger.
    pub(super) fn migration(&self) -> String {
        format!("list-{}", self.name)
    }
}
