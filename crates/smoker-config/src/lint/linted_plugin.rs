//! A plugin as the lints look at it.

use smoker_model::value::Value;

use crate::parser_parameters::{KnownParsers, ParserParameters};
use crate::spec::resolve::Resolved;
use crate::yaml::node::Entry;

/// A plugin with all its parameters, and the texts of its commands.
pub(crate) struct LintedPlugin<'a> {
    pub(crate) name: &'a str,
    /// Its own part of the configuration.
    pub(crate) body: &'a [Entry],
    pub(crate) resolved: Resolved,
    /// Its own command, and those of its actions.
    pub(crate) commands: Vec<String>,
    /// Its action's parameters.
    pub(crate) actions: Vec<Vec<(Value, Value)>>,
    /// What its parser reads; none when it has no parser, or one that nothing is known of.
    pub(crate) parser: Option<ParserParameters>,
}

impl<'a> LintedPlugin<'a> {
    /// Finds the commands and actions of a plugin.
    pub(crate) fn new(name: &'a str, body: &'a [Entry], resolved: Resolved, parsers: KnownParsers<'_>) -> Self {
        let escalations = resolved.escalations.iter().map(|escalation| &escalation.action);
        let all = resolved.actions.iter().chain(escalations);
        let actions: Vec<_> = all.flat_map(|(_, parameters)| maps(parameters)).collect();
        let own = resolved.parameters.get("Command").and_then(|command| command.value.as_text()).map(str::to_owned);
        let of_actions = actions.iter().flatten().filter(|(key, _)| key.as_text() == Some("Command"));
        let of_actions = of_actions.filter_map(|(_, value)| value.as_text().map(str::to_owned));
        let commands = own.into_iter().chain(of_actions).collect();
        let parser = resolved.parameters.get("Parser").and_then(|parser| parser.value.as_text()).and_then(parsers);
        Self { name, body, resolved, commands, actions, parser }
    }

    /// A parameter that is there and not null.
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.resolved.parameters.get(key).map(|parameter| &parameter.value).filter(|value| **value != Value::Null)
    }

    /// Whether it runs a built-in check, whose parameters are verified elsewhere.
    pub(crate) fn is_check(&self) -> bool {
        let runs = |key: &str| self.get(key).is_some_and(Value::is_truthy);
        runs("Check") && !runs("Command") && !runs("Module")
    }

    /// Whether code that cannot be looked into may read any parameter.
    pub(crate) fn is_read_by_code(&self) -> bool {
        let of_actions = self.actions.iter().flatten();
        let reads = |key: &str, value: &Value| matches!(key, "Module" | "Stdin") && value.is_truthy();
        self.is_check()
            || ["Module", "Stdin"].iter().any(|key| self.get(key).is_some_and(|value| reads(key, value)))
            || of_actions.into_iter().any(|(key, value)| key.as_text().is_some_and(|key| reads(key, value)))
    }
}

/// An action's parameters, or those of each action of a list.
fn maps(value: &Value) -> Vec<Vec<(Value, Value)>> {
    match value {
        Value::Map(entries) => vec![entries.clone()],
        Value::List(items) => items.iter().flat_map(maps).collect(),
        _ => Vec::new(),
    }
}
