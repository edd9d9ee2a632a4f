//! The tables of what a crate may import of the others, and what it may not name.

/// A crate, those of the other crates here that it may import, and what else it may not name, neither in code nor as a dependency.
pub(crate) const WALLS: [(&str, &[&str], &[&str]); 14] = [
    (
        "smoker-model",
        &[],
        &[
            "tokio",
            "axum",
            "clap",
            "serde_yaml",
            "saphyr_parser",
            "reqwest",
            "nix",
            "libc",
            "tracing",
            "std::process",
            "std::net",
        ],
    ),
    (
        "smoker-page",
        &[],
        &["tokio", "axum", "hyper", "clap", "serde", "tracing", "std::process", "std::env", "std::net", "std::fs"],
    ),
    ("smoker-paths", &[], &["tokio", "axum", "clap", "tracing", "std::process::Command", "std::env", "std::net"]),
    (
        "smoker-journal",
        &[],
        &["tokio", "axum", "hyper", "clap", "serde", "serde_json", "tracing", "std::process", "std::env", "std::net"],
    ),
    (
        "smoker-config",
        &["smoker_model", "smoker_paths"],
        &["tokio", "axum", "clap", "reqwest", "nix", "libc", "tracing", "std::process", "std::env", "std::thread"],
    ),
    (
        "smoker-trust",
        &["smoker_model", "smoker_paths"],
        &[
            "tokio",
            "axum",
            "hyper",
            "clap",
            "reqwest",
            "libc",
            "tracing",
            "std::process",
            "std::env",
            "std::net::TcpStream",
        ],
    ),
    ("smoker-checks", &["smoker_model"], &["tokio", "axum", "hyper", "clap", "serde_yaml", "saphyr_parser"]),
    ("smoker-logging", &["smoker_model", "smoker_paths"], &["tokio", "axum", "hyper", "clap", "std::process::Command"]),
    ("smoker-runner", &["smoker_checks", "smoker_model"], &["axum", "hyper", "clap", "serde_yaml", "saphyr_parser"]),
    (
        "smoker-nats",
        &["smoker_model"],
        &[
            "axum",
            "hyper",
            "clap",
            "reqwest",
            "nix",
            "libc",
            "tracing",
            "std::process::Command",
            "std::env",
            "std::net",
        ],
    ),
    (
        "smokerd",
        &[
            "smoker_checks",
            "smoker_config",
            "smoker_journal",
            "smoker_logging",
            "smoker_model",
            "smoker_page",
            "smoker_paths",
            "smoker_runner",
            "smoker_trust",
        ],
        &["serde_yaml", "saphyr_parser", "reqwest", "std::process::Command", "tokio::process"],
    ),
    (
        "smokercli",
        &["smoker_model", "smoker_nats", "smoker_page", "smoker_paths", "smoker_trust"],
        &["axum", "nix", "libc"],
    ),
    (
        "smoker-bridge",
        &["smoker_checks", "smoker_logging", "smoker_model", "smoker_nats", "smoker_paths", "smoker_trust"],
        &["axum", "hyper", "reqwest", "libc", "std::process::Command"],
    ),
    (
        "smoker-fleet",
        &["smoker_model", "smoker_page", "smoker_trust", "smokercli"],
        &["clap", "reqwest", "libc", "std::process::Command"],
    ),
];

/// What only some files of a crate may name: crate, path, and the folders or files that may.
pub(crate) const KEPT_IN: [(&str, &str, &[&str]); 12] = [
    ("smoker-model", "std::env", &["time/local_zone.rs"]),
    ("smoker-model", "std::fs", &["time/local_zone.rs"]),
    // How hosts of a fleet come apart, and nothing of plugins or results.
    ("smoker-nats", "smoker_model", &["connect.rs"]),
    ("smokerd", "clap", &["cli/"]),
    ("smokerd", "axum", &["http/"]),
    ("smoker-bridge", "clap", &["cli.rs", "options.rs"]),
    ("smokercli", "clap", &["cli/"]),
    ("smokercli", "reqwest::Client", &["transport/"]),
    ("smokercli", "std::process::Command", &["discovery/", "roll/command.rs", "trust/ssh.rs"]),
    ("smoker-checks", "std::process::Command", &["checks/services/program.rs", "checks/shipped/glusterfs/"]),
    ("smoker-runner", "std::process::Command", &["process/"]),
    ("smoker-runner", "tokio::process::Command", &["process/"]),
];
