//! Modules, parsers and actions in Python, run through the real interpreter.

mod api;
mod habits;
mod hazards;
mod host_life;
mod logging;
mod lookup;
mod support;
mod versions;
