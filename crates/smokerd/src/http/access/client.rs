//! Who sends a request, and what they may do.

use std::fmt;
use std::sync::Arc;

use smoker_trust::access::grant::Grant;
use smoker_trust::pin::Pin;
use smoker_trust::role::Role;

use crate::http::access::peer::Peer;
use crate::results::requester::Requester;

/// Who sends a request. `authorize` makes one for each request, and every check and log of who did something reads it.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    /// The client's end of the connection.
    pub(crate) peer: Peer,
    /// What the client has proved.
    pub(crate) proof: Proof,
    /// What it may do; `None`: nothing.
    pub(crate) role: Option<Role>,
    /// The plugins that it may see and run; `None`: all.
    pub(crate) limits: Option<Arc<Grant>>,
}

/// How a client has proved who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Not at all.
    None,
    /// By its account, of which the kernel knows.
    Account,
    /// By a token of this name.
    Token(String),
    /// By a key; the name is that of its line, or of a certificate that an authority has signed.
    Certificate { name: String, pin: Pin },
}

impl Client {
    /// A client with a grant, by this proof.
    pub(crate) fn granted(peer: Peer, proof: Proof, grant: &Arc<Grant>) -> Self {
        let limits = (!grant.scope.is_everything()).then(|| Arc::clone(grant));
        Self { peer, proof, role: Some(grant.role), limits }
    }

    /// A client that may see and run all plugins, as far as its role goes.
    pub(crate) fn unlimited(peer: Peer, proof: Proof, role: Option<Role>) -> Self {
        Self { peer, proof, role, limits: None }
    }

    /// Whether it is an administrator of this machine, who may see what `show_secrets: local` shows.
    pub(crate) fn is_local_administrator(&self) -> bool {
        matches!(self.peer, Peer::Unix(_)) && self.role == Some(Role::Admin)
    }

    /// What it is called where it matters who did something; `None` for a client that has proved nothing.
    pub(crate) fn name(&self) -> Option<String> {
        match (&self.proof, &self.peer) {
            (Proof::Token(name) | Proof::Certificate { name, .. }, _) => Some(name.clone()),
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
            limits: self.limits.clone(),
            is_local_administrator: self.is_local_administrator(),
        }
    }
}

/// As logs name the client.
impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.proof {
            Proof::None | Proof::Account => self.peer.fmt(f),
            Proof::Token(name) => write!(f, "{name} (token) at {}", self.peer),
            Proof::Certificate { name, pin } => write!(f, "{name} ({pin}) at {}", self.peer),
        }
    }
}
