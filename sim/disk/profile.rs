//! Device profiles: what one unit of counted work costs on a machine.
//!
//! The built-in ones are `profiles.toml` beside this file, which gives the source of each
//! constant. A machine of one's own is a TOML file with the same keys and no table header.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;
use miette::{Diagnostic, NamedSource, SourceSpan};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::refusal::Refusal;

const BUILT_IN: &str = include_str!("profiles.toml");

/// The longest any one unit of work may take, ns: an hour. Sums of costs stay far from overflow.
const LONGEST_NS: u64 = 3_600_000_000_000;

/// What one unit of counted work costs on a machine. Integers, so that costs add up exactly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceProfile {
    /// Processors that serve SQL at the same time.
    pub cpus: u32,
    /// CPU time of one step of SQLite's virtual machine, picoseconds.
    pub vm_step_ps: u64,
    /// CPU time of a 4 KiB page that comes from the operating system's cache, ns.
    pub cached_read_ns: u64,
    /// CPU time of a 4 KiB page that is written to the operating system's cache, ns.
    pub cached_write_ns: u64,
    /// Device time of a random 4 KiB read, ns.
    pub random_read_ns: u64,
    /// Device time of a 4 KiB page that continues a sequential run of reads, ns.
    pub sequential_read_ns: u64,
    /// Device time of a 4 KiB page written at a random place, ns.
    pub random_write_ns: u64,
    /// Device time of a 4 KiB page that continues a sequential run of writes, ns.
    pub sequential_write_ns: u64,
    /// Device time of a sync beyond the pages it writes, ns.
    pub sync_ns: u64,
    /// Requests the device serves at the same time without slowing down.
    pub queue_depth: u32,
}

/// Why a device profile cannot be had.
#[derive(Debug, Error, Diagnostic)]
pub enum ProfileError {
    /// The file could not be read.
    #[error("cannot read the device profile {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        cause: std::io::Error,
    },
    /// The file is not a device profile.
    #[error("{message}")]
    Invalid {
        /// What is wrong.
        message: String,
        /// How to put it right.
        #[help]
        help: Option<String>,
        /// The file.
        #[source_code]
        file: Arc<NamedSource<String>>,
        /// Where in the file.
        #[label]
        span: Option<SourceSpan>,
    },
}

impl DeviceProfile {
    /// The built-in profile of that name.
    #[must_use]
    pub fn built_in(name: &str) -> Option<Self> {
        built_in_profiles().shift_remove(name)
    }

    /// The names of the built-in profiles, in the order of `profiles.toml`.
    #[must_use]
    pub fn built_in_names() -> Vec<String> {
        built_in_profiles().into_keys().collect()
    }

    /// Reads a profile from a TOML file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is not TOML, lacks a key, has an unknown one, or a value is
    /// out of range.
    pub fn from_file(path: &Path) -> Result<Self, ProfileError> {
        let text = std::fs::read_to_string(path).map_err(|cause| ProfileError::Unreadable {
            path: path.to_owned(),
            cause,
        })?;
        let file = Arc::new(NamedSource::new(path.display().to_string(), text.clone()));
        let profile: Self = toml::from_str(&text).map_err(|error| {
            let refusal = Refusal::from(&error);
            ProfileError::Invalid {
                message: refusal.message,
                help: refusal.help,
                file: file.clone(),
                span: refusal.span.map(SourceSpan::from),
            }
        })?;
        match profile.fault() {
            None => Ok(profile),
            Some((key, help)) => Err(ProfileError::Invalid {
                message: format!("`{key}` is out of range"),
                help: Some(help),
                span: value_span(&text, key),
                file,
            }),
        }
    }

    /// The constants, one `name = value` a line, in the order of the struct.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        for (name, value) in self.constants() {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name} = {value}");
        }
        text
    }

    /// The constants by name, in the order of the struct.
    #[must_use]
    pub fn constants(&self) -> [(&'static str, u64); 10] {
        [
            ("cpus", self.cpus.into()),
            ("vm_step_ps", self.vm_step_ps),
            ("cached_read_ns", self.cached_read_ns),
            ("cached_write_ns", self.cached_write_ns),
            ("random_read_ns", self.random_read_ns),
            ("sequential_read_ns", self.sequential_read_ns),
            ("random_write_ns", self.random_write_ns),
            ("sequential_write_ns", self.sequential_write_ns),
            ("sync_ns", self.sync_ns),
            ("queue_depth", self.queue_depth.into()),
        ]
    }

    /// The first constant that is out of range, and what it may be.
    fn fault(&self) -> Option<(&'static str, String)> {
        self.constants().into_iter().find_map(|(key, value)| {
            let servers = matches!(key, "cpus" | "queue_depth");
            if servers && value == 0 {
                return Some((
                    key,
                    format!("write `{key}` as 1 or more: nothing would ever run"),
                ));
            }
            let picoseconds = if key.ends_with("_ps") { 1_000 } else { 1 };
            (!servers && value / picoseconds > LONGEST_NS)
                .then(|| (key, format!("write `{key}` as an hour at most")))
        })
    }
}

fn built_in_profiles() -> IndexMap<String, DeviceProfile> {
    // The text is part of the program, and a test reads it.
    toml::from_str(BUILT_IN).expect("profiles.toml is well-formed")
}

fn value_span(text: &str, key: &str) -> Option<SourceSpan> {
    let document = toml_edit::Document::parse(text).ok()?;
    document.get(key)?.span().map(SourceSpan::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_text(text: &str) -> Result<DeviceProfile, ProfileError> {
        let file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
        std::fs::write(file.path(), text).unwrap();
        DeviceProfile::from_file(file.path())
    }

    #[test]
    fn the_built_in_profiles_are_in_range() {
        let names = DeviceProfile::built_in_names();
        assert_eq!(
            names,
            ["nvme", "ssd", "cloud-volume", "sd-card", "in-memory"]
        );
        for name in names {
            assert_eq!(
                DeviceProfile::built_in(&name).unwrap().fault(),
                None,
                "{name}"
            );
        }
        assert_eq!(DeviceProfile::built_in("floppy"), None);
    }

    #[test]
    fn a_profile_survives_its_own_text() {
        let profile = DeviceProfile::built_in("sd-card").unwrap();
        assert_eq!(from_text(&profile.to_toml()).unwrap(), profile);
    }

    #[test]
    fn slower_media_cost_more() {
        let read_ns = |name| DeviceProfile::built_in(name).unwrap().random_read_ns;
        let order = ["in-memory", "nvme", "ssd", "cloud-volume", "sd-card"].map(read_ns);
        assert!(order.is_sorted(), "{order:?}");
    }

    #[test]
    fn a_profile_out_of_range_is_refused_with_its_place() {
        let text = DeviceProfile::built_in("ssd").unwrap().to_toml();
        let no_cpu = text.replace("cpus = 2", "cpus = 0");
        let Err(ProfileError::Invalid { message, span, .. }) = from_text(&no_cpu) else {
            panic!("accepted");
        };
        assert_eq!(message, "`cpus` is out of range");
        assert_eq!(span.unwrap().offset(), "cpus = ".len());
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_near_one() {
        let text = DeviceProfile::built_in("ssd").unwrap().to_toml();
        let Err(ProfileError::Invalid { help, .. }) =
            from_text(&text.replace("sync_ns", "synch_ns"))
        else {
            panic!("accepted");
        };
        assert!(help.unwrap().contains("did you mean `sync_ns`?"));
    }
}
