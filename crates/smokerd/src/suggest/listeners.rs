//! The TCP ports that wait for clients, see `proc_net_tcp(5)`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The state of a socket that waits.
const LISTEN: &str = "0A";

/// Those of a file of the kernel. A line that is not understood is passed over.
pub(super) fn of(text: &str) -> impl Iterator<Item = SocketAddr> {
    text.lines().skip(1).filter_map(listener)
}

fn listener(line: &str) -> Option<SocketAddr> {
    let mut fields = line.split_whitespace().skip(1);
    let (local, _, state) = (fields.next()?, fields.next()?, fields.next()?);
    let (address, port) = local.split_once(':')?;
    let address = address_of(address)?;
    (state == LISTEN).then_some(SocketAddr::new(address, u16::from_str_radix(port, 16).ok()?))
}

/// Each word of an address is as the processor keeps it in memory.
fn address_of(text: &str) -> Option<IpAddr> {
    let word = |at: usize| Some(u32::from_str_radix(text.get(at * 8..at * 8 + 8)?, 16).ok()?.to_ne_bytes());
    match text.len() {
        8 => Some(Ipv4Addr::from(word(0)?).into()),
        32 => {
            let bytes = [word(0)?, word(1)?, word(2)?, word(3)?].concat();
            Some(IpAddr::from(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)).to_canonical())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn sockets_that_wait_are_found() {
        let text = "  sl  local_address rem_address   st\n   0: 0100007F:1F96 00000000:0000 0A 0 0\n   1: 0100007F:1F97 0100007F:0050 01\n\
                    2: 00000000000000000000000001000000:0016 0:0 0A\nbroken\n3: 00:1 0:0 0A\n";
        let found: Vec<_> = of(text).map(|address| address.to_string()).collect();
        assert_eq!(found, ["127.0.0.1:8086", "[::1]:22"]);
    }
}
