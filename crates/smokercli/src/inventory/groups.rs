//! Groups of hosts and of other groups.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use smoker_model::suggest;

use crate::error::ExitError;
use crate::inventory::address::HostAddress;
use crate::inventory::expressions;

/// The group of all hosts, whatever the inventory lists in it: what it says there counts for all of them.
pub const ALL: &str = "all";
/// The group of the hosts that are in no other than [`ALL`], whatever the inventory lists in it.
pub const UNGROUPED: &str = "ungrouped";

/// Variables of a host or a group by name.
pub type Variables = BTreeMap<String, String>;

/// What belongs to a group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Member {
    /// The host of this name, as it is written.
    Host(String),
    /// The hosts of this expression, such as `web[01-40]`.
    Expression(String),
    /// The hosts of this group.
    Group(String),
}

/// A group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// What belongs to it, in order.
    pub members: Vec<Member>,
    /// What is said of all its hosts.
    pub variables: Variables,
}

/// All groups, and what is said of single hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    groups: BTreeMap<String, Group>,
    hosts: BTreeMap<String, Variables>,
}

/// The hosts of each group, with the groups in other groups.
#[derive(Debug)]
pub struct ResolvedGroups<'a> {
    inventory: &'a Inventory,
    hosts: BTreeMap<&'a str, Vec<String>>,
    /// How deep each group is in others: what a deeper one says has precedence.
    depths: HashMap<&'a str, usize>,
    /// See [`Self::unlisted`].
    unlisted: usize,
}

impl Inventory {
    /// The group of this name, made when there is none.
    pub fn group(&mut self, name: &str) -> &mut Group {
        self.groups.entry(name.to_owned()).or_default()
    }

    /// What is said of the host of this name.
    pub fn host(&mut self, name: &str) -> &mut Variables {
        self.hosts.entry(name.to_owned()).or_default()
    }

    /// Whether it has the host of this name.
    #[must_use]
    pub fn has_host(&self, name: &str) -> bool {
        self.hosts.contains_key(name)
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.hosts.is_empty()
    }

    /// Whether it names any host.
    #[must_use]
    pub fn has_hosts(&self) -> bool {
        let is_host = |member: &Member| !matches!(member, Member::Group(_));
        !self.hosts.is_empty() || self.groups.values().any(|group| group.members.iter().any(is_host))
    }

    /// The names of the groups, sorted.
    pub fn group_names(&self) -> impl Iterator<Item = &str> {
        self.groups.keys().map(String::as_str)
    }

    /// Adds what another inventory has. Groups of one name become one.
    pub fn merge(&mut self, other: Self) {
        for (name, Group { members, variables }) in other.groups {
            let group = self.group(&name);
            let mut known: HashSet<_> = group.members.iter().cloned().collect();
            group.members.extend(members.into_iter().filter(|member| known.insert(member.clone())));
            group.variables.extend(variables);
        }
        for (name, variables) in other.hosts {
            self.host(&name).extend(variables);
        }
    }

    /// Follows the groups in groups.
    ///
    /// # Errors
    ///
    /// When a group contains itself, or one that does not exist.
    pub fn resolve(&self) -> Result<ResolvedGroups<'_>, ExitError> {
        let mut resolved =
            ResolvedGroups { inventory: self, hosts: BTreeMap::new(), depths: HashMap::new(), unlisted: 0 };
        if !self.is_empty() {
            resolved.hosts.insert(UNGROUPED, self.ungrouped());
        }
        for name in self.groups.keys() {
            resolved.follow(name, &mut Vec::new())?;
        }
        if !self.is_empty() {
            // What the inventory lists itself comes first.
            let listed = resolved.hosts.remove(ALL).unwrap_or_default();
            let count = listed.len();
            let all = distinct(listed.into_iter().chain(resolved.hosts.values().flatten().cloned()));
            resolved.unlisted = if count > 0 { all.len() - count } else { 0 };
            resolved.hosts.insert(ALL, all);
        }
        for name in self.groups.keys() {
            resolved.sink(name, 0);
        }
        Ok(resolved)
    }

    /// The hosts that are in no group but for these two.
    fn ungrouped(&self) -> Vec<String> {
        let is_proper = |name: &&String| ![ALL, UNGROUPED].contains(&name.as_str());
        let grouped: BTreeSet<_> = self.groups.keys().filter(is_proper).flat_map(|name| self.own_hosts(name)).collect();
        let others = [UNGROUPED, ALL].into_iter().flat_map(|name| self.own_hosts(name));
        distinct(others.chain(self.hosts.keys().cloned()).filter(|host| !grouped.contains(host)))
    }

    /// The hosts that a group lists itself.
    fn own_hosts(&self, name: &str) -> Vec<String> {
        self.groups.get(name).into_iter().flat_map(|group| &group.members).flat_map(Member::hosts).collect()
    }
}

