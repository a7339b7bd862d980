//! A scenario that is its tables and nothing else: no file beside it has to be read.

use indexmap::IndexMap;
use serde::Serialize;

use super::draft::{Common, Draft, Tables};
use super::resolved::{complete, fill_in, hash, options, table};
use super::vain::leave_out;
use super::{Disk, ScenarioError, Seeds, Source, UnknownStrategy, keep};
use crate::disk::DeviceProfile;

/// A scenario of a family with the tables `M`, checked and complete.
#[derive(Clone, Debug)]
pub struct Complete<M> {
    /// The file's stem, or what was asked for.
    pub name: String,
    /// The first comment line of the file.
    pub question: String,
    /// What the file says, with `--set` applied and defaults filled in.
    pub model: M,
    /// The device profile that `disk.profile` names; `None` where there is no disk.
    pub device: Option<DeviceProfile>,
}

/// Tables of a family that are all there is to a scenario of it.
pub(crate) trait Whole: Tables + Serialize + Clone + Sync {
    /// How strategies are described.
    type Strategy: Sync;

    /// What may be left unset, each behind the options that begin so.
    const OPTIONAL: &'static [(&'static str, &'static str)];

    /// Those that are compared, by name.
    fn strategies(&self) -> &IndexMap<String, Self::Strategy>;

    /// The same, to choose from.
    fn strategies_mut(&mut self) -> &mut IndexMap<String, Self::Strategy>;

    /// The seeds to run.
    fn seeds(&self) -> &Seeds;

    /// The disk, where there is one.
    fn disk_mut(&mut self) -> Option<&mut Disk>;
}

#[expect(private_bounds, reason = "all families are in this crate")]
impl<M: Whole> Complete<M> {
    /// Checks the text of the scenario `name`.
    pub(crate) fn check(name: &str, source: Source) -> Result<Self, ScenarioError> {
        let Common {
            question,
            model,
            profile: device,
        } = Draft::<M>::read(source).finish()?;
        Ok(Self {
            name: name.to_owned(),
            question,
            model,
            device,
        })
    }

    /// The scenario as a file that says everything, defaults included: its question, then every
    /// option. Loading it again gives the same scenario, as long as `disk.profile` leads to the
    /// same profile from where it is saved.
    #[must_use]
    pub fn to_toml(&self) -> String {
        complete(&self.question, &self.table())
    }

    /// Every option as (dotted path, value), defaults included, in the order of the model; what
    /// is not set has the value `none`.
    #[must_use]
    pub fn options_block(&self) -> Vec<(String, String)> {
        let mut options = options(&self.table());
        fill_in(&mut options, M::OPTIONAL);
        options
    }

    /// SHA-256, hex, of what shapes the cells and the verdict: the model and the constants of its
    /// device. What this is called is left out, and so are the name of the scenario, its question
    /// and its gates.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut model = self.model.clone();
        model.gates_mut().0.clear();
        if let Some(disk) = model.disk_mut() {
            disk.profile = String::new();
        }
        hash(&(&model, &self.device))
    }

    /// Keeps the strategies of these names, in the order of the file; all if none is named.
    ///
    /// # Errors
    ///
    /// When the scenario lacks one of them.
    pub fn keep_strategies(&mut self, names: &[String]) -> Result<(), UnknownStrategy> {
        keep(self.model.strategies_mut(), &self.name, names)
    }

    /// The device profile that `disk.profile` names.
    ///
    /// # Panics
    /// Where the family has no disk.
    pub(crate) fn profile(&self) -> &DeviceProfile {
        let device = self.device.as_ref();
        device.expect("a checked scenario of a family with a disk has its profile")
    }

    fn table(&self) -> toml::Table {
        let mut table = table(&self.model);
        leave_out(&self.model.in_vain(), &mut table);
        table
    }
}
