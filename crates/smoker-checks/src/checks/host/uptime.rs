//! `Check: uptime`: how long the host runs.

use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::checks::system_file;
use crate::measure::declaration::Measure;
use crate::measure::thresholds::Thresholds;
use crate::parameters::Parameters;
use crate::report::{Component, Report};
use crate::spec::{ParameterSpec, Spec};
use crate::unit::Unit;

const MEASURES: &[Measure] = &[Measure {
    name: "Uptime",
    unit: Unit::Seconds,
    meaning: "the time since the host was started",
    warn: None,
    error: None,
}];

const PARAMETERS: &[ParameterSpec] = &[ParameterSpec::warn(MEASURES), ParameterSpec::error(MEASURES)];

/// What the page shows.
pub(crate) const EXAMPLE: &str = "\
Uptime:
  Check: uptime
  Warn: \"> 400d\"
  Error: \"< 1s\"
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec::check(
        "uptime",
        "compares the time since the host was started with limits",
        "the component `uptime`",
        PARAMETERS,
    )
}

/// Runs the check.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let thresholds = Thresholds::of(Parameters::of(request), MEASURES)?;
    let text = system_file::read("/proc/uptime")?;
    let seconds = text.split(' ').next().and_then(|word| word.parse().ok());
    let seconds = seconds.ok_or_else(|| format!("/proc/uptime is not understood: {}", text.trim()))?;
    let mut component = Component::single("uptime");
    component.number(&thresholds, "Uptime", seconds);
    Report::from(component).findings()
}
