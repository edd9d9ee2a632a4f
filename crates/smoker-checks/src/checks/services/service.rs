//! `Check: service`: services of systemd, and of init scripts where there is no systemd.

use std::collections::HashMap;
use std::path::Path;

use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::checks::services::program;
use crate::checks::system_file;
use crate::measure::declaration::Measure;
use crate::measure::thresholds::Thresholds;
use crate::parameters::{Parameters, targets_of};
use crate::report::{Component, Report};
use crate::spec::{ParameterSpec, ParameterType, Spec};
use crate::unit::Unit;

/// What systemd makes where it is the first process.
pub(crate) const SYSTEMD: &str = "/run/systemd/system";

const PROPERTIES: &str =
    "--property=Id,LoadState,ActiveState,SubState,UnitFileState,NRestarts,Result,StateChangeTimestampMonotonic,MainPID";

const MEASURES: &[Measure] = &[
    Measure {
        name: "Restarts",
        unit: Unit::Number,
        meaning: "how often systemd has restarted it by itself since it was started",
        warn: None,
        error: None,
    },
    Measure { name: "Age", unit: Unit::Seconds, meaning: "how long it is in its state", warn: None, error: None },
];

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec::target(
        "Services",
        "names of units, with `*` and `?` for the loaded ones of that form, or of scripts in `/etc/init.d`",
    ),
    ParameterSpec::target("Service", "as `Services`, for one"),
    ParameterSpec::optional(
        "State",
        ParameterType::Targets,
        "active",
        "the states, one of which it should have, as `systemctl status` shows them: active, inactive, running, exited, dead; `not-found` for a unit that may be missing",
    ),
    ParameterSpec::optional(
        "Autostart",
        ParameterType::Boolean,
        "either",
        "whether it should be started with the host",
    ),
    ParameterSpec::warn(MEASURES),
    ParameterSpec::error(MEASURES),
];

/// What the page shows.
pub(crate) const EXAMPLE: &str = "\
Web:
  Check: service
  Service: nginx
  State: active
  Error: {Restarts: \"> 100\"}
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec::check(
        "service",
        "looks at services of systemd or of init scripts",
        "a component for each service",
        PARAMETERS,
    )
}

/// What a service should be like.
struct Wanted {
    states: Vec<String>,
    is_enabled: Option<bool>,
    thresholds: Thresholds,
}

/// Runs the check.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let names = parameters.required_targets("Services", "Service")?;
    let wanted = Wanted {
        states: states_of(parameters)?,
        is_enabled: parameters.choice("Autostart")?,
        thresholds: Thresholds::of(parameters, MEASURES)?,
    };
    if let Some(name) = names.iter().find(|name| name.starts_with('-') || name.contains('/')) {
        return Err(format!("{name} is no name of a service: correct it in the configuration"));
    }
    let is_systemd = Path::new(SYSTEMD).is_dir();
    let mut report = Report::default();
    for name in names {
        if is_systemd {
            of_systemd(&name, &wanted)?.into_iter().for_each(|component| report.add(component));
        } else {
            report.add(of_script(&name, &wanted)?);
        }
    }
    report.findings()
}

fn states_of(parameters: Parameters<'_>) -> Result<Vec<String>, String> {
    let states = parameters.get("State").map(|value| targets_of("State", value)).transpose()?;
    Ok(states.unwrap_or_else(|| vec!["active".to_owned()]))
}

fn of_systemd(name: &str, wanted: &Wanted) -> Result<Vec<Component>, String> {
    let printed = program::run("systemctl", &["show", PROPERTIES, "--", name])?;
    let printed = printed.ok_or("systemd runs here, but there is no systemctl to ask it")?;
    if printed.status != Some(0) {
        return Ok(vec![Component::failed(name, &format!("systemctl does not show it: {}", printed.reason()))]);
    }
    let uptime = uptime()?;
    // The units of a pattern are paragraphs.
    let units = printed.stdout.split("\n\n").map(|unit| {
        let properties: HashMap<_, _> = unit.lines().filter_map(|line| line.split_once('=')).collect();
        let property = |name: &str| properties.get(name).copied().unwrap_or_default();
        let id = Some(property("Id")).filter(|id| is_pattern(name) && !id.is_empty());
        judge(id.unwrap_or(name), &property, uptime, wanted)
    });
    Ok(units.collect())
}

