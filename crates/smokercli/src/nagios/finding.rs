//! A plugin's status and text, as a Nagios check reports them.

use smoker_model::status::Status;

use crate::plugin::Plugin;
use crate::plugin::view::Component;

/// Longer messages of a component are cut, in characters.
const MAX_DETAILS: usize = 256;
/// A longer text of a plugin's components is replaced, in characters.
const MAX_TEXT: usize = 1024;
/// The status of a plugin and the text that explains it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) name: String,
    pub(super) status: Status,
    pub(super) text: String,
}

/// The finding of a forced plugin; UNKNOWN if the results of the run lack it.
pub(super) fn forced_finding(name: String, results: &[Plugin]) -> Finding {
    let plugin = results.iter().find(|plugin| plugin.name() == name);
    plugin.map_or_else(
        || {
            let text = "the forced run gave no result; see smoker logs for details".to_owned();
            Finding { name, status: Status::Unknown, text }
        },
        finding,
    )
}

/// The finding of a plugin's result.
pub(super) fn finding(plugin: &Plugin) -> Finding {
    let text = match plugin.status() {
        Status::Ok => format!("smoke test {} succeeded at {}", plugin.name(), date(plugin)),
        Status::Unknown => format!("unknown status UNKNOWN at {}", date(plugin)),
        Status::Warn => bad_text(plugin, "warn"),
        Status::Error => bad_text(plugin, "error"),
    };
    Finding { name: plugin.name().to_owned(), status: plugin.status(), text }
}

fn date(plugin: &Plugin) -> String {
    plugin.view().last_run().unwrap_or_else(|| "None".to_owned())
}

/// The first message of the level, of any length; else the texts of the components.
fn bad_text(plugin: &Plugin, level: &str) -> String {
    let view = plugin.view();
    let messages = view.messages().map(|messages| messages.level(level)).unwrap_or_default();
    if let Some(first) = messages.first() {
        return first.clone().into_owned();
    }
    let name = plugin.name();
    let parts: String = view.components().iter().filter(|part| part.status != Status::Ok).map(component_text).collect();
    if parts.is_empty() {
        return format!("smoke test: {name} gave no message");
    }
    let text = format!("smoke test: {name} {parts}");
    if text.chars().count() > MAX_TEXT {
        return format!("smoke test: {name} returns huge error output, see smoker logs for details");
    }
    text
}

fn component_text(component: &Component<'_>) -> String {
    let status = component.status;
    let level = status.as_str().to_lowercase();
    let details = component.messages.map(|messages| messages.level(&level)).unwrap_or_default().join(", ");
    if details.is_empty() {
        return format!("{}: {status}; ", component.name);
    }
    let cut = details.char_indices().nth(MAX_DETAILS).map(|(at, _)| format!("{}..", &details[..at]));
    format!("{}: {status}: {}; ", component.name, cut.unwrap_or(details))
}
