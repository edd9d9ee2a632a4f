//! Who may ask the daemon: roles, the Unix socket, identities.

pub(crate) mod caller;
mod identities;
mod impostors;
mod late;
mod own_pki;
mod socket;
mod two_hosts;
