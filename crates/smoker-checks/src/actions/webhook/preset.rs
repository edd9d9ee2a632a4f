//! The bodies that services expect.

use serde_json::{Value as Json, json};
use smoker_model::status::Status;

use crate::actions::told::{Told, ToldPart, cut};

/// How much of a message an incident has, in characters.
const DETAILS: usize = 10_000;

/// Whose form a body has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Preset {
    /// All fields.
    Generic,
    /// Slack, and Mattermost, which takes the same.
    Slack,
    /// Microsoft Teams, by a workflow.
    Teams,
    /// `PagerDuty`, events API v2.
    PagerDuty,
}

impl Preset {
    /// The bodies of all requests.
    pub(super) fn bodies(self, told: &Told, routing_key: Option<&str>) -> Vec<Json> {
        match self {
            Self::Generic => vec![Json::Object(told.fields())],
            Self::Slack => vec![json!({"text": escaped(&told.text())})],
            Self::Teams => vec![teams(told)],
            // Each plugin is an incident of its own, which is resolved by its name.
            Self::PagerDuty => told.parts.iter().map(|part| pagerduty(told, part, routing_key)).collect(),
        }
    }
}

/// Slack's three signs of control: a message of a plugin is to call nobody and to link to nothing.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn teams(told: &Told) -> Json {
    let color = match told.status {
        Status::Ok => "Good",
        Status::Warn => "Warning",
        Status::Error | Status::Unknown => "Attention",
    };
    let block = |text: &str, is_first: bool| {
        let (weight, color) = if is_first { ("Bolder", color) } else { ("Default", "Default") };
        json!({"type": "TextBlock", "text": text, "wrap": true, "weight": weight, "color": color})
    };
    let text = told.text();
    let body: Vec<_> = text.lines().enumerate().map(|(at, line)| block(line, at == 0)).collect();
    let schema = "http://adaptivecards.io/schemas/adaptive-card.json";
    let card = json!({"$schema": schema, "type": "AdaptiveCard", "version": "1.4", "body": body});
    let content_type = "application/vnd.microsoft.card.adaptive";
    json!({"type": "message", "attachments": [{"contentType": content_type, "content": card}]})
}

fn pagerduty(told: &Told, part: &ToldPart, routing_key: Option<&str>) -> Json {
    let severity = match part.status {
        Status::Ok => "info",
        Status::Warn => "warning",
        Status::Error | Status::Unknown => "critical",
    };
    let action = if part.status == Status::Ok { "resolve" } else { "trigger" };
    // 1024 characters are as many as a summary may have.
    let summary: String = told.line(part).chars().take(1024).collect();
    let message = cut(&part.message, DETAILS);
    // The incident of a test is none of the plugin's own.
    let of_test = if told.is_test { "/test" } else { "" };
    json!({
        "routing_key": routing_key,
        "event_action": action,
        "dedup_key": format!("smoker/{}/{}{of_test}", told.host, part.name),
        "client": "smokerd",
        "payload": {
            "summary": summary,
            "source": told.host,
            "severity": severity,
            "component": part.name,
            "timestamp": part.since,
            "custom_details": {"status": part.status.as_str(), "previousStatus": part.previous, "message": message},
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_makes_an_incident_of_its_own() {
        let key = |is_test| {
            let part = ToldPart {
                name: "Db".to_owned(),
                status: Status::Error,
                previous: None,
                since: String::new(),
                bad_since: None,
                message: String::new(),
                is_after_failure: false,
            };
            let told = Told::about("web07", is_test, vec![part]);
            pagerduty(&told, &told.parts[0], None)["dedup_key"].clone()
        };
        assert_eq!((key(false), key(true)), ("smoker/web07/Db".into(), "smoker/web07/Db/test".into()));
    }

    #[test]
    fn a_message_can_neither_call_nor_link() {
        assert_eq!(super::escaped("<!channel> a & <http://x|y>"), "&lt;!channel&gt; a &amp; &lt;http://x|y&gt;");
    }
}
