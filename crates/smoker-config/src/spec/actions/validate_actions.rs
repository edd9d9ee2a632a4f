//! A plugin's actions become typed specifications.

use std::time::Duration;

use smoker_model::notation::python_text;
use smoker_model::plugin::{ActionSpec, Execution, Invocation, RunAs, StdinMode, TimeLimit};
use smoker_model::value::Value;

use crate::keys::OF_ACTIONS;
use crate::limits::DEFAULT_ACTION_TIMEOUT;
use crate::spec::validate::Check;
use crate::spec::values::action_rules::{self, WrittenRules};
use crate::spec::values::faults::wrong_kind::unquoted;
use crate::spec::values::process_settings;
use crate::spec::values::quantity;
use crate::spec::values::streams;
use crate::yaml::node::kind_name;

impl Check<'_> {
    /// Those that follow results, and those that follow when the plugin has been bad for long.
    pub(in crate::spec) fn actions(&mut self, max_output: usize, run_as: &RunAs) -> Vec<ActionSpec> {
        for (key, text) in &self.plugin.plain_keys {
            self.warn(key, text);
        }
        let (written, warnings) = action_rules::read(|key| self.get(key));
        for (key, text) in warnings {
            self.warn(key, &text);
        }
        let follow = self.plugin.actions.iter().map(|action| (action, None));
        let escalate = self.plugin.escalations.iter().map(|it| (&it.action, Some(it.after)));
        let mut actions = Vec::new();
        for ((name, action), after) in follow.chain(escalate) {
            let rules = (written, after);
            actions.extend(self.action(name.as_deref(), action, rules, max_output, run_as));
        }
        actions
    }

    /// Makes the specification of an action. What an action lacks is the
    /// ERROR of its own runs; the plugin itself is not to suffer from it.
    fn action(
        &mut self,
        name: Option<&str>,
        action: &Value,
        (of_plugin, escalates_after): (WrittenRules, Option<Duration>),
        max_output: usize,
        run_as: &RunAs,
    ) -> Option<ActionSpec> {
        let Value::Map(entries) = action else { return None };
        let which = match name {
            Some(name) if self.plugin.actions.len() + self.plugin.escalations.len() > 1 => format!("its action {name}"),
            _ => "its action".to_owned(),
        };
        let get = |key: &str| {
            debug_assert!(OF_ACTIONS.contains(&key), "{key} is missing in the list of keys");
            let entry = entries.iter().find(|(name, _)| name.as_text() == Some(key));
            entry.map(|(_, value)| value).filter(|value| **value != Value::Null)
        };
        let timeout = get("Timeout").unwrap_or(&Value::Null);
        let timeout = quantity::timeout(timeout).unwrap_or_else(|reason| {
            self.warn("Action", &format!("{which}: {reason}; the default, {DEFAULT_ACTION_TIMEOUT} s, is used"));
            TimeLimit::from_secs(DEFAULT_ACTION_TIMEOUT)
        });
        let execution = self.execution_of_action(&which, get("Command"), get("Module"));
        let stdin = streams::stdin(get("Stdin")).unwrap_or_else(|reason| {
            self.warn("Action", &format!("{which}'s {reason}"));
            StdinMode::Null
        });
        let max_output = match get("MaxOutput").map(streams::output_bytes) {
            None => max_output,
            Some(Ok(bytes)) => bytes,
            Some(Err(reason)) => {
                self.warn("Action", &format!("{which}'s MaxOutput {reason}; the plugin's own is used"));
                max_output
            }
        };
        let leave_running = streams::switch(get("LeaveRunning")).unwrap_or_else(|reason| {
            self.warn("Action", &format!("{which}'s LeaveRunning {reason}"));
            false
        });
        let (process, warnings) = process_settings::read(get, run_as);
        for (_, text) in warnings {
            self.warn("Action", &format!("{which}'s {text}"));
        }
        let invocation =
            execution.map(|execution| Invocation { execution, timeout, stdin, max_output, leave_running, process });
        let (written, plain) = action_rules::read(get);
        for (_, text) in &plain {
            self.warn("Action", &format!("{which}'s {text}"));
        }
        let rules = of_plugin.of_action(written, get("Module").and_then(Value::as_text), escalates_after);
        let own = entries.iter().filter_map(|(name, value)| Some((name.as_text()?, value)));
        let own = own.filter(|(name, _)| !OF_ACTIONS.contains(name) || plain.iter().any(|(plain, _)| plain == name));
        if own.clone().any(|(name, value)| name == "Parser" && value.is_truthy()) {
            self.warn("Action", &format!("{which} has a Parser, which only a plugin has; it is not used"));
        }
        let own_parameters = own.map(|(name, value)| (name.to_owned(), value.clone())).collect();
        let name = name.map(str::to_owned);
        Some(ActionSpec { name, parameters: action.clone(), own_parameters, invocation, rules })
    }

    /// What an action runs; none: each of its runs is an ERROR.
    fn execution_of_action(
        &mut self,
        which: &str,
        command: Option<&Value>,
        module: Option<&Value>,
    ) -> Option<Execution> {
        match (command.filter(|it| it.is_truthy()), module.filter(|it| it.is_truthy())) {
            (Some(command), module) => {
                if module.is_some() {
                    self.warn("Action", &format!("{which} has both Command and Module; the Command is used"));
                }
                if command.exposed_text().is_none() {
                    let (kind, hint) = (kind_name(command), unquoted(command));
                    let text = format!("{which}'s Command has to be text, not {kind}; it will be an ERROR; {hint}");
                    self.warn("Action", &text);
                }
                Some(Execution::Command { command: command.clone(), parser: None })
            }
            (None, Some(module)) => {
                if module.as_text().is_none() {
                    let kind = kind_name(module);
                    self.warn(
                        "Action",
                        &format!("{which}'s Module has to be a dotted name, not {kind}; it will be an ERROR"),
                    );
                }
                Some(Execution::Module(python_text::str(module)))
            }
            (None, None) => {
                self.warn("Action", &format!("{which} has neither Command nor Module; it will be an ERROR"));
                None
            }
        }
    }
}
