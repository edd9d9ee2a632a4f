//! Commands that no run can fill in, found without a run.

use smoker_model::plugin::{Execution, Invocation, Parameters, PluginName, PluginSpec};
use smoker_model::python_format::error::FormatError;
use smoker_model::result::Findings;
use smoker_model::suggest;
use smoker_model::time::moment::Moment;

use crate::act;
use crate::command;
use crate::template::error::FillError;

/// A command that fails each time, before a shell sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandFault {
    /// The plugin.
    pub plugin: PluginName,
    /// Whether it is the command of an action of the plugin.
    pub is_of_action: bool,
    /// The action's name; none for one that stands in a template itself.
    pub action: Option<String>,
    /// Why, and what to do.
    pub reason: String,
}

/// The commands of a plugin and of its action that cannot be filled in.
#[must_use]
pub fn faults(plugin: &PluginSpec) -> Vec<CommandFault> {
    let fault =
        |is_of_action, action, reason| CommandFault { plugin: plugin.name.clone(), is_of_action, action, reason };
    let own = reason(&plugin.invocation, &plugin.parameters).map(|reason| fault(false, None, reason));
    let sample = Findings::error("a message").into_result(Moment::now(), false);
    let of_actions = plugin.actions.iter().filter_map(|action| {
        let values = act::overlaid(&plugin.parameters, action, &sample);
        let reason = reason(action.invocation.as_ref()?, &values)?;
        Some(fault(true, action.name.clone(), reason))
    });
    own.into_iter().chain(of_actions).collect()
}

fn reason(invocation: &Invocation, values: &Parameters) -> Option<String> {
    // What is no text has a warning of its own.
    let Execution::Command { command, .. } = &invocation.execution else { return None };
    command.exposed_text()?;
    match command::fill(command, values) {
        Ok(line) => line.contains('\0').then(|| "the Command holds a NUL character; remove it".to_owned()),
        Err(error) if command.has_secret() => Some(command::reason(command, &error)),
        Err(FillError::Format(error)) => Some(format!("{error}{}", hint(&error, values))),
        Err(error) => Some(error.to_string()),
    }
}

/// What was probably meant.
fn hint(error: &FormatError, values: &Parameters) -> String {
    match error {
        FormatError::Missing { name, .. } => {
            let known: Vec<_> = values.keys().map(String::as_str).collect();
            suggest::near(name, &known).map(|near| format!("; did you mean %({near})s?")).unwrap_or_default()
        }
        FormatError::Unsupported { character, .. } | FormatError::Nameless { character, .. } => {
            format!(", as in `%%{character}`")
        }
        _ => String::new(),
    }
}
