//! What is on the host becomes plugins with built-in checks.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use smoker_model::value::Value;

use crate::suggest::host::Host;

/// The port of a daemon that has no other.
const OWN_PORT: u16 = 8086;

/// From this port on the kernel gives them out itself, so that none is the same tomorrow.
const FIRST_EPHEMERAL: u16 = 32768;

/// A plugin that may be wanted.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Proposal {
    pub(super) name: String,
    /// What it is for, and what it was found by.
    pub(super) why: String,
    pub(super) parameters: Vec<(String, Value)>,
}

/// What is known of a port: check, name of the plugin, and further parameters.
type Known = (u16, &'static str, &'static str, &'static [(&'static str, &'static str)]);

/// Ports whose service tells what it is.
const PORTS: [Known; 12] = [
    (22, "tcp", "Ssh", &[("Expect", "/^SSH-/")]),
    (25, "tcp", "Mail", &[("Expect", "/^220/")]),
    (80, "http", "Page", &[]),
    (443, "tls", "Certificate", &[]),
    (636, "tls", "CertificateLdap", &[]),
    (993, "tls", "CertificateImap", &[]),
    (3306, "mysql", "MySql", &[]),
    (5432, "postgres", "Postgres", &[]),
    (6379, "redis", "Redis", &[]),
    (8080, "http", "Page8080", &[]),
    (8443, "tls", "Certificate8443", &[]),
    (11211, "memcached", "Memcached", &[]),
];

/// Those of a host.
pub(super) fn of(host: &Host) -> Vec<Proposal> {
    let mut all = vec![
        proposal("Load", "every host: the load of the processors", "load"),
        proposal("Memory", "every host: memory that is left", "memory"),
        proposal("Disk", "every host: space and inodes of each file system with a device", "disk"),
    ];
    if host.has_swap {
        all.push(proposal("Swap", "/proc/swaps: swap space is in use", "swap"));
    }
    if host.has_mounts {
        all.push(proposal("Mounts", "/etc/fstab: whether all of it is mounted", "mount"));
    }
    if !host.services.is_empty() {
        let why = "/etc/systemd: what is started with the host; one that has failed is an ERROR from the first run on. \
                   Remove those that end by themselves";
        let mut services = proposal("Services", why, "service");
        services.parameters.push(("Services".to_owned(), texts(host.services.iter().cloned())));
        all.push(services);
    }
    if !host.failed.is_empty() {
        let why = "systemctl list-units --state=failed: these have failed. Each is an ERROR until it is repaired, or until \
                   systemctl reset-failed";
        let mut failed = proposal("Failed", why, "service");
        failed.parameters.push(("Services".to_owned(), texts(host.failed.iter().cloned())));
        // One that ends by itself is inactive when it was good.
        failed.parameters.push(("State".to_owned(), texts(["active", "inactive"].map(str::to_owned).into_iter())));
        all.push(failed);
    }
    all.extend(PORTS.iter().filter_map(|known| of_port(known, host)));
    let is_known = |port: u16| PORTS.iter().any(|(its, ..)| *its == port);
    let others = host.listeners.iter().map(SocketAddr::port);
    let mut others: Vec<_> =
        others.filter(|port| !is_known(*port) && *port != OWN_PORT && *port < FIRST_EPHEMERAL).collect();
    others.sort_unstable();
    others.dedup();
    if !others.is_empty() {
        let mut ports = proposal("Ports", "/proc/net/tcp: further ports on which something waits for clients", "port");
        ports
            .parameters
            .push(("Ports".to_owned(), Value::List(others.into_iter().map(|port| Value::Int(port.into())).collect())));
        all.push(ports);
    }
    all
}

fn of_port((port, check, name, more): &Known, host: &Host) -> Option<Proposal> {
    let listener = host.listeners.iter().find(|listener| listener.port() == *port)?;
    let address = SocketAddr::new(reachable(listener.ip()), *port);
    let mut proposal = proposal(name, &format!("/proc/net/tcp: something waits on port {port}"), check);
    let mut add = |name: &str, value: String| proposal.parameters.push((name.to_owned(), Value::Text(value)));
    match *check {
        "http" => add("Url", format!("http://{address}/")),
        _ => add("Address", address.to_string()),
    }
    more.iter().for_each(|(name, value)| add(name, (*value).to_owned()));
    if *check == "tls" {
        proposal.why +=
            "; its certificate. With ServerName in the place of Verify the name and the authority are looked at, too";
        proposal.parameters.push(("Verify".to_owned(), Value::Bool(false)));
    }
    Some(proposal)
}

/// Where to reach a socket that waits on all addresses.
fn reachable(address: IpAddr) -> IpAddr {
    if address.is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { address }
}

fn proposal(name: &str, why: &str, check: &str) -> Proposal {
    let parameters = vec![("Check".to_owned(), Value::Text(check.to_owned()))];
    Proposal { name: name.to_owned(), why: why.to_owned(), parameters }
}

fn texts(all: impl Iterator<Item = String>) -> Value {
    Value::List(all.map(Value::Text).collect())
}
