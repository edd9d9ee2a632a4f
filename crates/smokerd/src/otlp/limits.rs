//! How much is sent at once, and how long that may take.

use std::time::Duration;

/// How long a request may take: the lookup of the name, the connection, TLS, what is sent and the answer together.
pub(super) const REQUEST_TIME: Duration = Duration::from_secs(10);

/// How many data points a request has at most.
pub(super) const POINTS: usize = 1000;

/// How many results a request has at most.
pub(super) const RESULTS: usize = 500;

/// The bytes of the texts of results that are read for a request; a single one may have more.
pub(super) const RESULT_BYTES: usize = 1 << 20;

/// How long is waited first at most, and at least where the collector says how long.
pub(super) const FIRST_WAIT: Duration = Duration::from_secs(1);

/// How long is waited at most until a request is tried again, unless the collector asks for more.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The longest time that a collector may ask for with `Retry-After`; up to half of it comes on top, at random.
pub(super) const LONGEST_ASKED: Duration = Duration::from_secs(600);
