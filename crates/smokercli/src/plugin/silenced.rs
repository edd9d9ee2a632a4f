//! The silences that plugins of many hosts are under, each once, however many it holds.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use serde_json::{Value as Json, json};
use smoker_model::counted::{counted, is_or_are};

use crate::plugin::standing::{shown_time, silence};
use crate::plugin::view::PluginView;

/// The silence that a plugin is under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginSilence {
    by: String,
    reason: String,
    until: String,
}

impl PluginSilence {
    /// That of this plugin.
    #[must_use]
    pub fn of(view: &PluginView) -> Option<Self> {
        let [(_, by), (_, reason), (_, until)] = silence(view)?;
        Some(Self { by, reason, until })
    }
}

/// The silences of many hosts, by who made them and why: each daemon has a number and an end of its own.
#[derive(Clone, Debug, Default)]
pub struct Silences(BTreeMap<(String, String), Held>);

/// What is under a silence.
#[derive(Clone, Debug, Default)]
struct Held {
    /// The end of the last that ends.
    until: String,
    plugins: usize,
    hosts: BTreeSet<usize>,
}

impl Silences {
    /// Adds that of a plugin of this host.
    pub fn add(&mut self, host: usize, silence: &PluginSilence) {
        let held = self.0.entry((silence.by.clone(), silence.reason.clone())).or_default();
        if later(&silence.until, &held.until) == Ordering::Greater {
            held.until.clone_from(&silence.until);
        }
        held.plugins += 1;
        held.hosts.insert(host);
    }

    /// A line for each: how much it holds, until when, who made it and why.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let line = |((by, reason), held): (&(String, String), &Held)| {
            let (plugins, are) = (counted(held.plugins, "plugin"), is_or_are(held.plugins));
            let (hosts, until) = (counted(held.hosts.len(), "host"), shown_time(&held.until));
            format!("{plugins} of {hosts} {are} silenced until {until} by {by}: {reason}")
        };
        self.0.iter().map(line).collect()
    }

    /// The same for programs.
    #[must_use]
    pub fn json(&self) -> Json {
        let object = |((by, reason), held): (&(String, String), &Held)| json!({"by": by, "reason": reason, "until": held.until, "plugins": held.plugins, "hosts": held.hosts.len()});
        self.0.iter().map(object).collect()
    }
}

/// Which of two times of the wire is later. What is none is before all others.
fn later(one: &str, other: &str) -> Ordering {
    let time = |text| DateTime::parse_from_rfc3339(text).ok();
    time(one).cmp(&time(other)).then_with(|| one.cmp(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silence_of_many_hosts_is_one_line_with_the_last_end() {
        let silence = |reason: &str, until: &str| PluginSilence {
            by: "ann".to_owned(),
            reason: reason.to_owned(),
            until: until.to_owned(),
        };
        let mut silences = Silences::default();
        assert_eq!((silences.lines(), silences.json()), (Vec::new(), json!([])));
        for (host, reason, until) in [
            (0, "deploy", "2026-11-25T10:00:00Z"),
            (0, "deploy", "2026-11-25T09:00:00Z"),
            (1, "deploy", "2026-11-25T11:00:01+01:00"),
            (2, "disks", "soon"),
        ] {
            silences.add(host, &silence(reason, until));
        }
        let lines = silences.lines();
        assert!(
            lines[0].starts_with("3 plugins of 2 hosts are silenced until ") && lines[0].ends_with(" by ann: deploy")
        );
        assert_eq!(lines[1], "1 plugin of 1 host is silenced until soon by ann: disks");
        let first =
            json!({"by": "ann", "reason": "deploy", "until": "2026-11-25T11:00:01+01:00", "plugins": 3, "hosts": 2});
        assert_eq!(silences.json()[0], first);
    }
}
