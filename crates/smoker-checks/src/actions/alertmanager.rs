//! `smoker.actions.alertmanager`: alerts for Prometheus' Alertmanager, by its API v2.
//!
//! An alert has to be sent again while it lasts: otherwise the Alertmanager takes it for resolved at its `endsAt`. So a host that
//! has gone leaves no alert for ever.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::{Map, Value as Json, json};
use smoker_model::messages::{Level, Messages};
use smoker_model::plugin::module::{ModuleKind, ModuleRequest};
use smoker_model::result::{Findings, RETRY_AFTER};
use smoker_model::status::Status;
use smoker_model::time::moment::Moment;

use crate::actions::post::{self, CA_FILE, HEADERS, Refusal, VERIFY};
use crate::actions::told::{Told, ToldPart};
use crate::checks::network::http::url::Url;
use crate::parameters::{self, Parameters, scalar_text, wrong};
use crate::spec::{Absence, ParameterSpec, ParameterType, Spec};

/// How long an alert lasts unless it is sent again, in seconds: as long as Prometheus' own, four times its interval and more.
const EXPIRES: f64 = 300.0;

/// How long it takes until an alert is sent again, without a `Repeat`, in seconds.
const REPEAT: f64 = 60.0;

/// How long the alert of a test lasts: long enough for an Alertmanager that collects alerts before it tells anybody.
const TEST_LASTS: TimeDelta = TimeDelta::minutes(2);

/// The `alertname` of a test.
const TEST_NAME: &str = "SmokerTest";

/// More is not set, in seconds.
const LONGEST: f64 = 10.0 * 366.0 * 86400.0;

/// Addresses below which the API is.
const ADDRESSES: ParameterType = ParameterType::Custom {
    form: "text or list of text",
    read: |name, value| {
        let texts = parameters::targets_of(name, value)?;
        texts
            .iter()
            .try_for_each(|text| address(text).map(drop).map_err(|reason| format!("{name} has an address {reason}")))
    },
};

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec {
        name: "Urls",
        accepts: ADDRESSES,
        absence: Absence::FailsWithoutOther,
        meaning: "addresses of Alertmanagers, such as `http://alerts:9093`; each of them gets all alerts",
    },
    ParameterSpec {
        name: "Url",
        accepts: ADDRESSES,
        absence: Absence::FailsWithoutOther,
        meaning: "as `Urls`, for one",
    },
    ParameterSpec::optional(
        "Labels",
        ParameterType::Custom {
            form: "mapping of names to texts",
            read: |name, value| labels_of(name, value).map(drop),
        },
        "none",
        "labels beside `alertname`, `plugin`, `instance` and `severity`",
    ),
    ParameterSpec::optional(
        "Expires",
        ParameterType::Custom {
            form: "time such as `10m`, above 0",
            read: |name, value| parameters::seconds_of(name, value).map(drop),
        },
        "`5m`, or three times `Repeat` where that is longer",
        "after which time an alert ends that is not sent again; less than twice `Repeat` counts as that",
    ),
    HEADERS,
    ParameterSpec::optional(
        "Token",
        ParameterType::Secret,
        "none",
        "a token for `Authorization: Bearer`, from `!file` or `!env`",
    ),
    VERIFY,
    CA_FILE,
];

/// The declaration of this built-in.
pub(crate) const fn spec() -> Spec {
    Spec {
        name: "smoker.actions.alertmanager",
        kind: ModuleKind::Action,
        meaning: "sends alerts to Alertmanagers while plugins are bad, and resolves them",
        output: "a message for each Alertmanager",
        parameters: PARAMETERS,
        needs_child: true,
        leaves_running: false,
        is_original: false,
    }
}

