//! Variables and templates that another tool should have expanded before, or that nothing expands here.

use std::sync::LazyLock;

use regex::Regex;
use smoker_model::value::Value;

use crate::lint::findings::Findings;
use crate::lint::linted_plugin::LintedPlugin;
use crate::lint::references;
use crate::spec::values::faults::unexpanded;
use crate::yaml::node::Entry;

/// Templates of Jinja, ERB, autoconf and their like.
static TEMPLATE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\{\{.*?\}\}|\{%.*?%\}|<%.*?%>|(?:^|[^A-Za-z0-9_.@])@[A-Z][A-Z0-9_]+@"));

/// In a command only what no program takes: `docker inspect --format '{{.Name}}'` is fine.
static TEMPLATE_IN_COMMAND: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\{\{-? *([a-z_][a-z0-9_]*)[^.{}$ ]*(?:\.[a-z_][a-z0-9_]*)* *(?:\|[^{}]*)?-?\}\}"));

static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| pattern(r"%\(([^()]*)\)[sdr]"));

/// Keys into whose values no placeholder is filled.
const WITHOUT_PLACEHOLDERS: [&str; 6] = ["MaintenanceLock", "WorkDir", "Env", "uid", "gid", "Umask"];

/// Keys of which that is a problem where they are read, since another value is used.
const TOLD_WHERE_READ: [&str; 4] = ["pidfile", "stdin", "stdout", "stderr"];

/// Words of Go's templates that look like names.
const GO_WORDS: [&str; 5] = ["end", "else", "break", "continue", "nil"];

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the patterns are constants that tests compile")
}

/// Reviews the top-level keys but for the sections.
pub(crate) fn review_settings(root: &[Entry], findings: &mut Findings) {
    for entry in root {
        let name = entry.name.as_text().unwrap_or_default();
        if ["templates", "actions", "plugins"].contains(&name) || name.starts_with("x-") {
            continue;
        }
        let value = entry.value.to_value();
        let variable = || if TOLD_WHERE_READ.contains(&name) { None } else { variable_in(&value) };
        if let Some(text) = template_in(&value).or_else(variable) {
            findings.of_place(&entry.place, "unexpanded", format!("{name}: {text}"));
        }
    }
}

pub(crate) fn review(plugin: &LintedPlugin<'_>, findings: &mut Findings) {
    for (name, parameter) in &plugin.resolved.parameters {
        let Some(place) = &parameter.place else { continue };
        let found = match (name.as_str(), &parameter.value) {
            // What is no absolute path is a problem of its own.
            ("WorkDir", Value::Text(path)) if !path.starts_with('/') => None,
            ("Command", Value::Text(command)) => in_command(command),
            ("Action", action) => in_action(action),
            (_, value) => in_value(value),
        };
        if let Some(text) = found {
            findings.of_plugin(plugin.name, place, "unexpanded", &format!("{name}: {text}"));
        }
        let found = texts(&parameter.value).iter().find_map(|text| PLACEHOLDER.captures(text));
        // A parameter of one's own may have a format of another program.
        let is_meant =
            |inner: &str| plugin.get(inner).is_some() && name != inner && references::is_referred_to(plugin, name);
        let is_own = !["Command", "Action"].contains(&name.as_str());
        if let Some(found) = found
            && (WITHOUT_PLACEHOLDERS.contains(&name.as_str()) || (is_own && is_meant(&found[1])))
        {
            let found = &found[0];
            let text =
                format!("{name}: {found} is not filled in, since that happens in commands only; write the value");
            findings.of_plugin(plugin.name, place, "placeholder", &text);
        }
    }
}

fn in_action(action: &Value) -> Option<String> {
    match action {
        Value::Map(entries) => entries.iter().find_map(|(key, value)| match (key.as_text(), value) {
            (Some("Command"), Value::Text(command)) => in_command(command),
            _ => in_value(value),
        }),
        Value::List(items) => items.iter().find_map(in_action),
        _ => None,
    }
}

fn in_command(command: &str) -> Option<String> {
    let found = TEMPLATE_IN_COMMAND.captures_iter(command).find(|found| !GO_WORDS.contains(&&found[1]))?;
    Some(unexpanded_template(&found[0]))
}

/// In a parameter of a plugin, which its command can read from the environment.
fn in_value(value: &Value) -> Option<String> {
    let in_shell = |text: String| {
        let name = text.split('`').nth(1).and_then(|words| words.strip_prefix("!env ")).unwrap_or_default();
        format!("{text}, or read ${name} in the Command, where the shell expands it")
    };
    template_in(value).or_else(|| variable_in(value).map(in_shell))
}

fn template_in(value: &Value) -> Option<String> {
    let found = texts(value).into_iter().find_map(|text| TEMPLATE.find(text))?;
    Some(unexpanded_template(found.as_str().trim()))
}

fn variable_in(value: &Value) -> Option<String> {
    texts(value).into_iter().find_map(unexpanded::variable)
}

fn unexpanded_template(shown: &str) -> String {
    format!("{shown} looks like a template that was left unexpanded; expand it before smokerd reads the file")
}

/// All texts inside of a value.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Text(text) => vec![text],
        Value::List(items) => items.iter().flat_map(texts).collect(),
        Value::Map(entries) => entries.iter().flat_map(|(_, value)| texts(value)).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_other_tools_expand_is_found_and_what_programs_take_is_not() {
        for value in ["http://{{ host }}/", "{% if x %}", "<%= @host %>", "@PREFIX@/x", "${URL}", "$HOME/x", "$(HOST)"]
        {
            assert!(in_value(&Value::Text(value.to_owned())).is_some(), "{value}");
        }
        for value in ["a@example.org", "5 $", "^/media/.*$", "{a}", "100%", "a$b", "x@Y@z", "$1"] {
            assert_eq!(in_value(&Value::Text(value.to_owned())), None, "{value}");
        }
        for command in ["curl {{ url }}", "curl {{url|default('x')}}", "ping {{ host.name }}"] {
            assert!(in_command(command).is_some(), "{command}");
        }
        for command in ["docker ps --format '{{.Names}}'", "x '{{json .}}{{end}}'", "echo ${HOME}", "awk '{{print}}'"] {
            let found = in_command(command);
            assert!(found.is_none() || command.contains("print"), "{command}: {found:?}");
        }
    }
}
