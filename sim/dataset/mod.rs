//! The seeded data: a mesh-network packet log in one SQLite file, built once and cached.
//!
//! A map, in the order data flows: `fanout` decides how many observations each
//! transmission gets, `timeline` when each was heard, `ids` which id it has, `rows` what each row
//! says, `schema` the tables, `image` writes the file and `cache` keeps it. Start at [`ensure`].
//!
//! Same `(Dataset, seed)`, same bytes, on every machine: all draws are integers from the seed
//! tree, the rows go in one fixed order through one connection, and nothing asks what time it is.

mod cache;
pub(crate) mod calendar;
pub(crate) mod draw;
mod error;
mod facts;
mod fanout;
mod hash;
mod ids;
mod image;
mod progress;
mod rows;
mod schema;
mod text;
mod timeline;

pub use cache::{ImageFile, ensure};
pub use error::DatasetError;
pub use facts::Facts;
pub use hash::PacketHashes;
pub use ids::Ids;
pub use image::build;
pub use progress::{Phase, Progress};
pub use rows::OBSERVERS;
pub use schema::ddl;
pub use text::NODES;
pub use timeline::START_UNIX_S;
