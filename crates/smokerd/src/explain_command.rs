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
    let Some(spec) = all().find(|spec| spec.name.as_str() == name) else {
        let names: Vec<_> = all().map(|spec| spec.name.as_str()).collect();
        let near = suggest::near(name, &names).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        return Err(format!("there is no plugin {name} in {what}{near}").into());
    };
    let problems = config.problems.iter().filter(|problem| problem.plugin.as_ref() == Some(&spec.name));
    problems.for_each(|problem| output::report(format_args!("{problem}")));
    let explanation = explanation::of(spec, &config::parameter_places(path, name), None, Moment::now());
    let lines = explanation.lines().into_iter().map(|line| printable(&line, &[]) + "\n");
    output::print(&lines.collect::<String>())?;
    Ok(exit_code::SUCCESS)
}
