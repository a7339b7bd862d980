//! `sim schema`: what editors need to complete and check scenario files.

use std::process::ExitCode;

use super::print;
use crate::scenario;

pub(super) fn schema() -> ExitCode {
    print(&format!("{:#}\n", scenario::schema()))
}
