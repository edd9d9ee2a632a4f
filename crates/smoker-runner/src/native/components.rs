//! Findings that consist of components.

use smoker_model::messages::{Level, Messages};
use smoker_model::result::{ComponentResults, Findings};
use smoker_model::status::Status;

/// The findings of components; the worst of them decides. Without any the
/// reason is the original's.
pub(crate) fn findings(components: ComponentResults) -> Result<Findings, String> {
    let status = components.overall_status().ok_or("Can't generate overall status without component results")?;
    let mut findings = Findings::new(status, Messages::new());
    findings.component_results = Some(components);
    Ok(findings)
}

/// The level whose messages explain a status.
pub(crate) fn level_of(status: Status) -> Level {
    match status {
        Status::Ok => Level::Info,
        Status::Warn => Level::Warn,
        Status::Error | Status::Unknown => Level::Error,
    }
}

/// The graver of two statuses.
pub(crate) fn worse(one: Status, other: Status) -> Status {
    [Status::Error, Status::Warn].into_iter().find(|status| [one, other].contains(status)).unwrap_or(Status::Ok)
}

/// A name that no component has yet: the given one, else with a number behind it.
pub(crate) fn free_name(components: &ComponentResults, name: &str) -> String {
    let taken = |name: &str| components.as_json().contains_key(name);
    if !taken(name) {
        return name.to_owned();
    }
    // Of so many numbers one is free. They start high, so that many equal
    // names in a hostile text do not cost a search from 2 for each of them.
    let count = components.as_json().len();
    let mut numbered = (count + 1..=2 * count + 1).map(|number| format!("{name} ({number})"));
    numbered.find(|name| !taken(name)).unwrap_or_else(|| name.to_owned())
}
