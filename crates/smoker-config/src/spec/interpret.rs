//! The whole tree becomes settings and plugins.

use std::path::Path;

use smoker_model::plugin::PluginSpec;

use crate::error::{self, Fault};
use crate::problem::ProblemLog;
use crate::spec::overrides::Overrides;
use crate::spec::settings::{self, DaemonSettings};
use crate::spec::{plugins, sections, spelling};
use crate::yaml::node::Node;

/// Reads the settings and the plugins of a tree, at least one of each. `path` is the configuration's, for messages.
pub(crate) fn interpret(
    root: &Node,
    path: &Path,
    overrides: Option<&Overrides>,
    problems: &mut ProblemLog,
) -> Result<(DaemonSettings, Vec<PluginSpec>), Vec<Fault>> {
    let entries = sections::top_level(root, path)?;
    settings::report_unknown(entries, problems);
    spelling::report_misspelt(entries, problems);
    let settings = settings::read(entries, problems);
    let sections = sections::find(entries, &root.place, problems);
    let (settings, (sections, plugins)) = error::both(settings, sections)?;
    let overridden = overrides.map(|overrides| overrides.apply(plugins, problems));
    let loaded = plugins::load(overridden.as_deref().unwrap_or(plugins), &sections, problems);
    if loaded.is_empty() { Err(plugins::none_loaded(path).into()) } else { Ok((settings, loaded)) }
}
