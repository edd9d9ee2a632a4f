//! Findings that consist of components.

use std::collections::HashMap;

use smoker_model::counted::{counted, is_or_are};
use smoker_model::messages::{Level, Messages};
use smoker_model::result::{ComponentResults, Findings};
use smoker_model::status::Status;

/// The original's message for findings without components.
const NO_COMPONENTS: &str = "Can't generate overall status without component results";

/// The findings of components; the worst of them decides. Without any the
/// reason is the original's.
pub(crate) fn findings(components: ComponentResults) -> Result<Findings, String> {
    let status = components.overall_status().ok_or(NO_COMPONENTS)?;
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

/// More components than this are counted only: a line such as `ok` becomes
/// several hundred bytes as a component.
pub(crate) const MAX_COMPONENTS: usize = 10_000;

/// The components of a text that may have any number of them.
#[derive(Debug, Default)]
pub(crate) struct BoundedComponents {
    shown: ComponentResults,
    /// How many components each name has been given to.
    given: HashMap<String, usize>,
    left_out: usize,
    left_out_bad: usize,
    left_out_status: Option<Status>,
}

impl BoundedComponents {
    /// Adds a component; one of the same name is replaced.
    pub(crate) fn add(&mut self, name: &str, status: Status, messages: &Messages) {
        if self.shown.as_json().len() < MAX_COMPONENTS || self.shown.as_json().contains_key(name) {
            self.shown.add(name, status, messages);
        } else {
            self.leave_out(status);
        }
    }

    fn leave_out(&mut self, status: Status) {
        self.left_out += 1;
        self.left_out_bad += usize::from(status != Status::Ok);
        self.left_out_status = Some(self.left_out_status.map_or(status, |known| worse(known, status)));
    }

    /// Adds a component under a name of its own: the given one, else with a number behind it.
    pub(crate) fn add_new(&mut self, name: &str, status: Status, messages: &Messages) {
        if self.shown.as_json().len() < MAX_COMPONENTS {
            let name = self.free_name(name);
            self.add(&name, status, messages);
        } else {
            self.leave_out(status);
        }
    }

    /// A name that no component has yet: the given one, else with a number behind it.
    fn free_name(&mut self, name: &str) -> String {
        // Each number is tried once, so that many equal names in a hostile text cost no search from 2 for each of them.
        let count = self.given.entry(name.to_owned()).or_default();
        loop {
            *count += 1;
            let free = if *count == 1 { name.to_owned() } else { format!("{name} ({count})") };
            if !self.shown.as_json().contains_key(&free) {
                return free;
            }
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.shown.as_json().len() + self.left_out
    }

    /// The worst of all statuses.
    pub(crate) fn status(&self) -> Option<Status> {
        let shown = self.shown.overall_status();
        self.left_out_status.map_or(shown, |left_out| shown.map(|shown| worse(shown, left_out)))
    }

    /// The components, as far as they are shown. What is not shown becomes a message.
    pub(crate) fn finish(self, messages: &mut Messages) -> ComponentResults {
        let Self { shown, left_out, left_out_bad, .. } = self;
        if left_out > 0 {
            let level = if left_out_bad > 0 { Level::Error } else { Level::Warn };
            let text = format!(
                "{} {} left out, {left_out_bad} of them not OK: {MAX_COMPONENTS} are shown",
                counted(left_out, "more component"),
                is_or_are(left_out)
            );
            messages.add(level, &text);
        }
        shown
    }

    /// The findings of all; the worst decides.
    pub(crate) fn findings(self) -> Result<Findings, String> {
        let status = self.status().ok_or(NO_COMPONENTS)?;
        let mut messages = Messages::new();
        let shown = self.finish(&mut messages);
        let mut findings = Findings::new(status, messages);
        findings.component_results = Some(shown);
        Ok(findings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_beyond_the_bound_are_counted() {
        let mut collected = BoundedComponents::default();
        for number in 0..MAX_COMPONENTS {
            collected.add(&number.to_string(), Status::Ok, &Messages::new());
        }
        collected.add("0", Status::Warn, &Messages::new());
        collected.add_new("0", Status::Error, &Messages::new());
        collected.add_new("more", Status::Ok, &Messages::new());
        assert_eq!((collected.len(), collected.status()), (MAX_COMPONENTS + 2, Some(Status::Error)));
        let findings = collected.findings().expect("findings");
        let errors: Vec<_> = findings.messages.iter().flat_map(|messages| messages.level(Level::Error)).collect();
        assert_eq!(errors, ["2 more components are left out, 1 of them not OK: 10000 are shown"]);
        assert_eq!(findings.component_results.expect("components").as_json().len(), MAX_COMPONENTS);
    }
}
