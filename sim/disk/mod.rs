//! The simulated disk.

mod profile;

pub use profile::{DeviceProfile, ProfileError};
