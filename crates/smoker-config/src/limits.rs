//! Every default and every bound of the configuration, in one place.

use std::time::Duration;

/// Where the daemon listens when `bind_host` is not configured: this machine only.
pub const DEFAULT_BIND_HOST: &str = "127.0.0.1";

/// The port when `bind_port` is not configured.
pub const DEFAULT_BIND_PORT: u16 = 8086;

/// The file with the process id of a background daemon when `pidfile` is not configured.
pub const DEFAULT_PIDFILE: &str = "/var/run/smokerd.pid";

/// Where a standard stream of a background daemon leads when it is not configured.
pub const DEFAULT_STREAM: &str = "/dev/null";

/// The bytes that all stored results may take together when `history_memory` is not configured: 256 MiB.
pub const DEFAULT_HISTORY_MEMORY: usize = 256 * 1024 * 1024;

/// The bytes that the journal of results may take when `history_disk` is not configured: 256 MiB.
pub const DEFAULT_HISTORY_DISK: usize = 256 * 1024 * 1024;

/// How often metrics are sent when `otlp` has no `interval`.
pub const DEFAULT_OTLP_INTERVAL: Duration = Duration::from_secs(60);

/// The shortest `interval` of `otlp`.
pub const SHORTEST_OTLP_INTERVAL: Duration = Duration::from_secs(1);

/// The longest `interval` of `otlp`: a day.
pub const LONGEST_OTLP_INTERVAL: Duration = Duration::from_secs(86_400);

/// How many headers `otlp` may add to a request.
pub const MAX_OTLP_HEADERS: usize = 50;

/// A plugin's `Timeout` in seconds when none is configured.
pub const DEFAULT_TIMEOUT: u64 = 1800;

/// An action's `Timeout` in seconds when none is configured.
pub const DEFAULT_ACTION_TIMEOUT: u64 = 60;

/// How many results are kept when `History` is not configured or makes no sense.
pub const DEFAULT_HISTORY: usize = 10;

/// How many bad results the journal keeps longer than others when `HistoryFailures` is not configured or makes no sense.
pub const DEFAULT_HISTORY_FAILURES: usize = 50;

/// The bytes of each output stream that are kept when `MaxOutput` is not configured: 1 MiB.
pub const DEFAULT_MAX_OUTPUT: usize = 1024 * 1024;

/// How many processes and threads a run with a `uid` may have at a time when
/// `MaxProcesses` is not configured: a chain of forks must not use up the host's.
pub const DEFAULT_MAX_PROCESSES: u64 = 1000;

/// First runs of plugins with a shorter `Interval` are not spread unless `Splay` says so.
pub const SHORTEST_SPREAD_INTERVAL: Duration = Duration::from_secs(10);

/// The shortest `Interval`; a shorter one is raised to it, because the daemon
/// would otherwise do nothing but start processes.
pub const SHORTEST_INTERVAL: Duration = Duration::from_millis(10);

/// The largest file that is read, in bytes: 16 MiB. Keeps a device or a log
/// that was named by mistake out of memory.
pub const MAX_FILE_SIZE: u64 = 16 * 1024 * 1024;

/// How much all files of one configuration may take together, in bytes: 64 MiB.
pub const MAX_TOTAL_SIZE: u64 = 64 * 1024 * 1024;

/// How many files one configuration may include. A file that is included
/// twice counts twice, since files that include each other's copies multiply.
pub const MAX_FILES: usize = 10_000;

/// The largest file that `!file` takes, in bytes: 64 KiB, which is also the longest value that a run finds in its environment.
pub const MAX_SECRET_SIZE: u64 = 64 * 1024;

/// How many includes may be nested.
pub const MAX_INCLUDE_DEPTH: usize = 32;

/// How many lists and mappings may be nested, includes and
/// aliases counted. Everything that walks a value may recurse because of it.
pub const MAX_NESTING: usize = 100;

/// How many values a configuration may hold once every alias is
/// expanded. Stops files whose aliases multiply ("billion laughs").
pub const MAX_VALUES: u64 = 2_000_000;

/// How many times a file is repaired because YAML 1.2 refuses what YAML 1.1
/// allowed; each time the file is read again.
pub const MAX_COMPAT_REPAIRS: usize = 1000;

/// How many bytes are read again for repairs of one file: 256 MiB.
pub const MAX_COMPAT_BYTES: usize = 256 * 1024 * 1024;
