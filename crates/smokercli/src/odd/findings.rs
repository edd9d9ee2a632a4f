//! Where hosts differ, and which facts separate them.

use smoker_model::status::Status;
use smoker_model::verdict::odd::facts::{FactKind, Separation};
use smoker_model::verdict::odd::row::{Answer, Group, HostNumber, Row};

use crate::filter::Filter;
use crate::odd::fleet_answers::{FleetAnswers, Silent};
use crate::plugin::silenced::Silences;

/// What a call has found.
#[derive(Debug)]
pub(super) struct Findings {
    /// The names of the hosts that answered, by their numbers.
    pub(super) names: Vec<String>,
    pub(super) silent: Vec<Silent>,
    /// What silent hosts have in common.
    pub(super) silent_facts: Vec<Separation>,
    pub(super) rows: Vec<Finding>,
    /// How many plugins and components all hosts answer alike.
    pub(super) alike: usize,
    /// Why a host may lack a plugin.
    pub(super) absence: Absence,
    /// The silences that plugins of the hosts are under.
    pub(super) silences: Silences,
}

/// A plugin or component to which hosts answer in different ways.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) row: Row,
    /// What the hosts that differ have in common.
    pub(super) facts: Vec<Separation>,
}

/// Why a host may lack a plugin that others have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Absence {
    /// Parameters or states choose among plugins.
    pub(super) is_filtered: bool,
    /// The answers are those of forced runs.
    pub(super) is_forced: bool,
}

impl Findings {
    /// Of these answers. States of the filter choose among the rows: those in which a host is in one of them.
    pub(super) fn of(answers: FleetAnswers, filter: &Filter, is_forced: bool) -> Self {
        let FleetAnswers { comparison, names, places, silent, facts, silences } = answers;
        let silent_places: Vec<_> = silent.iter().map(|host| host.place).collect();
        let of_inventory = |kind: FactKind, _: &str| matches!(kind, FactKind::Group | FactKind::Label);
        let silent_facts = facts.separating(&silent_places, &places, of_inventory);
        // What is skipped is UNKNOWN, and is shown with its cause alone.
        let has_skipped = |row: &Row| !row.consequences.is_empty() && filter.has_status(Status::Unknown);
        let is_wanted = |row: &Row| row.groups.iter().any(|group| has_status(group, filter)) || has_skipped(row);
        let of_row = |row: Row| {
            let places = |groups: &mut dyn Iterator<Item = &Group>| -> Vec<HostNumber> {
                groups.flat_map(|group| &group.hosts).map(|host| places[*host as usize]).collect()
            };
            let others = places(&mut row.reference().into_iter());
            let odd = if others.is_empty() { Vec::new() } else { places(&mut row.odd().iter()) };
            // That they differ is no reason for it.
            let is_reason = |kind: FactKind, name: &str| kind != FactKind::Uname || !is_of_plugin(name, &row.plugin);
            let facts = facts.separating(&odd, &others, is_reason);
            Finding { row, facts }
        };
        Self {
            rows: comparison.rows.into_iter().filter(is_wanted).map(of_row).collect(),
            names,
            silent,
            silent_facts,
            alike: comparison.alike,
            silences,
            absence: Absence { is_filtered: filter.has_parameters(), is_forced },
        }
    }

    /// Whether hosts differ, or are silent.
    pub(super) fn is_any(&self) -> bool {
        !self.rows.is_empty() || !self.silent.is_empty()
    }

    /// The names of the hosts of a group.
    pub(super) fn names_of<'a>(&'a self, hosts: &[HostNumber]) -> Vec<&'a str> {
        hosts.iter().map(|host| self.names[*host as usize].as_str()).collect()
    }
}

/// Whether a fact about a line of `uname` comes from this plugin.
fn is_of_plugin(name: &str, plugin: &str) -> bool {
    name.strip_prefix(plugin).is_some_and(|rest| rest.is_empty() || rest.starts_with(" line "))
}

fn has_status(group: &Group, filter: &Filter) -> bool {
    match &group.answer {
        Answer::Result { status, .. } => filter.has_status(*status),
        Answer::Absent => filter.statuses.is_none(),
    }
}
