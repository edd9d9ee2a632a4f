//! How the processes of a run are set up, and how much they may use.

use std::path::PathBuf;

/// What the configuration says of the processes of a command or module. The
/// default leaves everything as the daemon has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProcessSettings {
    /// Bytes of memory that they may have (`MaxMemory`).
    pub max_memory: Option<u64>,
    /// How many processes and threads there may be at a time (`MaxProcesses`).
    pub max_processes: Option<u64>,
    /// The nice value, from -20 to 19 (`Nice`).
    pub nice: Option<i32>,
    /// The working directory, an absolute path (`WorkDir`).
    pub work_dir: Option<PathBuf>,
    /// The permission bits that new files do not get (`Umask`).
    pub umask: Option<u32>,
    /// Further variables of the environment (`Env`).
    pub env: Vec<(String, String)>,
    /// Whether no program gives them rights that they do not have (`NoNewPrivileges`).
    pub no_new_privileges: bool,
}
