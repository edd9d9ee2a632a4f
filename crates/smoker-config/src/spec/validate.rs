//! A plugin's parameters become a typed specification, or the reason why not.

use std::path::PathBuf;

use chrono::Utc;
use indexmap::IndexMap;
use smoker_model::calendar::schedule::CalendarSchedule;
use smoker_model::notation::python_text;
use smoker_model::plugin::process_settings::ProcessSettings;
use smoker_model::plugin::{
    Execution, Invocation, Parameters, PluginSpec, RunAs, RunRules, StdinMode, TimeLimit, Trigger,
};
use smoker_model::value::Value;

use crate::keys::OF_PLUGINS;
use crate::limits::{DEFAULT_HISTORY, DEFAULT_HISTORY_FAILURES, DEFAULT_MAX_OUTPUT, DEFAULT_TIMEOUT};
use crate::problem::{ProblemLog, Severity, SourcePlace};
use crate::spec::parameter::Parameter;
use crate::spec::plugin_fault::PluginFault;
use crate::spec::resolve::Resolved;
use crate::spec::values::account::{self, Accounts};
use crate::spec::values::calendar::{self, CalendarKeys};
use crate::spec::values::check;
use crate::spec::values::faults::repeated_names;
use crate::spec::values::faults::wrong_kind::unquoted;
use crate::spec::values::process_settings;
use crate::spec::values::quantity;
use crate::spec::values::relations;
use crate::spec::values::run_parameters::{self, RunParameters};
use crate::spec::values::shown::number_or_kind;
use crate::spec::values::streams;
use crate::spec::values::trigger;
use crate::yaml::node::kind_name;

/// A plugin as far as it can be understood.
#[derive(Debug)]
pub(crate) struct Validated {
    /// Defaults stand in for what is wrong; none when it cannot be said what the plugin runs.
    pub(crate) spec: Option<PluginSpec>,
    /// Why it does not load, in the order of its keys here; empty when it does.
    pub(crate) faults: Vec<PluginFault>,
}

/// Makes the specification of one plugin. What can be put right is reported
/// as a warning that says what counts instead.
pub(crate) fn plugin(mut resolved: Resolved, problems: &mut ProblemLog) -> Validated {
    let faults = std::mem::take(&mut resolved.faults);
    let mut check = Check { plugin: &resolved, problems, faults };
    let timeout = check.timeout();
    let timeout = check.kept(timeout).unwrap_or_else(|| TimeLimit::from_secs(DEFAULT_TIMEOUT));
    let execution = if check.may_be_of_its_template() { None } else { Some(check.execution()) };
    let execution = execution.and_then(|execution| check.kept(execution));
    let (rules, schedule) = check.rules();
    let trigger = check.trigger(schedule);
    let trigger = check.kept(trigger).flatten();
    let max_output = check.max_output();
    let serial = check.switch("Serial");
    let leave_running = check.switch("LeaveRunning");
    let history = check.history();
    let history_failures = check.history_failures();
    let run_as = check.run_as();
    let process = check.process(&run_as);
    let actions = check.actions(max_output, &run_as);
    let maintenance_lock = check.maintenance_lock();
    let stdin = check.stdin();
    let RunParameters { declared: run_parameters, defaults, .. } = check.run_parameters();
    let faults = check.faults;
    let spec = execution.map(|execution| PluginSpec {
        name: resolved.name,
        invocation: Invocation { execution, timeout, stdin, max_output, leave_running, process },
        trigger,
        rules,
        serial,
        history,
        history_failures,
        run_as,
        actions,
        maintenance_lock,
        run_parameters,
        parameters: parameters(resolved.parameters, defaults),
    });
    Validated { spec, faults }
}

/// All parameters; what a forced run may be given has its default behind them.
fn parameters(configured: IndexMap<String, Parameter>, defaults: IndexMap<String, Value>) -> Parameters {
    configured.into_iter().map(|(name, parameter)| (name, parameter.value)).chain(defaults).collect()
}

pub(super) struct Check<'a> {
    pub(super) plugin: &'a Resolved,
    problems: &'a mut ProblemLog,
    faults: Vec<PluginFault>,
}

