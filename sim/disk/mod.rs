//! The simulated disk: SQLite runs for real on files that exist only in memory.
//!
//! * [`Volume`]: the disk of one cell. Start here.
//! * `vfs.rs`: SQLite's calls, translated; every `unsafe` of the project.
//! * `state.rs`: files, names, and the counting of work.
//! * `file.rs`, `image.rs`: pages written by the cell over an [`Image`] that nobody changes.
//! * `page_cache.rs`: what the operating system would keep in memory.
//! * `locks.rs`, `shared_memory.rs`: SQLite's locks and WAL index, between connections.
//! * `work.rs`, `profile.rs`: counted [`Work`], and what a unit of it costs on a device.

mod file;
mod image;
mod locks;
mod page_cache;
mod profile;
mod read_ahead;
mod shared_memory;
mod state;
#[allow(
    unsafe_code,
    reason = "SQLite calls through C pointers; here and nowhere else"
)]
mod vfs;
mod volume;
mod work;

pub use image::Image;
pub use profile::{DeviceProfile, ProfileError};
pub use vfs::map_image;
pub use volume::{Shadow, Step, Volume};
pub use work::Work;
