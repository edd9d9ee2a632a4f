//! Parameters of a configuration against what a built-in declares, without a run.
//!
//! # Layout
//!
//! - `fault`: what is wrong with a parameter
//! - `hidden_warnings`: limits of `Warn` that never show
//! - `together`: parameters that do not go together

pub mod fault;
mod hidden_warnings;
mod together;

use serde_json::{Map, Value as Json};
use smoker_model::plugin::module::ModuleKind;
use smoker_model::suggest;

use crate::measure::thresholds;
use crate::parameters::{WHOLE_NUMBER, pattern_set, port_of, scalar_text, targets_of, texts_of, wrong};
use crate::python_pattern::PythonPattern;
use crate::spec::{Absence, ParameterSpec, ParameterType, Spec};
use crate::verify::fault::ParameterFault;

/// The mistakes in the parameters of a run.
///
/// `layers` are the mappings that the built-in reads, the one that takes
/// precedence first: a plugin's parameters, or those of an action and then
/// those of its plugin. A user may add parameters for purposes of their own
/// to any of them, so an unknown one counts only in the first layer and only
/// when its name is very near to a known one. `is_used` says which names have
/// a purpose of their own for certain.
#[must_use]
pub fn verify(spec: &Spec, layers: &[&Map<String, Json>], is_used: impl Fn(&str) -> bool) -> Vec<ParameterFault> {
    let given = |name: &str| layers.iter().find_map(|layer| layer.get(name).filter(|value| !value.is_null()));
    let mut faults = Vec::new();
    for parameter in spec.parameters {
        match (given(parameter.name), parameter.absence) {
            (Some(value), _) => {
                if let Err(reason) = read(parameter, value) {
                    faults.push(ParameterFault { parameter: Some(parameter.name.to_owned()), reason, is_guess: false });
                }
            }
            (None, Absence::Fails) => {
                let accepted = parameter.accepts.to_string().replace('`', "");
                let reason = format!("{} is missing: set it to a {accepted}", parameter.name);
                faults.push(ParameterFault { parameter: None, reason, is_guess: false });
            }
            (None, Absence::FailsWithoutOther | Absence::Default(_)) => {}
        }
    }
    let group: Vec<_> = spec.parameters.iter().filter(|one| one.absence == Absence::FailsWithoutOther).collect();
    // An empty list or mapping says nothing.
    let is_set = |value: &Json| {
        !matches!(value, Json::Array(items) if items.is_empty())
            && !matches!(value, Json::Object(members) if members.is_empty())
    };
    if !group.is_empty() && !group.iter().any(|parameter| given(parameter.name).is_some_and(is_set)) {
        let names: Vec<_> = group.iter().map(|parameter| parameter.name).collect();
        let reason = format!("one of the parameters {} is required: set it", names.join(", "));
        faults.push(ParameterFault { parameter: None, reason, is_guess: false });
    }
    let hidden = hidden_warnings::find(spec, given);
    faults.extend(hidden.into_iter().map(|(name, reason)| ParameterFault {
        parameter: Some(name.to_owned()),
        reason,
        is_guess: true,
    }));
    faults.extend(together::find(spec, given));
    let unknown = layers.first().into_iter().flat_map(|layer| layer.keys()).filter(|name| !is_used(name));
    faults.extend(unknown.filter_map(|name| misspelt(spec, name)));
    faults
}

fn misspelt(spec: &Spec, name: &str) -> Option<ParameterFault> {
    let known: Vec<_> = spec.parameters.iter().map(|parameter| parameter.name).collect();
    if known.contains(&name) {
        return None;
    }
    let reason = match suggest::very_near(name, &known) {
        Some(near) => format!("the parameter {name} is not known to it; did you mean {near}?"),
        None => without_effect(spec, name, &known)?,
    };
    Some(ParameterFault { parameter: Some(name.to_owned()), reason, is_guess: true })
}

/// Names by which other tools and other checks say what is looked at and when it is bad, in lower case.
const JUDGING: [&str; 34] = [
    "alert",
    "body",
    "code",
    "contains",
    "content",
    "contents",
    "crit",
    "critical",
    "exists",
    "exitcode",
    "exitstatus",
    "expect",
    "expected",
    "filesystem",
    "limit",
    "limits",
    "match",
    "matches",
    "max",
    "maximum",
    "min",
    "minimum",
    "mountpoint",
    "mountpoints",
    "path",
    "paths",
    "pattern",
    "regex",
    "state",
    "status",
    "statuscode",
    "threshold",
    "thresholds",
    "warning",
];

