//! What `--check` says of the containment of runs on this host.

use nix::unistd::geteuid;
use smoker_config::problem::{Problem, Severity};
use smoker_model::plugin::{Invocation, PluginSpec, RunAs};
use smoker_runner::process::attributes::credentials::Credentials;
use smoker_runner::process::containment::level::ContainmentLevel;

/// The level and what it cannot do, a line for each.
pub(crate) fn describe(level: &ContainmentLevel) -> Vec<String> {
    let shortcomings = level.shortcomings();
    let shortcomings = shortcomings.iter().map(|shortcoming| format!("Containment: limitation: {shortcoming}"));
    std::iter::once(format!("Containment: {level}")).chain(shortcomings).collect()
}

/// The same for `--check`, which is seldom started where the daemon is.
pub(crate) fn describe_here(level: &ContainmentLevel) -> Vec<String> {
    let note = "Containment: this describes a daemon started from this shell; a service manager gives it a cgroup of its \
                own, and its log says what it has there";
    describe(level).into_iter().chain([note.to_owned()]).collect()
}

/// Plugins whose `MaxProcesses` binds nothing here.
pub(crate) fn problems(plugins: &[PluginSpec], level: &ContainmentLevel) -> Vec<Problem> {
    let ignored = plugins.iter().filter(|plugin| {
        !level.bounds_processes_of_root()
            && runs_as_root(plugin)
            && invocations(plugin).any(|it| it.process.max_processes.is_some())
    });
    let problem = |plugin: &PluginSpec| {
        let name = &plugin.name;
        let text = format!(
            "Plugin {name}: MaxProcesses has no effect, because it runs as root and the daemon's cgroup has no pids \
             controller; give it a uid"
        );
        Problem { severity: Severity::Warning, location: None, plugin: Some(name.clone()), text }
    };
    ignored.map(problem).collect()
}

/// Advice on plugins with a `uid` that do not say whether they need other rights; none when all do.
pub(crate) fn advice(plugins: &[PluginSpec]) -> Option<String> {
    let is_open = |plugin: &&PluginSpec| {
        matches!(plugin.run_as, RunAs::Account { .. }) && !plugin.parameters.contains_key("NoNewPrivileges")
    };
    let open: Vec<_> = plugins.iter().filter(is_open).map(|plugin| plugin.name.as_str()).collect();
    let (first, others) = open.split_first()?;
    let who = if others.is_empty() {
        format!("plugin {first} has")
    } else {
        format!("plugin {first} and {} others have", others.len())
    };
    Some(format!(
        "{who} a uid and can get other rights by programs such as su and sudo; set NoNewPrivileges: true, or false where \
         they need such a program"
    ))
}

fn runs_as_root(plugin: &PluginSpec) -> bool {
    match Credentials::resolve(&plugin.run_as) {
        Ok(Some(credentials)) => credentials.uid.is_root(),
        Ok(None) => geteuid().is_root(),
        Err(_) => false,
    }
}

/// What starts processes of its own.
fn invocations(plugin: &PluginSpec) -> impl Iterator<Item = &Invocation> {
    let actions = plugin.actions.iter().filter_map(|action| action.invocation.as_ref());
    std::iter::once(&plugin.invocation).chain(actions)
}
