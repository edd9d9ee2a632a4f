//! The networks that `allow` lists.

use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

use ipnet::IpNet;

use crate::http::access::refusal::Refusal;

/// Networks whose clients may send requests; absent: all networks. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct AllowedNetworks(Arc<RwLock<Option<Vec<IpNet>>>>);

impl AllowedNetworks {
    pub(crate) fn new(networks: Option<Vec<IpNet>>) -> Self {
        Self(Arc::new(RwLock::new(networks)))
    }

    /// Other networks count from the next request on, also on connections that are open.
    pub(crate) fn replace(&self, networks: Option<Vec<IpNet>>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = networks;
    }

    /// Refuses a client outside of the networks. An IPv4 client of an IPv6 socket counts by its IPv4 address.
    pub(crate) fn check(&self, peer: IpAddr) -> Result<(), Refusal> {
        let peer = peer.to_canonical();
        match &*self.0.read().unwrap_or_else(PoisonError::into_inner) {
            Some(networks) if !networks.iter().any(|network| network.contains(&peer)) => {
                Err(Refusal::Forbidden(format!("{peer} is in none of the networks that 'allow' lists.")))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_clients_in_allowed_networks_may_send_requests() {
        let networks = AllowedNetworks::new(Some(vec!["10.1.0.0/16".parse().expect("a network")]));
        let is_allowed = |peer: &str| networks.check(peer.parse().expect("an address")).is_ok();
        assert!(is_allowed("10.1.2.3"));
        assert!(is_allowed("::ffff:10.1.2.3"));
        assert!(!is_allowed("127.0.0.1"));
        networks.replace(None);
        assert!(is_allowed("127.0.0.1"));
    }
}
