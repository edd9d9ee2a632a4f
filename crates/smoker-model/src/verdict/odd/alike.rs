//! Which hosts give the same answer, and which do not.
//!
//! Hosts that give no answer at all are not here: they are alike with none.

use std::borrow::Cow;
use std::collections::HashMap;

use indexmap::IndexMap;

use crate::status::Status;
use crate::verdict::odd::consequences::{Skipped, fold};
use crate::verdict::odd::mask::Mask;
use crate::verdict::odd::row::{Answer, Group, HostNumber, Row};

/// The hosts that have an answer, in their order, each with the place of it among all different ones.
type Places<'a> = Cow<'a, [(HostNumber, usize)]>;

/// A message: its level, such as `error`, and its text.
pub type Line<'a> = (&'a str, &'a str);

/// What the hosts of a fleet answer, as it comes in.
#[derive(Debug, Default)]
pub struct Answers {
    mask: Mask,
    hosts: HostNumber,
    said: Said,
    plugins: IndexMap<String, OfPlugin>,
    /// The answer that is being added, as [`write_key`] has it.
    sent: Vec<u8>,
}

/// The answers about one plugin.
#[derive(Debug, Default)]
struct OfPlugin {
    own: Entries,
    components: IndexMap<String, Entries>,
    /// The hosts whose result has a component.
    with_components: Vec<HostNumber>,
    /// The hosts that do not run it because of another plugin, with the name of that one.
    skipped: Skipped,
}

/// The answers about a plugin or component, each with its place among all different ones, in the order of the hosts.
#[derive(Debug, Default)]
struct Entries {
    places: Vec<(HostNumber, usize)>,
    /// The last answer as it came, and its place: most hosts send what the host before them has sent, which needs no mask.
    last_sent: Vec<u8>,
    last_place: usize,
}

/// All different answers.
#[derive(Debug, Default)]
struct Said {
    /// Masked answers as [`write_key`] has them, each with its place in `entries`.
    places: HashMap<Box<[u8]>, usize>,
    entries: Vec<Entry>,
    key: Vec<u8>,
}

#[derive(Debug)]
struct Entry {
    status: Status,
    masked: Vec<(String, String)>,
    /// The messages as they came, as long as all hosts sent the same ones.
    sent: Option<Vec<(String, String)>>,
}

/// All comparisons.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Where hosts differ, in the order in which plugins and components were first seen.
    pub rows: Vec<Row>,
    /// How many plugins and components have one answer.
    pub alike: usize,
}

impl Answers {
    /// Of a fleet whose texts this mask masks.
    #[must_use]
    pub fn new(mask: Mask) -> Self {
        Self { mask, ..Self::default() }
    }

    /// A host that answers. What is added next is its own.
    pub fn add_host(&mut self) -> HostNumber {
        self.hosts += 1;
        self.hosts - 1
    }

