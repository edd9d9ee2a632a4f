//! What `check_smoker_plugin` does.

use std::ffi::OsString;
use std::time::Duration;

use smoker_model::status::Status;
use smoker_model::wire::DEFAULT_PORT;
use tokio::runtime::Builder;

use crate::cli::nagios_cli::{self, CheckArgs, Request};
use crate::client::host;
use crate::client::watch::Deaf;
use crate::error::Failure;
use crate::filter::{Filter, Test};
use crate::inventory::hosts::Address;
use crate::plugin::{Component, Plugin};
use crate::terminal::output;
use crate::terminal::sanitize;
use crate::transport::web::{Web, WebOptions};

/// `OK`: every plugin is.
pub const OK: u8 = 0;
/// `WARNING`: the worst plugin is in WARN.
pub const WARNING: u8 = 1;
/// `CRITICAL`: the worst plugin is in ERROR.
pub const CRITICAL: u8 = 2;
/// `UNKNOWN`: a plugin has not run, nothing was found, the daemon cannot be asked, or the command line is wrong.
pub const UNKNOWN: u8 = 3;

/// Messages of a component beyond so many characters are cut.
const MAX_DETAILS: usize = 256;
/// The text of a plugin's components beyond so many characters is replaced.
const MAX_TEXT: usize = 1024;
/// How long before its time limit the check gives up, at most.
const MARGIN: Duration = Duration::from_millis(250);

/// From the worst state to the best.
const WORST_FIRST: [Status; 4] = [Status::Error, Status::Unknown, Status::Warn, Status::Ok];

/// What a plugin gave: its name, state and text.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    name: String,
    status: Status,
    text: String,
}

/// Runs `check_smoker_plugin` with these arguments, the program's name first,
/// and returns its exit code. Everything is said on standard output, even what
/// went wrong: Nagios shows nothing else.
#[must_use]
pub fn run(arguments: impl Iterator<Item = OsString>) -> u8 {
    let (text, code) = match nagios_cli::parse(arguments) {
        Ok(Request::Print(text)) => (text, OK),
        Ok(Request::Check(args)) => match check(&args) {
            Ok(findings) => judge(&findings),
            Err(failure) => (format!("UNKNOWN: {failure}"), UNKNOWN),
        },
        Err(failure) => {
            (format!("UNKNOWN: {}; see --help", failure.message.lines().next().unwrap_or_default()), UNKNOWN)
        }
    };
    // A caller that does not read has the exit code.
    let _ = output::print(&said(&text));
    code
}

/// A text as it is printed.
fn said(text: &str) -> String {
    sanitize::text(text.trim_end_matches('\n')).into_owned() + "\n"
}

fn check(args: &CheckArgs) -> Result<Vec<Finding>, Failure> {
    let filter = filter(args)?;
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("cannot set up networking: {error}")))?;
    let limit = args.timeout.map(|limit| limit.saturating_sub(MARGIN.min(limit / 10)));
    let findings = runtime.block_on(async {
        match limit {
            Some(limit) => tokio::time::timeout(limit, ask(args, &filter)).await.unwrap_or_else(|_| {
                Err(Failure::new(format!("no answer of {} within {} s", args.host, limit.as_secs_f64())))
            }),
            None => ask(args, &filter).await,
        }
    });
    // A name server that does not answer must not hold up the end.
    runtime.shutdown_background();
    findings
}

async fn ask(args: &CheckArgs, filter: &Filter) -> Result<Vec<Finding>, Failure> {
    let web = Web::new(WebOptions { parallel: 1, hosts: 1, ..WebOptions::default() }, &Deaf).map_err(Failure::new)?;
    let address = Address::parse(&args.host, &DEFAULT_PORT.to_string());
    let failed = |name: &str, reason: &dyn std::fmt::Display| Failure::new(format!("Host {name}: {reason}"));
    let asked = host::ask(&web, &address)
        .await
        .map_err(|lost| failed(lost.name.as_deref().unwrap_or(&address.label), &lost.reason))?;
    let filter = filter.resolve_names(&asked.plugins.iter().map(Plugin::name));
    let selected: Vec<_> = asked.plugins.into_iter().filter(|plugin| filter.selects(plugin)).collect();
    if selected.is_empty() {
        return Err(nothing_found(args));
    }
    if !args.force {
        return Ok(selected.iter().map(finding).collect());
    }
    let wanted: Vec<_> = selected.iter().map(|plugin| plugin.name().to_owned()).collect();
    let processes = asked.processes.map_err(|error| failed(&asked.name, &error))?;
    let given = host::force(&web, &asked.name, &processes, wanted.clone()).await;
    let given =
        given.map_err(|error| failed(&asked.name, &format!("{} could not be run: {error}", wanted.join(", "))))?;
    Ok(wanted.into_iter().map(|name| forced_finding(name, &given)).collect())
}

