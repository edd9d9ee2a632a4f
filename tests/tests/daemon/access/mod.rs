//! Who may ask the daemon: roles, the Unix socket, identities.

mod caller;
mod identities;
mod socket;