    /// What the last host says of a plugin, or of a component of one. A further component of the same name gets a number
    /// behind it.
    pub fn add(&mut self, plugin: &str, component: Option<&str>, status: Status, messages: &[Line<'_>]) {
        let Some(host) = self.hosts.checked_sub(1) else { return };
        if !self.plugins.contains_key(plugin) {
            self.plugins.insert(plugin.to_owned(), OfPlugin::default());
        }
        let Some(of_plugin) = self.plugins.get_mut(plugin) else { return };
        let entries = match component {
            None if of_plugin.own.has(host) => return,
            None => &mut of_plugin.own,
            Some(component) => of_plugin.component(component, host),
        };
        write_key(&mut self.sent, status, messages.iter().copied());
        if entries.last_sent != self.sent {
            entries.last_place = self.said.place(&self.mask, status, messages);
            std::mem::swap(&mut entries.last_sent, &mut self.sent);
        }
        entries.places.push((host, entries.last_place));
    }

    /// The last host does not run this plugin, about which it has said something, because of the state of another one.
    pub fn add_skipped(&mut self, plugin: &str, because_of: &str) {
        if let Some(host) = self.hosts.checked_sub(1)
            && let Some(of_plugin) = self.plugins.get_mut(plugin)
        {
            of_plugin.skipped.insert(host, because_of.to_owned());
        }
    }

    /// Compares all that has been added.
    #[must_use]
    pub fn compare(&self) -> Comparison {
        let mut comparison = Comparison::default();
        for (name, of_plugin) in &self.plugins {
            let own = self.own_row(name, of_plugin);
            let compared = self.components(of_plugin);
            let row = |(component, places): &(Cow<'_, str>, Places<'_>)| {
                self.component_row(name, component, places, of_plugin)
            };
            let components: Vec<_> = compared.iter().filter_map(row).collect();
            comparison.alike += usize::from(own.is_none()) + compared.len() - components.len();
            comparison.rows.extend(own.filter(|own| !follows_from(own, &components)));
            comparison.rows.extend(components);
        }
        let skipped = |plugin: &str| self.plugins.get(plugin).map(|of_plugin| &of_plugin.skipped);
        comparison.rows = fold(comparison.rows, skipped);
        comparison
    }

    /// The components of a plugin, as they are compared: those that have a name or an address of a host in their own name, such as what an `http`
    /// check asks, are one component where each host has one of them.
    fn components<'a>(&self, of_plugin: &'a OfPlugin) -> Vec<(Cow<'a, str>, Places<'a>)> {
        let mut found = Vec::new();
        let mut of_hosts: IndexMap<String, Vec<(&String, &Entries)>> = IndexMap::new();
        for (name, entries) in &of_plugin.components {
            // What all hosts have is not named after one of them.
            let is_of_all = entries.places.len() == of_plugin.with_components.len();
            let masked = if is_of_all { name.clone() } else { self.mask.without_hosts(name) };
            if masked == *name {
                found.push((name.as_str().into(), entries.places.as_slice().into()));
            } else {
                of_hosts.entry(masked).or_default().push((name, entries));
            }
        }
        for (masked, members) in of_hosts {
            let mut places: Vec<_> = members.iter().flat_map(|(_, entries)| entries.places.iter().copied()).collect();
            places.sort_unstable_by_key(|(host, _)| *host);
            let has_one_each = places.windows(2).all(|pair| pair[0].0 != pair[1].0);
            if has_one_each && members.len() > 1 {
                found.push((masked.into(), places.into()));
            } else {
                found.extend(members.iter().map(|(name, it)| (name.as_str().into(), it.places.as_slice().into())));
            }
        }
        found
    }

    fn own_row(&self, plugin: &str, of_plugin: &OfPlugin) -> Option<Row> {
        let mut with_components = of_plugin.with_components.iter().peekable();
        let compares_components = !of_plugin.with_components.is_empty();
        let entries = of_plugin.own.places.iter().map(|(host, place)| {
            let has = with_components.next_if(|other| *other == host).is_some();
            (*host, (*place, compares_components && !has))
        });
        let all: Vec<_> = (0..self.hosts).collect();
        self.row(plugin, None, &all, entries)
    }

    fn component_row(
        &self,
        plugin: &str,
        component: &str,
        entries: &[(HostNumber, usize)],
        of_plugin: &OfPlugin,
    ) -> Option<Row> {
        let entries = entries.iter().map(|(host, place)| (*host, (*place, false)));
        self.row(plugin, Some(component), &of_plugin.with_components, entries)
    }

    /// A row of these hosts, each with its place among the answers and whether it lacks components; none when all are alike.
    fn row(
        &self,
        plugin: &str,
        component: Option<&str>,
        hosts: &[HostNumber],
        entries: impl Iterator<Item = (HostNumber, (usize, bool))>,
    ) -> Option<Row> {
        let mut groups: IndexMap<Option<(usize, bool)>, Vec<HostNumber>> = IndexMap::new();
        let mut entries = entries.peekable();
        for host in hosts {
            let entry = entries.next_if(|(other, _)| other == host).map(|(_, entry)| entry);
            groups.entry(entry).or_default().push(*host);
        }
        if groups.len() < 2 {
            return None;
        }
        let group = |(entry, hosts)| Group { answer: self.said.answer(entry), hosts };
        Row::new(plugin, component, groups.into_iter().map(group).collect())
    }
}

