//! Counts over a table that only grows, rebuilt in small transactions while the table is in use.
//!
//! * [`Aggregate`]: what is counted: all rows, rows by a [`Column`]'s value, distinct values of
//!   one. Start here. [`Aggregate::read`] gives the figures once they are whole, and says how far
//!   they are until then; [`Aggregate::forget`] takes everything back.
//! * [`Rebuild`]: how it is filled; becomes a [`crate::chunked::Backfill`], and is paced, resumed,
//!   cancelled, followed and shown like any other. [`Chunk`] is what one transaction did.
//!
//! # Who counts a row
//!
//! The first run notes the largest key there is, and creates triggers in the same transaction. From
//! then on every row is counted by exactly one of two: a chunk counts the keys from the cursor up
//! to that bound, and a trigger counts every other row in the transaction that inserts it. SQLite
//! lets one transaction write at a time, so a writer finds the cursor before a chunk or behind it,
//! never in between. A row that is inserted late, at a key the cursor has passed, is counted by the
//! trigger; one in front of it by its chunk. What is kept for this is one row, however large the
//! table.
//!
//! Triggers count what any connection inserts: programs of an older version, and a person at a
//! shell. A function that writers call instead would cost the insert less and could do more than
//! SQL can, but all of them would have to call it before the first run begins, and one that
//! does not is never found out. What triggers cost is, for every insert, a few look-ups in a
//! table of one row, and one write for each figure, which the function would have to do, too.
//!
//! First occurrences are decided by the primary key of the table that has the values. No chunk
//! hands anything to the next but the cursor, and no number of values makes a figure wrong.
//!
//! # What is relied on
//!
//! Counted rows are neither changed nor deleted: distinct values cannot be counted backwards.
//! Where one is, in a column that counts, the triggers note which, and figures that no longer hold
//! are not given ([`AggregateError::Changed`]). Columns that do not count may change. A writer that
//! is not sure whether its row was stored may insert it again, with `OR IGNORE` or an upsert.
//! `OR REPLACE` deletes without telling triggers; over the same key it is noticed and taken for a
//! change. Over another unique column it is noticed only with `PRAGMA recursive_triggers = ON`.

#[expect(clippy::module_inception, reason = "it is what the module is about")]
mod aggregate;
mod chunk;
mod error;
mod plan;
mod read;
mod rebuild;
mod schema;
mod triggers;

pub use aggregate::{Aggregate, Column, Figure};
pub use chunk::Chunk;
pub use error::AggregateError;
pub use read::Figures;
pub use rebuild::Rebuild;
