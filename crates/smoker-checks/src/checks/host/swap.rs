//! `Check: swap`: how much of the swap space is used.

use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::checks::host::meminfo::{MemoryInfo, percent};
use crate::measure::declaration::Measure;
use crate::measure::thresholds::Thresholds;
use crate::parameters::Parameters;
use crate::report::{Component, Report};
use crate::spec::{ParameterSpec, ParameterType, Spec};
use crate::unit::Unit;

const MEASURES: &[Measure] = &[
    Measure {
        name: "Used",
        unit: Unit::Percent,
        meaning: "swap space in use",
        warn: Some("> 80%"),
        error: Some("> 95%"),
    },
    Measure { name: "Free", unit: Unit::Bytes, meaning: "swap space that is left", warn: None, error: None },
];

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec::optional(
        "Required",
        ParameterType::Boolean,
        "false",
        "whether a host without swap space is an ERROR",
    ),
    ParameterSpec::warn(MEASURES),
    ParameterSpec::error(MEASURES),
];

/// What the page shows.
pub(crate) const EXAMPLE: &str = "\
Swap:
  Check: swap
  Warn: \"> 90%\"
  Error: \"> 99%\"
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec::check("swap", "compares the swap space in use with limits", "the component `swap`", PARAMETERS)
}

/// Runs the check.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let thresholds = Thresholds::of(parameters, MEASURES)?;
    let is_required = parameters.flag("Required")?;
    let info = MemoryInfo::read()?;
    let (total, free) = (info.bytes("SwapTotal")?, info.bytes("SwapFree")?);
    let mut component = Component::single("swap");
    if total > 0.0 {
        component.number(&thresholds, "Used", percent(total - free, total));
        component.number(&thresholds, "Free", free);
        component.fact(format!("of {}", Unit::Bytes.show(total)));
    } else if is_required {
        component.error("there is no swap space, wanted some");
    } else {
        component.fact("there is no swap space");
        // A limit on what is left counts where nothing is; of nothing no share is in use.
        if thresholds.is_limited("Free") {
            component.number(&thresholds, "Free", 0.0);
        }
    }
    Report::from(component).findings()
}
