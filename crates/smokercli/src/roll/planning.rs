//! The plan of a roll, and whether it is still that of the command line.

use std::collections::{BTreeMap, HashMap};
use std::env;
use std::ffi::OsString;

use crate::cli::commands::roll_args::{DEFAULT_STEPS, RollArgs};
use crate::cli::options::host_args::HostArgs;
use crate::error::ExitError;
use crate::inventory::address::{HostAddress, without_password};
use crate::inventory::fold::fold;
use crate::inventory::selection::HostSelection;
use crate::roll::command_text::is_plain;
use crate::roll::event::{Plan, PlannedHost, VERSION};
use crate::roll::fleet_hosts;
use crate::roll::record::Record;
use crate::roll::steps;
use crate::targets::Targets;
use crate::terminal::console::Console;
use crate::trust_store::user_at_host;

/// The words of a command line, without passwords of URLs. A command is kept as it is, since it may run again.
pub(super) fn without_passwords(arguments: &[OsString]) -> Vec<String> {
    let is_url = |word: &str| {
        word.split_once("://").is_some_and(|(scheme, _)| ["http", "https", "nats", "tls"].contains(&scheme))
    };
    let shown = |word: &str| {
        if is_url(word) && !word.contains(char::is_whitespace) {
            HostAddress::parse(word, "").label
        } else {
            word.to_owned()
        }
    };
    arguments.iter().map(|word| shown(&word.to_string_lossy())).collect()
}

/// The batches of these hosts.
///
/// # Errors
///
/// When a step or the name of a host cannot be used, two names are of one host, or a host that was to be left out is none of them.
pub(super) fn plan(selection: &HostSelection, steps: &str, arguments: Vec<String>) -> Result<Plan, ExitError> {
    if let [(name, known), ..] = selection.other_names() {
        return Err(ExitError::usage(format!(
            "{name} and {known} are two names of the daemon at one address, and the command would run for one of them only; give each its own \
             smoker_host or smoker_port, or leave one out by --exclude-hosts"
        )));
    }
    selection.refuse_unused_exclusions()?;
    let mut hosts = Vec::new();
    let mut names: HashMap<String, &str> = HashMap::new();
    for host in selection.hosts() {
        let HostAddress { label, page } = &host.address;
        let url = page.as_ref().map_err(|problem| ExitError::usage(format!("{label}: {problem}")))?;
        let bare = fleet_hosts::bare_name(label);
        if !is_plain(&bare) {
            return Err(ExitError::usage(format!(
                "{bare:?} cannot be put into a command, in which a shell could take it for something else; name the host by letters, \
                 digits and . - _ : % in the inventory, and its address as smoker_host"
            )));
        }
        if let Some(other) = names.insert(bare.clone(), label) {
            return Err(ExitError::usage(format!(
                "{other} and {label} are both {bare} to a command, which would run there twice and in different batches; name each of them in \
                 the inventory, with its address as smoker_host and smoker_port, or leave one out"
            )));
        }
        hosts.push(PlannedHost { name: label.clone(), address: without_password(url) });
    }
    let ends = steps::ends(steps, hosts.len()).map_err(ExitError::usage)?;
    let folder = env::current_dir().ok().and_then(|folder| folder.into_os_string().into_string().ok());
    Ok(Plan { version: VERSION, by: user_at_host(), folder, arguments, hosts, ends })
}

/// The hosts of a plan.
pub(super) fn selection(plan: &Plan) -> HostSelection {
    let address =
        |host: &PlannedHost| HostAddress { label: host.name.clone(), ..HostAddress::parse(&host.address, "") };
    HostSelection::of_addresses(plan.hosts.iter().map(address).collect())
}

/// Whether options say which hosts are meant.
pub(super) fn names_hosts(args: &HostArgs) -> bool {
    let lists = [&args.hosts, &args.group, &args.limit, &args.exclude_hosts];
    lists.iter().any(|list| !list.is_empty()) || !args.hosts_file.is_empty() || !args.inventory.is_empty()
}

/// A command line: the options, and those of discovery plugins.
type CommandLine = (Box<RollArgs>, Vec<String>);

