//! Every key that means something, in one place. `docs/configuration.md` has
//! them all; a test holds it against these lists.

/// The top level of the configuration.
pub const TOP_LEVEL: &[&str] = &[
    "bind_host",
    "bind_port",
    "plugins",
    "templates",
    "actions",
    "stdin",
    "stdout",
    "stderr",
    "uid",
    "gid",
    "nr_concurrent_plugins",
    "max_forced_rate",
    "pidfile",
    "allow",
    "allowed_hosts",
    "local_role",
    "socket",
    "show_secrets",
    "history_memory",
    "python",
    "python_path",
    "favicon",
];

/// What the daemon acts on in a plugin or a template.
pub const OF_PLUGINS: &[&str] = &[
    "Command",
    "Module",
    "Parser",
    "Interval",
    "Timeout",
    "History",
    "uid",
    "gid",
    "Template",
    "Action",
    "Enabled",
    "Splay",
    "Serial",
    "MaxOutput",
    "Stdin",
    "MaintenanceLock",
    "LeaveRunning",
    "MaxMemory",
    "MaxProcesses",
    "Nice",
    "WorkDir",
    "Umask",
    "Env",
    "NoNewPrivileges",
];

/// What the daemon acts on in an action.
pub const OF_ACTIONS: &[&str] = &[
    "Command",
    "Module",
    "Timeout",
    "Stdin",
    "MaxOutput",
    "LeaveRunning",
    "MaxMemory",
    "MaxProcesses",
    "Nice",
    "WorkDir",
    "Umask",
    "Env",
    "NoNewPrivileges",
];
