//! The messages of a run, by level.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json};

use crate::invalid_result::InvalidResult;
use crate::notation::python_text;
use crate::value::Value;

/// How many messages of one level a result, or a component of it, keeps. Short
/// lines take many times their length once they are messages, in the daemon and in the client.
pub const MAX_MESSAGES: usize = 10_000;

/// How many of the kept messages are from the beginning of the list; the others are from its end.
const BEGIN: usize = MAX_MESSAGES / 2;

/// The first line of the first message in the wire's form of messages, errors before warnings before information; none when
/// there is no message with a text.
#[must_use]
pub fn first(messages: &Map<String, Json>) -> Option<String> {
    first_of(messages, &[Level::Error, Level::Warn, Level::Info])
}

/// As [`first`], of these levels alone, in their order.
#[must_use]
pub(crate) fn first_of(messages: &Map<String, Json>, levels: &[Level]) -> Option<String> {
    let lists = levels.iter().filter_map(|level| messages.get(level.as_str())?.as_array());
    let lines = lists.flatten().filter_map(Json::as_str).flat_map(str::lines).map(str::trim);
    lines.filter(|line| !line.is_empty()).map(str::to_owned).next()
}

/// The severity of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Information that needs no reaction.
    Info,
    /// A failure.
    Error,
    /// A condition that may become a failure.
    Warn,
}

impl Level {
    /// All levels in the order in which the wire writes them and validation looks at them.
    pub const ALL: [Self; 3] = [Self::Info, Self::Error, Self::Warn];

    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Error => "error",
            Self::Warn => "warn",
        }
    }
}

/// The messages of a result, a component or an action.
///
/// Kept as the JSON object that the wire shows, since messages which a plugin
/// printed as JSON are passed on untouched, with further levels and an order
/// of their own; an empty object is allowed.
#[derive(Clone, Debug, PartialEq)]
pub struct Messages(Map<String, Json>);

impl Messages {
    /// Three empty lists.
    #[must_use]
    pub fn new() -> Self {
        Self(Level::ALL.iter().map(|level| (level.as_str().to_owned(), Json::Array(Vec::new()))).collect())
    }

    /// One message of one level.
    #[must_use]
    pub fn of(level: Level, text: &str) -> Self {
        let mut messages = Self::new();
        messages.add(level, text);
        messages
    }

    /// One message of one level, as it is: not stripped, and of one line.
    #[must_use]
    pub fn verbatim(level: Level, text: &str) -> Self {
        let mut messages = Self::new();
        messages.0.insert(level.as_str().to_owned(), Json::Array(vec![Json::from(text)]));
        messages
    }

    /// Adds a text: one message a line, each stripped. A text that is blank as
    /// a whole adds nothing; a blank line between others stays, as an empty message.
    pub fn add(&mut self, level: Level, text: &str) {
        if python_text::strip(text).is_empty() {
            return;
        }
        let surplus = (text.bytes().filter(|byte| *byte == b'\n').count() + 1).saturating_sub(MAX_MESSAGES);
        // What would be left out in the end is not even made.
        let is_kept = |at: usize| surplus == 0 || !(BEGIN..BEGIN + surplus).contains(&at);
        let list = self.0.entry(level.as_str()).or_insert_with(|| Json::Array(Vec::new()));
        if let Json::Array(list) = list {
            let lines = text.split('\n').enumerate().filter(|(at, _)| is_kept(*at));
            list.extend(lines.map(|(_, line)| Json::String(python_text::strip(line).to_owned())));
        }
        warn_of_surplus(&mut self.0, level.as_str(), surplus);
    }

    /// Leaves out the middle of each list that has more than [`MAX_MESSAGES`], and says so.
    pub fn bound(&mut self) {
        bound(&mut self.0);
    }

