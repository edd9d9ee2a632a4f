//! What a daemon says of a plugin beside its result: that it is silenced, that its result is soft, that its status changes
//! too often.

use chrono::{DateTime, SecondsFormat};
use serde_json::{Map, Value as Json};
use smoker_model::time::local_zone::LocalZone;

use crate::plugin::value_text::printed;
use crate::plugin::view::PluginView;

/// What there is to say, each with its name. Most plugins have nothing.
#[must_use]
pub fn standing(view: &PluginView) -> Vec<(&'static str, String)> {
    let silenced = view.object("silence").map(|silence| ("Silenced", silenced(silence)));
    let soft = view.soft_attempt().map(|attempt| ("Soft", format!("(attempt {attempt})")));
    let flapping = view.is_flapping().then(|| ("Flapping", "(its status changes too often)".to_owned()));
    soft.into_iter().chain(flapping).chain(silenced).collect()
}

/// The same as one text each, such as `silenced until TIME by ann: deploy 1.2`.
#[must_use]
pub fn lines(view: &PluginView) -> Vec<String> {
    standing(view).into_iter().map(|(name, text)| format!("{} {text}", name.to_lowercase())).collect()
}

/// The one message that a format has room for, behind what else there is to say.
#[must_use]
pub fn with_message(view: &PluginView, message: Option<String>) -> Option<String> {
    let texts: Vec<_> = lines(view).into_iter().chain(message).collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

/// The silence that the plugin is under: who made it, why, and when it ends.
#[must_use]
pub fn silence(view: &PluginView) -> Option<[(&'static str, String); 3]> {
    let silence = view.object("silence")?;
    Some(["by", "reason", "until"].map(|name| {
        let value = silence.get(name).map_or_else(String::new, |value| printed(value).into_owned());
        (name, value)
    }))
}

fn silenced(silence: &Map<String, Json>) -> String {
    let member = |name: &str| silence.get(name).map_or_else(|| "?".into(), printed);
    format!("until {} by {}: {}", shown_time(&member("until")), member("by"), member("reason"))
}

/// A time of the wire by the clocks of this machine, as the other times are, with their offset; as it is where it is none.
#[must_use]
pub fn shown_time(text: &str) -> String {
    let time = DateTime::parse_from_rfc3339(text);
    time.map_or_else(
        |_| text.to_owned(),
        |time| time.with_timezone(&LocalZone).to_rfc3339_opts(SecondsFormat::Secs, false),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_shown_by_the_clocks_of_this_machine() {
        let (text, time) = ("2026-11-25T02:43:51Z", DateTime::parse_from_rfc3339);
        let shown = shown_time(text);
        assert!(time(&shown).is_ok_and(|shown| Ok(shown) == time(text)) && !shown.ends_with('Z'), "{shown}");
        assert_eq!(shown_time("soon"), "soon");
    }
}
