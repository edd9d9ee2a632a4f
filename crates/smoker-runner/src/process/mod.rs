//! One child from its start to its end, and everything that it started.
//!
//! # Layout
//!
//! - `running`: a process that is not our child
//! - `spawn`: starts a child; nothing else does
//! - `starter`: the threads that wait until its program begins
//! - `children`: which children somebody waits for
//! - `child`: a child, its streams and its end
//! - `execute`: runs one child to its end: output, exit, deadline, cancel
//! - `target`: what a signal is sent to
//! - `terminate`: ends a child and all that it started; nothing else signals children
//! - `containment`: which children belong to a run, and what a run leaves behind
//! - `run_id`: the run id of a child of a run, which all its processes carry
//! - `guardian`: ends the runs of a daemon that was killed
//! - `capture`: the bounded copy of an output stream
//! - `result_scan`: looks for a result in a stream whose middle is not kept
//! - `attributes`: what a child starts with: user and groups, environment, limits
//! - `own_program`: the path of our own program
//! - `sys`: what differs between Linux and other systems; the only folder with `unsafe`

pub mod attributes;
pub(crate) mod capture;
pub(crate) mod child;
pub(crate) mod children;
pub mod containment;
pub(crate) mod execute;
pub mod guardian;
pub(crate) mod own_program;
mod result_scan;
pub(crate) mod run_id;
pub mod running;
pub(crate) mod spawn;
pub(crate) mod starter;
pub(crate) mod sys;
pub(crate) mod target;
pub(crate) mod terminate;
