//! The commands that ask hosts and have options of their own.
//!
//! # Layout
//!
//! - `subcommand`: what they have in common
//! - `gate_args`: `smokercli gate`; `baseline_args`: `smokercli baseline`; `diff_args`: `smokercli diff`
//! - `odd_args`: `smokercli odd`; `roll_args`: `smokercli roll`
//! - `fleet_args`: `smoker-fleet`
//! - `silence_args`: `smokercli silence`; `explain_args`: `smokercli explain`; `hosts_args`: `smokercli hosts`

pub(crate) mod baseline_args;
pub(crate) mod diff_args;
pub(crate) mod explain_args;
pub(crate) mod fleet_args;
pub(crate) mod gate_args;
pub(crate) mod hosts_args;
pub(crate) mod odd_args;
pub(crate) mod roll_args;
pub(crate) mod silence_args;
pub(crate) mod subcommand;
