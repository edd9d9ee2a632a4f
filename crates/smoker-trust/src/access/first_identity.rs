//! What the first identity of a host changes, in words: commands of both sides and the log say it.

/// What other hosts need from then on.
pub const NEEDED: &str = "requests from other hosts need TLS, and a key or a token";

/// What an administrator does who does not want that.
pub const STAY_OPEN: &str = "To go on answering everybody, write `access: open` into the configuration and reload";