/// Sends the alerts of the plugins that the call is for.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of_action(request);
    let urls = parameters.required_targets("Urls", "Url")?;
    let labels = parameters.get("Labels").map_or(Ok(Map::new()), |value| labels_of("Labels", value))?;
    let lifetime = lifetime(request)?;
    let mut headers = post::headers(parameters)?;
    if let Some(token) = post::secret(parameters, "Token")? {
        headers.push(("Authorization".to_owned(), format!("Bearer {token}")));
    }
    let is_verified = parameters.choice("Verify")?.unwrap_or(true);
    let told = Told::of(request);
    let now = Moment::now().wall;
    let lifetime = if told.is_test { TEST_LASTS } else { lifetime };
    let times = Times { now: now.to_rfc3339(), later: (now + lifetime).to_rfc3339() };
    let alerts: Vec<_> = told.parts.iter().flat_map(|part| alerts_of(&told, part, &labels, &times)).collect();
    let body = Json::Array(alerts).to_string();
    let end = post::end_of(request);
    let (mut taken, mut refused, mut waits) = (Vec::new(), Vec::new(), Vec::new());
    for (at, text) in urls.iter().enumerate() {
        let end = post::share_of(end, urls.len() - at);
        let sent =
            address(text).map_err(|reason| Refusal::from(format!("it is an address {reason}"))).and_then(|url| {
                let trust = post::trust(parameters, url.is_secure)?;
                post::json(&url, headers.clone(), body.clone(), trust.as_ref(), is_verified, end)
            });
        match sent {
            Ok(answer) if told.is_test => {
                let end =
                    if told.status == Status::Ok { "has ended" } else { "ends in 2 minutes, or with --status OK" };
                taken.push(format!("{text} took the alert {TEST_NAME}, which {end}: {}", answer.text()));
            }
            Ok(answer) => taken.push(format!("{text} took the alerts: {}", answer.text())),
            Err(Refusal { reason, retry_after }) => {
                refused.push(format!("{text}: {reason}"));
                waits.push(retry_after.unwrap_or_default());
            }
        }
    }
    let mut findings = findings(&taken, &refused);
    // One that says nothing of it may be asked at any time.
    let wait = waits.into_iter().min().filter(|wait| taken.is_empty() && !wait.is_zero());
    findings.extra.extend(wait.map(|wait| (RETRY_AFTER.to_owned(), wait.as_secs().into())));
    Ok(findings)
}

/// One Alertmanager that took the alerts is enough: they tell each other.
fn findings(taken: &[String], refused: &[String]) -> Findings {
    let (status, level) = match (taken, refused) {
        (_, []) => (Status::Ok, Level::Info),
        ([], _) => (Status::Error, Level::Error),
        _ => (Status::Warn, Level::Warn),
    };
    let mut messages = Messages::new();
    for (level, text) in taken.iter().map(|text| (Level::Info, text)).chain(refused.iter().map(|text| (level, text))) {
        messages.add(level, text);
    }
    Findings::new(status, messages)
}

/// How long an alert lasts that is not sent again.
fn lifetime(request: &ModuleRequest) -> Result<TimeDelta, String> {
    // `Repeat` may be that of the plugin, where the action has none.
    let repeat = Parameters::of(request).seconds("Repeat").ok().flatten().unwrap_or(REPEAT);
    let seconds = match Parameters::of_action(request).seconds("Expires")? {
        // An alert that ended before it is sent again would be resolved and fire in turn.
        Some(seconds) => seconds.max(2.0 * repeat),
        None => EXPIRES.max(3.0 * repeat),
    };
    // Ten years are as good as for ever, and leave room in any date.
    let seconds = Duration::try_from_secs_f64(seconds.min(LONGEST)).unwrap_or_default();
    Ok(TimeDelta::from_std(seconds).unwrap_or_default())
}

struct Times {
    now: String,
    later: String,
}

/// Where alerts are posted to. The reason why a text is no address does not show it.
fn address(text: &str) -> Result<Url, String> {
    if text.contains(['?', '#']) {
        let next = "write the part before it: /api/v2/alerts is added to that";
        return Err(format!(
            "with a query or a fragment (`?`, `#`), which that of an Alertmanager does not have; {next}"
        ));
    }
    let text = text.trim_end_matches('/');
    let base = text.strip_suffix("/api/v2/alerts").unwrap_or(text);
    let path = base.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..])).unwrap_or_default();
    let is_page = |page: &&str| path == *page || path.ends_with(*page) || path.contains(&format!("{page}/"));
    if let Some(page) = ["/api", "/-", "/metrics"].into_iter().find(|page| is_page(page)) {
        return Err(format!(
            "of a page of an Alertmanager, so that each call would fail; leave out {page} and what follows: /api/v2/alerts is added"
        ));
    }
    Url::parse(&format!("{base}/api/v2/alerts")).map_err(|reason| format!("that is none: {reason}"))
}

