//! A plugin or component to which hosts answer in different ways.

use std::cmp::Reverse;

use crate::status::Status;

/// A host, by its place in the order in which hosts were added.
pub type HostNumber = u32;

/// Hosts that answer alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The hosts, lowest number first.
    pub hosts: Vec<HostNumber>,
    /// What they answer.
    pub answer: Answer,
}

/// An answer. Messages are in an order of their own, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A result.
    Result {
        /// Its status.
        status: Status,
        /// Level and text of its messages: as they came when they are the same on all these hosts, else masked.
        messages: Vec<(String, String)>,
        /// Whether the result lacks components, which other hosts have.
        lacks_components: bool,
    },
    /// The host does not have the plugin, or its result does not have the component.
    Absent,
}

/// A plugin, or a component of one, to which not all hosts answer alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The plugin.
    pub plugin: String,
    /// The component; `None` for what the plugin says itself.
    pub component: Option<String>,
    /// The hosts by their answers, the largest group first.
    pub groups: Vec<Group>,
    /// Whether several groups are the largest.
    pub is_tie: bool,
    /// Plugins that hosts do not run because of this one; they have no row for that.
    pub consequences: Vec<Consequence>,
}

/// A plugin that hosts do not run because of another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consequence {
    /// The plugin that is not run.
    pub plugin: String,
    /// The hosts that do not run it, lowest number first.
    pub hosts: Vec<HostNumber>,
}

impl Row {
    /// Of these groups, in any order; none when they are less than two.
    pub(super) fn new(plugin: &str, component: Option<&str>, mut groups: Vec<Group>) -> Option<Self> {
        let key = |group: &Group| (Reverse(group.hosts.len()), badness(&group.answer), group.hosts.first().copied());
        groups.sort_by_key(key);
        let [first, second, ..] = groups.as_slice() else { return None };
        let is_tie = first.hosts.len() == second.hosts.len();
        let (plugin, component) = (plugin.to_owned(), component.map(str::to_owned));
        Some(Self { plugin, component, groups, is_tie, consequences: Vec::new() })
    }

    /// The answer to hold the others against: the most common one, or among several of these the one with the better
    /// status. `None` when the statuses do not decide either.
    #[must_use]
    pub fn reference(&self) -> Option<&Group> {
        let [first, rest @ ..] = self.groups.as_slice() else { return None };
        let is_equal =
            |group: &&Group| group.hosts.len() == first.hosts.len() && badness(&group.answer) == badness(&first.answer);
        (!rest.iter().any(|group| is_equal(&group))).then_some(first)
    }

    /// The groups that differ from the reference; all when there is none.
    #[must_use]
    pub fn odd(&self) -> &[Group] {
        if self.reference().is_some() { &self.groups[1..] } else { &self.groups }
    }
}

/// How bad an answer is, for ties.
pub(super) fn badness(answer: &Answer) -> u8 {
    match answer {
        Answer::Result { status: Status::Ok, .. } => 0,
        Answer::Result { status: Status::Warn, .. } => 1,
        Answer::Result { status: Status::Unknown, .. } => 2,
        Answer::Result { status: Status::Error, .. } => 3,
        Answer::Absent => 4,
    }
}
