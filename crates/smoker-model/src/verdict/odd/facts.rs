//! Which fact about hosts best separates those that differ from the others.

use std::collections::HashMap;

use indexmap::{IndexMap, IndexSet};

use crate::verdict::odd::fisher::{Counts, Factorials};
use crate::verdict::odd::row::HostNumber;

/// How probable it may be that chance alone names a fact, all facts that were looked at together.
const LEVEL: f64 = 0.05;

/// How many facts are named at most.
const MOST_NAMED: usize = 3;

/// The place of the value of hosts that have none.
const NO_VALUE: u32 = u32::MAX;

/// What a fact is about. The first ones come first where facts separate equally well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FactKind {
    /// A group of the inventory.
    Group,
    /// A label of the inventory.
    Label,
    /// A parameter of a plugin.
    Parameter,
    /// A line of what `uname` prints.
    Uname,
}

/// Something that a host has or has not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    /// What it is about.
    pub kind: FactKind,
    /// The group, the label, the parameter or the plugin.
    pub name: String,
    /// Its value; `None` for hosts that have none.
    pub value: Option<String>,
}

/// What is known of the hosts of a fleet.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    names: IndexMap<(FactKind, String), Values>,
}

/// The values of one fact.
#[derive(Clone, Debug, Default)]
struct Values {
    places: IndexSet<String>,
    /// The place of each host's value; [`NO_VALUE`] for hosts without one, or nothing at all for the last ones.
    of_hosts: Vec<u32>,
}

/// A fact that separates two sets of hosts, with exact counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Separation {
    /// The fact.
    pub fact: Fact,
    /// How many of the hosts that differ have it.
    pub odd_with: usize,
    /// How many hosts differ.
    pub odd: usize,
    /// How many of the other hosts have it.
    pub others_with: usize,
    /// How many other hosts there are.
    pub others: usize,
    /// The probability of Fisher's exact test, two-sided: of counts as uneven as these if the fact has nothing to do with it.
    pub probability: f64,
    /// Whether the fact separates all hosts, but these are too few, or the facts too many, to rule out chance.
    pub may_be_chance: bool,
}

impl Facts {
    /// A fact about a host. A second one of the same kind and name is not taken.
    pub fn add(&mut self, host: HostNumber, kind: FactKind, name: &str, value: &str) {
        let values = self.names.entry((kind, name.to_owned())).or_default();
        let place = values.places.get_index_of(value);
        let place = place.unwrap_or_else(|| values.places.insert_full(value.to_owned()).0);
        let host = host as usize;
        if values.of_hosts.len() <= host {
            values.of_hosts.resize(host + 1, NO_VALUE);
        }
        if values.of_hosts[host] == NO_VALUE {
            values.of_hosts[host] = u32::try_from(place).unwrap_or(NO_VALUE);
        }
    }

    /// The facts, at most three, that separate the hosts that differ from the others: those that more of them have, and that
    /// chance does not explain, the best first. The correction for many facts is Tarone's. `is_wanted` leaves facts out.
    #[must_use]
    pub fn separating(
        &self,
        odd: &[HostNumber],
        others: &[HostNumber],
        is_wanted: impl Fn(FactKind, &str) -> bool,
    ) -> Vec<Separation> {
        if odd.is_empty() || others.is_empty() {
            return Vec::new();
        }
        let mut tests = Tests::new(odd.len(), others.len());
        let mut candidates = Vec::new();
        for ((kind, name), values) in self.names.iter().filter(|((kind, name), _)| is_wanted(*kind, name)) {
            for (place, tally) in values.tallies(odd, others) {
                tests.take(&tally);
                // More often among those that differ.
                if tally.odd * others.len() > tally.others * odd.len() {
                    let value = values.places.get_index(place).cloned();
                    candidates.push((Fact { kind: *kind, name: name.clone(), value }, tally));
                }
            }
        }
        let level = tests.level();
        let separations = candidates.into_iter().filter_map(|(fact, tally)| tests.separation(fact, &tally, level));
        let mut separations: Vec<_> = separations.collect();
        separations.sort_by(|a, b| {
            a.may_be_chance
                .cmp(&b.may_be_chance)
                .then(a.probability.total_cmp(&b.probability))
                .then_with(|| a.fact.cmp(&b.fact))
        });
        separations.truncate(MOST_NAMED);
        separations
    }
}

