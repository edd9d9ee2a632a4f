//! Which built-ins exist, and what runs each of them.

use serde_json::{Map, Value as Json};
use smoker_model::messages::{Level, Messages};
use smoker_model::plugin::module::{ModuleKind, ModuleRequest};
use smoker_model::result::{ComponentResults, Findings, RETRY_AFTER};
use smoker_model::status::Status;
use smoker_model::time::moment::Moment;
use smoker_model::wire::result::ComponentShape;

use crate::actions::{alertmanager, nsca, restart, webhook};
use crate::checks::data::{memcached, mysql, postgres, redis};
use crate::checks::files::{disk, file, log, mount, value};
use crate::checks::host::{cpu, interface, kernel, load, memory, swap, uptime};
use crate::checks::network::{dns, http, ping, tcp, time, tls, udp, unix};
use crate::checks::plugins::{cluster, job};
use crate::checks::services::{failed_units, group, package, port, process, service, user};
use crate::checks::shipped::{fsmount, glusterfs, mongo, testconnection, uname};
use crate::parsers::{expect, jmx, json, junit, nagios, regex, tap, varnish};
use crate::spec::Spec;

/// A built-in: what it declares, and what runs it.
struct BuiltIn {
    spec: Spec,
    run: fn(&ModuleRequest) -> Result<Findings, String>,
}

/// Every built-in, in the order of the documentation.
static BUILT_INS: &[BuiltIn] = &[
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
    BuiltIn { spec: expect::spec(), run: expect::run },
    BuiltIn { spec: jmx::spec(), run: jmx::run },
    BuiltIn { spec: nsca::spec(), run: nsca::run },
    BuiltIn { spec: webhook::spec(), run: webhook::run },
    BuiltIn { spec: alertmanager::spec(), run: alertmanager::run },
    BuiltIn { spec: restart::spec(), run: restart::run },
];

/// A check of `Check:`, with what its page shows.
#[derive(Debug)]
pub struct Check {
    /// What it declares.
    pub spec: Spec,
    run: fn(&ModuleRequest) -> Result<Findings, String>,
    /// The heading that it stands under.
    pub group: &'static str,
    /// A plugin in YAML that is OK where the thing is that it looks at.
    pub example: &'static str,
}

const HOST: &str = "The host";
const FILES: &str = "File systems and files";
const SERVICES: &str = "Processes, services and accounts";
const NETWORK: &str = "The network";
const DATA: &str = "Databases and caches";
const PLUGINS: &str = "Other plugins, and jobs that report";

/// Every check, in the order of the documentation.
static CHECKS: &[Check] = &[
    Check { spec: load::spec(), run: load::run, group: HOST, example: load::EXAMPLE },
    Check { spec: memory::spec(), run: memory::run, group: HOST, example: memory::EXAMPLE },
    Check { spec: swap::spec(), run: swap::run, group: HOST, example: swap::EXAMPLE },
    Check { spec: cpu::spec(), run: cpu::run, group: HOST, example: cpu::EXAMPLE },
    Check { spec: uptime::spec(), run: uptime::run, group: HOST, example: uptime::EXAMPLE },
    Check { spec: kernel::spec(), run: kernel::run, group: HOST, example: kernel::EXAMPLE },
    Check { spec: interface::spec(), run: interface::run, group: HOST, example: interface::EXAMPLE },
    Check { spec: disk::spec(), run: disk::run, group: FILES, example: disk::EXAMPLE },
    Check { spec: mount::spec(), run: mount::run, group: FILES, example: mount::EXAMPLE },
    Check { spec: file::spec(), run: file::run, group: FILES, example: file::EXAMPLE },
    Check { spec: log::spec(), run: log::run, group: FILES, example: log::EXAMPLE },
    Check { spec: value::spec(), run: value::run, group: FILES, example: value::EXAMPLE },
    Check { spec: process::spec(), run: process::run, group: SERVICES, example: process::EXAMPLE },
    Check { spec: service::spec(), run: service::run, group: SERVICES, example: service::EXAMPLE },
    Check { spec: port::spec(), run: port::run, group: SERVICES, example: port::EXAMPLE },
    Check { spec: package::spec(), run: package::run, group: SERVICES, example: package::EXAMPLE },
    Check { spec: user::spec(), run: user::run, group: SERVICES, example: user::EXAMPLE },
    Check { spec: group::spec(), run: group::run, group: SERVICES, example: group::EXAMPLE },
    Check { spec: http::check::spec(), run: http::check::run, group: NETWORK, example: http::check::EXAMPLE },
    Check { spec: tls::spec(), run: tls::run, group: NETWORK, example: tls::EXAMPLE },
    Check { spec: tcp::spec(), run: tcp::run, group: NETWORK, example: tcp::EXAMPLE },
    Check { spec: udp::spec(), run: udp::run, group: NETWORK, example: udp::EXAMPLE },
    Check { spec: unix::spec(), run: unix::run, group: NETWORK, example: unix::EXAMPLE },
    Check { spec: dns::check::spec(), run: dns::check::run, group: NETWORK, example: dns::check::EXAMPLE },
    Check { spec: ping::spec(), run: ping::run, group: NETWORK, example: ping::EXAMPLE },
    Check { spec: time::spec(), run: time::run, group: NETWORK, example: time::EXAMPLE },
    Check { spec: redis::spec(), run: redis::run, group: DATA, example: redis::EXAMPLE },
    Check { spec: memcached::spec(), run: memcached::run, group: DATA, example: memcached::EXAMPLE },
    Check { spec: postgres::spec(), run: postgres::run, group: DATA, example: postgres::EXAMPLE },
    Check { spec: mysql::spec(), run: mysql::run, group: DATA, example: mysql::EXAMPLE },
    Check { spec: cluster::spec(), run: cluster::run, group: PLUGINS, example: cluster::EXAMPLE },
    Check { spec: job::spec(), run: job::run, group: PLUGINS, example: job::EXAMPLE },
];

