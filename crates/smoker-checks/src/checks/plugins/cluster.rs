//! `Check: cluster`: how many of several plugins are OK.

use serde_json::{Map, Value as Json};
use smoker_model::counted::{counted, is_or_are};
use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;
use smoker_model::status::Status;

use crate::checks::plugins::known::{NOTHING_KNOWN, status_of};
use crate::matchers::glob;
use crate::measure::declaration::Measure;
use crate::measure::thresholds::Thresholds;
use crate::parameters::Parameters;
use crate::report::{Component, Report};
use crate::spec::{ParameterSpec, Spec};
use crate::unit::Unit;

/// How many plugins that are not OK a message names.
const NAMED: usize = 10;

const MEASURES: &[Measure] = &[
    Measure {
        name: "Ok",
        unit: Unit::Number,
        meaning: "how many of the plugins are OK; without `Error`, none is an ERROR",
        warn: None,
        error: None,
    },
    Measure {
        name: "Bad",
        unit: Unit::Number,
        meaning: "how many are not OK, or have no result yet; without `Warn`, one is a WARN",
        warn: None,
        error: None,
    },
    Measure { name: "Share", unit: Unit::Percent, meaning: "the share of those that are OK", warn: None, error: None },
];

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec::target("Plugins", "names of plugins of this daemon, with `*` and `?` for those of that form"),
    ParameterSpec::target("Plugin", "as `Plugins`, for one name or pattern"),
    ParameterSpec::warn(MEASURES),
    ParameterSpec::error(MEASURES),
];

/// What the page shows.
pub(crate) const EXAMPLE: &str = "\
Tier:
  Check: cluster
  Interval: 1m
  Plugins: [\"Page*\", \"Post*\"]
  Error: \"< 2\"
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec {
        needs_child: false,
        ..Spec::check(
            "cluster",
            "counts how many of several plugins are OK, by their newest results: m of n",
            "the component `cluster`",
            PARAMETERS,
        )
    }
}

/// Decides it from the status of each plugin: null for one without a result, `skipped` for one that does not run because of
/// another one.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let names = parameters.required_targets("Plugins", "Plugin")?;
    let thresholds = Thresholds::of(parameters, MEASURES)?;
    let known = request.known.as_ref().and_then(|known| known.get("plugins")).and_then(Json::as_object);
    let known = known.ok_or(NOTHING_KNOWN)?;
    let members = members(&names, known, &request.plugin)?;
    let bad: Vec<_> = members.iter().filter(|(_, status)| status_of(status) != Some(Status::Ok)).collect();
    let (all, ok) = (members.len(), members.len() - bad.len());

    let mut component = Component::single("cluster");
    component.fact(format!("{ok} of {} {} OK", counted(all, "plugin"), is_or_are(ok)));
    component.number(&thresholds, "Ok", count(ok));
    component.number(&thresholds, "Bad", count(bad.len()));
    component.number(&thresholds, "Share", count(ok) / count(all) * 100.0);
    if ok == 0 && parameters.get("Error").is_none() {
        component.error(&format!("none of {} is OK", counted(all, "plugin")));
    }
    if !bad.is_empty() {
        let mut shown: Vec<_> = bad.iter().take(NAMED).map(|(name, status)| described(name, status)).collect();
        if bad.len() > NAMED {
            shown.push(format!("{} more", bad.len() - NAMED));
        }
        let shown = shown.join(", ");
        match component.status() {
            Status::Ok if parameters.get("Warn").is_none() => component.warn(&shown),
            Status::Ok => component.fact(shown),
            status => component.say(status, &shown),
        }
    }
    Report::from(component).findings()
}

/// The plugins that are meant, each once, with their status.
fn members<'a>(
    names: &'a [String],
    known: &'a Map<String, Json>,
    own: &str,
) -> Result<Vec<(&'a str, &'a Json)>, String> {
    let mut members: Vec<(&str, &Json)> = Vec::new();
    for name in names {
        let is_pattern = glob::is_pattern(name) && !known.contains_key(name);
        let found: Vec<_> = if is_pattern {
            known.iter().filter(|(its, _)| its.as_str() != own && glob::matches(name, its)).collect()
        } else {
            known.get_key_value(name).into_iter().collect()
        };
        if found.is_empty() {
            return Err(format!("there is no plugin {name}: correct it in the configuration"));
        }
        if !is_pattern && name == own {
            return Err(format!("{name} is this plugin itself: remove it from the list"));
        }
        for (name, status) in found {
            if !members.iter().any(|(its, _)| its == name) {
                members.push((name, status));
            }
        }
    }
    Ok(members)
}

fn described(name: &str, status: &Json) -> String {
    status.as_str().map_or_else(|| format!("{name} has no result yet"), |status| format!("{name} is {status}"))
}

#[expect(clippy::cast_precision_loss, reason = "no daemon has that many plugins")]
fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::test_request::plugin;

    fn decided(parameters: Json) -> Result<(Status, String), String> {
        let known = json!({"plugins": {"web1": "OK", "web2": "ERROR", "web3": "OK", "db": "WARN", "new": null, "late": "skipped", "checked": "OK"}});
        let findings = run(&ModuleRequest { known: Some(known), ..plugin("cluster", parameters) })?;
        let parts = findings.component_results.expect("components");
        Ok((findings.status, parts.as_json()["cluster"]["messages"].to_string()))
    }

    fn status(parameters: Json) -> Status {
        decided(parameters).expect("decided").0
    }

    #[test]
    fn m_of_n_plugins_have_to_be_ok() {
        assert_eq!(status(json!({"Plugins": ["web1", "web3"]})), Status::Ok);
        assert_eq!(status(json!({"Plugin": "web*", "Warn": "never", "Error": "< 2"})), Status::Ok);
        assert_eq!(status(json!({"Plugin": "web*", "Error": "< 3"})), Status::Error);
        assert_eq!(status(json!({"Plugin": "web*", "Warn": "< 90%"})), Status::Warn);
        assert_eq!(status(json!({"Plugin": "web*", "Error": {"Bad": "> 1"}})), Status::Warn);
        assert_eq!(status(json!({"Plugins": ["web2", "db", "new"]})), Status::Error);
        let (status, messages) = decided(json!({"Plugins": ["web1", "new", "db", "web1"]})).expect("decided");
        assert_eq!(status, Status::Warn);
        assert!(messages.contains("new has no result yet, db is WARN") && messages.contains("1 of 3"), "{messages}");
        assert!(decided(json!({"Plugins": ["web1", "late"]})).expect("decided").1.contains("late is skipped"));
        // A pattern does not mean the cluster itself.
        assert!(decided(json!({"Plugin": "*e*"})).expect("decided").1.contains("of 5 plugins"));
    }

    #[test]
    fn a_name_that_means_nothing_is_an_error() {
        for name in ["web", "x*", "checked"] {
            let reason = decided(json!({"Plugins": ["web1", name]})).expect_err(name);
            assert!(reason.contains(name), "{reason}");
        }
        assert!(run(&plugin("cluster", json!({"Plugin": "a"}))).is_err());
    }
}
