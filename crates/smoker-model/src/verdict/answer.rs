//! What a host answers in a round.

use std::collections::{BTreeMap, BTreeSet};

use crate::status::Status;

/// The result of a plugin or a component.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The status; UNKNOWN without a result, and for one that cannot be read.
    pub status: Status,
    /// How long the run took, in seconds, where the host says that.
    pub seconds: Option<f64>,
    /// Its first message of the worst level, or why there is no result.
    pub message: Option<String>,
    /// Whether the plugin did not run, as one does whose maintenance lock exists: its status says nothing.
    pub is_skipped: bool,
}

impl Finding {
    /// Whether it works. What did not run, and what cannot be read, is not known to.
    #[must_use]
    pub fn is_good(&self) -> bool {
        !self.is_skipped && matches!(self.status, Status::Ok | Status::Warn)
    }

    /// The same by a call that may take WARN for bad.
    #[must_use]
    pub fn is_good_unless(&self, warn_is_bad: bool) -> bool {
        self.is_good() && !(warn_is_bad && self.status == Status::Warn)
    }
}

/// The result of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct PluginRun {
    /// The plugin's own.
    pub finding: Finding,
    /// Those of its components by name.
    pub components: BTreeMap<String, Finding>,
}

/// Plugins that a daemon has left out, since their configuration is broken. Nothing is known of them but some names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotLoadedPlugins {
    /// How many there are.
    pub count: usize,
    /// The first of their names.
    pub names: Vec<String>,
}

/// What a host answers in a round.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// It answered.
    Answered {
        /// Which start of the daemon has answered; none when the daemon does not tell.
        instance: Option<String>,
        /// The names of all its plugins.
        has: BTreeSet<String>,
        /// Those that the call selects.
        selected: BTreeSet<String>,
        /// Those that the call does not select, and that a baseline has only if it did so before: what they do not show any more is
        /// gone.
        deselected: BTreeSet<String>,
        /// Names that the call asks for and the host does not have.
        missing: BTreeSet<String>,
        /// The results of the plugins that it was asked to run. In the first answer of another start of the daemon, those are all.
        runs: BTreeMap<String, PluginRun>,
        /// Plugins that need not have run, and have a newer bad result of their own.
        fallen: BTreeSet<String>,
        /// Plugins whose configuration is another one than in the round before: what they have shown says nothing of it.
        reconfigured: BTreeSet<String>,
        /// Plugins that the daemon has left out, which the call may mean; none when there is none.
        not_loaded: Option<NotLoadedPlugins>,
    },
    /// It did not answer, or not to the end.
    Silent {
        /// Why.
        reason: String,
        /// Whether it looks like a daemon that is starting again: it refuses connections, ends them, or says so.
        is_restarting: bool,
    },
}
