//! Who sends a request, and what they may do.

use std::fmt;

use crate::http::access::peer::Peer;
use crate::http::access::role::Role;
use crate::results::requester::Requester;

/// Who sends a request. `authorize` puts it into the extensions of each request, and every check and log of who did
/// something reads it there.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    /// The client's end of the connection.
    pub(crate) peer: Peer,
    /// What the client has proved.
    pub(crate) proof: Proof,
    /// What it may do; `None`: nothing.
    pub(crate) role: Option<Role>,
}

/// How a client has proved who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Not at all.
    None,
    /// By its account, of which the kernel knows.
    Account,
}

impl Identity {
    /// Whether it is an administrator of this machine, who may see what `show_secrets: local` shows.
    pub(crate) fn is_local_administrator(&self) -> bool {
        matches!(self.peer, Peer::Unix(_)) && self.role == Some(Role::Admin)
    }

    /// What it is called where it matters who did something; `None` for a client that has proved nothing.
    fn name(&self) -> Option<String> {
        match (&self.proof, self.peer) {
            (Proof::Account, Peer::Unix(account)) => Some(format!("uid {}", account.uid)),
            (Proof::Account | Proof::None, _) => None,
        }
    }

    /// The client as one that requests runs.
    pub(crate) fn to_requester(&self) -> Requester {
        Requester {
            address: self.peer.client_address(),
            name: self.to_string().into(),
            identity: self.name().map(Into::into),
            is_local_administrator: self.is_local_administrator(),
        }
    }
}

/// As logs name the client.
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.peer.fmt(f)
    }
}
