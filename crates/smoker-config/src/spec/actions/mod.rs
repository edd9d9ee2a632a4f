//! What a plugin's actions mean.
//!
//! - `action`: its `Action`
//! - `further_actions`: its `Actions` and `Escalate`
//! - `validate_actions`: all of them become typed specifications

pub(crate) mod action;
pub(crate) mod further_actions;
mod validate_actions;