/// The alert of a plugin, and the end of the one that it had when it was bad in another way; after a call that failed, of any that it may
/// have.
fn alerts_of(told: &Told, part: &ToldPart, labels: &Map<String, Json>, times: &Times) -> Vec<Json> {
    let previous = part.previous.as_deref().and_then(Status::of_result).and_then(severity);
    let alert = |severity: &str, is_over: bool| {
        let mut all = labels.clone();
        let own =
            [("alertname", "SmokerPlugin"), ("plugin", &part.name), ("instance", &told.host), ("severity", severity)];
        for (name, value) in own {
            all.entry(name).or_insert_with(|| value.into());
        }
        if told.is_test {
            // Another alert than that of the plugin, which is neither replaced nor ended.
            all.insert("alertname".to_owned(), TEST_NAME.into());
        }
        let summary = told.line(part);
        let mut alert = json!({
            "labels": all,
            "annotations": {"summary": summary, "description": part.message},
            "endsAt": if is_over { &times.now } else { &times.later },
        });
        let begin = part.bad_since.as_deref().unwrap_or(&part.since);
        if !begin.is_empty() {
            alert["startsAt"] = begin.into();
        }
        alert
    };
    let now = severity(part.status);
    let is_known = !part.is_after_failure && (now.is_some() || (previous.is_some() && !told.is_test));
    // What may be an alert, and is not known to be none, is ended.
    let over = SEVERITIES.into_iter().filter(|it| Some(*it) != now && (!is_known || Some(*it) == previous));
    now.into_iter().map(|now| alert(now, false)).chain(over.map(|over| alert(over, true))).collect()
}

/// The severities of alerts.
const SEVERITIES: [&str; 2] = ["critical", "warning"];

/// The severity of a bad status.
fn severity(status: Status) -> Option<&'static str> {
    match status {
        Status::Ok => None,
        Status::Warn => Some("warning"),
        Status::Error | Status::Unknown => Some("critical"),
    }
}

