//! Which logger of a logging configuration an event of ours belongs to.

use std::borrow::Cow;

/// Start, signals, configuration.
pub(crate) const DAEMON: &str = "smokerd";

/// Plugins, their runs and results.
pub(crate) const PLUGIN_MANAGER: &str = "smokerd.pluginmanager";

/// The REST interface.
pub(crate) const REST_SERVER: &str = "smokerd.restserver";

/// Modules and their loggers; the longest prefix counts. Documented in `docs/logging.md`.
const LOGGERS: [(&str, &str); 18] = [
    ("smokerd", DAEMON),
    ("smokerd::admission", PLUGIN_MANAGER),
    ("smokerd::history", PLUGIN_MANAGER),
    ("smokerd::json_text", PLUGIN_MANAGER),
    ("smokerd::manager", PLUGIN_MANAGER),
    ("smokerd::plugin_task", PLUGIN_MANAGER),
    ("smokerd::plugin_set", PLUGIN_MANAGER),
    ("smokerd::process_table", PLUGIN_MANAGER),
    ("smokerd::roster", PLUGIN_MANAGER),
    ("smokerd::run", PLUGIN_MANAGER),
    ("smokerd::schedule", PLUGIN_MANAGER),
    ("smokerd::slots", PLUGIN_MANAGER),
    ("smokerd::state", PLUGIN_MANAGER),
    ("smokerd::api", REST_SERVER),
    ("smokerd::listen", REST_SERVER),
    ("smokerd::patience", REST_SERVER),
    ("smokerd::server", REST_SERVER),
    ("smoker_runner", PLUGIN_MANAGER),
];

/// The logger of a module, given by its path. A name with a dot in it is a
/// logger's already; a library's modules are loggers of their own.
pub(super) fn of(target: &str) -> Cow<'static, str> {
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
        assert_eq!(of("smokerd::api::guard"), "smokerd.restserver");
        assert_eq!(of("smoker_runner::host::log"), "smokerd.pluginmanager");
        assert_eq!(of("smokerd::apiary"), "smokerd");
        assert_eq!(of("smokerd.pluginmanager"), "smokerd.pluginmanager");
        assert_eq!(of("hyper::proto::h1"), "hyper.proto.h1");
    }
}
