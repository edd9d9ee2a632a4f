//! The rooms of the programs for fleets, and of what they share.

/// As the table beside this has it.
type Rooms = &'static [(&'static str, &'static [&'static str])];

/// Of the protocol over NATS.
pub(super) const NATS: Rooms = &[
    ("server_config", &["connect", "part", "subject"]),
    ("presence", &["streams", "subject"]),
    ("streams", &["subject"]),
    ("part", &["subject"]),
];

/// Of what connects a daemon to NATS.
pub(super) const BRIDGE: Rooms = &[
    ("serve", &["connection", "daemon", "failure", "identity", "presence", "requests", "results", "settings", "sink"]),
    ("sink", &["connection", "failure", "settings"]),
    ("requests", &["daemon", "failure", "head", "settings"]),
    ("presence", &["connection", "daemon", "settings"]),
    ("results", &["connection", "daemon", "settings"]),
    ("daemon", &["head"]),
    ("connection", &["failure", "settings"]),
    ("identity", &["failure", "settings"]),
    ("cli", &["failure", "options", "settings"]),
    ("settings", &["failure", "options"]),
];

/// Of the page of many hosts.
pub(super) const FLEET: Rooms = &[
    ("serve", &["pages", "rounds", "snapshot", "tls", "tokens"]),
    ("tls", &["tokens"]),
    ("rounds", &["snapshot"]),
    ("pages", &["snapshot"]),
];