fn labels_of(name: &str, value: &Json) -> Result<Map<String, Json>, String> {
    let members = value.as_object().ok_or_else(|| wrong(name, "a mapping of names to texts", value))?;
    let each = members.iter().map(|(label, value)| {
        let is_name = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && label.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let text = scalar_text(value).filter(|_| is_name);
        text.map(|text| (label.clone(), text.into()))
            .ok_or_else(|| format!("{name}.{label} is no label: correct it in the configuration"))
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A call that failed may have arrived, whatever was told before and after it.
    #[test]
    fn an_alert_that_may_have_arrived_is_ended() {
        use Status::{Error, Ok, Warn};

        let sent = |status: Status, previous: Option<&str>, is_after_failure: bool, is_test: bool| -> Vec<String> {
            let part = ToldPart {
                name: "Db".to_owned(),
                status,
                previous: previous.map(str::to_owned),
                since: String::new(),
                bad_since: None,
                message: String::new(),
                is_after_failure,
            };
            let times = Times { now: "now".to_owned(), later: "later".to_owned() };
            let told = Told::about("web07", is_test, vec![part]);
            let alerts = alerts_of(&told, &told.parts[0], &Map::new(), &times);
            let text = |alert: Json| format!("{} {}", alert["labels"]["severity"], alert["endsAt"]).replace('"', "");
            alerts.into_iter().map(text).collect()
        };
        for (status, previous, is_after_failure, is_test, expected) in [
            (Error, None, false, false, vec!["critical later"]),
            (Error, Some("WARN"), false, false, vec!["critical later", "warning now"]),
            (Error, Some("ERROR"), false, false, vec!["critical later"]),
            (Ok, Some("WARN"), false, false, vec!["warning now"]),
            (Ok, None, false, false, vec!["critical now", "warning now"]),
            (Ok, Some("WARN"), true, false, vec!["critical now", "warning now"]),
            (Error, Some("ERROR"), true, false, vec!["critical later", "warning now"]),
            (Warn, Some("OK"), true, false, vec!["warning later", "critical now"]),
            (Error, None, false, true, vec!["critical later"]),
            (Ok, Some("ERROR"), false, true, vec!["critical now", "warning now"]),
        ] {
            let case = format!("{status} after {previous:?}, {is_after_failure}, {is_test}");
            assert_eq!(sent(status, previous, is_after_failure, is_test), expected, "{case}");
        }
    }

    #[test]
    fn an_address_that_fails_each_call_is_refused() {
        for good in [
            "http://a:9093",
            "https://a/",
            "http://a/prefix",
            "http://a:9093/api/v2/alerts",
            "http://a/apis",
            "http://[::1]:9093/x/",
        ] {
            let url = address(good).expect(good);
            assert!(
                url.path.ends_with("/api/v2/alerts") && url.path.matches("/api/").count() == 1,
                "{good}: {}",
                url.path
            );
        }
        for (bad, reason) in [
            ("http://a:9093/?x=1", "with a query or a fragment"),
            ("http://a:9093/#/alerts", "with a query or a fragment"),
            ("http://a:9093/api/v2", "leave out /api and what follows"),
            ("http://a:9093/api/v1/alerts", "leave out /api"),
            ("http://a:9093/prefix/api/v2/silences", "leave out /api"),
            ("http://a:9093/-/ready", "leave out /-"),
            ("http://a:9093/metrics", "leave out /metrics"),
            ("a:9093", "that is none: it has to begin with http://"),
            ("http:///x", "that is none: it has no host"),
        ] {
            let told = address(bad).expect_err(bad);
            assert!(told.contains(reason) && !told.contains("//a:9093"), "{bad}: {told}");
        }
    }

    #[test]
    fn one_that_takes_the_alerts_makes_a_warning_of_the_others() {
        let text = |number: usize| vec!["x".to_owned(); number];
        for (taken, refused, status, level) in [
            (2, 0, Status::Ok, None),
            (1, 1, Status::Warn, Some(Level::Warn)),
            (0, 2, Status::Error, Some(Level::Error)),
        ] {
            let findings = findings(&text(taken), &text(refused));
            let messages = findings.messages.expect("some");
            assert_eq!(findings.status, status);
            assert_eq!(level.map_or(0, |level| messages.level(level).count()), refused);
        }
    }

    #[test]
    fn an_alert_ends_when_its_plugin_is_good_or_bad_in_another_way() {
        let request = |status: &str, previous: &str| ModuleRequest {
            kind: ModuleKind::Action,
            module: String::new(),
            plugin: "Db".to_owned(),
            forced: false,
            known: None,
            timeout: 1.0,
            parameters: Map::new(),
            result: Some(Map::from_iter([(
                "plugins".to_owned(),
                json!([{"name": "Db", "status": status, "previousStatus": previous, "since": "2026-11-30T10:00:00Z"}]),
            )])),
            stdout: String::new(),
            stderr: String::new(),
            exit_status: None,
            remembered: None,
        };
        let times = Times { now: "now".to_owned(), later: "later".to_owned() };
        let ends = |status: &str, previous: &str| {
            let told = Told::of(&request(status, previous));
            let alerts = alerts_of(&told, &told.parts[0], &Map::new(), &times);
            let shown = |alert: &Json| {
                let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
                (text(&alert["labels"]["severity"]), text(&alert["endsAt"]))
            };
            alerts.iter().map(shown).collect::<Vec<_>>()
        };
        let pair = |severity: &str, end: &str| (severity.to_owned(), end.to_owned());
        assert_eq!(ends("ERROR", "OK"), [pair("critical", "later")]);
        assert_eq!(ends("WARN", "ERROR"), [pair("warning", "later"), pair("critical", "now")]);
        assert_eq!(ends("OK", "WARN"), [pair("warning", "now")]);
    }
}
