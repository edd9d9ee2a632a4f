//! Calls of actions that follow changes, and not each result: from a queue of their own, which no check waits for.
//!
//! What is due is found from what is and what was told, so nothing has to be kept of what happened between, and a queue has one
//! place for each action of each plugin. What was told is in a file, so a crash loses no call and repeats at most the one that it met.
//!
//! # Layout
//!
//! - `decision`: whether an action is due
//! - `told`: what actions were told; `told_file`: where that is kept
//! - `notification_log`: what was delivered, and what failed; `access`: the way to it
//! - `holds`: why calls are held
//! - `pending`: the queue; `queued`: which actions have a place in it
//! - `call`: one call, for one plugin or several
//! - `choice`: which call is made next, and what it is about
//! - `notifier`: makes the calls

mod access;
mod call;
mod choice;
mod decision;
mod holds;
pub(crate) mod notification_log;
pub(crate) mod notifier;
pub(crate) mod pending;
mod queued;
mod told;
pub(crate) mod told_file;

#[cfg(test)]
mod tests;
