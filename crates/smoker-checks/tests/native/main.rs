//! The built-ins against the real parts that they speak with. A part that is
//! not installed is told of loudly, and is an error where `TESTS_SKIP_NOTHING`
//! is set, as in continuous integration.

mod fsmount;
mod glusterfs;
mod hostile;
mod jmx;
mod mongo;
mod monitoring_plugins;
mod nsca;
mod parts;
mod request;
mod varnish;
