//! What a run gets from the daemon, and what it does not: ids, capabilities,
//! descriptors, signals, session, limits, the mask of files, the environment; and what a plugin's own keys say of these.

mod descriptors;
mod environment;
mod ids;
mod inherited;
mod looks;
mod memory;
mod search_path;
mod settings;
mod terminal;
mod umask;
