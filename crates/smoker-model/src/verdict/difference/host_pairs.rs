//! Which host of one baseline is which of the other.

use std::collections::BTreeMap;

use crate::status::Status;
use crate::verdict::baseline::BaselineHost;
use crate::verdict::part::Part;

/// For each host of `after`, its place in `before`. A host is found by all that it is called, then by its address, by its name in
/// the call, and by the daemon's own name: each time what several hosts have tells none of them. The order of hosts does not matter.
pub(super) fn pairs(before: &[BaselineHost], after: &[BaselineHost]) -> Vec<Option<usize>> {
    let mut pairing = Pairing { found: vec![None; after.len()], is_taken: vec![false; before.len()] };
    for group in pairing.groups(before, after, |host| Some((&host.address, &host.host, &host.name))) {
        pairing.pair_all(group, before, after);
    }
    for group in pairing.groups(before, after, |host| Some(&host.address)) {
        pairing.pair_only(&group);
    }
    for group in pairing.groups(before, after, |host| Some(&host.host)) {
        pairing.pair_only(&group);
    }
    for group in pairing.groups(before, after, |host| host.name.as_ref()) {
        pairing.pair_only(&group);
    }
    pairing.found
}

/// Hosts that are called the same, by their places.
#[derive(Debug, Default)]
struct Group {
    before: Vec<usize>,
    after: Vec<usize>,
}

struct Pairing {
    found: Vec<Option<usize>>,
    is_taken: Vec<bool>,
}

impl Pairing {
    /// The hosts without a partner, by what they are called.
    fn groups<'a, K: Ord>(
        &self,
        before: &'a [BaselineHost],
        after: &'a [BaselineHost],
        called: impl Fn(&'a BaselineHost) -> Option<K>,
    ) -> Vec<Group> {
        let mut groups: BTreeMap<K, Group> = BTreeMap::new();
        for (place, host) in before.iter().enumerate().filter(|(place, _)| !self.is_taken[*place]) {
            if let Some(key) = called(host) {
                groups.entry(key).or_default().before.push(place);
            }
        }
        for (place, host) in after.iter().enumerate().filter(|(place, _)| self.found[*place].is_none()) {
            if let Some(key) = called(host) {
                groups.entry(key).or_default().after.push(place);
            }
        }
        groups.into_values().collect()
    }

    fn pair(&mut self, old: usize, new: usize) {
        self.found[new] = Some(old);
        self.is_taken[old] = true;
    }

    fn pair_only(&mut self, group: &Group) {
        if let ([old], [new]) = (&*group.before, &*group.after) {
            self.pair(*old, *new);
        }
    }

    /// Several hosts of one name and one address are paired by how they were.
    fn pair_all(&mut self, group: Group, before: &[BaselineHost], after: &[BaselineHost]) {
        let Group { before: mut olds, after: mut news } = group;
        if olds.len() > 1 || news.len() > 1 {
            olds.sort_by_cached_key(|place| state(&before[*place]));
            news.sort_by_cached_key(|place| state(&after[*place]));
        }
        olds.into_iter().zip(news).for_each(|(old, new)| self.pair(old, new));
    }
}

/// How a host was, in an order.
fn state(host: &BaselineHost) -> (Option<&str>, Vec<(Part, &'static str)>) {
    let parts = host.parts().unwrap_or_default();
    let parts = parts.into_iter().map(|(part, before)| (part, Status::as_str(before.status)));
    (host.error.as_deref(), parts.collect())
}
