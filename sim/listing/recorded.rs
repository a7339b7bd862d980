//! An API whose every request is noted.

use backfill::Runtime as _;
use backfill::listing::{ListApi, ListError, ListParams, Page};

use super::recorder::Recorder;
use crate::machine::SimRuntime;

/// An API whose every request is noted; to be put right above the wire.
#[derive(Clone)]
pub(super) struct Recorded<A> {
    pub(super) api: A,
    pub(super) runtime: SimRuntime,
    pub(super) recorder: Recorder,
}

impl<A: ListApi> ListApi for Recorded<A> {
    async fn list(&self, params: ListParams) -> Result<Page, ListError> {
        // Who stops waiting for the answer leaves the request noted as abandoned.
        let number = self.recorder.sent(self.runtime.now(), &params);
        let result = self.api.list(params.clone()).await;
        let now = self.runtime.now();
        self.recorder.answered(now, number, &params, &result);
        result
    }
}
