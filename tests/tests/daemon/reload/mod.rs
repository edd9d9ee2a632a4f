//! SIGHUP and `--reload`: another configuration takes the place of the one in use.

mod held;
mod outcome;
mod over_rest;
mod refused;
mod replace;
mod settings;
mod under_load;
