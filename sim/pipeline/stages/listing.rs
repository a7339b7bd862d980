//! The first stage: the crate's listing, over the simulated network into the inbox.

use std::sync::Arc;

use backfill::listing::plan::{Adaptive, Plan};
use backfill::listing::{Event, Job, Listing, Setting, Sink};

use super::Stages;
use crate::listing::Link;
use crate::pipeline::stage::Stage;
use crate::pipeline::tables::INBOX;
use crate::pipeline::world::RESOURCE;
use crate::strategy::chain;

/// Lists until all of the history is in the inbox.
pub(super) async fn list(stages: Stages) -> Result<(), String> {
    let parts = &stages.0;
    let model = &parts.model;
    let requests_per_ks = model.client.requests_per_ks(&model.upstream);
    let link = Link::new(model.client.clone(), requests_per_ks, parts.seed);
    let api = link.api(&stages.runtime());
    let api = api.map_err(|error| chain(&*error))?;
    let (order, capacity) = (link.order(), link.capacity());
    let job = Job {
        name: Stage::Listing.migration().to_owned(),
        resource: RESOURCE.into(),
        range: parts.objects.range(),
        sink: Sink::table(INBOX),
        capacity,
        plan: Arc::new(move |setting: Setting| -> Box<dyn Plan> {
            Box::new(Adaptive::new(order, setting.capacity))
        }),
        limit: None,
    };
    let recorder = parts.recorder.clone();
    let listing = Listing::new(parts.database.clone(), api, job)
        .patient()
        .observed(move |event| {
            if let Event::Stored(stored) = event {
                recorder.progress(stored.at, Stage::Listing, stored.progress.processed);
            }
        });
    let ended = listing.run().await;
    ended.map(drop).map_err(|error| chain(&error))
}
