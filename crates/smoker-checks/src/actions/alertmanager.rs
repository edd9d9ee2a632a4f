//! `smoker.actions.alertmanager`: alerts for Prometheus' Alertmanager, by its API v2.
//!
//! An alert has to be sent again while it lasts: otherwise the Alertmanager takes it for resolved at its `endsAt`. So a host that
//! has gone leaves no alert for ever.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
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
        "labels beside `alertname`, `plugin`, `instance` and `severity`, of which `plugin` cannot be another one",
    ),
    ParameterSpec::optional(
        "Expires",
        ParameterType::Custom {
            form: "time such as `10m`, above 0",
            read: |name, value| parameters::seconds_of(name, value).map(drop),
        },
        "`5m`, or three times `Repeat` and `ActionGroup` where that is longer",
        "after which time an alert ends that is not sent again; less than twice `Repeat` and `ActionGroup` counts as that",
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
    let times = Times { at: now, now: now.to_rfc3339(), later: (now + lifetime).to_rfc3339() };
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
            Err(Refusal { reason, retry_after, .. }) => {
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
    // Both may be those of the plugin, where the action has none.
    let seconds = |name| Parameters::of(request).seconds(name).ok().flatten();
    let pause = seconds("Repeat").unwrap_or(REPEAT) + seconds("ActionGroup").unwrap_or_default();
    let seconds = match Parameters::of_action(request).seconds("Expires")? {
        // An alert that ended before it is sent again would be resolved and fire in turn.
        Some(seconds) => seconds.max(2.0 * pause),
        None => EXPIRES.max(3.0 * pause),
    };
    // Ten years are as good as for ever, and leave room in any date.
    let seconds = Duration::try_from_secs_f64(seconds.min(LONGEST)).unwrap_or_default();
    Ok(TimeDelta::from_std(seconds).unwrap_or_default())
}

struct Times {
    at: DateTime<Utc>,
    /// The same as text.
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

/// The alert of a plugin, and the ends of those that it had, or may have had, when it was bad in other ways.
fn alerts_of(call: &Told, part: &ToldPart, labels: &Map<String, Json>, times: &Times) -> Vec<Json> {
    let of = |status: &str| Status::of_result(status).and_then(severity);
    let told: Vec<_> = part.previous.iter().chain(&part.also_told).filter_map(|status| of(status)).collect();
    let alert = |severity: &str, is_over: bool| {
        let mut all = labels.clone();
        let own =
            [("alertname", "SmokerPlugin"), ("plugin", &part.name), ("instance", &call.host), ("severity", severity)];
        for (name, value) in own {
            all.entry(name).or_insert_with(|| value.into());
        }
        if call.is_test {
            // Another alert than that of the plugin, which is neither replaced nor ended.
            all.insert("alertname".to_owned(), TEST_NAME.into());
        }
        let summary = call.line(part);
        let mut alert = json!({
            "labels": all,
            "annotations": {"summary": summary, "description": part.message},
            "endsAt": if is_over { &times.now } else { &times.later },
        });
        let begin = part.bad_since.as_deref().unwrap_or(&part.since);
        // A clock that was set back makes a begin ahead of now, and an Alertmanager refuses all alerts of a call in which one ends before it begins.
        if DateTime::parse_from_rfc3339(begin).is_ok_and(|begin| begin <= times.at) {
            alert["startsAt"] = begin.into();
        }
        alert
    };
    let now = severity(part.status);
    // What is not known to have been an alert is ended in both ways.
    let is_known = now.is_some() || (!told.is_empty() && !call.is_test);
    let is_over = |severity: &&str| Some(*severity) != now && (told.contains(severity) || !is_known);
    let ends = ["critical", "warning"].into_iter().filter(is_over).map(|severity| alert(severity, true));
    let mut alerts: Vec<Json> = Vec::new();
    for alert in now.map(|severity| alert(severity, false)).into_iter().chain(ends) {
        // `Labels` with a severity make one alert of both, and its end would end what has just begun.
        if alerts.iter().all(|other| other["labels"] != alert["labels"]) {
            alerts.push(alert);
        }
    }
    alerts
}

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
    if members.contains_key("plugin") {
        return Err(format!(
            "{name}.plugin would make one alert of all plugins, which ends with the first of them: take another name"
        ));
    }
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

    #[test]
    fn the_plugin_is_no_label_of_ones_own() {
        assert!(labels_of("Labels", &json!({"team": "web", "instance": "a"})).is_ok());
        let refused = labels_of("Labels", &json!({"plugin": "all"})).expect_err("one alert of all");
        assert!(refused.starts_with("Labels.plugin would make one alert of all plugins"), "{refused}");
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
        let times = Times { at: Utc::now(), now: "now".to_owned(), later: "later".to_owned() };
        let ends_of = |request: &ModuleRequest| {
            let told = Told::of(request);
            let alerts = alerts_of(&told, &told.parts[0], &Map::new(), &times);
            let shown = |alert: &Json| {
                let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
                (text(&alert["labels"]["severity"]), text(&alert["endsAt"]))
            };
            alerts.iter().map(shown).collect::<Vec<_>>()
        };
        let ends = |status: &str, previous: &str| ends_of(&request(status, previous));
        let labels = Map::from_iter([("severity".to_owned(), json!("page"))]);
        let mut of_page = request("WARN", "ERROR");
        let told = Told::of(&of_page);
        let alerts = alerts_of(&told, &told.parts[0], &labels, &times);
        assert_eq!((alerts.len(), &alerts[0]["endsAt"]), (1, &json!("later")), "one alert, which goes on");
        assert_eq!(alerts[0]["startsAt"], json!("2026-11-30T10:00:00Z"));
        // The clock was set back since.
        of_page.result.as_mut().expect("a result")["plugins"][0]["since"] = json!("2999-01-01T00:00:00Z");
        let told = Told::of(&of_page);
        assert_eq!(alerts_of(&told, &told.parts[0], &labels, &times)[0]["startsAt"], json!(null));
        let pair = |severity: &str, end: &str| (severity.to_owned(), end.to_owned());
        assert_eq!(ends("ERROR", "OK"), [pair("critical", "later")]);
        assert_eq!(ends("WARN", "ERROR"), [pair("warning", "later"), pair("critical", "now")]);
        assert_eq!(ends("OK", "WARN"), [pair("warning", "now")]);
        assert_eq!(ends("OK", "OK"), [pair("critical", "now"), pair("warning", "now")]);
        // Calls failed that may have arrived.
        let after_failures = |status: &str, previous: &str, also_told: &[&str]| {
            let mut request = request(status, previous);
            let result = request.result.as_mut().expect("a result");
            result["plugins"][0]["alsoTold"] = also_told.into();
            ends_of(&request)
        };
        assert_eq!(after_failures("OK", "ERROR", &["WARN"]), [pair("critical", "now"), pair("warning", "now")]);
        assert_eq!(after_failures("ERROR", "OK", &["WARN"]), [pair("critical", "later"), pair("warning", "now")]);
        assert_eq!(after_failures("WARN", "WARN", &["ERROR"]), [pair("warning", "later"), pair("critical", "now")]);
    }
}
