//! What differs between two baselines.
//!
//! # Layout
//!
//! - `host_pairs`: which host of one baseline is which of the other
//! - `renames`: which part has probably another name now

mod host_pairs;
pub mod renames;

use std::collections::{BTreeMap, BTreeSet};

use crate::status::Status;
use crate::verdict::baseline::{Baseline, BaselineHost, BaselinePlugin, Before};
use crate::verdict::difference::host_pairs::pairs;
use crate::verdict::difference::renames::renames;
use crate::verdict::part::Part;

/// A difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The host, by the name that it has in the newer baseline, else in the older one.
    pub host: String,
    /// The plugin or component; none when the whole host is meant.
    pub part: Option<Part>,
    /// What has changed.
    pub change: Change,
    /// The status before, of a part that was there.
    pub was: Option<Status>,
    /// The status now, of a part that is there.
    pub is: Option<Status>,
    /// The message of the plugin, or why it is not known how the host was or is.
    pub message: Option<String>,
}

/// What has changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// It was good and is bad.
    Failed,
    /// It is not there any more.
    Gone,
    /// It is not known how it was, or how it is: a host that did not answer, a plugin without a result.
    Unknown,
    /// The status is another one, neither better nor worse than the other.
    Changed,
    /// It has this name now.
    Renamed(String),
    /// It was not there.
    New,
    /// It was bad and is good.
    Fixed,
}

/// The differences of the hosts, by hosts and parts. The order of hosts and plugins does not matter.
#[must_use]
pub fn differences(before: &Baseline, after: &Baseline) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut is_gone = vec![true; before.hosts.len()];
    for (host, old) in after.hosts.iter().zip(pairs(&before.hosts, &after.hosts)) {
        match old {
            Some(old) => {
                is_gone[old] = false;
                add_host(&mut found, &before.hosts[old], host);
            }
            None => found.push(of_host(host, Change::New)),
        }
    }
    let gone = before.hosts.iter().zip(is_gone).filter(|(_, is_gone)| *is_gone);
    found.extend(gone.map(|(host, _)| of_host(host, Change::Gone)));
    found.sort_by(|one, other| key(one).cmp(&key(other)));
    found
}

/// What neither baseline knows of hosts that are in both: hosts that answered for none of them, and plugins and components that
/// have no result in either. Whether these differ nobody can tell.
#[must_use]
pub fn unknown_in_both(before: &Baseline, after: &Baseline) -> Vec<Difference> {
    let mut found = Vec::new();
    for (host, old) in after.hosts.iter().zip(pairs(&before.hosts, &after.hosts)) {
        let Some(old) = old.map(|old| &before.hosts[old]) else { continue };
        if old.error.is_some() && host.error.is_some() {
            found.push(of_host(host, Change::Unknown));
        }
        let (before, after) = (old.parts().unwrap_or_default(), host.parts().unwrap_or_default());
        let is_unknown = |before: &Before| before.status == Status::Unknown;
        let parts = after.iter().filter(|(part, now)| is_unknown(now) && before.get(part).is_some_and(is_unknown));
        found.extend(parts.map(|(part, _)| Difference {
            part: Some(part.clone()),
            is: Some(Status::Unknown),
            message: message_of(host, part),
            ..of_host(host, Change::Unknown)
        }));
    }
    found.sort_by(|one, other| key(one).cmp(&key(other)));
    found
}

fn key(it: &Difference) -> impl Ord + '_ {
    (&it.host, &it.part, &it.change, it.was.map(Status::as_str), it.is.map(Status::as_str), &it.message)
}

/// A difference of the whole host.
fn of_host(host: &BaselineHost, change: Change) -> Difference {
    let message = host.error.clone();
    Difference { host: host.host.clone(), part: None, change, was: None, is: None, message }
}

fn add_host(found: &mut Vec<Difference>, old: &BaselineHost, host: &BaselineHost) {
    if old.host != host.host {
        let renamed = Change::Renamed(host.host.clone());
        found.push(Difference { message: None, ..of_host(old, renamed) });
    }
    match (&old.error, &host.error) {
        (None, None) if is_same(&old.plugins, &host.plugins) => {}
        (None, None) => add_parts(found, old, host),
        (Some(_), Some(_)) => {}
        (Some(_), None) => found.push(Difference { host: host.host.clone(), ..of_host(old, Change::Unknown) }),
        (None, Some(_)) => found.push(of_host(host, Change::Unknown)),
    }
}

/// Whether all is the same and in the same order, as it mostly is.
fn is_same(old: &[BaselinePlugin], new: &[BaselinePlugin]) -> bool {
    let is_same = |(old, new): (&BaselinePlugin, &BaselinePlugin)| {
        old.status == new.status && old.name == new.name && old.components == new.components
    };
    old.len() == new.len() && old.iter().zip(new).all(is_same)
}

fn add_parts(found: &mut Vec<Difference>, old: &BaselineHost, host: &BaselineHost) {
    let (before, after) = (old.parts().unwrap_or_default(), host.parts().unwrap_or_default());
    let message = |part: &Part| message_of(host, part);
    let mut add = |part: &Part, change, was: Option<&Before>, is: Option<&Before>, message| {
        let (was, is) = (was.map(|before| before.status), is.map(|now| now.status));
        found.push(Difference { host: host.host.clone(), part: Some(part.clone()), change, was, is, message });
    };
    let gone: Vec<_> = before.keys().filter(|part| !after.contains_key(*part)).collect();
    let added: Vec<_> = after.keys().filter(|part| !before.contains_key(*part)).collect();
    let renamed = renames(&gone, &added);
    for part in gone {
        let new = renamed.get(part).copied();
        let change = new.map_or(Change::Gone, |new| Change::Renamed(new.to_string()));
        add(part, change, before.get(part), new.and_then(|new| after.get(new)), None);
    }
    let of_new: BTreeMap<_, _> = renamed.iter().map(|(old, new)| (*new, *old)).collect();
    let without_past: BTreeSet<_> = added.into_iter().filter(|part| !of_new.contains_key(part)).collect();
    for (part, now) in &after {
        let was = before.get(of_new.get(part).copied().unwrap_or(part));
        if without_past.contains(part) {
            add(part, Change::New, None, Some(now), message(part));
        } else if let Some(change) = was.and_then(|was| of_status(*was, *now)) {
            add(part, change, was, Some(now), message(part));
        }
    }
}

/// The message of a plugin; a baseline has none of components.
fn message_of(host: &BaselineHost, part: &Part) -> Option<String> {
    let plugin = host.plugins.iter().find(|plugin| plugin.name == part.plugin && part.component.is_none())?;
    plugin.message.clone()
}

/// What the change of a status is; none when there is none.
fn of_status(was: Before, is: Before) -> Option<Change> {
    if was.status == is.status {
        return None;
    }
    Some(match (was.was_good(), is.was_good()) {
        _ if was.status == Status::Unknown || is.status == Status::Unknown => Change::Unknown,
        (true, false) => Change::Failed,
        (false, true) => Change::Fixed,
        _ => Change::Changed,
    })
}
