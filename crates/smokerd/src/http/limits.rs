//! How much a client may ask of the daemon.

use std::time::Duration;

/// The largest body of a request, in bytes.
pub const BODY: usize = 1024 * 1024;

/// The largest path and headers of a request together, in bytes.
pub const HEADERS: usize = 16 * 1024;

/// What the HTTP parser buffers at most, in bytes. It has to be larger than
/// [`HEADERS`], so that a request a bit too large still gets an answer that says so.
pub const PARSER_BUFFER: usize = 64 * 1024;

/// How many headers a request may have.
pub const HEADER_COUNT: usize = 100;

/// How many headers the HTTP parser takes, for the same reason.
pub const PARSER_HEADERS: usize = 512;

/// How many plugins a request may name; a filter may choose more. A page of
/// their results has an entry for each, also for one that is named twice.
pub const NAMES: usize = 10_000;

/// How long a client may take for its headers, for its body, and for reading
/// any part of the answer; also how long an idle connection is kept.
pub const REQUEST_TIME: Duration = Duration::from_secs(10);

/// How many connections are served at a time, unless a quarter of the open
/// files that are allowed is less. A further one takes the place of one that waits for a request.
pub const CONNECTIONS: usize = 1024;

/// How many more connections are kept that have said nothing yet, unless half of the open files that are allowed, less
/// [`CONNECTIONS`], or an eighth of them, whichever is more, are less. A further one takes the place of the one that has been silent longest.
pub const SILENT_CONNECTIONS: usize = 7168;
