//! What differs between two baselines.

use std::collections::{BTreeMap, BTreeSet};

use crate::status::Status;
use crate::verdict::baseline::{Baseline, BaselineHost, Before};
use crate::verdict::part::Part;

/// A difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// The host, by the name that it has in the newer baseline, else in the older one.
    pub host: String,
    /// The plugin or component; none when the whole host is meant.
    pub part: Option<Part>,
    /// What has changed.
    pub change: Change,
}

/// What has changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// It was good and is bad.
    Failed,
    /// It was bad and is good.
    Fixed,
    /// The status is another one, neither better nor worse than the other.
    Changed,
    /// It is not there any more.
    Gone,
    /// It was not there.
    New,
    /// It has this name now.
    Renamed(String),
    /// It is not known how it was, or how it is.
    Unknown,
}

/// The differences of the hosts, sorted. The order of hosts and plugins does not matter.
#[must_use]
pub fn differences(before: &Baseline, after: &Baseline) -> Vec<Difference> {
    let mut found = Vec::new();
    let older = Index::of(before);
    let mut matched = BTreeSet::new();
    for host in &after.hosts {
        let old = older.find(host).filter(|old| matched.insert(*old)).map(|old| &before.hosts[old]);
        let difference = |part, change| Difference { host: host.host.clone(), part, change };
        let Some(old) = old else {
            found.push(difference(None, Change::New));
            continue;
        };
        if old.host != host.host {
            found.push(Difference { host: old.host.clone(), part: None, change: Change::Renamed(host.host.clone()) });
        }
        match (old.parts(), host.parts()) {
            (Some(old), Some(new)) => {
                found.extend(of_parts(&old, &new).into_iter().map(|(part, change)| difference(Some(part), change)));
            }
            (None, None) => {}
            _ => found.push(difference(None, Change::Unknown)),
        }
    }
    let gone = before.hosts.iter().enumerate().filter(|(at, _)| !matched.contains(at));
    found.extend(gone.map(|(_, host)| Difference { host: host.host.clone(), part: None, change: Change::Gone }));
    found.sort();
    found
}

/// The hosts of a baseline by what they can be found by.
struct Index<'a> {
    addresses: BTreeMap<&'a str, usize>,
    hosts: BTreeMap<&'a str, Option<usize>>,
    names: BTreeMap<&'a str, Option<usize>>,
}

impl<'a> Index<'a> {
    fn of(baseline: &'a Baseline) -> Self {
        let mut index = Self { addresses: BTreeMap::new(), hosts: BTreeMap::new(), names: BTreeMap::new() };
        for (at, host) in baseline.hosts.iter().enumerate() {
            index.addresses.entry(&host.address).or_insert(at);
            // What several hosts have tells none of them.
            index.hosts.entry(&host.host).and_modify(|known| *known = None).or_insert(Some(at));
            if let Some(name) = &host.name {
                index.names.entry(name).and_modify(|known| *known = None).or_insert(Some(at));
            }
        }
        index
    }

    fn find(&self, host: &BaselineHost) -> Option<usize> {
        let by_name = || self.names.get(host.name.as_deref()?).copied().flatten();
        let by_host = self.hosts.get(host.host.as_str()).copied().flatten();
        self.addresses.get(host.address.as_str()).copied().or(by_host).or_else(by_name)
    }
}

fn of_parts(old: &BTreeMap<Part, Before>, new: &BTreeMap<Part, Before>) -> Vec<(Part, Change)> {
    let gone: Vec<_> = old.keys().filter(|part| !new.contains_key(*part)).collect();
    let added: Vec<_> = new.keys().filter(|part| !old.contains_key(*part)).collect();
    let renamed = renames(&gone, &added);
    let mut changes = Vec::new();
    for part in gone {
        match renamed.get(part) {
            Some(new) => changes.push((part.clone(), Change::Renamed(new.to_string()))),
            None => changes.push((part.clone(), Change::Gone)),
        }
    }
    let is_renamed = |part: &&&Part| renamed.values().any(|new| *new == **part);
    changes.extend(added.iter().filter(|part| !is_renamed(part)).map(|part| ((*part).clone(), Change::New)));
    for (part, before) in old {
        let Some(after) = new.get(part).filter(|after| after.status != before.status) else { continue };
        let change = match (before.was_good(), after.was_good()) {
            (true, false) => Change::Failed,
            (false, true) => Change::Fixed,
            _ if before.status == Status::Unknown || after.status == Status::Unknown => Change::Unknown,
            _ => Change::Changed,
        };
        changes.push((part.clone(), change));
    }
    changes
}

/// Parts that have probably another name now: the only one that is gone and the only one that has come, of the components
/// of a plugin or of the plugins of a host.
#[must_use]
pub fn renames<'a>(gone: &[&'a Part], added: &[&'a Part]) -> BTreeMap<&'a Part, &'a Part> {
    let mut found = BTreeMap::new();
    let family = |part: &Part| part.component.as_ref().map(|_| part.plugin.clone());
    let families: BTreeSet<_> = gone.iter().map(|part| family(part)).collect();
    for of in families {
        let only = |parts: &[&'a Part]| {
            let mut fitting = parts.iter().filter(|part| family(part) == of);
            fitting.next().copied().filter(|_| fitting.next().is_none())
        };
        if let (Some(old), Some(new)) = (only(gone), only(added)) {
            found.insert(old, new);
        }
    }
    // The components of a renamed plugin have their names still.
    let plugins: Vec<_> =
        found.iter().filter(|(old, _)| old.component.is_none()).map(|(old, new)| (*old, *new)).collect();
    for (old, new) in plugins {
        for part in gone.iter().filter(|part| part.plugin == old.plugin && part.component.is_some()) {
            let same = added.iter().find(|other| other.plugin == new.plugin && other.component == part.component);
            found.extend(same.map(|same| (*part, *same)));
        }
    }
    found
}
