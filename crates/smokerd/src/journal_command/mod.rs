//! `--journal`: looks into the results that the daemon keeps in `state_dir`.
//!
//! # Layout
//!
//! - `journal_task`: what is to be done
//! - `run`: does it; `account`: as whom
//! - `verify`, `dump`, `compact`, `repair`: one task each
//! - `writable`: opens the journal to change it, while no daemon runs

pub(crate) mod journal_task;
pub(crate) mod run;

mod account;
mod compact;
mod dump;
mod repair;
mod verify;
mod writable;
