//! What is derived from a stream of items: kept in memory, and written behind processing.
//!
//! Items are processed batch by batch, in the order of their [`Checkpoint`]s. They read and write
//! rows, and call [`Effect`]s: slow functions of the outside world whose outputs are kept.
//! Processing goes on while what it has done is written, and waits only when memory is full and a
//! write would make room. A row leaves memory only when the database has it.
//!
//! # Map
//!
//! * [`Store`]: opens, begins a [`Batch`], flushes, goes back ([`Store::roll_back`]). Start here.
//! * [`Writer`]: the one who writes, one write at a time.
//! * [`Budget`]: how much may be held in memory, all of it counted ([`Held`]).
//! * [`Table`]: a table whose rows are kept, and its history; [`Keep`]: whether one is kept.
//! * [`Calls`]: an effect, limited, tried again, and never called twice for nothing.
//! * [`Event`]: what happens, for whoever watches.
//!
//! After a crash the database is what it was after some batch: all of what came before is in it,
//! and nothing of what came after, the store's own place in the ledger included. What was
//! processed and not written is processed again, which is at most what the budget holds.

mod batch;
mod batch_outputs;
mod budget;
mod cache;
mod checkpoint;
mod claim;
mod effect;
mod error;
mod event;
mod metadata;
mod meter;
mod roll_back;
mod row;
mod schema;
mod settings;
mod state;
mod store;
mod table;
mod work;
mod write;
mod write_cost;
mod write_rows;
mod writer;

pub use batch::Batch;
pub use budget::{Budget, Unsaved};
pub use checkpoint::Checkpoint;
pub use effect::{Calls, Effect, EffectError};
pub use error::StoreError;
pub use event::{Event, Evicted, Refusal, Watcher, Written};
pub use meter::Held;
pub use row::{Id, Row};
pub use settings::Settings;
pub use state::Counts;
pub use store::{Checkpoints, Resumed, Store};
pub use table::{Table, TableId};
pub use work::{Keep, Position};
pub use writer::{Ended, STORE_WRITER, Writer};

pub use crate::retry::RetryPolicy;
