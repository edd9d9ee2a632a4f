//! Whose the other end of a connection within this host is. Every account can have a port above 1023, and a socket in a folder that it may write, and would
//! read what comes over plain http.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use tokio::net::{TcpStream, UnixStream};

/// Where Linux lists sockets, with the accounts that they belong to.
const TABLES: [&str; 2] = ["/proc/net/tcp", "/proc/net/tcp6"];

/// What belongs to the daemon's account with the shipped configurations. Both are in folders of root, so nobody else can have made them.
const DAEMONS_FILES: [&str; 2] = ["/var/lib/smokerd", "/run/smokerd.sock"];

/// What `/proc/self` says of this process's account.
const OWN: &str = "/proc/self";

/// The state of a socket that listens.
const LISTENS: &str = "0A";

/// Whose the other end of a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listener {
    /// Root's, the daemon's account's, or one's own.
    Trusted,
    /// Nobody of this host listens there: what arrives at the port is passed on to another one.
    Elsewhere,
}

impl Listener {
    /// Whether a token may go there.
    pub(super) fn is_trusted(self) -> bool {
        self == Self::Trusted
    }
}

/// Who is at the other end of this connection over loopback: who has accepted it, and all who listen on its port.
///
/// # Errors
///
/// When it is an account that a token must not be shown to, or nobody can know.
pub(super) fn of_tcp(stream: &TcpStream) -> Result<Listener, String> {
    let unknown = |error: io::Error| format!("the ends of the connection: {error}");
    let ends = Ends { theirs: stream.peer_addr().map_err(unknown)?, ours: stream.local_addr().map_err(unknown)? };
    let mut found = Owners::default();
    for table in TABLES {
        match File::open(table) {
            Ok(file) => found.read(BufReader::new(file), ends).map_err(|error| format!("{table}: {error}"))?,
            // A host without IPv6.
            Err(error) if error.kind() == io::ErrorKind::NotFound && table != TABLES[0] => {}
            Err(_) => return Err("this system does not show which account listens there".to_owned()),
        }
    }
    found.judge(ends.theirs.port())
}

/// Who listens at the other end of this connection, which was made by this path.
///
/// # Errors
///
/// As [`of_tcp`].
pub(super) fn of_unix(stream: &UnixStream, path: &Path) -> Result<Listener, String> {
    let place = format!("on {}", path.display());
    // Who listened first, which a process that has inherited the socket does not change.
    let listener = stream.peer_cred().map_err(|error| format!("the account that listens {place}: {error}"))?;
    check(&[listener.uid()], &place)?;
    Ok(Listener::Trusted)
}

/// Refuses accounts that a token must not be shown to.
fn check(accounts: &[u32], place: &str) -> Result<(), String> {
    let owner = |path: &&str| fs::metadata(path).ok().map(|data| data.uid());
    let trusted: Vec<_> = DAEMONS_FILES.iter().chain(&[OWN]).filter_map(owner).chain([0]).collect();
    match accounts.iter().find(|account| !trusted.contains(account)) {
        Some(other) => Err(format!(
            "the account with uid {other} listens {place}, which is neither root's nor that of a daemon with the state_dir /var/lib/smokerd"
        )),
        None => Ok(()),
    }
}

/// Both ends of a connection.
#[derive(Clone, Copy, Debug)]
struct Ends {
    theirs: SocketAddr,
    ours: SocketAddr,
}

/// Who has accepted a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Acceptor {
    /// Nobody of this host is at its other end.
    #[default]
    Nobody,
    /// It still waits for that, so it is a listener's.
    Listener,
    /// This account.
    Account(u32),
}

/// The accounts that have to do with a connection.
#[derive(Debug, Default, PartialEq, Eq)]
struct Owners {
    /// Those that listen on its port, on any address.
    listeners: Vec<u32>,
    acceptor: Acceptor,
}

impl Owners {
    fn read(&mut self, table: impl BufRead, ends: Ends) -> io::Result<()> {
        let (theirs, ours) = (written(ends.theirs), written(ends.ours));
        for line in table.lines().skip(1) {
            let line = line?;
            let fields: Vec<_> = line.split_whitespace().collect();
            let [_, local, remote, state, _, _, _, owner, _, inode, ..] = fields[..] else { continue };
            let is_of_port = local.rsplit_once(':').is_some_and(|(_, port)| theirs.iter().any(|it| it.ends_with(port)));
            if state == LISTENS && is_of_port {
                self.listeners.push(owner.parse().map_err(io::Error::other)?);
            }
            if theirs.iter().any(|it| it == local) && ours.iter().any(|it| it == remote) {
                // Without an inode nobody has accepted it yet, and its owner says nothing.
                self.acceptor = match inode {
                    "0" => Acceptor::Listener,
                    _ => Acceptor::Account(owner.parse().map_err(io::Error::other)?),
                };
                // Those that listen come before all others, of which there may be many.
                return Ok(());
            }
        }
        Ok(())
    }

    fn judge(&self, port: u16) -> Result<Listener, String> {
        let place = format!("on port {port} of this host");
        check(&self.listeners, &place)?;
        match self.acceptor {
            // A port that the kernel passes on, as those of containers.
            Acceptor::Nobody if self.listeners.is_empty() => Ok(Listener::Elsewhere),
            Acceptor::Nobody => Err(format!("nobody of this host is at the other end of a connection to port {port}")),
            Acceptor::Listener if self.listeners.is_empty() => Err(format!("nobody listens {place} any more")),
            Acceptor::Listener => Ok(Listener::Trusted),
            Acceptor::Account(acceptor) => check(&[acceptor], &place).map(|()| Listener::Trusted),
        }
    }
}