/// Every check of `Check:`, in the order of the documentation.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    CHECKS.iter()
}

/// The declarations of all built-ins, in the order of the documentation.
pub fn specs() -> impl Iterator<Item = &'static Spec> {
    let checks = CHECKS.iter().map(|check| &check.spec);
    BUILT_INS.iter().map(|built_in| &built_in.spec).chain(checks)
}

/// The units of systemd that have failed; none where it is not the first process of the host.
///
/// # Errors
///
/// Why systemd does not say it.
pub fn failed_units() -> Result<Vec<String>, String> {
    failed_units::list()
}

/// The declaration of the built-in of this kind and name.
#[must_use]
pub fn find(kind: ModuleKind, name: &str) -> Option<&'static Spec> {
    specs().find(|spec| spec.kind == kind && spec.name == name)
}

/// Runs a built-in in the calling thread. `None`: there is no such built-in.
///
/// The error is the reason, without a prefix.
#[must_use]
pub fn run(request: &ModuleRequest) -> Option<Result<Findings, String>> {
    if request.kind == ModuleKind::Check {
        return CHECKS.iter().find(|check| check.spec.name == request.module).map(|check| (check.run)(request));
    }
    let built_in = built_in(request.kind, &request.module)?;
    // These have rules of their own for the exit status.
    if built_in.spec.kind != ModuleKind::Parser
        || [nagios::spec().name, regex::spec().name, expect::spec().name].contains(&built_in.spec.name)
    {
        return Some((built_in.run)(request));
    }
    if request.parameters.get("IgnoreExit") == Some(&Json::Bool(true)) {
        let request = &ModuleRequest { exit_status: Some(0), ..request.clone() };
        return Some((built_in.run)(request).map(|findings| beside_the_run(findings, request)));
    }
    Some((built_in.run)(request).map(|findings| beside_the_run(findings, request)))
}

/// A good report of a command that failed contradicts the run: it may be half of a report. What a failed command
/// printed on standard error is kept.
fn beside_the_run(findings: Findings, request: &ModuleRequest) -> Findings {
    if request.exit_status == Some(0) && findings.status != Status::Error {
        return findings;
    }
    let mut messages = findings.messages.unwrap_or_default();
    if findings.status != Status::Error {
        let end = request
            .exit_status
            .map_or("was ended by a signal".to_owned(), |status| format!("ended with exit status {status}"));
        messages.add(
            Level::Error,
            &format!("the report is {}, but the command {end} (IgnoreExit: true accepts that)", findings.status),
        );
    }
    messages.add(Level::Error, &request.stderr);
    if let Some(parts) = findings.component_results.as_ref().map(ComponentResults::as_json)
        && messages.level(Level::Error).next().is_some()
    {
        messages = behind_the_first_failure(parts, &messages);
    }
    let messages = Some(messages).filter(|messages| !messages.is_empty());
    Findings { status: Status::Error, messages, ..findings }
}

