//! `Check: ping`: whether hosts answer to echoes, and how fast.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::socket::{AddressFamily, SockFlag, SockProtocol, SockType, socket};
use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::checks::fan_out::{self, Deadline};
use crate::checks::network::connection;
use crate::measure::declaration::Measure;
use crate::measure::thresholds::Thresholds;
use crate::parameters::Parameters;
use crate::report::{Component, Report};
use crate::spec::{ParameterSpec, ParameterType, Spec};
use crate::unit::Unit;

/// How many echoes are sent without `Packets`, and at most.
const PACKETS: u64 = 3;
const MOST_PACKETS: u64 = 100;

/// The pause between two echoes of one host.
const PAUSE: Duration = Duration::from_millis(200);

const MEASURES: &[Measure] = &[
    Measure {
        name: "Loss",
        unit: Unit::Percent,
        meaning: "echoes that did not come back",
        warn: Some("> 0%"),
        error: Some(">= 100%"),
    },
    Measure {
        name: "Time",
        unit: Unit::Seconds,
        meaning: "the time until an echo came back, on average",
        warn: None,
        error: None,
    },
];

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec::target("Hosts", "names or addresses"),
    ParameterSpec::target("Host", "as `Hosts`, for one"),
    ParameterSpec::optional("Packets", ParameterType::Count, "3", "how many echoes are sent, up to 100"),
    ParameterSpec::warn(MEASURES),
    ParameterSpec::error(MEASURES),
];

/// What the page shows.
pub(crate) const EXAMPLE: &str = "\
Ping:
  Check: ping
  Host: 127.0.0.1
  Packets: 2
  Error: [\"> 50%\", \"> 1s\"]
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec::check("ping", "sends echoes of ICMP", "a component for each host", PARAMETERS)
}

/// Runs the check.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let hosts = parameters.required_targets("Hosts", "Host")?;
    let thresholds = Thresholds::of(parameters, MEASURES)?;
    let packets = parameters.count("Packets")?.unwrap_or(PACKETS);
    if !(1..=MOST_PACKETS).contains(&packets) {
        return Err(format!(
            "Packets has to be from 1 to {MOST_PACKETS}, not {packets}: correct it in the configuration"
        ));
    }
    let packets = u16::try_from(packets).unwrap_or(1);
    let deadline = Deadline::of(request.timeout, hosts.len());
    let look = move |host: &String| look_at(host, packets, &thresholds, deadline);
    let mut report = Report::default();
    for (host, found) in fan_out::each(&hosts, deadline, look) {
        report.add(found.unwrap_or_else(|| Component::failed(host, &deadline.passed())));
    }
    report.findings()
}

fn look_at(host: &str, packets: u16, thresholds: &Thresholds, deadline: Deadline) -> Component {
    let mut component = Component::new(host);
    let end = deadline.end_of_look();
    let address = match connection::resolve(host, 0) {
        Ok(addresses) => addresses[0].ip(),
        Err(reason) => {
            component.error(&reason);
            return component;
        }
    };
    match echoes(address, packets, end) {
        Err(reason) => component.error(&reason),
        Ok(times) => {
            let came_back = f64::from(u32::try_from(times.len()).unwrap_or(u32::MAX));
            component.number(thresholds, "Loss", 100.0 - came_back / f64::from(packets) * 100.0);
            if !times.is_empty() {
                component.number(thresholds, "Time", times.iter().sum::<f64>() / came_back);
            }
            component.require(thresholds, "Time", "no echo came back");
            component.fact(address.to_string());
        }
    }
    component
}

/// The seconds of each echo that came back.
fn echoes(address: IpAddr, packets: u16, end: Instant) -> Result<Vec<f64>, String> {
    let socket = open(address).map_err(|errno| match errno {
        Errno::EACCES | Errno::EPERM => {
            "this account may send no echoes: add its group to net.ipv4.ping_group_range, or run the check as root"
                .to_owned()
        }
        other => format!("no socket for echoes: {}", other.desc()),
    })?;
    let failed = |error: &io::Error| format!("no echo to {address}: {}", connection::reason(error));
    socket.connect(SocketAddr::new(address, 0)).map_err(|error| failed(&error))?;
    let mut times = Vec::new();
    let mut last_error = None;
    for sequence in 0..packets {
        let left = end.saturating_duration_since(Instant::now());
        let limit = left / u32::from(packets - sequence);
        if limit.is_zero() {
            break;
        }
        let start = Instant::now();
        match echo(&socket, address, sequence, start + limit) {
            Ok(()) => times.push(start.elapsed().as_secs_f64()),
            Err(error) if matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) => {}
            Err(error) => last_error = Some(error),
        }
        if sequence + 1 < packets {
            thread::sleep(PAUSE.min(limit.saturating_sub(start.elapsed())));
        }
    }
    match last_error.filter(|_| times.is_empty()) {
        Some(error) => Err(failed(&error)),
        None => Ok(times),
    }
}

/// A socket that the kernel keeps for the echoes of this process; a raw one where it gives none and the account may have that.
fn open(address: IpAddr) -> nix::Result<UdpSocket> {
    let (family, protocol) = match address {
        IpAddr::V4(_) => (AddressFamily::Inet, SockProtocol::Icmp),
        IpAddr::V6(_) => (AddressFamily::Inet6, SockProtocol::IcmpV6),
    };
    let open = |kind| socket(family, kind, SockFlag::empty(), protocol);
    let opened = open(SockType::Datagram).or_else(|_| open(SockType::Raw))?;
    // Not every system opens it so.
    fcntl(&opened, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    Ok(UdpSocket::from(opened))
}

fn echo(socket: &UdpSocket, address: IpAddr, sequence: u16, end: Instant) -> io::Result<()> {
    let (request, reply) = if address.is_ipv4() { (8, 0) } else { (128, 129) };
    let mark = std::process::id().to_be_bytes();
    let number = sequence.to_be_bytes();
    let mut packet = vec![request, 0, 0, 0, mark[2], mark[3], number[0], number[1]];
    packet.extend(b"smokerd ");
    packet.extend(mark);
    let sum = checksum(&packet).to_be_bytes();
    // Of IPv6, whose checksum has the addresses in it, the kernel computes it.
    packet[2..4].copy_from_slice(&sum);
    socket.send(&packet)?;
    let mut buffer = [0; 1500];
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        socket.set_read_timeout(Some(left))?;
        let count = socket.recv(&mut buffer)?;
        // A raw socket of IPv4 shows the header of the packet, too.
        let header = if address.is_ipv4() && buffer[0] >> 4 == 4 { usize::from(buffer[0] & 15) * 4 } else { 0 };
        let answer = buffer.get(header..count).unwrap_or_default();
        let is_ours =
            answer.first() == Some(&reply) && answer.get(6..8) == Some(&number) && answer.get(8..) == packet.get(8..);
        if is_ours {
            return Ok(());
        }
    }
}

/// The checksum of the internet protocols (RFC 1071).
fn checksum(packet: &[u8]) -> u16 {
    let words = packet.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or(0)));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_with_its_checksum_sums_up_to_nothing() {
        let mut packet = [8, 0, 0, 0, 0x12, 0x34, 0, 1, b'a'];
        let sum = checksum(&packet).to_be_bytes();
        packet[2..4].copy_from_slice(&sum);
        assert_eq!(checksum(&packet), 0);
    }
}
