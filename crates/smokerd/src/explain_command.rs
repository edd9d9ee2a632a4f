//! `--explain`: what decides when a plugin of the configuration runs, without a daemon.

use std::error::Error;
use std::path::Path;

use smoker_config::config;
use smoker_model::suggest;
use smoker_model::time::moment::Moment;

use crate::exit_code;
use crate::output;
use crate::scheduler::explanation;
use crate::startup::bounded_read::{self, READ_LIMIT};
use crate::startup::configuration::ENVIRONMENT;
use crate::terminal_text::printable;

/// Explains the plugin of this name, and returns the exit code.
pub(crate) fn run(name: &str, path: &Path) -> Result<u8, Box<dyn Error>> {
    let (read, what) = (path.to_owned(), path.display().to_string());
    let config = bounded_read::within(READ_LIMIT, &what, move || config::load(&read, ENVIRONMENT))??;
    let all = || config.plugins.iter().chain(&config.left_out);
    let names: Vec<_> = all().map(|spec| spec.name.as_str()).collect();
    let meant = if names.contains(&name) { Ok(name) } else { suggest::of_any_case(name, &names) };
    let name = meant.map_err(|near| {
        let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        format!("there is no plugin {name} in {what}{near}")
    })?;
    let Some(spec) = all().find(|spec| spec.name.as_str() == name) else { return Ok(exit_code::FAILURE) };
    let problems = config.problems.iter().filter(|problem| problem.plugin.as_ref() == Some(&spec.name));
    problems.for_each(|problem| output::report(format_args!("{problem}")));
    let explanation = explanation::of(spec, &config::parameter_places(path, name), None, Moment::now());
    let lines = explanation.lines().into_iter().map(|line| printable(&line, &[]) + "\n");
    output::print(&lines.collect::<String>())?;
    Ok(exit_code::SUCCESS)
}