    /// The texts of one level.
    pub fn level(&self, level: Level) -> impl Iterator<Item = &str> {
        self.0.get(level.as_str()).and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str)
    }

    /// Whether there is no message of any level.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        Level::ALL.iter().all(|level| self.level(*level).next().is_none())
    }

    /// The messages as the wire shows them.
    #[must_use]
    pub fn as_json(&self) -> &Map<String, Json> {
        &self.0
    }

    /// Takes messages that a plugin gave as JSON. Null means none.
    ///
    /// # Errors
    ///
    /// The original's words for anything but null or an object that is empty
    /// or holds the three lists of texts.
    pub fn parse(json: Json) -> Result<Option<Self>, InvalidResult> {
        let object = match json {
            Json::Null => return Ok(None),
            Json::Object(object) => object,
            other => {
                let kind = Value::from(other).python_type();
                return Err(InvalidResult(format!("Result message has to be a dictionary or None, not {kind}")));
            }
        };
        if object.is_empty() {
            return Ok(Some(Self(object)));
        }
        for level in Level::ALL {
            let name = level.as_str();
            let invalid = |wanted: &str, found: &Json| {
                let kind = Value::from(found.clone()).python_type();
                InvalidResult(format!(
                    "Can't validate message: Result message type {name} has to be a {wanted}, not {kind}"
                ))
            };
            match object.get(name) {
                None => return Err(InvalidResult(format!("Can't validate message: '{name}'"))),
                Some(Json::Array(list)) => {
                    if let Some(other) = list.iter().find(|text| !text.is_string()) {
                        return Err(invalid("string", other));
                    }
                }
                Some(other) => return Err(invalid("list", other)),
            }
        }
        Ok(Some(Self(object)))
    }
}

/// Does the same for messages that are still a JSON object.
pub(crate) fn bound(messages: &mut Map<String, Json>) {
    let mut cut = Vec::new();
    for (level, list) in messages.iter_mut() {
        let Json::Array(list) = list else { continue };
        let surplus = list.len().saturating_sub(MAX_MESSAGES);
        if surplus > 0 {
            list.drain(BEGIN..BEGIN + surplus);
            list.shrink_to_fit();
            cut.push((level.clone(), surplus));
        }
    }
    for (level, surplus) in cut {
        warn_of_surplus(messages, &level, surplus);
    }
}

fn warn_of_surplus(messages: &mut Map<String, Json>, level: &str, surplus: usize) {
    if surplus > 0
        && let Json::Array(list) = messages.entry(Level::Warn.as_str()).or_insert_with(|| Json::Array(Vec::new()))
    {
        list.push(Json::String(format!(
            "{surplus} {level} messages were left out of the middle: a result keeps {MAX_MESSAGES} of each level"
        )));
    }
}

impl Default for Messages {
    fn default() -> Self {
        Self::new()
    }
}

impl Serialize for Messages {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_becomes_one_stripped_message_a_line() {
        let mut messages = Messages::new();
        messages.add(Level::Info, " one\t\n\n  two\r\n");
        messages.add(Level::Warn, " \n\t\n");
        assert_eq!(messages.level(Level::Info).collect::<Vec<_>>(), ["one", "", "two", ""]);
        assert_eq!(messages.level(Level::Warn).count(), 0);
    }

    #[test]
    fn too_many_messages_lose_their_middle() {
        let mut messages = Messages::new();
        let lines: Vec<_> = (0..MAX_MESSAGES + 3).map(|number| number.to_string()).collect();
        messages.add(Level::Info, &lines.join("\n"));
        messages.add(Level::Error, "one");
        let kept: Vec<_> = messages.level(Level::Info).collect();
        assert_eq!((kept.len(), kept[0]), (MAX_MESSAGES, "0"));
        assert_eq!((kept[4999], kept[5000], kept[9999]), ("4999", "5003", "10002"));
        let told = "3 info messages were left out of the middle: a result keeps 10000 of each level";
        assert_eq!(messages.level(Level::Warn).collect::<Vec<_>>(), [told]);
        let bounded = messages.clone();
        messages.bound();
        assert_eq!(messages, bounded);
        messages.add(Level::Info, "one\nmore");
        messages.bound();
        let kept: Vec<_> = messages.level(Level::Info).collect();
        assert_eq!((kept.len(), kept[4999], kept[9998], kept[9999]), (MAX_MESSAGES, "4999", "one", "more"));
    }

    #[test]
    fn messages_from_json_keep_order_and_further_levels() {
        let json = json!({"warn": [], "debug": "d", "info": ["a\nb"], "error": []});
        let messages = Messages::parse(json.clone()).expect("valid").expect("some");
        assert_eq!(serde_json::to_string(&messages).expect("json"), json.to_string());
    }
}
