//! The tables of allowed imports. A room is a folder or a file that lies in the `src/` of a crate.

/// A room and the rooms that it may import. A table lists importing rooms above imported ones, so arrows point down.
pub(crate) type Room = (&'static str, &'static [&'static str]);

/// The rooms of each crate. The crate's `lib.rs` may import all of them, and none imports it.
pub(crate) const ROOMS: [(&str, &[Room]); 8] = [
    (
        "smoker-model",
        &[
            ("run_record", &["plugin", "result", "time", "wire"]),
            ("wire", &["perfdata", "result", "status"]),
            ("plugin", &["notation", "process_settings", "value"]),
            ("python_format", &["notation", "value"]),
            ("secrets", &["notation", "value"]),
            ("result", &["invalid_result", "messages", "notation", "perfdata", "run_end", "status", "time", "value"]),
            ("messages", &["invalid_result", "notation", "value"]),
            ("notation", &["bounded_json", "value"]),
        ],
    ),
    (
        "smoker-paths",
        &[("append", &["resolved_path"]), ("regular", &["resolved_path"]), ("replace", &["resolved_path"])],
    ),
    (
        "smoker-config",
        &[
            ("config", &["environment", "error", "files", "lint", "problem", "sources", "spec", "yaml"]),
            ("lint", &["keys", "problem", "spec", "yaml"]),
            ("write", &["environment", "error", "files", "limits", "problem", "sources", "spec", "yaml"]),
            ("spec", &["error", "keys", "limits", "problem", "yaml"]),
            ("files", &["environment", "error", "limits", "problem", "sources", "yaml"]),
            ("yaml", &["error", "keys", "limits", "problem", "sources"]),
            ("error", &["problem"]),
        ],
    ),
    (
        "smoker-checks",
        &[
            ("catalogue", &["actions", "checks", "parsers", "spec"]),
            ("verify", &["parameters", "python_pattern", "spec"]),
            ("actions", &["os_error", "parameters", "spec"]),
            ("checks", &["components", "os_error", "parameters", "python_pattern", "spec"]),
            ("parsers", &["components", "json_output", "parameters", "plain_text", "spec"]),
        ],
    ),
    (
        "smoker-logging",
        &[
            ("log", &["panic_hook", "plan", "records", "routing", "setup"]),
            ("setup", &["fileconfig", "format", "output", "plan", "records", "routing"]),
            ("fileconfig", &["format", "ini", "plan", "records"]),
            ("routing", &["format", "output", "plan", "records", "secrets"]),
            ("output", &["plan", "records"]),
            ("plan", &["format", "records"]),
            ("format", &["records"]),
        ],
    ),
    (
        "smoker-runner",
        &[
            ("runner", &["act", "check", "context", "modules", "prepared", "process", "trace"]),
            ("check", &["command", "context", "detached", "modules", "output", "prepared"]),
            ("shell_syntax", &["process", "rendering"]),
            ("rendering", &["act", "command", "template"]),
            ("act", &["command", "context", "modules", "output", "prepared", "process"]),
            ("command", &["context", "output", "process", "template"]),
            ("modules", &["context", "detached", "log_limit", "output", "process", "terminal_codes", "trace"]),
            ("context", &["prepared", "process", "trace"]),
            ("trace", &["process"]),
            ("output", &["nearly_json", "process"]),
            ("nearly_json", &["terminal_codes"]),
            ("prepared", &["log_limit", "process"]),
            ("template", &["process"]),
        ],
    ),
    (
        "smokerd",
        &[
            (
                "app",
                &[
                    "check",
                    "cli",
                    "compare",
                    "control",
                    "daemon",
                    "exit_code",
                    "os",
                    "reload",
                    "service",
                    "startup",
                    "test_plugin",
                ],
            ),
            ("cli", &["check", "compare", "exit_code", "test_plugin"]),
            ("check", &["exit_code", "results", "service", "startup"]),
            ("embedded", &["http", "runtime", "startup"]),
            ("daemon", &["http", "os", "reload", "results", "runtime", "scheduler", "service", "startup"]),
            ("reload", &["control", "runtime", "scheduler", "service", "startup"]),
            ("control", &["exit_code", "os", "service", "startup", "terminal_text"]),
            ("runtime", &["http", "results", "scheduler", "service", "startup"]),
            ("http", &["os", "results", "scheduler"]),
            ("compare", &["exit_code", "results", "scheduler", "service", "standalone", "startup", "terminal_text"]),
            (
                "test_plugin",
                &["exit_code", "results", "scheduler", "service", "standalone", "startup", "terminal_text"],
            ),
            ("standalone", &["service"]),
            ("startup", &["service"]),
            ("service", &["os"]),
            ("scheduler", &["results"]),
        ],
    ),
    (
        "smokercli",
        &[
            (
                "app",
                &[
                    "cli",
                    "client",
                    "config",
                    "discovery",
                    "error",
                    "exit_code",
                    "fail_on",
                    "inventory",
                    "query",
                    "render",
                    "report",
                    "terminal",
                    "transport",
                ],
            ),
            ("nagios", &["cli", "client", "error", "filter", "inventory", "plugin", "terminal", "transport"]),
            ("query", &["cli", "error", "fail_on", "filter", "render", "terminal", "transport"]),
            ("cli", &["discovery", "error", "fail_on", "render"]),
            ("discovery", &["config", "error", "inventory"]),
            ("render", &["plugin", "report", "terminal"]),
            ("terminal", &["client", "error", "report"]),
            ("client", &["filter", "inventory", "plugin", "report", "transport"]),
            ("transport", &["inventory"]),
            ("filter", &["plugin"]),
            ("inventory", &["error"]),
            ("error", &["exit_code"]),
            ("exit_code", &["fail_on", "report"]),
            ("fail_on", &["plugin", "report"]),
            ("report", &["plugin"]),
        ],
    ),
];

/// A crate, those of the other crates here that it may import, and what else it may not name, neither in code nor as a dependency.
pub(crate) const WALLS: [(&str, &[&str], &[&str]); 8] = [
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
    ("smoker-paths", &[], &["tokio", "axum", "clap", "tracing", "std::process::Command", "std::env", "std::net"]),
    (
        "smoker-config",
        &["smoker_model", "smoker_paths"],
        &["tokio", "axum", "clap", "reqwest", "nix", "libc", "tracing", "std::process", "std::env", "std::thread"],
    ),
    ("smoker-checks", &["smoker_model"], &["tokio", "axum", "hyper", "clap", "serde_yaml", "saphyr_parser"]),
    ("smoker-logging", &["smoker_model", "smoker_paths"], &["tokio", "axum", "hyper", "clap", "std::process::Command"]),
    ("smoker-runner", &["smoker_checks", "smoker_model"], &["axum", "hyper", "clap", "serde_yaml", "saphyr_parser"]),
    (
        "smokerd",
        &["smoker_config", "smoker_logging", "smoker_model", "smoker_paths", "smoker_runner"],
        &["serde_yaml", "saphyr_parser", "reqwest", "std::process::Command", "tokio::process"],
    ),
    ("smokercli", &["smoker_model", "smoker_paths"], &["axum", "hyper", "nix", "libc"]),
];

/// What only some files of a crate may name: crate, path, and the folders or files that may.
pub(crate) const KEPT_IN: [(&str, &str, &[&str]); 10] = [
    ("smoker-model", "std::env", &["time/local_zone.rs"]),
    ("smoker-model", "std::fs", &["time/local_zone.rs"]),
    ("smokerd", "clap", &["cli/"]),
    ("smokerd", "axum", &["http/"]),
    ("smokercli", "clap", &["cli/"]),
    ("smokercli", "reqwest::Client", &["transport/"]),
    ("smokercli", "std::process::Command", &["discovery/"]),
    ("smoker-checks", "std::process::Command", &["checks/shipped/glusterfs/"]),
    ("smoker-runner", "std::process::Command", &["process/"]),
    ("smoker-runner", "tokio::process::Command", &["process/"]),
];
