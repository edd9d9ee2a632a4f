//! `Check: job`: what a job has reported (`POST /plugins/NAME/results`), and whether its next report is overdue.

use serde_json::Value as Json;
use smoker_model::messages::Messages;
use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;
use smoker_model::status::Status;

use crate::checks::plugins::known::{NOTHING_KNOWN, status_of};
use crate::components::level_of;
use crate::measure::declaration::Measure;
use crate::measure::thresholds::Thresholds;
use crate::parameters::Parameters;
use crate::report::{Component, Report};
use crate::spec::{Absence, ParameterSpec, ParameterType, Spec};
use crate::unit::Unit;

const MEASURES: &[Measure] = &[Measure {
    name: "Age",
    unit: Unit::Seconds,
    meaning: "the time since the job reported; before its first report, since the daemon was started",
    warn: None,
    error: None,
}];

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec {
        name: "Error",
        accepts: ParameterType::Thresholds(MEASURES),
        absence: Absence::Fails,
        meaning: "when the next report is overdue, such as \"> 25h\" for a daily job",
    },
    ParameterSpec::optional("Warn", ParameterType::Thresholds(MEASURES), "never", "when it is late"),
];

/// What the page shows.
pub(crate) const EXAMPLE: &str = "\
Backup:
  Check: job
  Interval: 5m
  Error: \"> 25h\"
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec {
        needs_child: false,
        ..Spec::check(
            "job",
            "shows what a job has reported, and says when its next report is overdue",
            "the component `job`",
            PARAMETERS,
        )
    }
}

/// Decides it from the last report and its age.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    if parameters.get("Error").is_none() {
        return Err("Error is missing: say when the next report is overdue, such as \"> 25h\"".to_owned());
    }
    let thresholds = Thresholds::of(parameters, MEASURES)?;
    let known = request.known.as_ref().ok_or(NOTHING_KNOWN)?;
    let age = known.get("age").and_then(Json::as_f64).ok_or(NOTHING_KNOWN)?;
    let report = known.get("report").unwrap_or(&Json::Null);

    let mut component = Component::single("job");
    match report.get("status").and_then(status_of) {
        Some(status) => {
            let messages = report.get("messages").cloned();
            let messages: Messages = messages.and_then(|it| Messages::parse(it).ok().flatten()).unwrap_or_default();
            if messages.level(level_of(status)).next().is_none() {
                component.say(status, &format!("the job reported {status}"));
            }
            component.say_all(status, &messages);
        }
        None => component.warn("the job has not reported yet"),
    }
    component.number(&thresholds, "Age", age);
    if thresholds.judge("Age", age).status == Status::Error {
        component.error("the next report is overdue: look whether the job runs");
    }
    Report::from(component).findings()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::test_request::plugin;

    fn decided(known: Json) -> (Status, String) {
        let request = ModuleRequest { known: Some(known), ..plugin("job", json!({"Error": "> 25h", "Warn": "> 24h"})) };
        let findings = run(&request).expect("findings");
        (findings.status, findings.component_results.expect("components").as_json()["job"]["messages"].to_string())
    }

    #[test]
    fn a_job_is_as_it_reported_until_its_next_report_is_overdue() {
        let report =
            |status: &str| json!({"status": status, "messages": {"info": ["5 files"], "warn": [], "error": []}});
        let (status, messages) = decided(json!({"age": 60, "report": report("OK")}));
        assert!(status == Status::Ok && messages.contains("5 files"), "{messages}");
        let (status, messages) = decided(json!({"age": 60, "report": report("ERROR")}));
        assert!(status == Status::Error && messages.contains("the job reported ERROR"), "{messages}");
        assert_eq!(decided(json!({"age": 24.5 * 3600.0, "report": report("OK")})).0, Status::Warn);
        let (status, messages) = decided(json!({"age": 26 * 3600, "report": report("OK")}));
        assert!(status == Status::Error && messages.contains("overdue"), "{messages}");
    }

    #[test]
    fn a_job_that_never_reported_is_not_ok() {
        for report in [json!(null), json!({"offset": 5}), json!({"status": "fine"})] {
            let (status, messages) = decided(json!({"age": 1, "report": report}));
            assert!(status == Status::Warn && messages.contains("has not reported yet"), "{messages}");
        }
        assert_eq!(decided(json!({"age": 26 * 3600})).0, Status::Error);
        assert!(run(&plugin("job", json!({}))).is_err() && run(&plugin("job", json!({"Error": "> 1h"}))).is_err());
    }
}
