//! `sim check`: is this scenario valid, and what does it say once every default is filled in?

use std::process::ExitCode;

use super::{exit, print, show};
use crate::disk::DeviceProfile;
use crate::scenario::{self, Loaded};

/// Which scenarios to check.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Scenarios: names from `sim list` or paths of .toml files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Changes an option of every scenario, for example `load.reads_per_s=25`
    #[arg(long = "set", value_name = "PATH=VALUE")]
    overrides: Vec<String>,
}

/// Checks them all, prints the valid ones and shows what is wrong with the others.
pub(super) fn check(args: &Args) -> ExitCode {
    let mut texts = Vec::new();
    let mut broken = false;
    for file in &args.files {
        match scenario::load_any(file, &args.overrides) {
            Ok(loaded) => texts.push(resolved(&loaded)),
            Err(error) => {
                show(error);
                broken = true;
            }
        }
    }
    let printed = print(&texts.join("\n"));
    if broken {
        ExitCode::from(exit::INVALID)
    } else {
        printed
    }
}

/// The complete scenario, itself a valid file, with what the profile's name stands for behind it.
fn resolved(loaded: &Loaded) -> String {
    let (text, hash) = (loaded.to_toml(), loaded.hash());
    let device = loaded.device().map(|(disk, profile)| {
        let profile = commented(profile);
        format!("# device profile `{}`\n{profile}", disk.profile)
    });
    let device = device.unwrap_or_default();
    format!("{text}\n{device}# scenario hash {hash}\n")
}

fn commented(profile: &DeviceProfile) -> String {
    let text = profile.to_toml();
    text.lines().map(|line| format!("#   {line}\n")).collect()
}
