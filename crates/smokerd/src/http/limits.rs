//! How much a client may ask for.

use std::time::Duration;

/// The largest body of a request, in bytes.
pub(crate) const BODY: usize = 1024 * 1024;

/// The bodies of all requests together that have been sent and not answered, in bytes.
pub(crate) const BODIES: usize = 16 * 1024 * 1024;

/// The same for one client address, in bytes.
pub(crate) const BODIES_OF_CLIENT: usize = 4 * 1024 * 1024;

/// How many bytes at the beginning of each body do not count in [`BODIES`].
pub(crate) const SMALL_BODY: usize = 4 * 1024;

/// The largest path and headers of a request together, in bytes.
pub(crate) const HEADERS: usize = 16 * 1024;

/// What the HTTP parser buffers at most, in bytes. It has to be larger than
/// [`HEADERS`], so that a request that is a little too large still gets a response with the reason.
pub(crate) const PARSER_BUFFER: usize = 64 * 1024;

/// How many headers a request may have.
pub(crate) const HEADER_COUNT: usize = 100;

/// How many headers the HTTP parser takes; more than [`HEADER_COUNT`] for the same reason.
pub(crate) const PARSER_HEADERS: usize = 512;

/// How many plugins a request may name; a filter may choose more. A page of
/// their results has an entry for each, also for one that is named twice.
pub(crate) const NAMES: usize = 10_000;

/// The largest page of all plugins that is kept between requests, in bytes; a larger one is written for each request
/// while it is sent.
pub(crate) const KEPT_PAGE: usize = 8 * 1024 * 1024;

/// The pages that are being sent and that show different states, in bytes. When there are more, those that were begun
/// first are taken away from their readers.
pub(crate) const HELD_PAGES: usize = 64 * 1024 * 1024;

/// A page that does not count in [`HELD_PAGES`], in bytes.
pub(crate) const SMALL_PAGE: usize = 64 * 1024;

/// How long a client may take for its headers, for its body, and for reading
/// any part of the response; also how long an idle connection is kept.
pub(crate) const REQUEST_TIME: Duration = Duration::from_secs(10);

/// How many results an answer has, unless the request says otherwise.
pub(crate) const RESULTS_BY_DEFAULT: usize = 100;

/// How many results an answer has at most.
pub(crate) const RESULTS: usize = 1000;

/// How long a request may wait for the end of a process.
pub(crate) const WAIT: Duration = Duration::from_secs(60);

/// How many requests may wait at a time, or a quarter of the connections that may be served. Further ones do not wait.
pub(crate) const WAITING_REQUESTS: usize = 256;

/// How many clients may listen to events at a time, or an eighth of the open files that are allowed; those of one address may be half of
/// them. Their connections do not count in [`ACTIVE_CONNECTIONS`].
pub(crate) const LISTENERS: usize = 1000;

/// How many of them may have results of the past in memory at a time, a mebibyte each, or a larger one. Others wait.
pub(crate) const PAST_PAGES: usize = 64;

/// After what time a client that listens gets a sign of life when nothing happens.
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(15);

/// How many series of components a plugin may have in `GET /metrics`, and how many of what it measured.
pub(crate) const METRICS_OF_PLUGIN: usize = 3000;

/// How many series of components all plugins together may have there, and how many of what they measured.
pub(crate) const METRICS_OF_ALL: usize = 100_000;

/// The longest name of a component, label or unit that has a series there, in bytes.
pub(crate) const METRIC_LABEL: usize = 1024;

/// How many connections are served at a time, unless a quarter of the open files that are allowed is less. When the limit
/// is reached, the connection that has been idle longest is evicted for the next one.
pub(crate) const ACTIVE_CONNECTIONS: usize = 1024;

/// How many more connections are kept that are idle (no request received yet), unless half of the open files that are
/// allowed, less [`ACTIVE_CONNECTIONS`] and [`LISTENERS`], or an eighth of them, whichever is more, are less. When the limit is reached,
/// the connection that has been idle longest is evicted for the next one.
pub(crate) const PENDING_CONNECTIONS: usize = 7168;
