//! Commands that no run can fill in, found without a run.

use std::borrow::Cow;

use smoker_model::occasion::Occasion;
use smoker_model::plugin::{Execution, Invocation, Parameters, PluginName, PluginSpec};
use smoker_model::python_format::error::FormatError;
use smoker_model::result::Findings;
use smoker_model::suggest;
use smoker_model::time::moment::Moment;
use smoker_model::value::Value;

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

/// A command as a shell would get it: an action's after a run with a message.
#[derive(Clone, Debug, PartialEq)]
pub struct RenderedCommand<'a> {
    /// Whether it is the command of an action of the plugin.
    pub is_of_action: bool,
    /// The action's name; none for one that stands in a template itself.
    pub action: Option<&'a str>,
    /// How it is run.
    pub invocation: &'a Invocation,
    /// The line with a mask for each secret value, or why there is none.
    pub line: Result<String, String>,
}

impl RenderedCommand<'_> {
    /// A fault of this command.
    #[must_use]
    pub fn fault(&self, plugin: &PluginSpec, reason: String) -> CommandFault {
        let (is_of_action, action) = (self.is_of_action, self.action.map(str::to_owned));
        CommandFault { plugin: plugin.name.clone(), is_of_action, action, reason }
    }
}

/// The commands of a plugin and of its actions. Left out is what is no text, which has a warning of its own, and what is a secret
/// itself, unless it cannot be filled in.
#[must_use]
pub fn commands(plugin: &PluginSpec) -> Vec<RenderedCommand<'_>> {
    let rendered = |is_of_action, action, invocation, values: &Parameters| {
        let line = line(invocation, values)?;
        Some(RenderedCommand { is_of_action, action, invocation, line })
    };
    let parameters = with_samples(plugin);
    let own = rendered(false, None, &plugin.invocation, &parameters);
    let sample = Findings::error("a message").into_result(Moment::now(), false);
    let occasion = Occasion::of_result(&plugin.name, &sample, None).fields();
    let of_actions = plugin.actions.iter().filter_map(|action| {
        let values = act::overlaid(&parameters, action, act::fields_of(&sample), &occasion);
        rendered(true, action.name.as_deref(), action.invocation.as_ref()?, &values)
    });
    own.into_iter().chain(of_actions).collect()
}

/// The parameters with a value for each that only a client gives: one that can stand anywhere in a command.
fn with_samples(plugin: &PluginSpec) -> Cow<'_, Parameters> {
    let missing: Vec<_> =
        plugin.run_parameters.keys().filter(|name| !plugin.parameters.contains_key(name.as_str())).collect();
    if missing.is_empty() {
        return Cow::Borrowed(&plugin.parameters);
    }
    let samples = missing.into_iter().map(|name| (name.clone(), Value::Int(1)));
    Cow::Owned(plugin.parameters.clone().into_iter().chain(samples).collect())
}

/// The commands of a plugin and of its actions that cannot be filled in.
#[must_use]
pub fn faults(plugin: &PluginSpec) -> Vec<CommandFault> {
    let commands = commands(plugin);
    let faults = commands.iter().filter_map(|command| Some(command.fault(plugin, command.line.clone().err()?)));
    faults.collect()
}

fn line(invocation: &Invocation, values: &Parameters) -> Option<Result<String, String>> {
    let Execution::Command { command, .. } = &invocation.execution else { return None };
    let text = command.exposed_text()?;
    match command::fill(command, values) {
        Ok(line) if line.contains('\0') => Some(Err("the Command holds a NUL character; remove it".to_owned())),
        // What is wrong with a secret command could not be said without it.
        Ok(_) if command.has_secret() => None,
        Ok(line) if !values.values().any(Value::has_secret) => Some(Ok(line)),
        Ok(_) => {
            let hidden = values.iter().map(|(name, value)| (name.clone(), value.hidden())).collect();
            command::fill(command, &hidden).ok().map(Ok)
        }
        Err(error) if command.has_secret() => Some(Err(command::reason(command, &error))),
        Err(FillError::Format(error)) => Some(Err(format!("{error}{}", hint(&error, text, values)))),
        Err(error) => Some(Err(error.to_string())),
    }
}

/// A longer command is not written once more.
const LONGEST_REPEATED: usize = 160;

/// A command with each percent sign doubled that begins no placeholder.
fn with_percent_signs(command: &str) -> String {
    let (mut repaired, mut rest) = (String::new(), command);
    while let Some(at) = rest.find('%') {
        let behind = &rest[at + 1..];
        let own = if behind.starts_with('%') { 2 } else { 1 };
        repaired.push_str(&rest[..at]);
        repaired.push_str(if own == 1 && behind.starts_with('(') { "%" } else { "%%" });
        rest = &rest[at + own..];
    }
    repaired + rest
}

/// What was probably meant.
fn hint(error: &FormatError, command: &str, values: &Parameters) -> String {
    let repaired = with_percent_signs(command);
    let is_short = repaired.len() <= LONGEST_REPEATED && !repaired.trim_end().contains('\n');
    match error {
        FormatError::Missing { name, .. } => {
            let known: Vec<_> = values.keys().map(String::as_str).collect();
            suggest::near(name, &known).map(|near| format!("; did you mean %({near})s?")).unwrap_or_default()
        }
        FormatError::Unsupported { .. } | FormatError::Nameless { .. } | FormatError::Incomplete { .. } if is_short => {
            format!(", as in `{}`", repaired.trim_end())
        }
        FormatError::Unsupported { character, .. } | FormatError::Nameless { character, .. } => {
            format!(", as in `%%{character}`")
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_signs_are_doubled_and_placeholders_stay() {
        for (command, repaired) in [
            ("check_disk -w 10% -c 5% /", "check_disk -w 10%% -c 5%% /"),
            ("date +%Y-%m-%d %(Zone)s", "date +%%Y-%%m-%%d %(Zone)s"),
            ("echo 100%% %", "echo 100%% %%"),
            ("%s%", "%%s%%"),
        ] {
            assert_eq!(with_percent_signs(command), repaired);
        }
    }
}