/// Whether what is typed with `--resume` says the same hosts and batches as the record.
///
/// # Errors
///
/// What is different, and the command that goes on without it.
pub(super) fn check_typed(
    plan: &Plan,
    record: &Record,
    typed: &RollArgs,
    (begun, of_plugins): &CommandLine,
    hosts_of: impl FnOnce(&RollArgs, &[String]) -> Result<Targets, ExitError>,
) -> Result<(), ExitError> {
    let steps = typed.steps.as_ref().or(begun.steps.as_ref()).map_or(DEFAULT_STEPS, String::as_str);
    let differences = if names_hosts(&typed.targets) {
        let now = self::plan(&hosts_of(typed, of_plugins)?.selection, steps, Vec::new())?;
        differences(plan, &now)
    } else {
        let ends = steps::ends(steps, plan.hosts.len()).map_err(ExitError::usage)?;
        differences(plan, &Plan { ends, ..plan.clone() })
    };
    differences.map_or(Ok(()), |differences| {
        Err(ExitError::usage(format!(
            "--resume goes on with the hosts and the batches of the record, and those that are typed now are others ({differences}); to \
             go on without them: {}",
            record.resume_command()
        )))
    })
}

/// Warns when the command line of the record means other hosts now.
pub(super) fn warn_of_changes(
    plan: &Plan,
    (begun, of_plugins): &CommandLine,
    hosts_of: impl FnOnce(&RollArgs, &[String]) -> Result<Targets, ExitError>,
    console: &Console,
) {
    let now = hosts_of(begun, of_plugins).map(|targets| targets.selection);
    match now.map(|now| differences(plan, &Plan { hosts: hosts(&now), ..plan.clone() })) {
        Ok(None) => {}
        Ok(Some(differences)) => console.warn(&format!(
            "the hosts have changed since the roll was begun ({differences}); it goes on with those of the record"
        )),
        Err(error) => console.warn(&format!(
            "it is not known whether the hosts have changed since the roll was begun: {}; it goes on with those of the record",
            error.message
        )),
    }
}

/// Hosts as plans have them; without those whose addresses cannot be used.
fn hosts(selection: &HostSelection) -> Vec<PlannedHost> {
    let planned = |address: &HostAddress| {
        let url = address.page.as_ref().ok()?;
        Some(PlannedHost { name: address.label.clone(), address: without_password(url) })
    };
    selection.hosts().iter().filter_map(|host| planned(&host.address)).collect()
}

/// What differs between the plan of a record and one of now, in words; none when nothing does.
fn differences(record: &Plan, now: &Plan) -> Option<String> {
    let addresses = |plan: &'_ Plan| -> BTreeMap<String, String> {
        plan.hosts.iter().map(|host| (host.name.clone(), host.address.clone())).collect()
    };
    let (before, after) = (addresses(record), addresses(now));
    let named = |plan: &Plan, is_it: &dyn Fn(&str) -> bool| {
        let names: Vec<_> = plan.hosts.iter().map(|host| host.name.as_str()).filter(|name| is_it(name)).collect();
        fold(&names).join(", ")
    };
    let mut found = Vec::new();
    for (what, names) in [
        ("new", named(now, &|name| !before.contains_key(name))),
        ("not there any more", named(record, &|name| !after.contains_key(name))),
        ("at another address", named(now, &|name| before.get(name).is_some_and(|it| Some(it) != after.get(name)))),
    ] {
        if !names.is_empty() {
            found.push(format!("{what}: {names}"));
        }
    }
    if found.is_empty() && before.len() == after.len() && record.hosts != now.hosts {
        found.push("in another order".to_owned());
    }
    if found.is_empty() && record.ends != now.ends {
        let ends = |plan: &Plan| plan.ends.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        found.push(format!("batches that end at host {}, on record {}", ends(now), ends(record)));
    }
    (!found.is_empty()).then(|| found.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan_of(hosts: &[(&str, &str)], ends: &[usize]) -> Plan {
        let host = |(name, address): &(&str, &str)| PlannedHost { name: (*name).into(), address: (*address).into() };
        let hosts = hosts.iter().map(host).collect();
        Plan { version: VERSION, by: String::new(), folder: None, arguments: vec![], hosts, ends: ends.into() }
    }

    #[test]
    fn what_differs_is_told() {
        let record = plan_of(&[("web1", "a"), ("web2", "b"), ("web3", "c")], &[1, 3]);
        for (hosts, ends, expected) in [
            ([("web1", "a"), ("web2", "b"), ("web3", "c")].as_slice(), [1, 3].as_slice(), None),
            (
                &[("web1", "a"), ("web2", "b"), ("web4", "c"), ("web5", "d")],
                &[1, 4],
                Some("new: web4, web5; not there any more: web3"),
            ),
            (&[("web1", "a"), ("web2", "x"), ("web3", "c")], &[1, 3], Some("at another address: web2")),
            (&[("web2", "b"), ("web1", "a"), ("web3", "c")], &[1, 3], Some("in another order")),
            (&[("web1", "a"), ("web2", "b"), ("web3", "c")], &[3], Some("batches that end at host 3, on record 1, 3")),
        ] {
            assert_eq!(differences(&record, &plan_of(hosts, ends)).as_deref(), expected, "{hosts:?}");
        }
    }
}
