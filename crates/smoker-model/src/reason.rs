//! Why a result has its status, in one line: for the log, for alerts, and for everybody else who has room for one.

use serde_json::{Map, Value as Json};

use crate::messages::{self, Level};
use crate::result::{ComponentResults, PluginResult};
use crate::run_end::RunEnd;
use crate::status::Status;

/// What a reason is taken from.
#[derive(Clone, Copy, Debug)]
pub struct Grounds<'a> {
    /// The status that it is the reason of.
    pub status: Status,
    /// The messages of the result, as the wire has them.
    pub messages: Option<&'a Map<String, Json>>,
    /// How the process of the run ended.
    pub end: Option<RunEnd>,
}

impl Grounds<'_> {
    /// The reason, its first line: for a bad status the first message of `error`, else of `warn`, else what the first component of that status
    /// says, else the signal that ended the run; otherwise the first message of any level, with the exit status of a run that failed, else that
    /// of such a component, else the exit status where that is not 0. None when there is nothing of it.
    #[must_use]
    pub fn reason<'c>(self, components: impl Iterator<Item = (&'c str, &'c Json)> + Clone) -> Option<String> {
        let Self { status, messages, end } = self;
        let own = |levels: &[Level]| messages.and_then(|messages| messages::first_of(messages, levels));
        let alike = components.filter(|(_, component)| component["status"] == status.as_str());
        let of_component = || {
            let told = |(name, component): (&str, &Json)| {
                Some(format!("{name}: {}", messages::first(component["messages"].as_object()?)?))
            };
            alike.clone().find_map(told)
        };
        let is_bad = matches!(status, Status::Warn | Status::Error);
        let silent = || alike.clone().next().filter(|_| is_bad).map(|(name, _)| format!("{name} is {status}"));
        let signal = || end.filter(|end| is_bad && matches!(end, RunEnd::Signalled(_))).map(|end| end.to_string());
        // That a command ended well is no reason of its status.
        let exit = || end.filter(|end| *end != RunEnd::Exited(0)).map(|end| end.to_string());
        let problem =
            if is_bad { own(&[Level::Error, Level::Warn]).or_else(of_component).or_else(signal) } else { None };
        // What a command printed that failed is not why: that is how it ended.
        let printed = || {
            let text = own(&[Level::Error, Level::Warn, Level::Info])?;
            Some(exit().filter(|_| is_bad).map_or_else(|| text.clone(), |exit| format!("{text} ({exit})")))
        };
        problem.or_else(printed).or_else(of_component).or_else(silent).or_else(exit)
    }
}

impl PluginResult {
    /// Why the result has its status ([`Grounds::reason`]).
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        let messages = self.messages.as_ref().map(messages::Messages::as_json);
        let components = self.component_results.iter().flat_map(ComponentResults::as_json);
        let grounds = Grounds { status: self.status, messages, end: self.end };
        grounds.reason(components.map(|(name, component)| (name.as_str(), component)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reason_is_found_wherever_it_is() {
        let messages = |level: &str, text: &str| {
            let mut all = json!({"info": [], "error": [], "warn": []});
            all[level] = json!([text]);
            all
        };
        let none = json!(null);
        let part = |name: &str, status: &str, text: &str| {
            (name.to_owned(), json!({"status": status, "messages": messages("error", text)}))
        };
        let disks = vec![part("/", "OK", "fine"), part("/var", "ERROR", "Used 99%"), part("/tmp", "ERROR", "Used 98%")];
        let quiet = vec![("a".to_owned(), json!({"status": "ERROR", "messages": null}))];
        let (failed, killed) = (Some(RunEnd::Exited(3)), Some(RunEnd::Signalled(9)));
        for (status, messages, components, end, expected) in [
            (Status::Error, messages("error", "\n down \nmore"), &disks, failed, Some("down")),
            (Status::Error, messages("info", "looked at 3"), &disks, failed, Some("/var: Used 99%")),
            (Status::Error, none.clone(), &disks, None, Some("/var: Used 99%")),
            (Status::Error, messages("info", "refused"), &vec![], failed, Some("refused (exit status 3)")),
            (Status::Warn, messages("info", "refused"), &vec![], None, Some("refused")),
            (Status::Ok, messages("info", "refused"), &vec![], failed, Some("refused")),
            (Status::Error, messages("info", "begun"), &vec![], killed, Some("signal 9")),
            (Status::Error, messages("info", " "), &vec![], failed, Some("exit status 3")),
            (Status::Error, none.clone(), &quiet, failed, Some("a is ERROR")),
            (Status::Error, none.clone(), &vec![], None, None),
            (Status::Ok, none.clone(), &disks, Some(RunEnd::Exited(0)), Some("/: fine")),
            (Status::Ok, none.clone(), &vec![], Some(RunEnd::Exited(0)), None),
        ] {
            let grounds = Grounds { status, messages: messages.as_object(), end };
            let reason = grounds.reason(components.iter().map(|(name, component)| (name.as_str(), component)));
            assert_eq!(reason.as_deref(), expected, "{status} {messages} {components:?}");
        }
    }
}
