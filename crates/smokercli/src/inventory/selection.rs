//! The hosts of a call, with the groups and labels of each; `limits`: which of them `--limit` and `--exclude-hosts` leave.

mod limits;

use std::collections::{HashMap, HashSet};

use smoker_model::counted::{counted, is_or_are};

use crate::error::ExitError;
use crate::inventory::address::{HostAddress, host_as_written};
use crate::inventory::expressions;
use crate::inventory::groups::{HostFacts, Inventory, UNGROUPED};
use crate::inventory::inventory_host::InventoryHost;
use crate::inventory::selection::limits::{Excluded, exclude, limit};

/// How many names are listed in a remark.
const LISTED: usize = 5;

/// The hosts of a call in their order, each address once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostSelection {
    hosts: Vec<InventoryHost>,
    /// Other names of theirs, each beside the one that they are asked under.
    other_names: Vec<(String, String)>,
    /// What there is to say of `--exclude-hosts`, of which something fits none of them.
    unused_exclusions: Vec<String>,
}

/// What a command line names.
#[derive(Clone, Debug, Default)]
pub struct NamedHosts {
    /// Hosts and ranges: `-s`, hosts files, discovery.
    pub expressions: Vec<String>,
    /// `-g`.
    pub groups: Vec<String>,
    /// Hosts by their names in an inventory, which are meant where neither hosts nor groups are named.
    pub listed: Vec<String>,
    /// `--limit`.
    pub limit: Vec<String>,
    /// `--exclude-hosts`.
    pub excluded: Vec<String>,
}

impl NamedHosts {
    /// Whether any host is named.
    #[must_use]
    pub fn is_any(&self) -> bool {
        !self.listed.is_empty() || !self.expressions.is_empty() || !self.groups.is_empty()
    }
}

impl HostSelection {
    /// The hosts that a command line means; with remarks on what it names and that asks no host: a pattern of `--exclude-hosts` that
    /// none of them fits, a group in a group that has no host, another name of a host.
    ///
    /// # Errors
    ///
    /// When a group is unknown, empty or contains itself, a pattern of `--limit` means no host, one of `--exclude-hosts` begins with a
    /// sign of `--limit`, or no host is left.
    pub fn find(
        named: &NamedHosts,
        inventory: &Inventory,
        default_port: &str,
    ) -> Result<(Self, Vec<String>), ExitError> {
        Self::find_at(named, inventory, default_port, |address| address)
    }

    /// The same of hosts that are asked at other addresses, which say whether two of them are one.
    ///
    /// # Errors
    ///
    /// As [`Self::find`].
    pub fn find_at(
        named: &NamedHosts,
        inventory: &Inventory,
        default_port: &str,
        change: impl Fn(HostAddress) -> HostAddress,
    ) -> Result<(Self, Vec<String>), ExitError> {
        let groups = inventory.resolve()?;
        let facts = groups.facts();
        let of_inventory = |name: String| {
            let facts = facts.get(&name).cloned().unwrap_or_default();
            host(facts.address(&name, default_port), facts)
        };
        let mut remarks = Vec::new();
        let mut hosts: Vec<_> = expressions::expand_all(&named.expressions, default_port)
            .into_iter()
            .map(|address| match facts.get(&address.label) {
                // What was typed with a scheme or a port is the address.
                Some(facts) => host(facts.address(&address.label, default_port), facts.clone()),
                None => host(address, HostFacts::default()),
            })
            .collect();
        let mut has_no_ungrouped = false;
        for typed in &named.groups {
            for name in parts(typed, |name| groups.has(name)) {
                if groups.is_without_ungrouped(name) {
                    has_no_ungrouped = true;
                    continue;
                }
                hosts.extend(groups.hosts_of(name)?.into_iter().map(of_inventory));
                remarks.extend(empty_groups(name, &groups.empty_within(name)));
            }
        }
        if has_no_ungrouped && hosts.is_empty() {
            groups.hosts_of(UNGROUPED)?;
        }
        if named.groups.is_empty() && named.expressions.is_empty() {
            hosts.extend(named.listed.iter().cloned().map(of_inventory));
        }
        let hosts = hosts.into_iter().map(|host| InventoryHost { address: change(host.address), ..host });
        // Patterns mean any name of a host.
        let hosts: Vec<_> = hosts.collect();
        let mut known = HashSet::new();
        if !named.excluded.is_empty() {
            known.extend(hosts.iter().flat_map(InventoryHost::names));
            known.extend(groups.all().iter().map(|name| name.to_lowercase()));
        }
        let (hosts, unused) = limit(hosts, &named.limit, &groups)?;
        remarks.extend(unused);
        let Excluded { left, remarks: of_others, unused } = exclude(hosts, &named.excluded, &groups, &known)?;
        remarks.extend(of_others);
        let (hosts, other_names) = distinct(left);
        remarks.extend(told_names(&other_names));
        if hosts.is_empty() {
            return Err(ExitError::usage(
                "--limit and --exclude-hosts leave no host; --list-hosts without them shows all",
            ));
        }
        remarks.extend(unused.iter().cloned());
        Ok((Self { hosts, other_names, unused_exclusions: unused }, remarks))
    }

