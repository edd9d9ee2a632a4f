//! Who listens on a port of this host. Every account can have one above 1023, and would read what comes over plain http.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::os::unix::fs::MetadataExt;

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
    let owner = |path: &&str| fs::metadata(path).ok().map(|data| data.uid());
    let trusted: Vec<_> = DAEMONS_FILES.iter().chain(&[OWN]).filter_map(owner).chain([0]).collect();
    match owners.iter().find(|owner| !trusted.contains(owner)) {
        Some(other) => Err(format!(
            "the account with uid {other} listens on port {port} of this host, which is neither root's nor that of a daemon with the state_dir \
             /var/lib/smokerd"
        )),
        None => Ok(!owners.is_empty()),
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
    #[cfg(target_os = "linux")]
    fn ones_own_listener_is_trusted_and_a_port_without_any_is_not() {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("bound").port();
        assert_eq!(is_trusted(port), Ok(true));
        drop(listener);
        assert_eq!(is_trusted(port), Ok(false));
    }
}
