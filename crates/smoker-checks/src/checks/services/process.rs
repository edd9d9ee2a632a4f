//! `Check: process`: processes by name, arguments and account; how many, how old, how large.

use nix::unistd::User;
use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::checks::services::process_table::{self, Process};
use crate::matchers::glob;
use crate::matchers::matcher::{Matcher, PlainText};
use crate::measure::declaration::Measure;
use crate::measure::thresholds::Thresholds;
use crate::parameters::Parameters;
use crate::report::{Component, Report};
use crate::spec::{ParameterSpec, ParameterType, Spec};
use crate::unit::Unit;

const MEASURES: &[Measure] = &[
    Measure { name: "Count", unit: Unit::Number, meaning: "how many there are", warn: None, error: Some("< 1") },
    Measure {
        name: "Memory",
        unit: Unit::Bytes,
        meaning: "the memory that they hold together",
        warn: None,
        error: None,
    },
    Measure { name: "Age", unit: Unit::Seconds, meaning: "how long the oldest of them runs", warn: None, error: None },
    Measure { name: "Threads", unit: Unit::Number, meaning: "the threads of all of them", warn: None, error: None },
];

const ARGUMENTS: ParameterType = ParameterType::Custom {
    form: "[matcher](#matchers)",
    read: |name, value| Matcher::of(name, value, PlainText::Contained).map(drop),
};

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec::target("Processes", "names of programs, with `*` and `?`"),
    ParameterSpec::target("Process", "as `Processes`, for one"),
    ParameterSpec::optional("Arguments", ARGUMENTS, "any", "what their command line should be like to count"),
    ParameterSpec::optional(
        "User",
        ParameterType::Text,
        "any",
        "the account that they should run as to count, by name or number",
    ),
    ParameterSpec::warn(MEASURES),
    ParameterSpec::error(MEASURES),
];

/// What the page shows.
pub(crate) const EXAMPLE: &str = "\
Daemon:
  Check: process
  Process: smokerd
  Error: {Count: \"< 1\", Memory: \"> 8G\"}
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec::check("process", "counts and measures processes", "a component for each name", PARAMETERS)
}

/// Runs the check.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let names = parameters.required_targets("Processes", "Process")?;
    let thresholds = Thresholds::of(parameters, MEASURES)?;
    let arguments = parameters.get("Arguments");
    let arguments = arguments.map(|value| Matcher::of("Arguments", value, PlainText::Contained)).transpose()?;
    let user = parameters.text("User")?;
    let uid = user.as_deref().map(uid_of).transpose()?;
    let all = process_table::processes()?;
    let mut report = Report::default();
    for pattern in names {
        let is_meant = |process: &&Process| {
            process.names().any(|name| glob::matches(&pattern, name))
                && arguments.as_ref().is_none_or(|matcher| matcher.fault(&process.command_line()).is_none())
                && uid.is_none_or(|uid| process.uid == uid)
        };
        let found: Vec<_> = all.iter().filter(is_meant).collect();
        report.add(judge(&pattern, &found, &thresholds));
    }
    report.findings()
}

fn judge(pattern: &str, found: &[&Process], thresholds: &Thresholds) -> Component {
    let mut component = Component::new(pattern);
    for (name, value) in numbers(found) {
        // Of no processes nothing but their number is known.
        if name == "Count" || !found.is_empty() {
            component.number(thresholds, name, value);
        }
    }
    if !found.is_empty() {
        let pids: Vec<_> = found.iter().take(10).map(|process| process.pid.to_string()).collect();
        component.fact(format!("pid {}{}", pids.join(", "), if found.len() > pids.len() { ", ..." } else { "" }));
    }
    // What is found is the least there is, then.
    let is_enough = || !found.is_empty() && !may_be_worse(found, thresholds);
    if process_table::hides_others() && !is_enough() {
        component.error("processes of other accounts are hidden from this one (hidepid): run the check as root");
    }
    component
}

/// Whether further processes could make it graver.
fn may_be_worse(found: &[&Process], thresholds: &Thresholds) -> bool {
    numbers(found).into_iter().any(|(name, value)| thresholds.may_be_worse_from(name, value))
}

fn numbers(found: &[&Process]) -> [(&'static str, f64); 4] {
    [
        ("Count", f64::from(u32::try_from(found.len()).unwrap_or(u32::MAX))),
        ("Memory", found.iter().map(|process| process.memory).sum()),
        ("Age", found.iter().map(|process| process.age).fold(0.0, f64::max)),
        ("Threads", found.iter().map(|process| process.threads).sum()),
    ]
}

fn uid_of(user: &str) -> Result<u32, String> {
    if let Ok(uid) = user.parse() {
        return Ok(uid);
    }
    match User::from_name(user) {
        Ok(Some(found)) => Ok(found.uid.as_raw()),
        Ok(None) => Err(format!("there is no account {user}: correct User in the configuration")),
        Err(error) => Err(format!("the account {user} cannot be looked up: {}", error.desc())),
    }
}
