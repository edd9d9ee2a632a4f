//! What happens in a roll, as its record has it: one line of JSON for each event.

use serde::{Deserialize, Serialize};

/// The version of the form of the record.
pub(super) const VERSION: u32 = 1;

/// What happens. Hosts are named as in the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum Event {
    /// The first line: what is to be done.
    Begun(Plan),
    /// A batch begins.
    BatchBegun {
        /// Its number, from 1 on.
        batch: usize,
        /// All of its hosts.
        hosts: Vec<String>,
    },
    /// The command of these hosts begins.
    RunBegun {
        /// One host, or all hosts of a batch.
        hosts: Vec<String>,
        /// The command with their names.
        command: String,
    },
    /// The command of these hosts has ended.
    RunEnded {
        /// As it began.
        hosts: Vec<String>,
        /// How long it took.
        milliseconds: u64,
        /// Why it failed; none when it has not.
        failure: Option<String>,
        /// What it printed at last, on both streams.
        output: String,
    },
    /// The gate begins to look at these hosts.
    GateBegun {
        /// The number of the batch.
        batch: usize,
        /// Hosts whose command has succeeded.
        hosts: Vec<String>,
    },
    /// The gate has its verdict.
    GateEnded {
        /// The number of the batch.
        batch: usize,
        /// The hosts that it looked at.
        hosts: Vec<String>,
        /// How long it took.
        milliseconds: u64,
        /// Those among them that are bad.
        bad: Vec<BadHost>,
        /// The verdict in words.
        summary: String,
    },
    /// More hosts are bad than the budget allows; nothing more is done to any host.
    Stopped {
        /// Why.
        reason: String,
    },
    /// A command of `--on-bad` begins.
    OnBadBegun {
        /// The hosts whose names it has got.
        hosts: Vec<String>,
        /// The command with the names of hosts.
        command: String,
    },
    /// A command of `--on-bad` does not run, since a signal came before it began.
    OnBadLeftOut {
        /// The command with the names of hosts.
        command: String,
    },
    /// A command of `--on-bad` has ended.
    OnBadEnded {
        /// The command with the names of hosts.
        command: String,
        /// How long it took.
        milliseconds: u64,
        /// Why it failed; none when it has not.
        failure: Option<String>,
        /// What it printed at last, on both streams.
        output: String,
    },
    /// A signal ended the roll.
    Interrupted,
    /// The roll goes on where it was.
    Resumed {
        /// The command line that resumed it.
        arguments: Vec<String>,
    },
    /// All batches are done.
    Finished {
        /// How many hosts are bad; the budget allows them.
        bad: usize,
    },
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Plan {
    /// See [`VERSION`].
    pub(super) version: u32,
    /// Who began it, as user@host.
    pub(super) by: String,
    /// The folder in which it was begun, which its command line may count on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) folder: Option<String>,
    /// The command line, without passwords of URLs.
    pub(super) arguments: Vec<String>,
    /// The hosts in their order.
    pub(super) hosts: Vec<PlannedHost>,
    /// How many hosts are done by the end of each batch.
    pub(super) ends: Vec<usize>,
}

/// A host of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlannedHost {
    /// Its name in the inventory, or as it was typed.
    pub(super) name: String,
    /// The address of its daemon, without a password.
    pub(super) address: String,
}

/// A host that a gate found bad.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BadHost {
    /// Its name.
    pub(super) host: String,
    /// Why, in one line.
    pub(super) reason: String,
}

/// A line of the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Line {
    /// When, by RFC 3339.
    pub(super) time: String,
    /// What.
    #[serde(flatten)]
    pub(super) event: Event,
}
