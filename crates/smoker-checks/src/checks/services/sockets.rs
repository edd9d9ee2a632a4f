//! Sockets that wait for peers, see `proc_net_tcp(5)`.

use std::collections::HashSet;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::checks::system_file;

/// The transport of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    Tcp,
    Udp,
}

/// A socket that waits on a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listener {
    pub(super) transport: Transport,
    pub(super) address: IpAddr,
    pub(super) port: u16,
    /// Whether it is a socket of IPv6, which may take IPv4, too.
    pub(super) is_six: bool,
    inode: u64,
}

/// All sockets that wait, of both families.
pub(super) fn listeners() -> Result<Vec<Listener>, String> {
    let mut found = Vec::new();
    for (name, transport) in
        [("tcp", Transport::Tcp), ("tcp6", Transport::Tcp), ("udp", Transport::Udp), ("udp6", Transport::Udp)]
    {
        // A kernel without IPv6 has no files of it.
        let path = format!("/proc/net/{name}");
        let is_six = name.ends_with('6');
        let text = if is_six { system_file::optional(&path)? } else { Some(system_file::read(&path)?) };
        for line in text.unwrap_or_default().lines().skip(1).filter(|line| !line.trim().is_empty()) {
            let (is_waiting, listener) = listener(line, transport, is_six)
                .ok_or_else(|| format!("{path} is not understood: {}", line.trim()))?;
            found.extend(is_waiting.then_some(listener));
        }
    }
    Ok(found)
}

/// The names of the processes that hold each of these sockets; those of others only root may see.
pub(super) fn holders(listeners: &[&Listener]) -> Vec<String> {
    let links: HashSet<_> = listeners.iter().map(|it| format!("socket:[{}]", it.inode)).collect();
    let pids = fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.path());
    let holds = |pid: &std::path::PathBuf| {
        let descriptors = fs::read_dir(pid.join("fd")).into_iter().flatten().flatten();
        descriptors
            .filter_map(|descriptor| fs::read_link(descriptor.path()).ok())
            .any(|target| links.contains(target.to_string_lossy().as_ref()))
    };
    let names = pids.filter(holds).filter_map(|pid| system_file::read(pid.join("comm")).ok());
    let mut names: Vec<_> = names.map(|name| name.trim().to_owned()).collect();
    names.sort();
    names.dedup();
    names
}

/// `sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode`.
/// The answer is whether it waits; none for a line that is not understood.
fn listener(line: &str, transport: Transport, is_six: bool) -> Option<(bool, Listener)> {
    let fields: Vec<_> = line.split_whitespace().collect();
    let (local, remote, state, inode) = (fields.get(1)?, fields.get(2)?, fields.get(3)?, fields.get(9)?);
    let is_waiting = match transport {
        Transport::Tcp => *state == "0A",
        // A UDP socket that is connected to a peer takes packets of nobody else.
        Transport::Udp => remote.ends_with(":0000"),
    };
    let (address, port) = local.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let (address, inode) = (address_of(address)?, inode.parse().ok()?);
    Some((is_waiting, Listener { transport, address, port, is_six, inode }))
}

/// The words of an address, each as the processor keeps it in memory.
fn address_of(text: &str) -> Option<IpAddr> {
    let words = (0..text.len() / 8).map(|at| u32::from_str_radix(text.get(at * 8..at * 8 + 8)?, 16).ok());
    let words: Vec<u32> = words.collect::<Option<_>>()?;
    match words[..] {
        [word] => Some(Ipv4Addr::from(word.to_ne_bytes()).into()),
        [_, _, _, _] => {
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
            let address = Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?);
            Some(address.to_ipv4_mapped().map_or(address.into(), IpAddr::from))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn lines_of_both_families_are_read() {
        let four = "   0: 0100007F:1F96 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1";
        let waiting = |line: &str, transport| {
            listener(line, transport, false).filter(|(is_waiting, _)| *is_waiting).map(|it| it.1)
        };
        let found = waiting(four, Transport::Tcp).expect("a listener");
        assert_eq!((found.address, found.port, found.inode), (Ipv4Addr::LOCALHOST.into(), 8086, 12345));
        let six =
            "   0: 00000000000000000000000001000000:0016 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 7";
        assert_eq!(waiting(six, Transport::Tcp).expect("a listener").address, IpAddr::from(Ipv6Addr::LOCALHOST));
        assert_eq!(waiting(&four.replace(" 0A ", " 01 "), Transport::Tcp), None);
        let udp = four.replace(" 0A ", " 07 ");
        assert!(waiting(&udp, Transport::Udp).is_some());
        assert_eq!(waiting(&udp.replace("00000000:0000", "0100007F:0035"), Transport::Udp), None);
        assert_eq!(listener("sl local", Transport::Tcp, false), None);
    }
}
