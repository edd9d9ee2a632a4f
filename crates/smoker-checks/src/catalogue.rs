//! Which built-ins exist, and what runs each of them.

use serde_json::Value as Json;
use smoker_model::module::{ModuleKind, ModuleRequest};
use smoker_model::moment::Moment;
use smoker_model::result::{ComponentShape, Findings};

use crate::actions::nsca;
use crate::checks::shipped::{fsmount, glusterfs, mongo, testconnection, uname};
use crate::parsers::{jmx, json, junit, nagios, regex, tap, varnish};
use crate::spec::Spec;

/// A built-in: what it declares, and what runs it.
struct BuiltIn {
    spec: Spec,
    run: fn(&ModuleRequest) -> Result<Findings, String>,
}

/// Every built-in, in the order of the documentation.
static BUILT_INS: [BuiltIn; 13] = [
    BuiltIn { spec: uname::spec(), run: uname::run },
    BuiltIn { spec: fsmount::spec(), run: fsmount::run },
    BuiltIn { spec: testconnection::spec(), run: testconnection::run },
    BuiltIn { spec: glusterfs::spec(), run: glusterfs::run },
    BuiltIn { spec: mongo::spec(), run: mongo::run },
    BuiltIn { spec: varnish::spec(), run: varnish::run },
    BuiltIn { spec: nagios::spec(), run: nagios::run },
    BuiltIn { spec: tap::spec(), run: tap::run },
    BuiltIn { spec: junit::spec(), run: junit::run },
    BuiltIn { spec: json::spec(), run: json::run },
    BuiltIn { spec: regex::spec(), run: regex::run },
    BuiltIn { spec: jmx::spec(), run: jmx::run },
    BuiltIn { spec: nsca::spec(), run: nsca::run },
];

/// The declarations of all built-ins, in the order of the documentation.
pub fn specs() -> impl Iterator<Item = &'static Spec> {
    BUILT_INS.iter().map(|built_in| &built_in.spec)
}

/// The declaration of the built-in of this kind and name.
#[must_use]
pub fn find(kind: ModuleKind, name: &str) -> Option<&'static Spec> {
    built_in(kind, name).map(|built_in| &built_in.spec)
}

/// Runs a built-in in the calling thread. `None`: there is no such built-in.
///
/// The error is the reason, without a prefix.
#[must_use]
pub fn run(request: &ModuleRequest) -> Option<Result<Findings, String>> {
    built_in(request.kind, &request.module).map(|built_in| (built_in.run)(request))
}

/// Runs the built-in that a request asks for, both as JSON: the request with
/// the fields that the module protocol has, the answer with `status`,
/// `messages`, `componentResults` and `perfdata`.
///
/// # Errors
///
/// The built-in's reason, or what is wrong with the request.
pub fn answer(request: Json) -> Result<Json, String> {
    let request: ModuleRequest =
        serde_json::from_value(request).map_err(|error| format!("the request is not one: {error}"))?;
    let name = &request.module;
    let findings = run(&request).unwrap_or_else(|| Err(format!("there is no built-in {name}")))?;
    let result = findings.into_result(Moment::now(), request.forced);
    let mut answer = serde_json::to_value(result.on_wire(ComponentShape::Plain)).map_err(|error| error.to_string())?;
    if let Some(answer) = answer.as_object_mut() {
        answer.retain(|name, _| ["status", "messages", "componentResults", "perfdata"].contains(&name.as_str()));
    }
    Ok(answer)
}

fn built_in(kind: ModuleKind, name: &str) -> Option<&'static BuiltIn> {
    BUILT_INS.iter().find(|built_in| built_in.spec.kind == kind && built_in.spec.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_built_in_of_its_own_kind_only() {
        let name = "smoker.server.plugins.fsmount";
        let spec = find(ModuleKind::Plugin, name).expect("a module");
        assert!(spec.is_original && spec.needs_child);
        assert!(find(ModuleKind::Parser, name).is_none() && find(ModuleKind::Action, name).is_none());
        let spec = find(ModuleKind::Parser, "nagios").expect("a parser");
        assert!(!spec.is_original && !spec.needs_child);
        assert!(find(ModuleKind::Plugin, "nagios").is_none());
    }

    #[test]
    fn no_name_and_no_parameter_is_declared_twice() {
        for spec in specs() {
            assert!(std::ptr::eq(spec, find(spec.kind, spec.name).expect("itself")), "{}", spec.name);
            for (at, parameter) in spec.parameters.iter().enumerate() {
                let earlier = &spec.parameters[..at];
                assert!(
                    earlier.iter().all(|earlier| earlier.name != parameter.name),
                    "{} of {}",
                    parameter.name,
                    spec.name
                );
            }
        }
    }
}