impl Member {
    /// The hosts that are named here.
    fn hosts(&self) -> Vec<String> {
        match self {
            Self::Host(host) => vec![host.clone()],
            Self::Expression(text) => expressions::typed(std::slice::from_ref(text)),
            Self::Group(_) => Vec::new(),
        }
    }
}

/// The names, each once.
fn distinct(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    names.filter(|name| seen.insert(name.clone())).collect()
}

impl<'a> ResolvedGroups<'a> {
    fn follow(&mut self, name: &'a str, path: &mut Vec<&'a str>) -> Result<(), ExitError> {
        // Each group is within the group of all hosts.
        if name == ALL && !path.is_empty() && !path.contains(&ALL) {
            path.insert(0, ALL);
        }
        if path.contains(&name) {
            let circle = path.iter().skip_while(|other| **other != name).chain([&name]).copied();
            let circle: Vec<_> = circle.collect();
            return Err(ExitError::new(format!("a group contains itself: {}; take one out", circle.join(" -> "))));
        }
        if self.hosts.contains_key(name) {
            return Ok(());
        }
        let inventory = self.inventory;
        let Some(group) = inventory.groups.get(name) else {
            let outer = path.last().copied().unwrap_or_default();
            return Err(ExitError::new(format!("group {outer} contains an {}", self.unknown(name))));
        };
        path.push(name);
        let mut hosts = Vec::new();
        for member in &group.members {
            hosts.extend(member.hosts());
            if let Member::Group(other) = member {
                self.follow(other, path)?;
                hosts.extend(self.hosts[other.as_str()].iter().cloned());
            }
        }
        path.pop();
        self.hosts.insert(name, distinct(hosts.into_iter()));
        Ok(())
    }

    /// Notes that a group is at least this deep, and what it contains deeper.
    fn sink(&mut self, name: &'a str, depth: usize) {
        let known = self.depths.get(name).copied();
        if known.is_some_and(|known| known >= depth) {
            return;
        }
        self.depths.insert(name, depth);
        let inventory = self.inventory;
        let Some(group) = inventory.groups.get(name) else { return };
        for member in &group.members {
            if let Member::Group(other) = member {
                self.sink(other, depth + 1);
            }
        }
    }

    fn unknown(&self, name: &str) -> String {
        let known: Vec<_> = self.inventory.group_names().collect();
        // Not all are followed yet where a group contains one that does not exist.
        let nameable: Vec<_> = known.iter().copied().chain([ALL, UNGROUPED]).collect();
        let near = suggest::near(name, &nameable).map_or(String::new(), |near| format!("; did you mean {near}?"));
        let listed = if known.len() > 20 { &known[..20] } else { &known };
        let rest = if known.len() > 20 { ", ..." } else { "" };
        match known.as_slice() {
            [] => format!(
                "unknown group {name:?}: there are no groups; write them as `groups` into ~/.smokercli.yaml, or name an --inventory"
            ),
            _ => format!(
                "unknown group {name:?}{near}{} the groups are {}{rest}",
                if near.is_empty() { ";" } else { "" },
                listed.join(", ")
            ),
        }
    }

    /// The hosts of a group as they are named.
    ///
    /// # Errors
    ///
    /// When there is no such group, or nothing in it.
    pub fn hosts_of(&self, name: &str) -> Result<Vec<String>, ExitError> {
        let hosts = match self.hosts.get(name) {
            Some(hosts) => hosts.clone(),
            None => return Err(ExitError::usage(self.unknown(name))),
        };
        if hosts.is_empty() {
            let reason = if name == UNGROUPED {
                ": each host is in another group; leave it out"
            } else {
                "; add some, or leave it out"
            };
            return Err(ExitError::new(format!("group {name} has no host{reason}")));
        }
        Ok(hosts)
    }

    /// Whether this is the name of the group of hosts without a group, and there is none: for Ansible that group is there all the same.
    #[must_use]
    pub fn is_without_ungrouped(&self, name: &str) -> bool {
        name == UNGROUPED && self.hosts.get(UNGROUPED).is_some_and(Vec::is_empty)
    }

