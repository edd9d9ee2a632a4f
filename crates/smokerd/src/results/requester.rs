//! Who requests runs.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

/// The address by which limits count a client. All addresses of an IPv6 network of 64 bits count as
/// one, since a single host can use each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ClientAddress(IpAddr);

/// The client that requests a run. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Requester {
    pub(crate) address: ClientAddress,
    /// As logs name the client; a run's record has it.
    pub(crate) name: Arc<str>,
}

impl From<IpAddr> for ClientAddress {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) => Self(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into()),
            address @ IpAddr::V4(_) => Self(address),
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
