//! Calls of actions that follow changes, and not each result: from a queue of their own, which no check waits for.
//!
//! What is due is found from what is and what was told, so nothing has to be kept of what happened between, and a queue has one
//! place for each action of each plugin. What was told is in a file, so a crash loses no call and repeats at most the one that it met.
//!
//! # Layout
//!
//! - `decision`: whether an action is due
//! - `told`: what actions were told; `told_file`: where that is kept
//! - `board`: what was told, and what failed; `access`: the way to it
//! - `holds`: why calls are held; `on_demand`: runs of other plugins that they wait for
//! - `pending`: the queue; `queued`: which actions have a place in it
//! - `call`: one call, for one plugin or several
//! - `choice`: which call is made next, and what it is about
//! - `notifier`: makes the calls

mod access;
pub(crate) mod board;
mod call;
mod choice;
mod decision;
mod holds;
pub(crate) mod notifier;
mod on_demand;
pub(crate) mod pending;
mod queued;
mod told;
pub(crate) mod told_file;

#[cfg(test)]
mod tests;
