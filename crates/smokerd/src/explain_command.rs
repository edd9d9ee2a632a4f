//! `--explain`: what decides when a plugin of the configuration runs, without a daemon.

use std::error::Error;
use std::path::Path;

use smoker_config::config::{self, Config};
use smoker_config::error::ConfigError;
use smoker_config::problem::{Problem, Severity};
use smoker_model::plugin::{PluginName, PluginSpec};
use smoker_model::suggest;
use smoker_model::time::moment::Moment;
use smoker_model::wire::explanation::{Explanation, ExplanationPage};

use crate::exit_code;
use crate::output;
use crate::scheduler::explanation::obstacles::Known;
use crate::scheduler::explanation::{self, LOCK_LIMIT};
use crate::startup::absent_plugins;
use crate::startup::bounded_read::{self, READ_LIMIT};
use crate::startup::configuration::ENVIRONMENT;
use crate::terminal_text::printable;

/// What `--explain` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExplainRequest {
    pub(crate) plugin: String,
    /// Whether it is printed for programs.
    pub(crate) is_json: bool,
}

/// The plugins of a configuration, also of one with which no daemon starts.
struct ReadPlugins {
    loaded: Vec<PluginSpec>,
    left_out: Vec<PluginSpec>,
    problems: Vec<Problem>,
    /// Why no daemon starts with it.
    error: Option<ConfigError>,
}

impl ReadPlugins {
    fn of(read: Result<Config, ConfigError>) -> Self {
        match read {
            Ok(Config { plugins, left_out, problems, .. }) => Self { loaded: plugins, left_out, problems, error: None },
            Err(error) => {
                let (left_out, problems) = (error.understood().to_vec(), error.problems().to_vec());
                Self { loaded: Vec::new(), left_out, problems, error: Some(error) }
            }
        }
    }

    /// The name of a plugin that is written like this, or the only one that differs by case alone; else a near one.
    fn meant(&self, name: &str) -> Result<PluginName, Option<String>> {
        let written = self.loaded.iter().chain(&self.left_out).map(|spec| &spec.name);
        let names: Vec<_> = written.chain(self.problems.iter().filter_map(|problem| problem.plugin.as_ref())).collect();
        if let Some(name) = names.iter().find(|written| written.as_str() == name) {
            return Ok((*name).clone());
        }
        let mut names: Vec<_> = names.into_iter().map(PluginName::as_str).collect();
        names.sort_unstable();
        names.dedup();
        suggest::of_any_case(name, &names).map(PluginName::from).map_err(|near| near.map(str::to_owned))
    }

    fn explain(&self, name: &PluginName, path: &Path) -> Option<Explanation> {
        let places = || config::parameter_places(path, name.as_str());
        if let Some(spec) = self.loaded.iter().find(|spec| spec.name == *name) {
            let lock = spec.maintenance_lock.clone().filter(|lock| exists(lock)).map(|lock| explanation::locked(&lock));
            let known = Known { lock: lock.as_deref(), ..Known::default() };
            return Some(explanation::of(spec, &places(), known, Moment::now()));
        }
        let reasons = absent_plugins::reasons(&self.problems, name);
        if reasons.is_empty() {
            return None;
        }
        let spec = self.left_out.iter().find(|spec| spec.name == *name);
        let reasons = reasons.into_iter().map(ToString::to_string).collect();
        Some(explanation::of_not_loaded(name.as_str(), spec, &places(), reasons))
    }
}

/// Whether there is a file; one of a file server that does not answer is not seen.
fn exists(path: &Path) -> bool {
    let (looked_at, what) = (path.to_owned(), path.display().to_string());
    bounded_read::within(LOCK_LIMIT, &what, move || looked_at.exists()).unwrap_or(false)
}

/// Explains a plugin, and returns the exit code: a plugin that is not loaded is a failure.
pub(crate) fn run(request: &ExplainRequest, path: &Path) -> Result<u8, Box<dyn Error>> {
    let name = request.plugin.as_str();
    let (read, what) = (path.to_owned(), path.display().to_string());
    let plugins = ReadPlugins::of(bounded_read::within(READ_LIMIT, &what, move || config::load(&read, ENVIRONMENT))?);
    let meant = plugins.meant(name);
    let explained = meant.as_ref().ok().and_then(|name| plugins.explain(name, path));
    let (Ok(name), Some(explanation)) = (&meant, explained) else {
        let near = meant.err().flatten().map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        return Err(match plugins.error {
            Some(error) => Box::new(error),
            None => format!("there is no plugin {name} in {what}{near}").into(),
        });
    };
    // What keeps it from being loaded is in the explanation.
    let is_shown = |problem: &Problem| !explanation.not_loaded.is_empty() && problem.severity != Severity::Warning;
    let problems = plugins.problems.iter().filter(|problem| problem.plugin.as_ref() == Some(name));
    problems.filter(|problem| !is_shown(problem)).for_each(|problem| output::report(format_args!("{problem}")));
    let code = if explanation.not_loaded.is_empty() { exit_code::SUCCESS } else { exit_code::FAILURE };
    if request.is_json {
        output::print_line(serde_json::to_string_pretty(&ExplanationPage { explanation })?)?;
    } else {
        let lines = explanation.lines().into_iter().map(|line| printable(&line, &[]) + "\n");
        output::print(&lines.collect::<String>())?;
    }
    Ok(code)
}
