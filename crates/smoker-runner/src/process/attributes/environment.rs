//! The `SMOKER_*` variables that a command finds in its environment, beside
//! all that the daemon itself was started with.

use std::collections::HashMap;

use smoker_model::notation::python_text;
use smoker_model::plugin::{ActionSpec, Parameters, PluginSpec};
use smoker_model::value::Value;

/// A parameter longer than this, in bytes, is left out: the kernel bounds one
/// string at 128 KiB and all of them together too. `Stdin: json` has no such bound.
pub(crate) const MAX_VARIABLE: usize = 64 * 1024;

/// How many bytes the parameters of a plugin may take together in the environment: the kernel takes a quarter of the
/// limit of a stack for the command line and all variables, 2 MiB where that limit is the usual 8 MiB.
pub(crate) const MAX_VARIABLES: usize = 512 * 1024;

/// The variables that a service manager sets for the daemon alone. A check that
/// found these would send to the service manager in the daemon's name, or take
/// the pipe that it writes to for the journal.
pub(crate) const DAEMON_ONLY: [&str; 4] = ["JOURNAL_STREAM", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];

/// The variables of a plugin's runs, and what has to be said about those that are missing.
pub(crate) fn of_plugin(spec: &PluginSpec) -> (Vec<(String, String)>, Vec<String>) {
    let mut variables = vec![
        ("SMOKER_PLUGIN".to_owned(), without_nul(spec.name.as_str())),
        ("SMOKER_TIMEOUT".to_owned(), spec.invocation.timeout.text.clone()),
    ];
    let (of_parameters, mut warnings) = of_parameters(&spec.parameters);
    variables.extend(of_parameters);
    for action in &spec.actions {
        let name = action.name.as_deref().unwrap_or("of its template");
        let of_action = self::of_parameters(&action.own_parameters).1;
        warnings.extend(of_action.into_iter().map(|warning| format!("action {name}: {warning}")));
    }
    (variables, warnings)
}

/// The variables of an action's runs: those of its plugin, and its own parameters, which take precedence.
pub(crate) fn of_action(plugin: &[(String, String)], action: &ActionSpec) -> Vec<(String, String)> {
    let own: Vec<_> = action.own_parameters.keys().map(|name| variable_name(name)).collect();
    let inherited = plugin.iter().filter(|(name, _)| !own.contains(name)).cloned();
    inherited.chain(of_parameters(&action.own_parameters).0).collect()
}

fn of_parameters(parameters: &Parameters) -> (Vec<(String, String)>, Vec<String>) {
    let (mut variables, mut warnings) = (Vec::new(), Vec::new());
    let mut named: HashMap<String, Vec<&str>> = HashMap::new();
    let scalars = parameters.iter().filter(|(_, value)| !matches!(value, Value::List(_) | Value::Map(_)));
    let scalars: Vec<_> = scalars.map(|(name, value)| (name, variable_name(name), value)).collect();
    for (name, variable, _) in &scalars {
        named.entry(variable.clone()).or_default().push(name);
    }
    let mut room = MAX_VARIABLES;
    for (name, variable, value) in scalars {
        let claimants = &named[&variable];
        if claimants.len() > 1 {
            if claimants[0] == name {
                let claimants = claimants.join("' and '");
                warnings.push(format!(
                    "parameters '{claimants}' are both called {variable} in the environment, so it has neither"
                ));
            }
            continue;
        }
        let text = python_text::str(&value.exposed());
        if text.len() > MAX_VARIABLE {
            warnings.push(format!(
                "parameter '{name}' has {} bytes and is left out of the environment; use Stdin: json",
                text.len()
            ));
        } else if variable.len() + text.len() > room {
            warnings.push(format!(
                "parameter '{name}' is left out of the environment, where all parameters may take {MAX_VARIABLES} bytes \
                 together; use Stdin: json"
            ));
        } else if text.contains('\0') {
            warnings
                .push(format!("parameter '{name}' holds a NUL and is left out of the environment; use Stdin: json"));
        } else {
            room -= variable.len() + text.len();
            variables.push((variable, text));
        }
    }
    (variables, warnings)
}

/// The variable of a parameter.
pub(crate) fn variable_name(parameter: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("SMOKER_PARAM_{}", parameter.chars().map(plain).collect::<String>())
}

fn without_nul(text: &str) -> String {
    text.replace('\0', "")
}
