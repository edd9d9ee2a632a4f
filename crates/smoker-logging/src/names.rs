//! Which logger of a logging configuration an event of ours belongs to.

use std::borrow::Cow;

/// Start, signals, configuration.
pub const DAEMON: &str = "smokerd";

/// Plugins, their runs and results.
pub const PLUGIN_MANAGER: &str = "smokerd.pluginmanager";

/// The REST interface.
pub const REST_SERVER: &str = "smokerd.restserver";

/// Modules and their loggers; the longest prefix counts. Documented in `docs/logging.md`.
const LOGGERS: [(&str, &str); 20] = [
    ("smokerd", DAEMON),
    ("smokerd::startup::admission", PLUGIN_MANAGER),
    ("smokerd::results::history", PLUGIN_MANAGER),
    ("smokerd::results::json_text", PLUGIN_MANAGER),
    ("smokerd::scheduler::manager", PLUGIN_MANAGER),
    ("smokerd::scheduler::plugin_task", PLUGIN_MANAGER),
    ("smokerd::scheduler::plugin_set", PLUGIN_MANAGER),
    ("smokerd::results::process_table", PLUGIN_MANAGER),
    ("smokerd::results::roster", PLUGIN_MANAGER),
    ("smokerd::scheduler::run", PLUGIN_MANAGER),
    ("smokerd::scheduler::schedule", PLUGIN_MANAGER),
    ("smokerd::scheduler::slots", PLUGIN_MANAGER),
    ("smokerd::results::state", PLUGIN_MANAGER),
    ("smokerd::http::api", REST_SERVER),
    ("smokerd::service::listen", REST_SERVER),
    ("smokerd::http::patience", REST_SERVER),
    ("smokerd::http::server", REST_SERVER),
    ("smoker_runner", PLUGIN_MANAGER),
    ("smoker_checks", PLUGIN_MANAGER),
    ("smoker_logging", DAEMON),
];

/// The logger of a module, given by its path. A name with a dot in it is a
/// logger's already; a library's modules are loggers of their own.
pub(crate) fn of(target: &str) -> Cow<'static, str> {
    if let Some(name) = [DAEMON, PLUGIN_MANAGER, REST_SERVER].into_iter().find(|name| *name == target) {
        return name.into();
    }
    let known = LOGGERS.iter().filter(|(module, _)| is_inside(target, module));
    let longest = known.max_by_key(|(module, _)| module.len());
    longest.map_or_else(|| target.replace("::", ".").into(), |(_, name)| (*name).into())
}

fn is_inside(target: &str, module: &str) -> bool {
    target.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_decides() {
        assert_eq!(of("smokerd::app"), "smokerd");
        assert_eq!(of("smokerd::http::api::guard"), "smokerd.restserver");
        assert_eq!(of("smoker_runner::modules::host::log"), "smokerd.pluginmanager");
        assert_eq!(of("smokerd::apiary"), "smokerd");
        assert_eq!(of("smokerd.pluginmanager"), "smokerd.pluginmanager");
        assert_eq!(of("hyper::proto::h1"), "hyper.proto.h1");
    }
}