fn is_pattern(name: &str) -> bool {
    name.contains(['*', '?', '['])
}

fn judge<'a>(name: &str, property: &dyn Fn(&str) -> &'a str, uptime: f64, wanted: &Wanted) -> Component {
    let mut component = Component::new(name);
    let (load, state, sub) = (property("LoadState"), property("ActiveState"), property("SubState"));
    match load {
        "loaded" => {}
        "" if is_pattern(name) => component.error("wanted units, got none that is loaded"),
        "" => component.error("systemctl shows no state of it"),
        "not-found" if wanted.states.iter().any(|it| it == "not-found") && wanted.is_enabled != Some(true) => {
            component.fact("there is no such unit");
        }
        "not-found" => component.error("there is no such unit"),
        "masked" if wanted.states.iter().any(|it| it == "masked") => component.fact("masked"),
        other => component.error(&format!("its unit is {other}; see systemctl status {name}")),
    }
    if load != "loaded" {
        return component;
    }
    // A unit that reads its configuration again is active all the while, as `systemctl is-active` has it.
    let is_reloading = matches!(state, "reloading" | "refreshing");
    let is_wanted = wanted.states.iter().any(|it| it == state || it == sub || (is_reloading && it == "active"));
    if is_wanted {
        component.fact(format!("{state} ({sub})"));
    } else {
        let result = Some(property("Result")).filter(|result| !matches!(*result, "" | "success"));
        let result = result.map(|result| format!(", because of {result}")).unwrap_or_default();
        component.error(&format!("wanted {}, got {state} ({sub}){result}", wanted.states.join(" or ")));
    }
    let file_state = property("UnitFileState");
    let is_enabled =
        matches!(file_state, "enabled" | "enabled-runtime" | "static" | "alias" | "indirect" | "generated");
    if let Some(is_enabled_wanted) = wanted.is_enabled.filter(|wanted| *wanted != is_enabled) {
        let shown = if file_state.is_empty() { "no unit file" } else { file_state };
        component.error(&format!("wanted {}, got {shown}", if is_enabled_wanted { "enabled" } else { "not enabled" }));
    }
    match property("NRestarts").parse() {
        Ok(restarts) => component.number(&wanted.thresholds, "Restarts", restarts),
        Err(_) if wanted.thresholds.mentions("Restarts") => component.error("systemd does not count its restarts"),
        Err(_) => {}
    }
    if let Ok(changed) = property("StateChangeTimestampMonotonic").parse::<f64>() {
        component.number(&wanted.thresholds, "Age", (uptime - changed / 1e6).max(0.0));
    }
    component.require(&wanted.thresholds, "Age", "systemd does not say since when it is in its state");
    component
}

fn uptime() -> Result<f64, String> {
    let text = system_file::read("/proc/uptime")?;
    text.split(' ').next().and_then(|word| word.parse().ok()).ok_or_else(|| "/proc/uptime is not understood".to_owned())
}

/// The exit status of `status` says it all (LSB): 0 runs, 1 and 2 dead with traces, 3 stopped.
fn of_script(name: &str, wanted: &Wanted) -> Result<Component, String> {
    let name = name.strip_suffix(".service").unwrap_or(name);
    let folder = Path::new("/etc/init.d");
    if !folder.is_dir() {
        let text = format!("whether it runs is not known: there is neither systemd here nor {}", folder.display());
        return Ok(Component::failed(name, &text));
    }
    let path = folder.join(name);
    if !path.is_file() {
        if wanted.states.iter().any(|it| it == "not-found") && wanted.is_enabled != Some(true) {
            let mut component = Component::new(name);
            component.fact("there is no such script");
            return Ok(component);
        }
        let text = format!("there is no systemd here, and no {}", path.display());
        return Ok(Component::failed(name, &text));
    }
    let printed = program::run(&path.to_string_lossy(), &["status"])?;
    let printed = printed.ok_or_else(|| format!("{} cannot be run", path.display()))?;
    let mut component = Component::new(name);
    let state = match printed.status {
        // A script without `status` prints how it is used, and ends with any of these.
        _ if shows_usage(&printed.stdout) || shows_usage(&printed.stderr) => {
            component.error(&format!("its script has no status: {}", printed.reason()));
            return Ok(component);
        }
        Some(0) => "active",
        Some(3) => "inactive",
        Some(1 | 2) => "dead",
        _ => {
            component.error(&format!("its script does not know its state: {}", printed.reason()));
            return Ok(component);
        }
    };
    if wanted.states.iter().any(|it| it == state || (it == "running" && state == "active")) {
        component.fact(state);
    } else {
        component.error(&format!("wanted {}, got {state}: {}", wanted.states.join(" or "), printed.reason()));
    }
    if wanted.is_enabled.is_some() {
        component.error("whether an init script is started with the host is not known here: remove Autostart");
    }
    if ["Restarts", "Age"].iter().any(|measure| wanted.thresholds.mentions(measure)) {
        component.error("an init script knows no restarts and no age: remove the limits for them");
    }
    Ok(component)
}