/// An address as the tables have it: words of 32 bits as they are in memory; one of IPv4 also as the table of IPv6 has it.
fn written(address: SocketAddr) -> Vec<String> {
    let words = |bytes: &[u8]| -> String {
        let words = bytes.chunks_exact(4).map(|it| u32::from_ne_bytes([it[0], it[1], it[2], it[3]]));
        words.map(|word| format!("{word:08X}")).collect::<Vec<_>>().concat()
    };
    let port = address.port();
    let texts = match address.ip() {
        IpAddr::V4(ip) => vec![words(&ip.octets()), words(&ip.to_ipv6_mapped().octets())],
        IpAddr::V6(ip) => vec![words(&ip.octets())],
    };
    texts.into_iter().map(|text| format!("{text}:{port:04X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
        0: 0100007F:1F96 00000000:0000 0A 00000000:00000000 00:00000000 00000000   998        0 18 1 0 100 0 0 10 0\n   \
        1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 19 1 0 100 0 0 10 0\n   \
        2: 0200007F:1F96 00000000:0000 0A 00000000:00000000 00:00000000 00000000 65534        0 20 1 0 100 0 0 10 0\n   \
        3: 0100007F:B001 0100007F:1F96 01 00000000:00000000 00:00000000 00000000  1000        0 21 1 0 20 4 30 10 -1\n   \
        4: 0100007F:1F96 0100007F:B001 01 00000000:00000000 00:00000000 00000000   998        0 22 1 0 20 4 30 10 -1\n   \
        5: 0100007F:1F96 0100007F:B002 01 00000000:00000000 00:00000000 00000000     0        0 0 1 0 20 4 30 10 -1\n";

    #[test]
    #[cfg(target_endian = "little")]
    fn who_accepted_a_connection_and_all_that_listen_on_its_port_are_found() {
        let owners = |theirs: &str, ours: &str| {
            let mut found = Owners::default();
            let end = |text: &str| text.parse().expect("an address");
            found.read(TABLE.as_bytes(), Ends { theirs: end(theirs), ours: end(ours) }).expect("read");
            (found.listeners, found.acceptor)
        };
        let listeners = vec![998, 65534];
        assert_eq!(owners("127.0.0.1:8086", "127.0.0.1:45057"), (listeners.clone(), Acceptor::Account(998)));
        assert_eq!(
            owners("127.0.0.1:8086", "127.0.0.1:45058"),
            (listeners.clone(), Acceptor::Listener),
            "not accepted"
        );
        assert_eq!(owners("127.0.0.1:8086", "127.0.0.2:45057"), (listeners, Acceptor::Nobody));
        assert_eq!(owners("127.0.0.1:22", "127.0.0.1:1"), (vec![0], Acceptor::Nobody));
        assert_eq!(owners("[::1]:23", "[::1]:1"), (vec![], Acceptor::Nobody));
    }

    #[test]
    fn a_connection_that_another_account_has_accepted_is_refused_also_when_others_listen_by_now() {
        let judged = |listeners: &[u32], acceptor| Owners { listeners: listeners.to_vec(), acceptor }.judge(8086);
        let other = 4_000_000_000;
        assert_eq!(judged(&[0], Acceptor::Account(0)), Ok(Listener::Trusted));
        assert_eq!(judged(&[0], Acceptor::Listener), Ok(Listener::Trusted));
        assert_eq!(judged(&[], Acceptor::Nobody), Ok(Listener::Elsewhere));
        for (listeners, acceptor, reason) in [
            (&[0][..], Acceptor::Account(other), "the account with uid 4000000000 listens on port 8086 of this host"),
            (&[0, other], Acceptor::Account(0), "the account with uid 4000000000 listens on port 8086 of this host"),
            (&[], Acceptor::Listener, "nobody listens on port 8086 of this host any more"),
            (&[0], Acceptor::Nobody, "nobody of this host is at the other end of a connection to port 8086"),
        ] {
            let refused = judged(listeners, acceptor).expect_err(reason);
            assert!(refused.starts_with(reason), "{refused}");
        }
    }

    #[test]
    fn another_account_is_told_with_its_place() {
        let own = fs::metadata(OWN).map_or(0, |data| data.uid());
        assert_eq!(check(&[0, own], "on /run/s"), Ok(()));
        let refused = check(&[0, 4_000_000_000], "on /run/s").expect_err("nobody's");
        assert!(refused.starts_with("the account with uid 4000000000 listens on /run/s, which"), "{refused}");
    }

    #[tokio::test]
    async fn a_connection_is_that_of_the_account_that_listens_whatever_its_path_leads_to_by_now() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("socket");
        let listener = std::os::unix::net::UnixListener::bind(&path).expect("a socket");
        let stream = UnixStream::connect(&path).await.expect("somebody listens");
        drop(listener);
        fs::remove_file(&path).expect("ours");
        assert_eq!(of_unix(&stream, &path), Ok(Listener::Trusted));
    }

    #[tokio::test]
    #[cfg(target_os = "linux")]
    async fn a_connection_to_ones_own_listener_is_trusted() {
        for address in ["127.0.0.1:0", "[::1]:0", "[::]:0"] {
            // A host without IPv6.
            let Ok(listener) = std::net::TcpListener::bind(address) else { continue };
            let port = listener.local_addr().expect("bound").port();
            let host = if address == "[::1]:0" { "::1" } else { "127.0.0.1" };
            let stream = TcpStream::connect((host, port)).await.expect("it listens");
            assert_eq!(of_tcp(&stream), Ok(Listener::Trusted), "{address}, not accepted");
            let _accepted = listener.accept().expect("a connection");
            assert_eq!(of_tcp(&stream), Ok(Listener::Trusted), "{address}");
        }
    }
}