/// Whether hosts differ in the plugin's status alone, and each of them in a component, too, which is where the status comes
/// from.
fn follows_from(own: &Row, components: &[Row]) -> bool {
    let is_odd = |host: &HostNumber| {
        components.iter().any(|row| row.odd().iter().any(|group| group.hosts.binary_search(host).is_ok()))
    };
    let messages = |group: &Group| match &group.answer {
        Answer::Result { messages, lacks_components: false, .. } => Some(messages.clone()),
        _ => None,
    };
    let first = messages(&own.groups[0]);
    first.is_some()
        && own.groups.iter().all(|group| messages(group) == first)
        && own.odd().iter().flat_map(|group| &group.hosts).all(is_odd)
}

impl OfPlugin {
    /// The answers about a component; those about another one for a further component of the same name.
    fn component(&mut self, name: &str, host: HostNumber) -> &mut Entries {
        if self.with_components.last() != Some(&host) {
            self.with_components.push(host);
        }
        if !self.components.contains_key(name) {
            self.components.insert(name.to_owned(), Entries::default());
        }
        let mut own_name = name.to_owned();
        let mut number = 1;
        while self.components.get(&own_name).is_some_and(|entries| entries.has(host)) {
            number += 1;
            own_name = format!("{name} ({number})");
        }
        self.components.entry(own_name).or_default()
    }
}

impl Entries {
    /// Whether the host, which is the last one, has an answer already.
    fn has(&self, host: HostNumber) -> bool {
        self.places.last().is_some_and(|(last, _)| *last == host)
    }
}

impl Said {
    /// The place of an answer among all different ones.
    fn place(&mut self, mask: &Mask, status: Status, messages: &[Line<'_>]) -> usize {
        let mut masked: Vec<_> = messages.iter().map(|(level, text)| (*level, mask.masked(text))).collect();
        // Plugins list what they find in any order.
        masked.sort();
        masked.dedup();
        write_key(&mut self.key, status, masked.iter().map(|(level, text)| (*level, text.as_str())));
        if let Some(place) = self.places.get(self.key.as_slice()) {
            self.entries[*place].take_variant(messages);
            return *place;
        }
        let masked: Vec<_> = masked.into_iter().map(|(level, text)| (level.to_owned(), text)).collect();
        let as_sent = owned(messages);
        let sent = (as_sent != masked).then_some(as_sent);
        self.entries.push(Entry { status, masked, sent });
        let place = self.entries.len() - 1;
        self.places.insert(self.key.as_slice().into(), place);
        place
    }

    fn answer(&self, entry: Option<(usize, bool)>) -> Answer {
        let Some((place, lacks_components)) = entry else { return Answer::Absent };
        let Entry { status, masked, sent } = &self.entries[place];
        let messages = sent.as_ref().unwrap_or(masked).clone();
        Answer::Result { status: *status, messages, lacks_components }
    }
}

impl Entry {
    /// Messages that are masked alike, and perhaps were not sent alike.
    fn take_variant(&mut self, messages: &[Line<'_>]) {
        if self.sent.as_ref().is_some_and(|sent| *sent != owned(messages)) {
            self.sent = None;
        }
    }
}

/// Sorted, each once.
fn owned(messages: &[Line<'_>]) -> Vec<(String, String)> {
    let mut owned: Vec<_> = messages.iter().map(|(level, text)| ((*level).to_owned(), (*text).to_owned())).collect();
    owned.sort();
    owned.dedup();
    owned
}

/// Writes an answer as bytes, which are others for each other answer.
fn write_key<'a>(key: &mut Vec<u8>, status: Status, messages: impl Iterator<Item = Line<'a>>) {
    key.clear();
    key.push(status as u8);
    for (level, text) in messages {
        for part in [level, text] {
            key.extend_from_slice(&part.len().to_le_bytes());
            key.extend_from_slice(part.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests;