/// The messages of the whole behind one that names the first component in ERROR: the first error is what monitoring and
/// the log show, and an exit status or a line of standard error says less.
fn behind_the_first_failure(parts: &Map<String, Json>, messages: &Messages) -> Messages {
    let mut failed = parts.iter().filter(|(_, part)| part["status"] == Status::Error.as_str());
    let Some((name, part)) = failed.next() else { return messages.clone() };
    let reason = part["messages"]["error"][0].as_str().unwrap_or("ERROR");
    let text = match failed.count() {
        0 => format!("{name}: {reason}"),
        others => format!("{name}: {reason} ({others} more in ERROR)"),
    };
    let mut all = Messages::of(Level::Error, &text.replace('\n', " "));
    for level in Level::ALL {
        messages.level(level).for_each(|text| all.add(level, text));
    }
    all
}

/// Runs the built-in that a request asks for, both as JSON: the request with
/// the fields that the module protocol has, the answer with `status`,
/// `messages`, `componentResults` and `perfdata`.
///
/// # Errors
///
/// The built-in's reason, or what is wrong with the request.
pub fn answer(request: Json) -> Result<Json, String> {
    answer_remembering(request).map(|(answer, _)| answer)
}

/// As [`answer`], with what a check is to find again at its next run.
///
/// # Errors
///
/// Those of [`answer`].
pub fn answer_remembering(request: Json) -> Result<(Json, Option<Json>), String> {
    let request: ModuleRequest =
        serde_json::from_value(request).map_err(|error| format!("the request is malformed: {error}"))?;
    let name = &request.module;
    let findings = run(&request).unwrap_or_else(|| Err(format!("there is no built-in {name}")))?;
    let remembered = findings.remembered.clone();
    on_wire(findings, request.forced).map(|answer| (answer, remembered))
}

/// Findings as the result of a module: one JSON object.
///
/// # Errors
///
/// When they cannot be written as JSON.
pub fn on_wire(findings: Findings, forced: bool) -> Result<Json, String> {
    // Of what a module may add, built-ins add only when they may be called again.
    let result = findings.into_result(Moment::now(), forced);
    let mut answer = serde_json::to_value(result.on_wire(ComponentShape::Plain)).map_err(|error| error.to_string())?;
    if let Some(answer) = answer.as_object_mut() {
        answer.retain(|name, _| {
            ["status", "messages", "componentResults", "perfdata", RETRY_AFTER].contains(&name.as_str())
        });
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
    fn a_good_report_of_a_command_that_failed_is_an_error() {
        let request = |exit_status, parameters| ModuleRequest {
            module: "junit".to_owned(),
            stderr: "teardown broke".to_owned(),
            ..crate::test_request::parser("<testsuite><testcase name='a'/></testsuite>", exit_status, parameters)
        };
        let judge =
            |exit_status, parameters| run(&request(exit_status, parameters)).expect("a parser").expect("findings");
        let failed = judge(Some(1), serde_json::json!({}));
        let errors: Vec<_> = failed.messages.iter().flat_map(|messages| messages.level(Level::Error)).collect();
        let reason = "the report is OK, but the command ended with exit status 1 (IgnoreExit: true accepts that)";
        assert_eq!((failed.status, errors), (Status::Error, vec![reason, "teardown broke"]));
        assert_eq!(judge(None, serde_json::json!({})).status, Status::Error);
        assert_eq!(judge(Some(1), serde_json::json!({"IgnoreExit": true})).status, Status::Ok);
        assert_eq!(judge(Some(0), serde_json::json!({})).status, Status::Ok);
    }

    #[test]
    fn the_first_error_of_a_failed_run_names_what_failed() {
        let judge = |text: &str, stderr: &str, parameters| {
            let request = ModuleRequest {
                module: "tap".to_owned(),
                stderr: stderr.to_owned(),
                ..crate::test_request::parser(text, Some(1), parameters)
            };
            let findings = run(&request).expect("a parser").expect("findings");
            let messages = findings.messages.unwrap_or_default();
            messages.level(Level::Error).map(str::to_owned).collect::<Vec<_>>()
        };
        let none = serde_json::json!({});
        let ended = "The tests ended with exit status 1";
        let one = judge("1..2\nok 1\nnot ok 2 - a|b", "noise", none.clone());
        assert_eq!(one, ["a|b: not ok", ended, "noise"]);
        assert_eq!(judge("1..2\nnot ok 1 - a\nnot ok 2 - b", "", none.clone()), ["a: not ok (1 more in ERROR)", ended]);
        assert_eq!(judge("1..1\nok 1 - a", "", none), [ended]);
        let ignoring = || serde_json::json!({"IgnoreExit": true});
        assert_eq!(judge("1..1\nnot ok 1 - a", "# got 500", ignoring()), ["a: not ok", "# got 500"]);
        assert!(judge("1..1\nnot ok 1 - a", "", ignoring()).is_empty());
        assert!(judge("1..1\nok 1 - a", "noise", ignoring()).is_empty());
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
