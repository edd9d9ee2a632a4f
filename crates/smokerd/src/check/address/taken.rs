//! A port that another program listens on. The daemon itself may run while its configuration is checked.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use nix::unistd::Pid;
use smoker_config::spec::settings::DaemonSettings;

use crate::service::program;

/// The state LISTEN in the kernel's tables.
const LISTEN: &str = "0A";

/// Who listens on the configured port, as a sentence; none when it is free, when a smokerd has it, or when the program
/// cannot be seen.
pub(crate) fn holder(settings: &DaemonSettings) -> Option<String> {
    let inodes = listening_inodes(settings);
    if inodes.is_empty() {
        return None;
    }
    let (pid, name) = process_with(&inodes)?;
    (!program::is_ours(pid)).then(|| {
        format!(
            "bind_port {} is taken by {name} (process {pid}), and the daemon does not start before it is free; stop that, or choose another",
            settings.bind_port
        )
    })
}

/// The sockets that would be in the way.
fn listening_inodes(settings: &DaemonSettings) -> Vec<String> {
    let wanted = settings.bind_host.parse::<IpAddr>().ok();
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| fs::read_to_string(path).unwrap_or_default());
    let lines = tables.iter().flat_map(|table| table.lines().skip(1));
    lines.filter_map(|line| inode_in_the_way(line, wanted, settings.bind_port)).collect()
}

fn inode_in_the_way(line: &str, wanted: Option<IpAddr>, port: u16) -> Option<String> {
    let fields: Vec<_> = line.split_whitespace().collect();
    let (address, of_port) = fields.get(1)?.split_once(':')?;
    let is_same_port = port != 0 && u16::from_str_radix(of_port, 16).ok()? == port;
    let address = address_of(address)?;
    let is_same = wanted.is_none_or(|wanted| address.is_unspecified() || wanted.is_unspecified() || wanted == address);
    (is_same_port && is_same && fields.get(3) == Some(&LISTEN)).then(|| fields.get(9).map(|it| (*it).to_owned()))?
}

/// The kernel writes each group of four bytes in the order of the machine.
fn address_of(hex: &str) -> Option<IpAddr> {
    let words: Vec<[u8; 4]> = hex
        .as_bytes()
        .chunks(8)
        .map(|word| u32::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok().map(u32::to_ne_bytes))
        .collect::<Option<_>>()?;
    match words.as_slice() {
        [word] => Some(Ipv4Addr::from(*word).into()),
        [_, _, _, _] => Some(Ipv6Addr::from(<[u8; 16]>::try_from(words.concat()).ok()?).to_canonical()),
        _ => None,
    }
}

/// The first process that has one of these sockets open, and its name.
fn process_with(inodes: &[String]) -> Option<(Pid, String)> {
    let sockets: Vec<_> = inodes.iter().map(|inode| format!("socket:[{inode}]")).collect();
    let pids = fs::read_dir("/proc").ok()?.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let has_one = |pid: &i32| {
        let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        let mut targets = descriptors.filter_map(|descriptor| fs::read_link(descriptor.path()).ok());
        targets.any(|target| sockets.iter().any(|socket| target.as_os_str() == socket.as_str()))
    };
    let pid = pids.filter(|pid| *pid > 0).find(has_one)?;
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    Some((Pid::from_raw(pid), name.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_kernel_tell_what_is_in_the_way() {
        let line =
            "   1: 0100007F:1F96 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 x";
        let local = Some(IpAddr::from([127, 0, 0, 1]));
        assert_eq!(inode_in_the_way(line, local, 8086), Some("4711".to_owned()));
        assert_eq!(inode_in_the_way(line, Some(IpAddr::from([0, 0, 0, 0])), 8086), Some("4711".to_owned()));
        for (wanted, port) in [(local, 8087), (local, 0), (Some(IpAddr::from([10, 0, 0, 1])), 8086)] {
            assert_eq!(inode_in_the_way(line, wanted, port), None);
        }
        assert_eq!(inode_in_the_way(&line.replace(" 0A ", " 01 "), local, 8086), None);
        assert_eq!(address_of("00000000000000000000000001000000"), Some(IpAddr::V6(Ipv6Addr::LOCALHOST)));
    }
}
