//! The modules that the original shipped, under its names.
//!
//! # Layout
//!
//! - `uname`: the system's name
//! - `fsmount`: mounted file systems
//! - `testconnection`: TCP connections
//! - `glusterfs`: peers, volumes and healing of `GlusterFS`
//! - `mongo`: `MongoDB` and its replica set

pub(crate) mod fsmount;
pub(crate) mod glusterfs;
pub(crate) mod mongo;
pub(crate) mod testconnection;
pub(crate) mod uname;
