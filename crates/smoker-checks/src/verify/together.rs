//! Parameters that are each right, and do not go together, or with the service that is asked.

use serde_json::Value as Json;
use smoker_model::suggest;

use crate::parameters::scalar_text;
use crate::spec::Spec;
use crate::verify::fault::ParameterFault;

/// Hosts that take the form of one `Preset` alone, by how their names end.
const HOSTS: [(&str, &str); 4] = [
    ("hooks.slack.com", "slack"),
    ("webhook.office.com", "teams"),
    ("logic.azure.com", "teams"),
    ("events.pagerduty.com", "pagerduty"),
];

/// Fields that a text of `Body` may have.
const FIELDS: [&str; 22] = [
    "action",
    "attempt",
    "badSeconds",
    "badSince",
    "componentResults",
    "count",
    "duration",
    "event",
    "exitStatus",
    "host",
    "lastRun",
    "lastRunUtc",
    "message",
    "messages",
    "perfdata",
    "plugin",
    "plugins",
    "previousStatus",
    "since",
    "status",
    "test",
    "text",
];

/// What is wrong with the parameters of a built-in together.
pub(super) fn find<'a>(spec: &Spec, given: impl Fn(&str) -> Option<&'a Json>) -> Vec<ParameterFault> {
    match spec.name {
        "smoker.actions.webhook" => of_webhook(given),
        "smoker.actions.restart" if given("MaxPerHour").and_then(Json::as_u64) == Some(0) => {
            let reason =
                "MaxPerHour is 0, so it never restarts anything; write how often an hour it may, or remove the action";
            vec![guess("MaxPerHour", reason.to_owned())]
        }
        _ => Vec::new(),
    }
}

fn of_webhook<'a>(given: impl Fn(&str) -> Option<&'a Json>) -> Vec<ParameterFault> {
    let preset = given("Preset").and_then(Json::as_str).unwrap_or("generic");
    let body = given("Body");
    let has_key = given("RoutingKey").is_some();
    let mut found = Vec::new();
    if preset == "pagerduty" && !has_key && body.is_none() {
        let reason = "RoutingKey is missing, which Preset: pagerduty needs: set it to the integration key".to_owned();
        found.push(ParameterFault { parameter: Some("Preset".to_owned()), reason, is_guess: false });
    }
    if preset != "pagerduty" && has_key {
        let reason = "RoutingKey is sent with Preset: pagerduty alone; set that, or remove it".to_owned();
        found.push(guess("RoutingKey", reason));
    }
    let host = given("Url").and_then(scalar_text).and_then(|text| host_of(&text));
    let of_host = host.and_then(|host| HOSTS.into_iter().find(|(name, _)| is_below(&host, name)));
    if let Some((name, needed)) = of_host.filter(|(_, needed)| *needed != preset && body.is_none()) {
        let reason = format!(
            "Url is one of {name}, which takes the form of Preset: {needed} alone, so each call would be refused; set that, or write a Body"
        );
        found.push(guess("Url", reason));
    }
    if let Some((field, near)) = body.and_then(misspelt_field) {
        let reason = format!("Body has %({field})s, which is no field, and is sent as it is; did you mean %({near})s?");
        found.push(guess("Body", reason));
    }
    found
}

fn guess(parameter: &str, reason: String) -> ParameterFault {
    ParameterFault { parameter: Some(parameter.to_owned()), reason, is_guess: true }
}

/// The host of an address, in lower case.
fn host_of(text: &str) -> Option<String> {
    let authority = text.split_once("://")?.1.split(['/', '?', '#']).next()?;
    Some(authority.split(':').next()?.to_ascii_lowercase())
}

fn is_below(host: &str, name: &str) -> bool {
    host.strip_suffix(name).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

/// A placeholder that is nearly one of a field, and that field.
fn misspelt_field(body: &Json) -> Option<(String, &'static str)> {
    match body {
        Json::String(text) => text.split("%(").skip(1).find_map(|behind| {
            let name = behind.split_once(")s")?.0;
            let near = suggest::near(name, &FIELDS).filter(|_| !FIELDS.contains(&name))?;
            Some((name.to_owned(), near))
        }),
        Json::Array(items) => items.iter().find_map(misspelt_field),
        Json::Object(members) => members.values().find_map(misspelt_field),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parameters_of_a_webhook_that_do_not_go_together_are_told() {
        let told = |parameters: Json| -> Vec<String> {
            of_webhook(|name| parameters.get(name)).into_iter().map(|fault| fault.reason).collect()
        };
        for (parameters, reason) in [
            (json!({"Url": "https://h/x", "Preset": "pagerduty"}), "RoutingKey is missing"),
            (json!({"Url": "https://h/x", "RoutingKey": "k"}), "RoutingKey is sent with Preset: pagerduty alone"),
            (json!({"Url": "https://hooks.slack.com/services/x"}), "Url is one of hooks.slack.com, which takes"),
            (
                json!({"Url": "https://A.Webhook.Office.com:443/x", "Preset": "slack"}),
                "the form of Preset: teams alone",
            ),
            (json!({"Url": "https://h/x", "Body": {"a": ["x %(stauts)s"]}}), "Body has %(stauts)s, which is no field"),
        ] {
            let told = told(parameters.clone());
            assert!(told.len() == 1 && told[0].contains(reason), "{parameters}: {told:?}");
        }
        for parameters in [
            json!({"Url": "https://h/x"}),
            json!({"Preset": "pagerduty", "RoutingKey": "k"}),
            json!({"Url": "https://hooks.slack.com/services/x", "Preset": "slack"}),
            json!({"Url": "https://hooks.slack.com/services/x", "Body": {"text": "%(text)s"}}),
            json!({"Url": "https://nothooks.slack.com/x"}),
            json!({"Url": "https://h/x", "Body": {"a": "%(status)s %(Category)s 5 %(x) %("}}),
        ] {
            assert_eq!(told(parameters.clone()), [""; 0], "{parameters}");
        }
    }
}
