//! `Check: load`: how many processes run or wait, on average.

use std::thread;

use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::checks::system_file;
use crate::measure::declaration::Measure;
use crate::measure::thresholds::Thresholds;
use crate::parameters::Parameters;
use crate::report::{Component, Report};
use crate::spec::{ParameterSpec, Spec};
use crate::unit::Unit;

const MEASURES: &[Measure] = &measures(Some("> 4"), Some("> 10"));

/// Who sets a limit for the load of a host does not want another one for each processor.
const WITHOUT_DEFAULTS: &[Measure] = &measures(None, None);

const fn measures(warn: Option<&'static str>, error: Option<&'static str>) -> [Measure; 4] {
    let unit = Unit::Number;
    [
        Measure { name: "Load5", unit, meaning: "the load average of 5 minutes", warn: None, error: None },
        Measure { name: "Load1", unit, meaning: "the load average of 1 minute", warn: None, error: None },
        Measure { name: "Load15", unit, meaning: "the load average of 15 minutes", warn: None, error: None },
        Measure {
            name: "PerCore",
            unit,
            meaning: "`Load5` divided by the number of processors; the defaults count only without `Warn` and `Error`",
            warn,
            error,
        },
    ]
}

const PARAMETERS: &[ParameterSpec] = &[ParameterSpec::warn(MEASURES), ParameterSpec::error(MEASURES)];

/// What the page shows.
pub(crate) const EXAMPLE: &str = "\
Load:
  Check: load
  Warn: {PerCore: \"> 4\"}
  Error: {PerCore: \"> 10\", Load15: \"> 1000\"}
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec::check("load", "compares the load averages with limits", "the component `load`", PARAMETERS)
}

/// Runs the check.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let has_own = ["Warn", "Error"].iter().any(|name| parameters.get(name).is_some());
    let thresholds = Thresholds::of(parameters, if has_own { WITHOUT_DEFAULTS } else { MEASURES })?;
    let text = system_file::read("/proc/loadavg")?;
    let averages: Option<Vec<f64>> = text.split(' ').take(3).map(|word| word.parse().ok()).collect();
    let averages = averages.filter(|averages| averages.len() == 3);
    let averages = averages.ok_or_else(|| format!("/proc/loadavg is not understood: {}", text.trim()))?;
    let cores =
        thread::available_parallelism().map_err(|error| format!("the processors cannot be counted: {error}"))?;
    let mut component = Component::single("load");
    for (name, value) in ["Load1", "Load5", "Load15"].into_iter().zip(&averages) {
        component.number(&thresholds, name, *value);
    }
    let cores = u32::try_from(cores.get()).unwrap_or(u32::MAX);
    component.number(&thresholds, "PerCore", averages[1] / f64::from(cores));
    component.fact(format!("{cores} processors"));
    Report::from(component).findings()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::test_request::plugin;

    #[test]
    fn a_limit_for_the_host_is_the_only_one() {
        let status = |parameters| run(&plugin("load", parameters)).expect("findings").status.as_str();
        assert_eq!(status(json!({"Error": "> 1000000"})), "OK");
        assert_eq!(status(json!({"Error": ">= 0"})), "ERROR");
        assert_eq!(status(json!({"Warn": {"PerCore": ">= 0"}})), "WARN");
    }
}
