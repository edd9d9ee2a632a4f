//! Asks daemons.
//!
//! # Layout
//!
//! - `fleet`: many daemons at once
//! - `host`: one daemon: its plugins; `forced_run`: one daemon: a run that is forced, and its results
//! - `history`: one daemon: past results
//! - `explanation`: one daemon: what it says of a plugin
//! - `silences`: one daemon: its silences
//! - `watch`: one daemon: what happens; `event_text`: events out of the text of a stream; `event_memory`: what they take
//! - `session`: sends requests and reads JSON for all of them
//! - `ask_error`: why an answer is missing or cannot be used
//! - `unmet`: what a filter asks for and no plugin has, in words
//! - `observer`: who follows the progress meanwhile

pub mod ask_error;
pub mod explanation;
pub mod fleet;
pub mod forced_run;
pub mod history;
pub mod host;
pub mod observer;
pub mod session;
pub mod silences;
pub mod unmet;
pub mod watch;

mod event_memory;
mod event_text;
