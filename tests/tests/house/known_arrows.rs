//! Imports that break a rule and are to be mended. The list only shrinks.

/// Crate, importing file, imported file (or path of another crate).
pub(crate) const KNOWN: &[(&str, &str, &str)] = &[
    ("smoker-model", "value/python_text.rs", "value/mod.rs"),
    ("smoker-model", "value/value_json.rs", "value/mod.rs"),
    ("smoker-runner", "modules/host/run.rs", "modules/host/mod.rs"),
    ("smoker-runner", "modules/host/start.rs", "modules/host/mod.rs"),
    ("smoker-runner", "process/sys/child.rs", "process/credentials.rs"),
    ("smoker-runner", "process/sys/portable.rs", "process/sys/mod.rs"),
    ("smoker-runner", "process/sys/process_list.rs", "process/sys/mod.rs"),
    ("smoker-runner", "template/scan/expansion.rs", "template/scan/mod.rs"),
    ("smoker-runner", "template/scan/here_document.rs", "template/scan/mod.rs"),
    ("smoker-runner", "template/scan/quotes.rs", "template/scan/mod.rs"),
    ("smokercli", "transport/web.rs", "client/watch.rs"),
    ("smokerd", "http/embedded.rs", "runtime.rs"),
    ("smokerd", "runtime.rs", "axum::Router"),
    ("smokerd", "test_plugin/test_request.rs", "clap::Args"),
];
