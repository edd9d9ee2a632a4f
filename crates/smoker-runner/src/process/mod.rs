//! One child from its start to its end, and everything that it started.
//!
//! # Layout
//!
//! - `spawn`: starts a child; nothing else does
//! - `execute`: the life of one child: output, exit, deadline, cancel
//! - `terminate`: ends a child and all that it started; nothing else signals children
//! - `containment`: which processes belong to a run, and what a run leaves behind
//! - `guardian`: ends the runs of a daemon that was killed
//! - `capture`: the bounded copy of an output stream
//! - `credentials`: the user and groups that a child runs as
//! - `environment`: the `SMOKER_*` variables
//! - `sys`: what differs between Linux and other systems; the only module with `unsafe`

pub(crate) mod capture;
pub mod containment;
pub mod credentials;
pub(crate) mod environment;
pub(crate) mod execute;
pub mod guardian;
pub(crate) mod spawn;
pub(crate) mod sys;
pub(crate) mod terminate;
