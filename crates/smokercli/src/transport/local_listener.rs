//! Who listens on a port or a Unix socket of this host. Every account can have a port above 1023, and a socket in a folder that it may write, and would
//! read what comes over plain http.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::time::timeout;

/// Where Linux lists sockets, with the accounts that they belong to.
const TABLES: [&str; 2] = ["/proc/net/tcp", "/proc/net/tcp6"];

/// What belongs to the daemon's account with the shipped configurations. Both are in folders of root, so nobody else can have made them.
const DAEMONS_FILES: [&str; 2] = ["/var/lib/smokerd", "/run/smokerd.sock"];

/// What `/proc/self` says of this process's account.
const OWN: &str = "/proc/self";

/// The state of a socket that listens.
const LISTENS: &str = "0A";

/// Whether somebody listens on this port, who is root, the daemon's account or one's own.
///
/// # Errors
///
/// When somebody else does, or nobody can know.
pub(super) fn is_trusted(port: u16) -> Result<bool, String> {
    let mut owners = Vec::new();
    for table in TABLES {
        match File::open(table) {
            Ok(file) => {
                owners.extend(owners_of(BufReader::new(file), port).map_err(|error| format!("{table}: {error}"))?);
            }
            // A host without IPv6.
            Err(error) if error.kind() == io::ErrorKind::NotFound && table != TABLES[0] => {}
            Err(_) => return Err("this system does not show which account listens there".to_owned()),
        }
    }
    check(&owners, &format!("on port {port} of this host"))?;
    Ok(!owners.is_empty())
}

/// How long the account behind a socket may take to show.
const LIMIT: Duration = Duration::from_secs(5);

/// Whether somebody listens on this Unix socket, who is root, the daemon's account or one's own.
///
/// # Errors
///
/// When somebody else does, or nobody can know.
pub(super) async fn is_trusted_socket(path: &Path) -> Result<bool, String> {
    let place = format!("on {}", path.display());
    let stream = match timeout(LIMIT, UnixStream::connect(path)).await {
        Ok(Ok(stream)) => stream,
        // The request itself says why.
        Ok(Err(_)) => return Ok(false),
        Err(_) => return Err(format!("who listens {place} does not show within {} s", LIMIT.as_secs())),
    };
    // Who listened first, which a process that has inherited the socket does not change.
    let listener = stream.peer_cred().map_err(|error| format!("the account that listens {place}: {error}"))?;
    check(&[listener.uid()], &place)?;
    Ok(true)
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

/// The accounts that listen on this port, on any address: which one a connection reaches is not known before.
fn owners_of(table: impl BufRead, port: u16) -> io::Result<Vec<u32>> {
    let mut owners = Vec::new();
    for line in table.lines().skip(1) {
        let line = line?;
        let fields: Vec<_> = line.split_whitespace().collect();
        let (Some(local), Some(state), Some(owner)) = (fields.get(1), fields.get(3), fields.get(7)) else { continue };
        // They come before all others, of which there may be many.
        if *state != LISTENS {
            break;
        }
        let of_port = local.rsplit_once(':').and_then(|(_, port)| u16::from_str_radix(port, 16).ok());
        if of_port == Some(port) {
            owners.push(owner.parse().map_err(io::Error::other)?);
        }
    }
    Ok(owners)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_listen_on_the_port_are_found() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
                     0: 0100007F:1F96 00000000:0000 0A 00000000:00000000 00:00000000 00000000   998        0 18 1 0 100 0 0 10 0\n   \
                     1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 19 1 0 100 0 0 10 0\n   \
                     2: 0200007F:1F96 00000000:0000 0A 00000000:00000000 00:00000000 00000000 65534        0 20 1 0 100 0 0 10 0\n   \
                     3: 0100007F:1F96 0100007F:B001 01 00000000:00000000 00:00000000 00000000  1000        0 21 1 0 20 4 30 10 -1\n";
        let owners = |port| owners_of(table.as_bytes(), port).expect("read");
        assert_eq!((owners(8086), owners(22), owners(23)), (vec![998, 65534], vec![0], vec![]));
    }

    #[test]
    fn another_account_is_told_with_its_place() {
        let own = fs::metadata(OWN).map_or(0, |data| data.uid());
        assert_eq!(check(&[0, own], "on /run/s"), Ok(()));
        let refused = check(&[0, 4_000_000_000], "on /run/s").expect_err("nobody's");
        assert!(refused.starts_with("the account with uid 4000000000 listens on /run/s, which"), "{refused}");
    }

    #[tokio::test]
    async fn a_socket_is_that_of_the_account_that_listens() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("socket");
        assert_eq!(is_trusted_socket(&path).await, Ok(false));
        let listener = std::os::unix::net::UnixListener::bind(&path).expect("a socket");
        assert_eq!(is_trusted_socket(&path).await, Ok(true));
        drop(listener);
        assert_eq!(is_trusted_socket(&path).await, Ok(false), "nobody listens");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn ones_own_listener_is_trusted_and_a_port_without_any_is_not() {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("bound").port();
        assert_eq!(is_trusted(port), Ok(true));
        drop(listener);
        assert_eq!(is_trusted(port), Ok(false));
    }
}