    /// The names of all groups, also of those that nobody has made.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.hosts.keys().copied()
    }

    /// How many hosts the group of all hosts has beyond those that are listed under its name; none where nothing is listed there.
    #[must_use]
    pub fn unlisted(&self) -> usize {
        self.unlisted
    }

    /// The groups within this one, at any depth, that have no host, sorted. Programs of Ansible list the group of hosts without a
    /// group, whether there are any or not.
    #[must_use]
    pub fn empty_within(&self, name: &str) -> Vec<&str> {
        let mut found = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open = vec![name];
        while let Some(name) = open.pop() {
            for member in self.inventory.groups.get(name).into_iter().flat_map(|group| &group.members) {
                let Member::Group(inner) = member else { continue };
                if !seen.insert(inner.as_str()) {
                    continue;
                }
                open.push(inner);
                if inner != UNGROUPED && self.hosts.get(inner.as_str()).is_none_or(Vec::is_empty) {
                    found.insert(inner.as_str());
                }
            }
        }
        found.into_iter().collect()
    }

    /// Whether there is such a group.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.hosts.contains_key(name)
    }

    /// All hosts, each once, in the order of the groups.
    #[must_use]
    pub fn all(&self) -> Vec<String> {
        self.hosts.get(ALL).cloned().unwrap_or_default()
    }

    /// The groups of every host that the inventory has by their names, and what is said of the host, by its name.
    #[must_use]
    pub fn facts(&self) -> HashMap<String, HostFacts> {
        let mut facts: HashMap<String, HostFacts> = HashMap::new();
        let mut groups: Vec<_> =
            self.hosts.iter().filter(|(name, _)| self.inventory.groups.contains_key(**name)).collect();
        groups.sort_by_key(|(name, _)| (**name != ALL, self.depths.get(**name).copied().unwrap_or_default()));
        for (name, hosts) in groups {
            let variables = self.inventory.groups.get(*name).map(|group| &group.variables);
            for host in hosts {
                let facts = facts.entry(host.clone()).or_default();
                facts.groups.insert((*name).to_owned());
                facts
                    .variables
                    .extend(variables.into_iter().flatten().map(|(name, text)| (name.clone(), text.clone())));
            }
        }
        for (host, variables) in &self.inventory.hosts {
            facts.entry(host.clone()).or_default().variables.extend(variables.clone());
        }
        facts
    }
}

/// What the inventory says of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostFacts {
    /// The groups that it is in, also through other groups.
    pub groups: BTreeSet<String>,
    /// Its variables and those of its groups; of one name, that of the host or the inner group.
    pub variables: Variables,
}

/// The variable that names the host of the daemon, where it is another one than the name in the inventory.
const HOST: &str = "smoker_host";
/// The variable that names the port of the daemon.
const PORT: &str = "smoker_port";
/// Variables of Ansible that name the address of a host.
const ANSIBLE_HOSTS: [&str; 2] = ["ansible_host", "ansible_ssh_host"];

impl HostFacts {
    /// The address of the host of this name.
    #[must_use]
    pub fn address(&self, name: &str, default_port: &str) -> HostAddress {
        let variable = |name: &str| self.variables.get(name).filter(|text| !is_template(text)).map(String::as_str);
        let host = variable(HOST).or_else(|| ANSIBLE_HOSTS.into_iter().find_map(variable));
        let port = variable(PORT).unwrap_or(default_port);
        let mut address = HostAddress::parse(host.unwrap_or(name), port);
        if host.is_some() {
            name.clone_into(&mut address.label);
        }
        address
    }

    /// What is said of the host but for how it is reached, secrets, and what is no short text.
    #[must_use]
    pub fn labels(&self) -> Variables {
        self.variables
            .iter()
            .filter(|(name, text)| is_label(name, text))
            .map(|(name, text)| (name.clone(), text.clone()))
            .collect()
    }
}

/// The longest text of a label, in bytes.
const MAX_LABEL: usize = 200;

fn is_label(name: &str, text: &str) -> bool {
    !name.starts_with("ansible_")
        && ![HOST, PORT].contains(&name)
        && !smoker_model::secrets::secret_name::is_secret(name)
        && text.len() <= MAX_LABEL
        && !is_template(text)
        && !text.contains('\n')
}

/// Whether only Ansible could tell the value.
fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

#[cfg(test)]
mod tests;
