//! `Check: cpu`: what the processors spend their time on.

use std::thread;
use std::time::Duration;

use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::checks::host::meminfo::percent;
use crate::checks::host::pressure;
use crate::checks::system_file;
use crate::measure::declaration::Measure;
use crate::measure::thresholds::Thresholds;
use crate::parameters::{self, Parameters};
use crate::report::{Component, Report};
use crate::spec::{ParameterSpec, ParameterType, Spec};
use crate::unit::Unit;

const PATH: &str = "/proc/stat";

const MEASURES: &[Measure] = &[
    measure("Used", "time that is neither idle nor waiting for disks", Some("> 95%")),
    measure("User", "time in programs", None),
    measure("System", "time in the kernel, with interrupts", None),
    measure("IoWait", "time in which nothing could be done but to wait for disks", None),
    measure("Steal", "time that other virtual machines took", None),
    measure(
        pressure::NAME,
        "how much of the last minute some process waited for a processor (`/proc/pressure/cpu`)",
        None,
    ),
];

const fn measure(name: &'static str, meaning: &'static str, warn: Option<&'static str>) -> Measure {
    Measure { name, unit: Unit::Percent, meaning, warn, error: None }
}

const SAMPLE: ParameterType =
    ParameterType::Custom { form: "time", read: |name, value| parameters::seconds_of(name, value).map(drop) };

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec::optional("Sample", SAMPLE, "1s", "how long the processors are watched; less than `Timeout`"),
    ParameterSpec::warn(MEASURES),
    ParameterSpec::error(MEASURES),
];

/// What the page shows.
pub(crate) const EXAMPLE: &str = "\
Processors:
  Check: cpu
  Sample: 500ms
  Warn: {Steal: \"> 50%\"}
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec::check("cpu", "compares what the processors are busy with to limits", "the component `cpu`", PARAMETERS)
}

/// Runs the check.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let thresholds = Thresholds::of(parameters, MEASURES)?;
    let sample = parameters.seconds("Sample")?.unwrap_or(1.0);
    if sample >= request.timeout {
        let (sample, limit) = (Unit::Seconds.show(sample), Unit::Seconds.show(request.timeout));
        return Err(format!("Sample is {sample}, which is not less than the Timeout of {limit}: make it shorter"));
    }
    let before = times()?;
    thread::sleep(Duration::from_secs_f64(sample));
    let after = times()?;
    let mut component = Component::single("cpu");
    let spent: Vec<f64> = after.iter().zip(&before).map(|(after, before)| (after - before).max(0.0)).collect();
    // The kernel counts the time of guests into that of programs, too.
    let [user, nice, system, idle, iowait, irq, softirq, steal] = spent[..8] else {
        return Err(format!("{PATH} is not understood: it has fewer than 8 times"));
    };
    let whole: f64 = spent[..8].iter().sum();
    if whole <= 0.0 {
        return Err(format!(
            "the times in {PATH} did not change in {}: set a longer Sample",
            Unit::Seconds.show(sample)
        ));
    }
    for (name, time) in [
        ("Used", whole - idle - iowait),
        ("User", user + nice),
        ("System", system + irq + softirq),
        ("IoWait", iowait),
        ("Steal", steal),
    ] {
        component.number(&thresholds, name, percent(time, whole));
    }
    pressure::add(&mut component, &thresholds, "cpu");
    Report::from(component).findings()
}

/// The times of all processors together.
fn times() -> Result<Vec<f64>, String> {
    let text = system_file::read(PATH)?;
    let line = text.lines().find_map(|line| line.strip_prefix("cpu "));
    let times: Option<Vec<f64>> = line.and_then(|line| line.split_whitespace().map(|word| word.parse().ok()).collect());
    times.filter(|times| times.len() >= 8).ok_or_else(|| format!("{PATH} is not understood"))
}
