//! `Check: kernel`: parameters of the kernel, as `sysctl` shows them.

use std::path::PathBuf;

use serde_json::Value as Json;
use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::checks::system_file;
use crate::matchers::matcher::{Matcher, PlainText};
use crate::parameters::{Parameters, wrong};
use crate::report::{Component, Report};
use crate::spec::{Absence, ParameterSpec, ParameterType, Spec};

const PARAMETERS: &[ParameterSpec] = &[ParameterSpec {
    name: "Sysctls",
    accepts: ParameterType::Custom {
        form: "mapping of names to what their values should be",
        read: |_, value| wanted_of(value).map(drop),
    },
    absence: Absence::Fails,
    meaning: "parameters such as `net.ipv4.ip_forward`; their values as [matchers](#matchers)",
}];

/// What the page shows.
pub(crate) const EXAMPLE: &str = "\
Kernel:
  Check: kernel
  Sysctls:
    kernel.ostype: Linux
    kernel.pid_max: \">= 301\"
    net.ipv4.ip_local_port_range: /^[0-9]+[[:space:]]+[0-9]+$/
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec::check(
        "kernel",
        "compares parameters of the kernel with what they should be",
        "a component for each parameter",
        PARAMETERS,
    )
}

/// Runs the check.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let wanted = Parameters::of(request).get("Sysctls").ok_or("Sysctls is missing: set it to a mapping")?;
    let mut report = Report::default();
    for (name, matcher) in wanted_of(wanted)? {
        let mut component = Component::new(&name);
        match system_file::read(path_of(&name)) {
            Err(reason) => component.error(&reason),
            Ok(text) => match matcher.fault(text.trim()) {
                Some(fault) => component.error(&fault),
                None => component.fact(text.split_whitespace().collect::<Vec<_>>().join(" ")),
            },
        }
        report.add(component);
    }
    report.findings()
}

fn wanted_of(value: &Json) -> Result<Vec<(String, Matcher)>, String> {
    let members = value.as_object().filter(|members| !members.is_empty());
    let members =
        members.ok_or_else(|| wrong("Sysctls", "a mapping of names to what their values should be", value))?;
    let each = members.iter().map(|(name, value)| {
        if path_of(name).components().any(|part| part.as_os_str() == "..") || name.is_empty() {
            return Err(format!(
                "Sysctls.{name} is no name of a parameter of the kernel: correct it in the configuration"
            ));
        }
        Matcher::of(&format!("Sysctls.{name}"), value, PlainText::Exact).map(|matcher| (name.clone(), matcher))
    });
    each.collect()
}

/// As `sysctl` finds the file: points separate, and a slash stands for a point in the name of an interface.
fn path_of(name: &str) -> PathBuf {
    let first = name.find(['.', '/']).map(|at| &name[at..=at]);
    let relative: String = match first {
        Some("/") => name.to_owned(),
        _ => name
            .chars()
            .map(|c| {
                if c == '.' {
                    '/'
                } else if c == '/' {
                    '.'
                } else {
                    c
                }
            })
            .collect(),
    };
    PathBuf::from("/proc/sys").join(relative.trim_start_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_files_as_of_sysctl() {
        for (name, path) in [
            ("vm.swappiness", "/proc/sys/vm/swappiness"),
            ("net/ipv4/ip_forward", "/proc/sys/net/ipv4/ip_forward"),
            ("net.ipv4.conf.eth0/1.forwarding", "/proc/sys/net/ipv4/conf/eth0.1/forwarding"),
        ] {
            assert_eq!(path_of(name), PathBuf::from(path), "{name}");
        }
    }
}
