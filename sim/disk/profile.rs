//! Device profiles: what one unit of counted work costs on a machine.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
