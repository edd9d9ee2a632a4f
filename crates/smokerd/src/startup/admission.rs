//! Plugins whose users or groups this daemon cannot run as.

use nix::unistd::{Uid, geteuid};
use smoker_config::problem::{Problem, Severity};
use smoker_model::plugin::{PluginSpec, RunAs};
use smoker_runner::process::attributes::credentials::Credentials;

/// Leaves out plugins with another account than the daemon's own: once the
/// daemon has dropped its privileges it cannot change its account again.
pub(crate) fn admit(plugins: Vec<PluginSpec>, daemon: Option<&Credentials>) -> (Vec<PluginSpec>, Vec<Problem>) {
    let Some(daemon) = daemon.filter(|daemon| !daemon.uid.is_root()) else { return (plugins, Vec::new()) };
    let mut problems = Vec::new();
    let admitted = plugins.into_iter().filter(|plugin| {
        let wanted = Credentials::resolve(&plugin.run_as).ok().flatten();
        let wanted = wanted.filter(|wanted| (wanted.uid, wanted.gid) != (daemon.uid, daemon.gid));
        if let Some(wanted) = &wanted {
            problems.push(left_out(plugin, wanted.uid, daemon.uid));
        }
        wanted.is_none()
    });
    (admitted.collect(), problems)
}

fn left_out(plugin: &PluginSpec, wanted: Uid, daemon: Uid) -> Problem {
    let name = &plugin.name;
    let text = format!(
        "Plugin {name} not loaded: it asks for uid {wanted}, but smokerd drops root for uid {daemon} and cannot \
         change its account afterwards; remove uid and gid of the plugin or of smokerd"
    );
    Problem { severity: Severity::Error, location: None, plugin: Some(name.clone()), text }
}

/// Problems of plugins that load but whose every run will fail.
pub(crate) fn account_problems(plugins: &[PluginSpec]) -> Vec<Problem> {
    let problem = |plugin: &PluginSpec| {
        if matches!(plugin.run_as, RunAs::Unusable(_)) {
            // The configuration says so already.
            return None;
        }
        let name = &plugin.name;
        let reason = match Credentials::resolve(&plugin.run_as) {
            Err(error) => error.to_string(),
            Ok(Some(wanted)) if !geteuid().is_root() => {
                format!("it asks for uid {} and smokerd does not run as root", wanted.uid)
            }
            Ok(_) => return None,
        };
        let text = format!("Plugin {name}: every run will fail: {reason}");
        Some(Problem { severity: Severity::Warning, location: None, plugin: Some(name.clone()), text })
    };
    plugins.iter().filter_map(problem).collect()
}
