//! What a run gets from the daemon, and what it does not: ids, capabilities,
//! descriptors, the mask of files, the environment.

mod descriptors;
mod environment;
mod ids;
mod umask;
