//! How often actions of a plugin have restarted their services.

use smoker_checks::actions::restart::{self, MAX_PER_HOUR, restarts_within_hour};
use smoker_model::plugin::{ActionSpec, Execution, PluginSpec};
use smoker_model::value::Value;

/// An action that restarts a service, as far as it is needed to find out how often it did.
pub(super) struct RestartAction {
    name: String,
    service: String,
    state_file: Option<String>,
    most: u64,
}

impl RestartAction {
    /// Those of a plugin.
    pub(super) fn of_plugin(spec: &PluginSpec) -> Vec<Self> {
        spec.actions.iter().filter_map(Self::of).collect()
    }

    fn of(action: &ActionSpec) -> Option<Self> {
        let invocation = action.invocation.as_ref()?;
        let Execution::Module(module) = &invocation.execution else { return None };
        if module != restart::NAME {
            return None;
        }
        let text = |name: &str| action.own_parameters.get(name).and_then(Value::as_text).map(str::to_owned);
        let most = match action.own_parameters.get("MaxPerHour") {
            Some(Value::Int(most)) => u64::try_from(*most).ok()?,
            _ => MAX_PER_HOUR,
        };
        let name = action.name.clone().unwrap_or_else(|| "of its template".to_owned());
        Some(Self { name, service: text("Service")?, state_file: text("StateFile"), most })
    }

    /// How often it did within the last hour, in words. Reads a file.
    pub(super) fn line(&self) -> Option<String> {
        let Self { name, service, state_file, most } = self;
        let count = restarts_within_hour(service, state_file.as_deref())?;
        Some(format!("action {name}: restarted {service} {count} of at most {most} times within the last hour"))
    }
}
