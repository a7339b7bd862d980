//! What all cells of a workload and a seed share: the views, their table, and what the counts of
//! these come to.

use std::sync::Arc;

use crate::aggregate::scenario::Model;
use crate::aggregate::table;
use crate::aggregate::views::{Counts, Views};
use crate::digest::sha256;
use crate::disk::Image;
use crate::world::WorldError;

/// The views of a workload and a seed.
#[derive(Debug)]
pub(crate) struct Data {
    pub(super) views: Arc<Views>,
    pub(super) image: Image,
    /// SHA-256 over the table, hex.
    pub(super) digest: String,
    pub(super) counts: Arc<Counts>,
}

impl Data {
    /// Makes the views of `workload` under `seed`.
    pub(in crate::aggregate) fn new(
        model: &Model,
        workload: &str,
        seed: u64,
    ) -> Result<Self, WorldError> {
        let of = model.views.workload(workload);
        let of =
            of.ok_or_else(|| WorldError::World(format!("there is no workload `{workload}`")))?;
        let views = Views::new(model, of, seed);
        let image = table::image(&views)?;
        Ok(Self {
            digest: sha256(image.bytes()),
            counts: Arc::new(views.counts(views.stored())),
            views: Arc::new(views),
            image,
        })
    }
}
