//! Who requests runs.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use smoker_trust::access::grant::Grant;

/// By what limits count a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ClientAddress {
    /// Its address. All addresses of an IPv6 network of 64 bits count as one, since a single host can use each of them.
    Network(IpAddr),
    /// The number of its account on this machine.
    Account(u32),
}

/// The client that requests a run. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Requester {
    pub(crate) address: ClientAddress,
    /// As logs name the client; a run's record has it.
    pub(crate) name: Arc<str>,
    /// Who it has proved to be; a run's record and pages have it.
    pub(crate) identity: Option<Arc<str>>,
    /// The plugins that it may see and run; `None`: all.
    pub(crate) limits: Option<Arc<Grant>>,
    /// Whether it may see what `show_secrets: local` shows.
    pub(crate) is_local_administrator: bool,
}

impl From<IpAddr> for ClientAddress {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) => Self::Network(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into()),
            address @ IpAddr::V4(_) => Self::Network(address),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> ClientAddress {
        text.parse::<IpAddr>().expect("an address").into()
    }

    #[test]
    fn a_client_is_an_ipv4_address_or_an_ipv6_network() {
        assert_eq!(address("10.1.2.3"), address("::ffff:10.1.2.3"));
        assert_ne!(address("10.1.2.3"), address("10.1.2.4"));
        assert_eq!(address("2001:db8::1"), address("2001:db8::2:3"));
        assert_ne!(address("2001:db8::1"), address("2001:db8:0:1::1"));
    }
}
