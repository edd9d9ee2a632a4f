//! The daemon's Unix socket on this host.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

/// Where the shipped configurations put it.
const DEFAULT: &str = "/run/smokerd.sock";

/// The socket to ask: the named one, or the default one when nothing names a host or port and a daemon answers there.
#[must_use]
pub fn chosen(named: Option<&Path>, is_host_named: bool) -> Option<PathBuf> {
    choose(named, is_host_named, Path::new(DEFAULT))
}

fn choose(named: Option<&Path>, is_host_named: bool, default: &Path) -> Option<PathBuf> {
    match named {
        Some(path) => Some(path.to_owned()),
        // A socket that a killed daemon has left is there, and nobody answers.
        None => (!is_host_named && UnixStream::connect(default).is_ok()).then(|| default.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn the_default_socket_is_asked_when_a_daemon_answers_and_no_host_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("socket");
        assert_eq!(choose(None, false, &path), None);
        let listener = UnixListener::bind(&path).expect("a socket");
        assert_eq!(choose(None, false, &path), Some(path.clone()));
        assert_eq!(choose(None, true, &path), None);
        let named = Path::new("/named");
        assert_eq!(choose(Some(named), false, &path).as_deref(), Some(named));
        drop(listener);
        assert_eq!(choose(None, false, &path), None, "a socket without a daemon");
    }
}
