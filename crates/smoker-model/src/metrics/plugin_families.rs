//! The metrics of a plugin that both programs show: the daemon of its own plugins, the client with the host before them.

use crate::metrics::family::Family;
use crate::status::Status;

/// All states, in the order in which they are listed.
pub const STATES: [Status; 4] = [Status::Ok, Status::Warn, Status::Error, Status::Unknown];

/// The states of a plugin.
pub const STATUS: Family = Family::state_set(
    "smoker_plugin_status",
    "The state of the plugin's newest result: 1 for the state that it is in. UNKNOWN: there is no result yet.",
);

/// The states of a component.
pub const COMPONENT_STATUS: Family = Family::state_set(
    "smoker_component_status",
    "The state of a component in the plugin's newest result: 1 for the state that it is in.",
);

/// When the run of the newest result started.
pub const LAST_RUN: Family = Family::gauge(
    "smoker_plugin_last_run_timestamp_seconds",
    "When the run of the plugin's newest result started, in seconds since 1970.",
);

/// How long it took.
pub const DURATION: Family =
    Family::gauge("smoker_plugin_duration_seconds", "How long the run of the plugin's newest result took.");

/// What it measured.
pub const PERFDATA: Family = Family::gauge(
    "smoker_perfdata",
    "A number that the plugin's newest run measured, in the unit that the plugin gave (label unit).",
);

/// The silence that holds the actions of a plugin.
pub const SILENCE: Family = Family::info(
    "smoker_plugin_silence",
    "The silence that holds the actions of the plugin: who made it (by), why (reason), and when it ends (until).",
);
