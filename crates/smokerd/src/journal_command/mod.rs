//! `--journal`: looks into the results that the daemon keeps in `state_dir`.
//!
//! # Layout
//!
//! - `journal_task`: what is to be done
//! - `run`: does it
//! - `verify`, `dump`, `compact`: one task each

pub(crate) mod journal_task;
pub(crate) mod run;

mod compact;
mod dump;
mod verify;
