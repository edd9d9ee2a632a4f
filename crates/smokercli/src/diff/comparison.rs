//! The differences of two baselines, counted and with what hosts share.

use std::collections::{BTreeMap, BTreeSet};

use smoker_model::status::Status;
use smoker_model::verdict::baseline::Baseline;
use smoker_model::verdict::difference::{Change, Difference, differences, unknown_in_both};
use smoker_model::verdict::part::Part;

/// What there is to say of two baselines.
#[derive(Debug)]
pub(super) struct Comparison {
    pub(super) differences: Vec<Difference>,
    /// What neither baseline knows.
    pub(super) unknown: Vec<Difference>,
    /// How many hosts there are in either.
    pub(super) hosts: usize,
}

/// What several hosts may have in common: what has changed, of which part, and the statuses.
pub(super) type Shared<'a> = (&'a Change, &'a Part, Option<Status>, Option<Status>);

impl Comparison {
    pub(super) fn of(before: &Baseline, after: &Baseline) -> Self {
        let differences = differences(before, after);
        let gone = differences.iter().filter(|it| it.part.is_none() && it.change == Change::Gone).count();
        Self { differences, unknown: unknown_in_both(before, after), hosts: after.hosts.len() + gone }
    }

    /// Whether both are known to be the same.
    pub(super) fn is_same(&self) -> bool {
        self.differences.is_empty() && self.unknown.is_empty()
    }

    /// How many hosts have differences. One that is renamed counts by its new name.
    pub(super) fn differing(&self) -> usize {
        let names = self.differences.iter().map(|it| match (&it.part, &it.change) {
            (None, Change::Renamed(new)) => new,
            _ => &it.host,
        });
        names.collect::<BTreeSet<_>>().len()
    }

    /// How many differences there are of each kind, the worst first.
    pub(super) fn counts(&self) -> Vec<(&'static str, usize)> {
        let mut counts: Vec<(&'static str, usize)> = Vec::new();
        let mut changes: Vec<_> = self.differences.iter().map(|it| &it.change).collect();
        changes.sort();
        for word in changes.into_iter().map(word) {
            match counts.last_mut().filter(|(last, _)| *last == word) {
                Some((_, count)) => *count += 1,
                None => counts.push((word, 1)),
            }
        }
        counts
    }
}

/// The differences of parts, each with the names of all hosts that have it; the worst first.
pub(super) fn shared(differences: &[Difference]) -> Vec<(Shared<'_>, Vec<&str>)> {
    let mut shared: BTreeMap<_, (Shared<'_>, Vec<&str>)> = BTreeMap::new();
    for it in differences {
        let Some(part) = &it.part else { continue };
        let key = (&it.change, part, it.was.map(Status::as_str), it.is.map(Status::as_str));
        let entry = shared.entry(key).or_insert_with(|| ((&it.change, part, it.was, it.is), Vec::new()));
        entry.1.push(&it.host);
    }
    shared.into_values().collect()
}

/// The word for a change, which is that of the gate where it has one.
pub(super) fn word(change: &Change) -> &'static str {
    match change {
        Change::Failed => "new failure",
        Change::Gone => "gone",
        Change::Unknown => "not known",
        Change::Changed => "changed",
        Change::Renamed(_) => "renamed",
        Change::New => "new",
        Change::Fixed => "fixed",
    }
}
