//! Templates, actions and parameters that nothing refers to, and secrets that command lines show.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;
use smoker_model::secrets::secret_name;
use smoker_model::suggest;
use smoker_model::value::Value;

use crate::keys::OF_PLUGINS;
use crate::lint::findings::Findings;
use crate::lint::linted_plugin::LintedPlugin;
use crate::parser_parameters::ParserParameters;
use crate::spec::resolve::Sections;
use crate::yaml::merge::shown;
use crate::yaml::node::{Entry, Kind, find_text};

/// A shorter name that another one begins with may have its own meaning: `Error` and `ErrorContact`.
const SHORTEST_BEGINNING: usize = 6;

/// Parameters that sort plugins for clients and people, and are there for no command.
const LABELS: [&str; 32] = [
    "application",
    "author",
    "category",
    "class",
    "comment",
    "component",
    "contact",
    "description",
    "doc",
    "docs",
    "documentation",
    "environment",
    "generated",
    "group",
    "info",
    "label",
    "labels",
    "link",
    "maintainer",
    "name",
    "note",
    "notes",
    "owner",
    "priority",
    "runbook",
    "service",
    "severity",
    "tag",
    "tags",
    "team",
    "type",
    "version",
];

/// A program of the site's own, or an interpreter: it may read any variable of its environment.
static READS_ENVIRONMENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?m)(?:^|[;&|(`])\s*(?:\w+=\S*\s+)*(?:(?:sudo|env|exec|timeout|nice|time)\s+(?:-?\w+\s+)*)?",
        r"(?:[^\s;&|]*\.(?:sh|py|pl|rb)\b|\.\s|source\s|eval\s|(?:ba|da|z|k)?sh\b|python[0-9.]*\b|perl\b|ruby\b|php\b|node\b|env\b|printenv\b",
        r"|(?:\./|~/|/(?:opt|srv|home|root|etc|var|tmp|usr/local|usr/lib|usr/libexec|usr/share)/)\S*)"
    ))
    .expect("the pattern is a constant that tests compile")
});

static PLACEHOLDER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(%*)%\(([^()]*)\)").expect("the pattern is a constant that tests compile"));

/// Templates and actions that nobody uses, and what is ignored in a template.
pub(crate) fn review_sections(root: &[Entry], sections: &Sections<'_>, plugins: &[Entry], findings: &mut Findings) {
    for template in sections.templates {
        let name = shown(&template.name);
        let body = template.value.entries().unwrap_or_default();
        for (key, way_out) in [("Enabled", "set it in each plugin"), ("Template", "a template has no template")] {
            if let Some(ignored) = find_text(body, key) {
                let text = format!("Template {name}: {key} is ignored in a template; {way_out}");
                findings.of_place(&ignored.place, "ignored", text);
            }
        }
    }
    if plugins.iter().any(|plugin| matches!(plugin.value.resolved().kind, Kind::Broken(_))) {
        // What its plugin uses cannot be known.
        return;
    }
    let bodies = || plugins.iter().chain(sections.templates).filter_map(|entry| entry.value.entries());
    let named = |key: &str| -> HashSet<String> {
        bodies().filter_map(|body| find_text(body, key)).flat_map(|entry| names(&entry.value.to_value())).collect()
    };
    let actions = find_text(root, "actions").and_then(|section| section.value.entries()).unwrap_or_default();
    for (what, key, entries) in [("Template", "Template", sections.templates), ("Action", "Action", actions)] {
        let mut used = named(key);
        if key == "Action" {
            used.extend(["Actions", "Escalate"].into_iter().flat_map(named));
        }
        for entry in entries {
            let Some(name) = entry.name.as_text().filter(|name| *name != "BasePlugin") else { continue };
            if !used.contains(name) {
                let text =
                    format!("{what} {name} is used by no plugin; name it in a plugin (`{key}: {name}`), or remove it");
                findings.of_place(&entry.place, "unused", text);
            } else if key == "Action" && !entry.value.to_value().is_truthy() {
                let text =
                    format!("Action {name} is empty, so nothing is run: write its Command or Module, or remove it");
                findings.of_place(&entry.place, "ignored", text);
            }
        }
    }
}

fn names(value: &Value) -> Vec<String> {
    match value {
        Value::Text(name) => vec![name.clone()],
        Value::List(items) => items.iter().flat_map(names).collect(),
        // That of `Escalate`.
        Value::Map(entries) => {
            let action = entries.iter().filter(|(key, _)| key.as_text() == Some("Action"));
            action.flat_map(|(_, value)| names(value)).collect()
        }
        _ => Vec::new(),
    }
}

/// The parameters that several plugins have: clients may filter by them.
pub(crate) fn shared_parameters(plugins: &[Entry]) -> HashSet<String> {
    let (mut seen, mut shared) = (HashSet::new(), HashSet::new());
    let names = plugins.iter().filter_map(|plugin| plugin.value.entries()).flatten().filter_map(|it| it.name.as_text());
    for name in names {
        if !seen.insert(name) {
            shared.insert(name.to_owned());
        }
    }
    shared
}

/// The plugin's own parameters that nothing reads, and secrets in its commands.
pub(crate) fn review(plugin: &LintedPlugin<'_>, shared: &HashSet<String>, findings: &mut Findings) {
    review_secrets(plugin, findings);
    review_parser(plugin, findings);
    let does_nothing = |command: &String| matches!(command.trim(), "true" | ":");
    if may_read_any(plugin) || plugin.commands.iter().all(does_nothing) {
        return;
    }
    for entry in plugin.body {
        let Some(name) = entry.name.as_text() else { continue };
        let is_known =
            OF_PLUGINS.contains(&name) || shared.contains(name) || LABELS.contains(&name.to_lowercase().as_str());
        let is_simple = !matches!(entry.value.to_value(), Value::List(_) | Value::Map(_) | Value::Null);
        let is_near = suggest::very_near(name, OF_PLUGINS).is_some_and(|near| near != "Check");
        let is_near = is_near || is_of_parser(plugin, name);
        if is_known || !is_simple || is_near || is_referred_to(plugin, name) {
            continue;
        }
        let text = format!(
            "nothing refers to its parameter {name}; use %({name})s or \"${}\" in the Command, or remove it",
            variable(name)
        );
        findings.of_plugin(plugin.name, &entry.place, "reference", &text);
    }
}

/// Whether its parser reads it, or is reported to have no such parameter.
fn is_of_parser(plugin: &LintedPlugin<'_>, name: &str) -> bool {
    let Some(parser) = &plugin.parser else { return false };
    parser.own.contains(&name)
        || suggest::very_near(name, &parser.own).is_some()
        || meant_for_parser(parser, name).is_some()
}

/// Parameters that were meant for the parser, and that it does not read. What is a typing error is told with the parser's
/// other mistakes.
fn review_parser(plugin: &LintedPlugin<'_>, findings: &mut Findings) {
    let (Some(parser), Some(parser_name)) = (&plugin.parser, plugin.get("Parser").and_then(Value::as_text)) else {
        return;
    };
    for entry in plugin.body {
        let Some(name) = entry.name.as_text() else { continue };
        let is_known = OF_PLUGINS.contains(&name) || parser.own.contains(&name) || is_referred_to(plugin, name);
        if is_known || suggest::very_near(name, &parser.own).is_some() {
            continue;
        }
        if let Some(advice) = meant_for_parser(parser, name) {
            let text = format!("the parser {parser_name} does not read its parameter {name}; {advice}");
            findings.of_plugin(plugin.name, &entry.place, "reference", &text);
        }
    }
}

/// What to do about a parameter that the parser does not read, where it has the name of another parser's, or begins as one of
/// its own does.
fn meant_for_parser(parser: &ParserParameters, name: &str) -> Option<String> {
    if LABELS.contains(&name.to_lowercase().as_str()) {
        return None;
    }
    // A name that is one is not misspelt.
    if parser.of_others.contains(&name) {
        return Some("other parsers do; remove it".to_owned());
    }
    let is_long = |part: &str| part.len() >= SHORTEST_BEGINNING;
    let begins_alike = |own: &&&str| is_long(own) && name.starts_with(**own) || is_long(name) && own.starts_with(name);
    let near = suggest::near(name, &parser.own).or_else(|| parser.own.iter().find(begins_alike).copied());
    near.map(|near| format!("did you mean {near}?"))
}

/// Whether something that cannot be looked into may read any parameter.
pub(crate) fn may_read_any(plugin: &LintedPlugin<'_>) -> bool {
    plugin.is_read_by_code()
        || (plugin.get("Parser").is_some() && plugin.parser.is_none())
        || plugin.commands.iter().any(|command| READS_ENVIRONMENT.is_match(command))
}

/// Whether a command has the parameter's placeholder or its variable, or a placeholder that is a misspelt one: that has
/// a problem of its own.
pub(crate) fn is_referred_to(plugin: &LintedPlugin<'_>, name: &str) -> bool {
    let (placeholder, variable) = (format!("%({name})"), variable(name));
    let is_misspelt = |command: &str| {
        let mut missing = PLACEHOLDER.captures_iter(command).map(|found| found[2].to_owned());
        missing.any(|other| plugin.get(&other).is_none() && suggest::near(&other, &[name]).is_some())
    };
    let has = |command: &String| command.contains(&placeholder) || command.contains(&variable) || is_misspelt(command);
    plugin.commands.iter().any(has)
}

/// Whether a command has the parameter's placeholder or its variable.
pub(crate) fn has_placeholder(plugin: &LintedPlugin<'_>, name: &str) -> bool {
    let (placeholder, variable) = (format!("%({name})"), variable(name));
    plugin.commands.iter().any(|command| command.contains(&placeholder) || command.contains(&variable))
}

/// The variable of the environment that has a parameter's value.
fn variable(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("SMOKER_PARAM_{}", name.chars().map(plain).collect::<String>())
}

/// Whether a command of the plugin finds a secret under this name.
fn is_secret(plugin: &LintedPlugin<'_>, name: &str) -> bool {
    let of_actions = plugin.actions.iter().flatten().filter(|(key, _)| key.as_text() == Some(name));
    let mut values = of_actions.map(|(_, value)| value).chain(plugin.get(name));
    secret_name::is_secret(name) || values.any(Value::has_secret)
}

fn review_secrets(plugin: &LintedPlugin<'_>, findings: &mut Findings) {
    for (index, command) in plugin.commands.iter().enumerate() {
        let shown = PLACEHOLDER.captures_iter(command).filter(|found| found[1].len() % 2 == 0);
        let Some(secret) = shown.map(|found| found[2].to_owned()).find(|name| is_secret(plugin, name)) else {
            continue;
        };
        let is_own = index == 0 && plugin.get("Command").is_some();
        let key = if is_own { "Command" } else { "Action" };
        let place = plugin.resolved.parameters.get(key).and_then(|parameter| parameter.place.as_ref());
        let what = if is_own { "its command line" } else { "its action's command line" };
        let text = format!(
            "%({secret})s puts a secret into {what}, where every account sees it (ps); let the program read \"${}\" from its \
             environment, or `Stdin: json`",
            variable(&secret)
        );
        findings.of_plugin(plugin.name, place.unwrap_or(&plugin.resolved.place), "secret", &text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_of_the_site_and_interpreters_may_read_parameters() {
        for command in
            ["/usr/local/bin/check", "cd /x; ./check", "A=b python3 -c x", "sudo -u x /opt/y", "x.sh", "bash -c x"]
        {
            assert!(READS_ENVIRONMENT.is_match(command), "{command}");
        }
        for command in ["curl http://localhost/opt/x", "ping -c1 host", "/usr/bin/df /var/lib", "echo a | wc -l"] {
            assert!(!READS_ENVIRONMENT.is_match(command), "{command}");
        }
    }
}
