//! Scenario files: one question each.

mod model;

pub use model::*;

/// A scenario, checked and complete.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The file's stem, or what was asked for.
    pub name: String,
    /// The first comment line of the file.
    pub question: String,
    /// What the file says, with `--set` applied and defaults filled in.
    pub model: Model,
    /// The device profile that `disk.profile` names.
    pub profile: crate::disk::DeviceProfile,
}