impl<'a> Check<'a> {
    /// A parameter that is there and not null.
    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        debug_assert!(OF_PLUGINS.contains(&key), "{key} is missing in the list of keys");
        self.plugin.parameters.get(key).map(|parameter| &parameter.value).filter(|value| **value != Value::Null)
    }

    fn truthy(&self, key: &str) -> Option<&'a Value> {
        self.get(key).filter(|value| value.is_truthy())
    }

    /// What was read; a fault is kept for later, so that all of them are reported.
    fn kept<T>(&mut self, read: Result<T, PluginFault>) -> Option<T> {
        read.map_err(|fault| self.faults.push(fault)).ok()
    }

    /// Where a parameter was configured, else where the plugin was.
    fn place(&self, key: &str) -> &'a SourcePlace {
        let place = self.plugin.parameters.get(key).and_then(|parameter| parameter.place.as_ref());
        place.unwrap_or(&self.plugin.place)
    }

    fn refuse(&self, key: &str, reason: impl Into<String>) -> PluginFault {
        PluginFault::new(self.place(key), reason)
    }

    pub(super) fn warn(&mut self, key: &str, text: &str) {
        let name = &self.plugin.name;
        let place = self.place(key);
        self.problems.add_of_plugin(Severity::Warning, place, name, format!("Plugin {name}: {text}"));
    }

    fn timeout(&self) -> Result<TimeLimit, PluginFault> {
        let value = self.plugin.parameters.get("Timeout").map_or(&Value::Null, |parameter| &parameter.value);
        quantity::timeout(value).map_err(|reason| self.refuse("Timeout", reason))
    }

    /// Whether the template that is not there may have said what to run.
    fn may_be_of_its_template(&self) -> bool {
        self.plugin.lacks_template && ["Command", "Module", "Check"].iter().all(|key| self.truthy(key).is_none())
    }

    /// What to do when a mapping among the parameters has what the plugin itself should have, as in a file that repeats
    /// the names above its entry.
    fn execution_below(&self) -> Option<String> {
        let own = self.plugin.parameters.iter().filter(|(name, _)| !OF_PLUGINS.contains(&name.as_str()));
        let names = own.into_iter().find_map(|(name, parameter)| repeated_names::above(name, &parameter.value))?;
        Some(format!("there is one below `{names}`: remove that and unindent what is below it"))
    }

    fn execution(&mut self) -> Result<Execution, PluginFault> {
        let (command, module, parser) = (self.truthy("Command"), self.truthy("Module"), self.truthy("Parser"));
        let check = self.get("Check");
        if let (Some(command), None, None, Some(check)) = (command, module, self.get("Stdin"), check)
            && let Some(text) = check::beside_command(check, command)
        {
            self.warn("Check", &text);
        }
        if let (None, None, Some(check)) = (command, module, check) {
            return self.check(check, parser.is_some());
        }
        match (command, module) {
            (None, None) => {
                let key = if self.get("Command").is_some() { "Command" } else { "Module" };
                let unquoted = self.get("Command").filter(|command| command.exposed_text().is_none()).map(unquoted);
                let hint = unquoted.or_else(|| self.execution_below()).map(|hint| format!("; {hint}"));
                Err(self
                    .refuse(key, "Command or Module parameter has to be set".to_owned() + &hint.unwrap_or_default()))
            }
            (Some(_), Some(_)) => Err(self.refuse("Module", "Command and Module parameters cannot be set together")),
            (None, Some(_)) if parser.is_some() => {
                Err(self.refuse("Parser", "Parser can be used only with Command parameter"))
            }
            (None, Some(module)) => Ok(Execution::Module(self.module_name("Module", module)?)),
            (Some(command), None) => {
                let parser = parser.map(|parser| self.module_name("Parser", parser)).transpose()?;
                if command.exposed_text().is_none() {
                    let (kind, hint) = (kind_name(command), unquoted(command));
                    let text = format!("Command has to be text, not {kind}; each run will be an ERROR; {hint}");
                    self.warn("Command", &text);
                }
                Ok(Execution::Command { command: command.clone(), parser })
            }
        }
    }

    /// The name of a module or parser. What is none loads as in the original, and fails at each run.
    fn module_name(&mut self, key: &str, value: &Value) -> Result<String, PluginFault> {
        if value.as_text().is_none() {
            let text = format!("{key} has to be the dotted name of a Python module, not {}", kind_name(value));
            if value.has_secret() {
                return Err(self.refuse(key, text));
            }
            self.warn(key, &format!("{text}; each run will be an ERROR"));
        }
        Ok(python_text::str(value))
    }

    fn check(&self, check: &Value, has_parser: bool) -> Result<Execution, PluginFault> {
        match check::name(check) {
            Some(_) if has_parser => Err(self.refuse("Parser", "Parser can be used only with Command parameter")),
            Some(name) => Ok(Execution::Check(name.to_owned())),
            None => {
                let reason = format!("Command or Module parameter has to be set; {}", check::unknown(check));
                Err(self.refuse("Check", reason))
            }
        }
    }

    /// For which parameters a forced run may be given values.
    fn run_parameters(&mut self) -> RunParameters {
        let mut read = run_parameters::read(self.get("Parameters"), |name| {
            self.plugin.parameters.get(name).map(|parameter| &parameter.value).filter(|value| **value != Value::Null)
        });
        if let Some(text) = read.warning.take() {
            self.warn("Parameters", &text);
        }
        let faults = read.faults.drain(..).map(|reason| self.refuse("Parameters", reason)).collect::<Vec<_>>();
        self.faults.extend(faults);
        read
    }

    /// What decides whether the plugin runs, and its times of the calendar.
    fn rules(&mut self) -> (RunRules, Option<CalendarSchedule>) {
        let CalendarKeys { schedule, missed, only, maintenance, zone, warnings, wrong } =
            calendar::read(|key| self.get(key), Utc::now());
        for (key, text) in warnings {
            self.warn(key, &text);
        }
        let wrong = wrong.into_iter().map(|(key, reason)| self.refuse(key, reason)).collect::<Vec<_>>();
        self.faults.extend(wrong);
        let mut rules = RunRules { missed, only, zone, maintenance, ..RunRules::default() };
        for (key, text) in relations::read(|key| self.get(key), &mut rules) {
            self.warn(key, &text);
        }
        (rules, schedule)
    }

    fn trigger(&mut self, schedule: Option<CalendarSchedule>) -> Result<Option<Trigger>, PluginFault> {
        let read = trigger::read(self.get("Interval"), schedule, self.get("Splay"));
        let (trigger, warnings) = read.map_err(|reason| self.refuse("Interval", reason))?;
        for (key, text) in warnings {
            self.warn(key, &text);
        }
        Ok(trigger)
    }

    /// A parameter that is true or false; false unless it is there.
    fn switch(&mut self, key: &str) -> bool {
        streams::switch(self.get(key)).unwrap_or_else(|reason| {
            self.warn(key, &format!("{key} {reason}"));
            false
        })
    }

    fn history(&mut self) -> usize {
        match self.plugin.parameters.get("History").map(|parameter| &parameter.value) {
            Some(Value::Int(count)) => usize::try_from((*count).max(0)).unwrap_or(usize::MAX),
            other => {
                let shown = number_or_kind(other.unwrap_or(&Value::Null));
                let text =
                    format!("History has to be a whole number, not {shown}; the default, {DEFAULT_HISTORY}, is used");
                self.warn("History", &text);
                DEFAULT_HISTORY
            }
        }
    }

    /// A value that cannot be meant for it is a parameter of the plugin's own.
    fn history_failures(&mut self) -> usize {
        let Some(value) = self.get("HistoryFailures") else { return DEFAULT_HISTORY_FAILURES };
        let count = if let Value::Int(count) = value { usize::try_from(*count).ok() } else { None };
        count.unwrap_or_else(|| {
            let shown = python_text::str(&value.hidden());
            let text = format!(
                "HistoryFailures has to be a whole number from 0 on, not {shown}; it is a parameter like others, and the \
                 default, {DEFAULT_HISTORY_FAILURES}, is used"
            );
            self.warn("HistoryFailures", &text);
            DEFAULT_HISTORY_FAILURES
        })
    }

    fn run_as(&mut self) -> RunAs {
        match account::both(self.get("uid"), self.get("gid")) {
            Ok(Accounts::Neither) => RunAs::Daemon,
            Ok(Accounts::Both(user, group)) => RunAs::Account { user, group },
            Err(reason) => {
                let key = if reason.starts_with("uid") { "uid" } else { "gid" };
                self.warn(key, &format!("{reason}; each run will be an ERROR"));
                RunAs::Unusable(reason)
            }
        }
    }

    fn process(&mut self, run_as: &RunAs) -> ProcessSettings {
        let (settings, warnings) = process_settings::read(|key| self.get(key), run_as);
        for (key, text) in warnings {
            self.warn(key, &text);
        }
        settings
    }

    /// A value that cannot be meant for it is a parameter of the plugin's own.
    fn maintenance_lock(&mut self) -> Option<PathBuf> {
        match self.truthy("MaintenanceLock")? {
            Value::Text(path) => Some(path.into()),
            other => {
                let kind = kind_name(other);
                let text = format!(
                    "MaintenanceLock has to be the path of a file, not {kind}; it is a plain parameter and locks nothing"
                );
                self.warn("MaintenanceLock", &text);
                None
            }
        }
    }

    fn max_output(&mut self) -> usize {
        let Some(value) = self.get("MaxOutput") else { return DEFAULT_MAX_OUTPUT };
        streams::output_bytes(value).unwrap_or_else(|reason| {
            self.warn("MaxOutput", &format!("MaxOutput {reason}; the default, 1 MiB, is used"));
            DEFAULT_MAX_OUTPUT
        })
    }

    /// A value that cannot be meant for it is a parameter of the plugin's own.
    fn stdin(&mut self) -> StdinMode {
        streams::stdin(self.get("Stdin")).unwrap_or_else(|reason| {
            self.warn("Stdin", &reason);
            StdinMode::Null
        })
    }
}
