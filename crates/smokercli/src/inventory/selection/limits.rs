//! Which hosts `--limit` and `--exclude-hosts` leave.

use std::collections::HashSet;

use smoker_model::counted::counted;

use crate::error::ExitError;
use crate::inventory::groups::{ALL, ResolvedGroups, UNGROUPED};
use crate::inventory::inventory_host::InventoryHost;
use crate::inventory::pattern::{Names, Pattern, Sense};

/// How many names are listed in a remark.
const LISTED: usize = 5;

/// The hosts that `--limit` leaves, all without any; with remarks on names of ranges that none of them has.
///
/// # Errors
///
/// When a pattern means none of the hosts: a host that was mistyped would not be asked, and be missed by nobody. A group that exists is
/// not mistyped: to take it out is no error, and the group of hosts without a group is there as it is for Ansible, with hosts or without.
pub(super) fn limit(
    hosts: Vec<InventoryHost>,
    typed: &[String],
    groups: &ResolvedGroups<'_>,
) -> Result<(Vec<InventoryHost>, Vec<String>), ExitError> {
    let patterns = Pattern::all(typed);
    let candidates = candidates(hosts);
    let known = Known::of(&candidates);
    let count = counted(candidates.len(), "host");
    let means_none = patterns.iter().filter(|pattern| !known.has_any_of(pattern));
    for pattern in means_none.filter(|pattern| !pattern.names.has(UNGROUPED)) {
        let reason = match (pattern.sense, is_group(pattern, groups)) {
            (Sense::Not, true) => continue,
            (Sense::Meant | Sense::Only, true) => format!("none of the {count} is in that group"),
            (_, false) => format!("none of the {count} has such a name or group"),
        };
        return Err(ExitError::usage(format!("--limit {}: {reason}; --list-hosts shows them", pattern.shown())));
    }
    let (remarks, has_ungrouped) = (known.unused("--limit", &patterns), known.has_ungrouped);
    let of = |sense| patterns.iter().filter(move |pattern| pattern.sense == sense);
    let has_meant = of(Sense::Meant).next().is_some();
    let (meant, not_meant) = (Names::of_all(of(Sense::Meant)), Names::of_all(of(Sense::Not)));
    let is_left = |candidate: &Candidate| {
        (!has_meant || candidate.is_meant_by(&meant))
            && of(Sense::Only).all(|pattern| candidate.is_meant_by(&pattern.names))
            && !candidate.is_meant_by(&not_meant)
    };
    let left: Vec<_> = candidates.into_iter().filter(is_left).map(|candidate| candidate.host).collect();
    let asks_ungrouped = patterns.iter().any(|pattern| pattern.sense != Sense::Not && pattern.names.has(UNGROUPED));
    if left.is_empty() && asks_ungrouped && !has_ungrouped {
        return Err(ExitError::usage(format!(
            "--limit {UNGROUPED}: each of the {count} is in a group, so no host is left; --list-hosts -o json shows the groups"
        )));
    }
    Ok((left, remarks))
}

/// Whether a pattern is the name of a group that exists, whichever hosts are in it.
fn is_group(pattern: &Pattern, groups: &ResolvedGroups<'_>) -> bool {
    groups.names().any(|name| pattern.names.has(&name.to_lowercase()))
}

/// What `--exclude-hosts` leaves.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excluded {
    pub(super) left: Vec<InventoryHost>,
    /// On patterns that fit other hosts alone.
    pub(super) remarks: Vec<String>,
    /// On patterns that fit nothing: a name was mistyped.
    pub(super) unused: Vec<String>,
}

/// The hosts but for those of `--exclude-hosts`. `elsewhere` are names, in lower case, of hosts that `--limit` and `-g` have left out: to exclude
/// one of them, or a group that exists, is no mistake.
///
/// # Errors
///
/// When a pattern begins with a sign: whether `!web` excludes web or all others would be a guess.
pub(super) fn exclude(
    hosts: Vec<InventoryHost>,
    typed: &[String],
    groups: &ResolvedGroups<'_>,
    elsewhere: &HashSet<String>,
) -> Result<Excluded, ExitError> {
    let patterns = Pattern::all(typed);
    let candidates = candidates(hosts);
    if let Some(pattern) = patterns.iter().find(|pattern| pattern.sense != Sense::Meant) {
        return Err(ExitError::usage(format!(
            "--exclude-hosts {}: ! and & are signs of --limit; name the hosts that are not asked without one",
            pattern.typed
        )));
    }
    let known = Known::of(&candidates);
    let elsewhere: HashSet<&str> = elsewhere.iter().map(String::as_str).collect();
    let (mut remarks, mut unused) = (Vec::new(), Vec::new());
    for pattern in patterns.iter().filter(|pattern| !known.has_any_of(pattern) && !pattern.names.has(UNGROUPED)) {
        let told = |reason: &str| format!("--exclude-hosts {}: {reason}", pattern.shown());
        if is_group(pattern, groups) {
            remarks.push(told("none of the hosts is in that group"));
        } else if pattern.names.fit_any(&elsewhere) {
            remarks.push(told("it is none of the hosts of this call"));
        } else {
            unused.push(told("no host has such a name or group"));
        }
    }
    unused.extend(known.unused("--exclude-hosts", &patterns));
    let excluded = Names::of_all(patterns.iter());
    let left = candidates.into_iter().filter(|candidate| !candidate.is_meant_by(&excluded));
    Ok(Excluded { left: left.map(|candidate| candidate.host).collect(), remarks, unused })
}

/// A host that patterns may mean.
struct Candidate {
    host: InventoryHost,
    /// What they may mean it by, in lower case.
    names: Vec<String>,
    is_ungrouped: bool,
}

impl Candidate {
    fn is_meant_by(&self, names: &Names) -> bool {
        names.has(ALL) || (names.has(UNGROUPED) && self.is_ungrouped) || self.names.iter().any(|name| names.fit(name))
    }
}

fn candidates(hosts: Vec<InventoryHost>) -> Vec<Candidate> {
    let candidate = |host: InventoryHost| {
        let is_ungrouped = host.own_groups().next().is_none();
        Candidate { names: host.names(), is_ungrouped, host }
    };
    hosts.into_iter().map(candidate).collect()
}

/// What all hosts that patterns may mean are called.
struct Known<'a> {
    names: HashSet<&'a str>,
    has_ungrouped: bool,
}

impl<'a> Known<'a> {
    fn of(candidates: &'a [Candidate]) -> Self {
        Self {
            names: candidates.iter().flat_map(|candidate| &candidate.names).map(String::as_str).collect(),
            has_ungrouped: candidates.iter().any(|candidate| candidate.is_ungrouped),
        }
    }

    /// Whether the pattern means any of them.
    fn has_any_of(&self, pattern: &Pattern) -> bool {
        let names = &pattern.names;
        names.has(ALL) || (names.has(UNGROUPED) && self.has_ungrouped) || names.fit_any(&self.names)
    }

    /// What there is to say of the names of ranges that none of them has.
    fn unused(&self, option: &str, patterns: &[Pattern]) -> Vec<String> {
        let remark = |pattern: &Pattern| {
            let unused = pattern.names.unused_of_range(&self.names);
            let rest = if unused.len() > LISTED { ", ..." } else { "" };
            let listed = unused.iter().take(LISTED).copied().collect::<Vec<_>>().join(", ");
            (!unused.is_empty()).then(|| format!("{option} {}: none of the hosts is {listed}{rest}", pattern.typed))
        };
        patterns.iter().filter(|pattern| self.has_any_of(pattern)).filter_map(remark).collect()
    }
}
