//! One run of a plugin: when it starts, what it gets, how it ends, and what it may leave.

mod actions_on_change;
mod built_in_actions;
mod clock_changes;
mod command;
mod conditions;
mod confinement;
mod containment_level;
mod explanations;
mod faults;
mod force;
mod given_values;
mod hanging_mount;
mod injection;
mod kill_matrix;
mod leftovers;
mod measured;
mod modules;
mod reports;
mod schedule;
mod shipped;
mod silences;
mod stopped_starts;
mod timeout;
mod wait;
