//! SIGHUP: another configuration takes the place of the one in use.

mod refused;
mod replace;
mod settings;
mod under_load;
