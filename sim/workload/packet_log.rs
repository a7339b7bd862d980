//! The seeded packet log as a workload.

use std::sync::Arc;

use rusqlite::Connection;

use crate::dataset::Facts;
use crate::digest::Digest;
use crate::disk::Image;
use crate::job::Task;
use crate::load::Target;

/// The packet log of one seed.
#[derive(Clone, Debug)]
pub struct PacketLog {
    image: Image,
    target: Target,
    task: Arc<Task>,
}

impl PacketLog {
    /// The packet log in `image`, of which `facts` are known, under `seed`.
    #[must_use]
    pub fn new(image: Image, facts: Facts, seed: u64) -> Self {
        Self {
            image,
            target: Target::new(facts, seed),
            task: Arc::new(Task::last_seen()),
        }
    }

    /// Its bytes.
    pub(super) const fn image(&self) -> &Image {
        &self.image
    }

    /// What requests are about.
    pub(super) const fn target(&self) -> &Target {
        &self.target
    }

    /// What is to be done.
    pub(super) const fn task(&self) -> &Arc<Task> {
        &self.task
    }
}

/// SHA-256 over id and value of every row, hex.
pub(super) fn rows_hash(connection: &Connection) -> rusqlite::Result<String> {
    let mut digest = Digest::default();
    let mut all = connection.prepare("SELECT id, last_seen FROM transmissions ORDER BY id")?;
    let mut rows = all.query([])?;
    while let Some(row) = rows.next()? {
        for column in 0..2 {
            digest.add(row.get::<_, i64>(column)?.to_le_bytes());
        }
    }
    Ok(digest.hex())
}