/// Names win over the other filters.
fn filter(args: &CheckArgs) -> Result<Filter, Failure> {
    if !args.names.is_empty() {
        return Ok(Filter { names: args.names.clone(), ..Filter::default() });
    }
    let category = args.category.iter().map(|value| Test::new("Category", value));
    let component = args.component.iter().map(|value| Test::new("Component", value));
    let health = args.health.then(|| Test::new("Type", "healthCheck"));
    let tests: Vec<_> = category.chain(component).chain(health).collect();
    if tests.is_empty() {
        return Err(Failure::new(
            "invalid startup configuration - neither plugin nor --category nor --component nor --health specified",
        ));
    }
    Ok(Filter { tests, ..Filter::default() })
}

fn nothing_found(args: &CheckArgs) -> Failure {
    if !args.names.is_empty() {
        return Failure::new(format!("plugin {} not found", args.names.join(", ")));
    }
    let or_none = |value: &Option<String>| value.clone().unwrap_or_else(|| "None".to_owned());
    Failure::new(format!(
        "no plugin found by category {} and component {}, health: {}",
        or_none(&args.category),
        or_none(&args.component),
        if args.health { "True" } else { "False" }
    ))
}

fn forced_finding(name: String, given: &[Plugin]) -> Finding {
    let plugin = given.iter().find(|plugin| plugin.name() == name);
    plugin.map_or_else(
        || {
            let text = "the forced run gave no result; see smoker logs for details".to_owned();
            Finding { name, status: Status::Unknown, text }
        },
        finding,
    )
}

fn finding(plugin: &Plugin) -> Finding {
    let text = match plugin.status() {
        Status::Ok => format!("smoke test {} succeeded at {}", plugin.name(), date(plugin)),
        Status::Unknown => format!("unknown status UNKNOWN at {}", date(plugin)),
        Status::Warn => bad_text(plugin, "warn"),
        Status::Error => bad_text(plugin, "error"),
    };
    Finding { name: plugin.name().to_owned(), status: plugin.status(), text }
}

fn date(plugin: &Plugin) -> String {
    plugin.view().last_run().unwrap_or_else(|| "None".to_owned())
}

/// The first message of the level, whatever its length; else what the components say.
fn bad_text(plugin: &Plugin, level: &str) -> String {
    let view = plugin.view();
    let messages = view.messages().map(|messages| messages.level(level)).unwrap_or_default();
    if let Some(first) = messages.first() {
        return first.clone().into_owned();
    }
    let name = plugin.name();
    let parts: String = view.components().iter().filter(|part| part.status != Status::Ok).map(component_text).collect();
    if parts.is_empty() {
        return format!("smoke test: {name} gave no message");
    }
    let text = format!("smoke test: {name} {parts}");
    if text.chars().count() > MAX_TEXT {
        return format!("smoke test: {name} returns huge error output, see smoker logs for details");
    }
    text
}

fn component_text(component: &Component<'_>) -> String {
    let status = component.status;
    let level = status.as_str().to_lowercase();
    let details = component.messages.map(|messages| messages.level(&level)).unwrap_or_default().join(", ");
    if details.is_empty() {
        return format!("{}: {status}; ", component.name);
    }
    let cut = details.char_indices().nth(MAX_DETAILS).map(|(at, _)| format!("{}..", &details[..at]));
    format!("{}: {status}: {}; ", component.name, cut.unwrap_or(details))
}

/// What Nagios is told of these plugins: the text, harmless for a terminal, and the exit code.
#[must_use]
pub fn verdict(plugins: &[Plugin]) -> (String, u8) {
    let (text, code) = judge(&plugins.iter().map(finding).collect::<Vec<_>>());
    (said(&text), code)
}

/// The worst decides. One plugin speaks for itself; several are summed up and
/// listed, which Nagios takes as its long output.
fn judge(findings: &[Finding]) -> (String, u8) {
    let with = |status| findings.iter().filter(move |finding| finding.status == status);
    let worst = WORST_FIRST.into_iter().find(|status| with(*status).next().is_some()).unwrap_or(Status::Unknown);
    let (word, code) = match worst {
        Status::Ok => ("OK", OK),
        Status::Warn => ("WARNING", WARNING),
        Status::Error => ("CRITICAL", CRITICAL),
        Status::Unknown => ("UNKNOWN", UNKNOWN),
    };
    if let [only] = findings {
        return (format!("{word}: {}", only.text), code);
    }
    let counts: Vec<_> = WORST_FIRST
        .into_iter()
        .map(|status| (status, with(status).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(status, count)| format!("{status}: {count}"))
        .collect();
    let summary = format!("{word}: {}", counts.join(", "));
    let line = |finding: &Finding| format!("{} - {} - {}", finding.status, finding.name, finding.text);
    let lines: Vec<_> = std::iter::once(summary).chain(WORST_FIRST.into_iter().flat_map(with).map(line)).collect();
    (lines.join("\n"), code)
}