/// How many hosts have a value, or none.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    odd: usize,
    others: usize,
    /// Equal for facts that divide the hosts into the same two sets.
    signature: u64,
}

impl Values {
    /// Each value that some of these hosts have, and having none, with its place; nothing when all have the same.
    fn tallies(&self, odd: &[HostNumber], others: &[HostNumber]) -> Vec<(usize, Tally)> {
        // The last one is for hosts without a value.
        let mut tallies = vec![Tally::default(); self.places.len() + 1];
        let place = |host: HostNumber| match self.of_hosts.get(host as usize) {
            Some(place) if *place != NO_VALUE => *place as usize,
            _ => self.places.len(),
        };
        for host in odd {
            let tally = &mut tallies[place(*host)];
            tally.odd += 1;
            tally.signature = tally.signature.wrapping_add(mixed(*host));
        }
        for host in others {
            let tally = &mut tallies[place(*host)];
            tally.others += 1;
            tally.signature = tally.signature.wrapping_add(mixed(*host));
        }
        let all = tallies.iter().fold(0_u64, |all, tally| all.wrapping_add(tally.signature));
        for tally in &mut tallies {
            // Those who have it and those who have not are the same two sets.
            tally.signature = tally.signature.min(all.wrapping_sub(tally.signature));
        }
        let mut used: Vec<_> =
            tallies.into_iter().enumerate().filter(|(_, tally)| tally.odd + tally.others > 0).collect();
        if used.len() < 2 {
            used.clear();
        }
        used
    }
}

/// The tests of all facts about two sets of hosts.
struct Tests {
    odd: usize,
    others: usize,
    factorials: Factorials,
    /// The smallest probability that a fact can reach that this number of hosts have.
    smallest: HashMap<usize, f64>,
    /// The same for each division of the hosts that is tested.
    tested: HashMap<u64, f64>,
}

impl Tests {
    fn new(odd: usize, others: usize) -> Self {
        let factorials = Factorials::up_to(odd + others);
        Self { odd, others, factorials, smallest: HashMap::new(), tested: HashMap::new() }
    }

    fn counts(&self, tally: &Tally) -> Counts {
        Counts { a: tally.odd, b: self.odd - tally.odd, c: tally.others, d: self.others - tally.others }
    }

    fn take(&mut self, tally: &Tally) {
        let counts = self.counts(tally);
        let Self { factorials, smallest, tested, .. } = self;
        let smallest = smallest.entry(tally.odd + tally.others).or_insert_with(|| factorials.smallest(counts));
        tested.insert(tally.signature, *smallest);
    }

    /// The level that each fact has to reach.
    fn level(&self) -> f64 {
        corrected_level(self.tested.values().copied())
    }

    /// The fact as one that separates. One that cannot be proven does so when exactly the hosts that differ have it, and there
    /// are several of these and of the others: any fact about a single host separates it.
    fn separation(&self, fact: Fact, tally: &Tally, level: f64) -> Option<Separation> {
        let smallest = self.tested.get(&tally.signature).copied().unwrap_or(1.0);
        let is_exact = tally.odd == self.odd && tally.others == 0 && self.odd > 1 && self.others > 1;
        if smallest > level && !is_exact {
            return None;
        }
        let probability = self.factorials.two_sided(self.counts(tally));
        let is_proven = smallest <= level && probability <= level;
        (is_proven || is_exact).then_some(Separation {
            fact,
            odd_with: tally.odd,
            odd: self.odd,
            others_with: tally.others,
            others: self.others,
            probability,
            may_be_chance: !is_proven,
        })
    }
}

/// The level that each fact has to reach. Facts that cannot reach it whatever the counts are do not make it stricter.
fn corrected_level(smallest: impl Iterator<Item = f64>) -> f64 {
    let mut smallest: Vec<_> = smallest.collect();
    smallest.sort_by(f64::total_cmp);
    let mut level = LEVEL;
    for tests in 1..=smallest.len().max(1) {
        level = LEVEL / f64::from(u32::try_from(tests).unwrap_or(u32::MAX));
        if smallest.partition_point(|smallest| *smallest <= level) <= tests {
            break;
        }
    }
    level
}

/// A number for a host whose sums tell sets of hosts apart (the finalizer of `SplitMix64`).
fn mixed(host: HostNumber) -> u64 {
    let mut mixed = (u64::from(host) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests;
