//! Paths that another account controls: what root opens, locks, signals and reads through them.

pub(crate) mod acl;
mod configuration;
mod inherited;
mod modules;
mod pidfile;
