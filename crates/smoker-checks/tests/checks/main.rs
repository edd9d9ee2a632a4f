//! The built-ins against the real programs and services that they work with, a
//! module for each built-in. A program that is not installed is reported, and
//! is an error where `TESTS_SKIP_NOTHING` is set, as in continuous integration.

mod documentation;
mod fsmount;
mod glusterfs;
mod hostile_text;
mod jmx;
mod mongo;
mod nagios;
mod network;
mod nsca;
mod request;
mod service;
mod tls;
mod truncated;
mod varnish;