/// Why a parameter of a check that seems to limit something limits nothing. A check has no command that could read it.
fn without_effect(spec: &Spec, name: &str, known: &[&str]) -> Option<String> {
    if spec.kind != ModuleKind::Check {
        return None;
    }
    let lower = name.to_lowercase();
    let measures = spec.parameters.iter().filter_map(|parameter| match parameter.accepts {
        ParameterType::Thresholds(measures) => Some(measures),
        _ => None,
    });
    if let Some(measure) = measures.flatten().find(|measure| measure.name.to_lowercase() == lower) {
        let (measure, example) = (measure.name, measure.unit.example());
        return Some(format!(
            "the parameter {name} is not known to it and limits nothing; write `Error: {{{measure}: \"{example}\"}}`"
        ));
    }
    let is_judging = JUDGING.contains(&lower.as_str());
    is_judging.then(|| {
        format!("the parameter {name} is not known to it and limits nothing; its parameters are {}", known.join(", "))
    })
}

/// Reads a value as its built-in would; the error is the reason why the built-in refuses it.
fn read(parameter: &ParameterSpec, value: &Json) -> Result<(), String> {
    let name = parameter.name;
    let text = || scalar_text(value).ok_or_else(|| wrong(name, "text", value));
    let is_among = |choices: &[&str], text: &String| choices.contains(&text.as_str());
    let expect = |expected: &str, is_good: bool| if is_good { Ok(()) } else { Err(wrong(name, expected, value)) };
    match parameter.accepts {
        ParameterType::Text | ParameterType::Path => text().map(drop),
        ParameterType::Secret if scalar_text(value).is_none() => {
            Err(format!("{name} has to be text: put quotes around it in the configuration"))
        }
        ParameterType::Secret | ParameterType::Any => Ok(()),
        ParameterType::TextList => texts_of(name, value).map(drop),
        ParameterType::Targets => targets_of(name, value).map(drop),
        ParameterType::Thresholds(measures) => thresholds::read(name, value, measures).map(drop),
        ParameterType::Choice(choices) => expect(&choices.join(" or "), is_among(choices, &text()?)),
        ParameterType::ChoiceList(choices) => {
            let texts = texts_of(name, value)?;
            expect(&format!("a list of {}", choices.join(", ")), texts.iter().all(|text| is_among(choices, text)))
        }
        ParameterType::Count => expect(WHOLE_NUMBER, value.is_u64()),
        ParameterType::Boolean => expect("true or false", value.is_boolean()),
        ParameterType::Port => expect("a port from 1 to 65535", port_of(value).is_some()),
        ParameterType::PrefixPattern => match value {
            Json::String(pattern) => PythonPattern::new(pattern)
                .map(drop)
                .map_err(|reason| format!("{name} is no regular expression: {reason}")),
            _ => Err(wrong(name, "text", value)),
        },
        ParameterType::PatternList => pattern_set(name, &texts_of(name, value)?).map(drop),
        ParameterType::Custom { read, .. } => read(name, value),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::catalogue;

    use super::*;

    fn reasons_of(kind: ModuleKind, name: &str, layers: &[Json]) -> Vec<String> {
        let layers: Vec<_> = layers.iter().map(|layer| layer.as_object().expect("an object")).collect();
        let spec = catalogue::find(kind, name).expect("a built-in");
        verify(spec, &layers, |name| name == "Command").into_iter().map(|fault| fault.reason).collect()
    }

    fn of_module(name: &str, parameters: Json) -> Vec<String> {
        reasons_of(ModuleKind::Plugin, &format!("smoker.server.plugins.{name}"), &[parameters])
    }

    fn of_parser(name: &str, parameters: Json) -> Vec<String> {
        reasons_of(ModuleKind::Parser, name, &[parameters])
    }

    fn of_nsca(action: Json, plugin: Json) -> Vec<String> {
        reasons_of(ModuleKind::Action, "smoker.plugins.nsca", &[action, plugin])
    }

    #[test]
    fn good_parameters_and_parameters_of_a_users_own_have_no_fault() {
        let none: [String; 0] = [];
        assert_eq!(of_module("fsmount", json!({"Mounts": "/", "Types": ["nfs"], "Ignore": null, "Owner": 3})), none);
        assert_eq!(of_module("testconnection", json!({"Connections": [["h", "80"], ["i", 2]]})), none);
        assert_eq!(of_module("glusterfs", json!({"Checks": "heal", "HealWarn": 0, "Gluster": ["sudo", "x"]})), none);
        assert_eq!(of_module("mongo", json!({"Hosts": ["a", "b:1"], "ReplicaSet": 5, "Port": "7"})), none);
        assert_eq!(of_parser("regex", json!({"Error": "a", "Ok": ["b", "c"]})), none);
        let values = json!({"a": {"Path": "b", "Warn": 1}, "c": "d.0"});
        assert_eq!(of_parser("json", json!({"JsonValues": values, "JsonMessage": ["a"], "JsonOk": {}})), none);
        let action = json!({"Port": 1, "EncryptionMethod": 16, "OutputLength": 512, "Escape": true, "Password": 7});
        assert_eq!(of_nsca(action, json!({"Port": "not the action's", "Hosts": 3})), none);
    }

    #[test]
    fn a_missing_parameter_is_a_fault() {
        let expected = ["Connections is missing: set it to a list of [host, port]"];
        assert_eq!(of_module("testconnection", json!({"Connections": null})), expected);
        assert_eq!(of_parser("regex", json!({})), ["one of the parameters Error, Warn, Ok is required: set it"]);
        assert_eq!(of_parser("json", json!({})), ["one of the parameters JsonStatus, JsonValues is required: set it"]);
    }

    #[test]
    fn a_value_of_another_type_is_a_fault() {
        let wrong = |text: &str| vec![format!("{text}: correct it in the configuration")];
        assert_eq!(of_module("fsmount", json!({"Types": {}})), wrong("Types has to be a list of texts, not {}"));
        assert_eq!(
            of_module("mongo", json!({"Port": 70000})),
            wrong("Port has to be a port from 1 to 65535, not 70000")
        );
        for (value, shown) in [(json!("1"), "'1'"), (json!(-5), "-5")] {
            let reason = wrong(&format!("HealWarn has to be a whole number from 0 up, not {shown}"));
            assert_eq!(of_module("glusterfs", json!({"HealWarn": value})), reason);
        }
        let reason = wrong("Checks has to be a list of peers, volumes, heal, not ['disks']");
        assert_eq!(of_module("glusterfs", json!({"Checks": ["disks"]})), reason);
        assert!(of_module("fsmount", json!({"Ignore": "("}))[0].starts_with("Ignore is no regular expression: "));
        assert!(of_parser("regex", json!({"Ok": ["a", "["]}))[0].starts_with("Ok is no regular expression: "));
        let reason = wrong("JsonValues.a.Warn has to be a number or a range such as 10:20, not 'x'");
        assert_eq!(of_parser("json", json!({"JsonValues": {"a": {"Path": "p", "Warn": "x"}}})), reason);
        let reason = wrong("Escape has to be true or false, not 'no'");
        assert_eq!(of_nsca(json!({"Escape": "no"}), json!({})), reason);
        let reason = wrong("OutputLength has to be 4096 or 512, not 100");
        assert_eq!(of_nsca(json!({"OutputLength": 100}), json!({})), reason);
        assert!(of_nsca(json!({"EncryptionMethod": "rot13"}), json!({}))[0].starts_with("EncryptionMethod rot13 is"));
        let reasons = of_nsca(json!({"Password": ["hidden"]}), json!({}));
        assert_eq!(reasons, ["Password has to be text: put quotes around it in the configuration"]);
    }

    #[test]
    fn a_warning_that_an_error_hides_is_a_fault_in_both_directions() {
        let of_check = |name: &str, parameters: Json| reasons_of(ModuleKind::Check, name, &[parameters]);
        let hidden = |reasons: &[String], name: &str| {
            assert!(
                reasons.len() == 1 && reasons[0].starts_with(&format!("{name} never shows: ")),
                "{name}: {reasons:?}"
            );
        };
        hidden(&of_check("disk", json!({"Warn": "> 95%", "Error": "> 90%"})), "Warn of Used");
        hidden(&of_check("disk", json!({"Warn": {"Free": "< 1G"}, "Error": ["> 99%", "< 5G"]})), "Warn of Free");
        hidden(&of_check("tls", json!({"Address": "a", "Warn": "< 7d", "Error": "< 14d"})), "Warn of Days");
        hidden(&of_check("job", json!({"Warn": "> 26h", "Error": "> 25h"})), "Warn of Age");
        hidden(&of_check("load", json!({"Warn": "> 5", "Error": "> 5"})), "Warn of Load5");
        hidden(
            &of_parser("json", json!({"JsonValues": {"n": {"Path": "n", "Warn": 20, "Error": 10}}})),
            "JsonValues.n.Warn",
        );
        hidden(
            &of_parser("json", json!({"JsonValues": {"n": {"Path": "n", "Warn": "5:", "Error": "10:"}}})),
            "JsonValues.n.Warn",
        );
        hidden(&of_module("glusterfs", json!({"HealWarn": 5, "HealError": 5})), "HealWarn");
        for good in [
            json!({"Warn": "> 85%", "Error": "> 90%"}),
            json!({"Warn": "> 95%", "Error": "< 1G"}),
            json!({"Warn": {"Free": "< 5G"}, "Error": {"Free": "< 1G"}}),
            json!({"Warn": "never", "Error": "> 90%"}),
            json!({"Warn": "> 95%"}),
        ] {
            assert_eq!(of_check("disk", good.clone()), [""; 0], "{good}");
        }
    }

    #[test]
    fn an_actions_parameter_may_come_from_its_plugin() {
        let reasons = of_nsca(json!({"Host": null}), json!({"Host": ["a"]}));
        assert_eq!(reasons, ["Host has to be text, not ['a']: correct it in the configuration"]);
    }

    #[test]
    fn an_unknown_parameter_is_a_fault_only_near_to_a_known_one() {
        let near =
            |name: &str, known: &str| [format!("the parameter {name} is not known to it; did you mean {known}?")];
        assert_eq!(of_module("fsmount", json!({"Mount": "/", "Kinds": 1})), near("Mount", "Mounts"));
        assert_eq!(of_parser("regex", json!({"Ok": "a", "error": "b", "Command": "c"})), near("error", "Error"));
        // A short name such as `Type`, by which many users sort their plugins, may well be meant.
        assert_eq!(of_module("fsmount", json!({"Type": "smokeTest"})), [""; 0]);
        assert_eq!(of_module("mongo", json!({"Sort": 2, "HOST": 3})), near("HOST", "Host"));
        assert_eq!(of_nsca(json!({"Pasword": "x"}), json!({"Hosst": 1})), near("Pasword", "Password"));
    }

    #[test]
    fn a_parameter_of_a_check_that_seems_to_limit_something_does() {
        let of_check = |name: &str, parameters: Json| reasons_of(ModuleKind::Check, name, &[parameters]);
        let limits = |reasons: Vec<String>, expected: &str| {
            assert!(
                reasons.len() == 1 && reasons[0].contains("limits nothing; ") && reasons[0].contains(expected),
                "{reasons:?}"
            );
        };
        limits(of_check("disk", json!({"Critical": "> 90%"})), "its parameters are Mounts, Mount");
        limits(of_check("disk", json!({"MountPoint": "/"})), "its parameters are Mounts, Mount");
        limits(of_check("http", json!({"Url": "http://a/", "Expect": "x"})), "AnswerHeaders, Contains");
        limits(of_check("tls", json!({"Address": "a", "Days": 30})), "write `Error: {Days: \"");
        assert_eq!(of_check("disk", json!({"Owner": "web", "Host": "a", "Runbook": "b"})), [""; 0]);
        assert_eq!(of_parser("expect", json!({"Critical": "x"})), [""; 0]);
    }

    #[test]
    fn a_fault_names_the_parameter_as_the_configuration_does() {
        let spec = catalogue::find(ModuleKind::Plugin, "smoker.server.plugins.fsmount").expect("a built-in");
        let parameters = json!({"types": "nfs", "Mounts": {}});
        let faults = verify(spec, &[parameters.as_object().expect("an object")], |_| false);
        let names: Vec<_> = faults.iter().map(|fault| fault.parameter.as_deref()).collect();
        assert_eq!(names, [Some("Mounts"), Some("types")]);
    }
}