fn shows_usage(printed: &str) -> bool {
    let is_usage = |line: &str| line.trim_start_matches([' ', '\t', '*']).to_ascii_lowercase().starts_with("usage");
    printed.lines().any(is_usage)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::test_request::plugin;

    fn errors(parameters: Json, properties: &[(&'static str, &'static str)]) -> Vec<String> {
        let request = plugin("service", parameters);
        let parameters = Parameters::of(&request);
        let wanted = Wanted {
            states: states_of(parameters).expect("texts"),
            is_enabled: parameters.choice("Autostart").expect("a boolean"),
            thresholds: Thresholds::of(parameters, MEASURES).expect("thresholds"),
        };
        let property = |name: &str| properties.iter().find(|(its, _)| *its == name).map_or("", |(_, value)| value);
        let findings = Report::from(judge("x", &property, 100.0, &wanted)).findings().expect("findings");
        let parts = findings.component_results.expect("components");
        let errors = parts.as_json()["x"]["messages"]["error"].as_array().cloned().unwrap_or_default();
        errors.iter().filter_map(|error| Some(error.as_str()?.to_owned())).collect()
    }

    const RUNNING: &[(&str, &str)] = &[
        ("LoadState", "loaded"),
        ("ActiveState", "active"),
        ("SubState", "running"),
        ("UnitFileState", "disabled"),
        ("NRestarts", "7"),
        ("StateChangeTimestampMonotonic", "90000000"),
    ];

    #[test]
    fn a_unit_has_to_be_as_it_is_wanted() {
        assert!(errors(json!({}), RUNNING).is_empty() && errors(json!({"State": "running"}), RUNNING).is_empty());
        assert_eq!(
            errors(json!({"State": ["dead", "exited"]}), RUNNING),
            ["wanted dead or exited, got active (running)"]
        );
        let reloading = [("LoadState", "loaded"), ("ActiveState", "reloading"), ("SubState", "reload")];
        assert!(errors(json!({}), &reloading).is_empty(), "it is active all the while");
        assert_eq!(errors(json!({"Error": {"Age": "> 1h"}}), &reloading).len(), 1, "its age is not known");
        assert!(shows_usage("Usage: /etc/init.d/x {start|stop}") && !shows_usage("x is running, usage 5%"));
        assert_eq!(errors(json!({"Autostart": true}), RUNNING), ["wanted enabled, got disabled"]);
        assert_eq!(errors(json!({"Error": "> 5"}), RUNNING), ["Restarts 7, wanted at most 5"]);
        assert_eq!(errors(json!({"Error": {"Age": "< 1m"}}), RUNNING), ["Age 10s, wanted at least 60s"]);
        let failed =
            [("LoadState", "loaded"), ("ActiveState", "failed"), ("SubState", "failed"), ("Result", "exit-code")];
        assert_eq!(errors(json!({}), &failed), ["wanted active, got failed (failed), because of exit-code"]);
        let missing = [("LoadState", "not-found"), ("ActiveState", "inactive")];
        assert_eq!(errors(json!({"State": "inactive"}), &missing), ["there is no such unit"]);
        assert!(errors(json!({"State": ["inactive", "not-found"], "Autostart": false}), &missing).is_empty());
        assert_eq!(errors(json!({"State": "not-found", "Autostart": true}), &missing), ["there is no such unit"]);
        assert_eq!(errors(json!({}), &[]), ["systemctl shows no state of it"]);
    }
}
