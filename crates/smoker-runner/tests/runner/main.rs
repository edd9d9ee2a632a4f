//! The runner, from outside: plugins are checked and actions run, with the real interpreter.
//!
//! # Layout
//!
//! - `act`: a plugin's output on its way into its action's command
//! - `python`: modules, parsers and actions in Python
//! - `reapers`: several daemons in one process
//! - `fixture`: a folder with Python files, and a runner that runs them
//!
//! All tests share one runtime and one reaper, which collects every child that no run waits
//! for. So tests that start children by themselves are a program of their own, `template`.

mod act;
mod fixture;
mod python;
mod reapers;
