//! `Check: memory`: how much memory is available, and whether processes wait for it.

use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::checks::host::meminfo::{MemoryInfo, percent};
use crate::checks::host::pressure;
use crate::measure::declaration::Measure;
use crate::measure::thresholds::Thresholds;
use crate::parameters::Parameters;
use crate::report::{Component, Report};
use crate::spec::{ParameterSpec, Spec};
use crate::unit::Unit;

const MEASURES: &[Measure] = &[
    Measure {
        name: "Used",
        unit: Unit::Percent,
        meaning: "memory that is not available to processes; caches are available",
        warn: Some("> 90%"),
        error: Some("> 97%"),
    },
    Measure {
        name: "Available",
        unit: Unit::Bytes,
        meaning: "memory that processes can get without swapping",
        warn: None,
        error: None,
    },
    Measure {
        name: pressure::NAME,
        unit: Unit::Percent,
        meaning: "how much of the last minute some process waited for memory (`/proc/pressure/memory`)",
        warn: None,
        error: None,
    },
];

const PARAMETERS: &[ParameterSpec] = &[ParameterSpec::warn(MEASURES), ParameterSpec::error(MEASURES)];

/// What the page shows.
pub(crate) const EXAMPLE: &str = "\
Memory:
  Check: memory
  Warn: \"> 95%\"
  Error: [\"> 99%\", \"< 16M\"]
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec::check("memory", "compares the memory in use with limits", "the component `memory`", PARAMETERS)
}

/// Runs the check.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let thresholds = Thresholds::of(Parameters::of(request), MEASURES)?;
    let info = MemoryInfo::read()?;
    let total = info.bytes("MemTotal")?;
    // Kernels before 3.14 do not say what is available.
    let available = info
        .bytes("MemAvailable")
        .or_else(|_| Ok::<_, String>(info.bytes("MemFree")? + info.bytes("Buffers")? + info.bytes("Cached")?))?;
    let mut component = Component::single("memory");
    component.number(&thresholds, "Used", percent(total - available, total));
    component.number(&thresholds, "Available", available);
    component.fact(format!("of {}", Unit::Bytes.show(total)));
    pressure::add(&mut component, &thresholds, "memory");
    Report::from(component).findings()
}