    /// One host that no inventory names.
    #[must_use]
    pub fn of_address(address: HostAddress) -> Self {
        Self::of_addresses(vec![address])
    }

    /// Hosts that no inventory names, in this order.
    #[must_use]
    pub fn of_addresses(addresses: Vec<HostAddress>) -> Self {
        let hosts = addresses.into_iter().map(|address| host(address, HostFacts::default())).collect();
        Self { hosts, ..Self::default() }
    }

    /// The hosts at these places, in their order.
    #[must_use]
    pub fn part(&self, places: &[usize]) -> Self {
        let hosts = places.iter().filter_map(|place| self.hosts.get(*place).cloned()).collect();
        Self { hosts, ..Self::default() }
    }

    /// The hosts with other addresses, such as over TLS.
    #[must_use]
    pub fn map_addresses(self, change: impl Fn(HostAddress) -> HostAddress) -> Self {
        let hosts = self.hosts.into_iter().map(|host| InventoryHost { address: change(host.address), ..host });
        Self { hosts: hosts.collect(), ..self }
    }

    /// The hosts.
    #[must_use]
    pub fn hosts(&self) -> &[InventoryHost] {
        &self.hosts
    }

    /// Other names of hosts that the call names, each beside the one that the host is asked under.
    #[must_use]
    pub fn other_names(&self) -> &[(String, String)] {
        &self.other_names
    }

    /// For commands that change hosts.
    ///
    /// # Errors
    ///
    /// When something of `--exclude-hosts` fits no host that is known: one that was to be left out would be changed.
    pub fn refuse_unused_exclusions(&self) -> Result<(), ExitError> {
        let Some(unused) = self.unused_exclusions.first() else { return Ok(()) };
        Err(ExitError::usage(format!(
            "{unused}; the command would run for a host that was to be left out, if the name is mistyped: correct it, or leave it out"
        )))
    }

    /// Their addresses, in the same order.
    #[must_use]
    pub fn addresses(&self) -> Vec<HostAddress> {
        self.hosts.iter().map(|host| host.address.clone()).collect()
    }

    /// How many they are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.hosts.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }
}

fn host(address: HostAddress, facts: HostFacts) -> InventoryHost {
    InventoryHost { address, labels: facts.labels(), groups: facts.groups }
}

/// The hosts, each address once, under the first of its names and in all of its groups; with the other names, each beside the first.
fn distinct(hosts: Vec<InventoryHost>) -> (Vec<InventoryHost>, Vec<(String, String)>) {
    let mut places = HashMap::new();
    let mut distinct: Vec<InventoryHost> = Vec::new();
    let mut others = Vec::new();
    for host in hosts {
        let place = *places.entry(host.key()).or_insert(distinct.len());
        let Some(first) = distinct.get_mut(place) else {
            distinct.push(host);
            continue;
        };
        let (name, known) = (&host.address.label, &first.address.label);
        if host_as_written(name) != host_as_written(known) {
            others.push((name.clone(), known.clone()));
        }
        first.groups.extend(host.groups);
        for (name, text) in host.labels {
            first.labels.entry(name).or_insert(text);
        }
    }
    (distinct, others)
}

/// Who names a host twice, such as with other letters, may mean two.
fn told_names(others: &[(String, String)]) -> Option<String> {
    let listed: Vec<_> = others.iter().take(LISTED).map(|(name, first)| format!("{name} is {first}")).collect();
    let rest = if others.len() > LISTED { ", ..." } else { "" };
    let (names, are) = (counted(others.len(), "name"), is_or_are(others.len()));
    (!others.is_empty()).then(|| {
        format!(
            "{names} of hosts {are} left out, since the daemon at that address has another one: {}{rest}",
            listed.join(", ")
        )
    })
}

fn empty_groups(outer: &str, empty: &[&str]) -> Option<String> {
    let rest = if empty.len() > LISTED { ", ..." } else { "" };
    let listed = empty.iter().take(LISTED).copied().collect::<Vec<_>>().join(", ");
    let groups = counted(empty.len(), "group");
    (!empty.is_empty())
        .then(|| format!("group {outer} contains {groups} without a host: {listed}{rest}; add some, or take it out"))
}

/// The names of a list with commas, unless all of it is one name.
fn parts(typed: &str, is_name: impl Fn(&str) -> bool) -> Vec<&str> {
    if is_name(typed) {
        return vec![typed];
    }
    let parts: Vec<_> = typed.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { vec![typed] } else { parts }
}

#[cfg(test)]
mod tests;
