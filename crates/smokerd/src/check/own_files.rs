//! The pidfile, the files of the standard streams and the Unix socket, where the daemon could not make them.

use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use nix::errno::Errno;
use nix::unistd::{AccessFlags, access, geteuid};
use smoker_config::spec::settings::DaemonSettings;

use crate::service::place;

/// How long the path of a Unix socket may be.
const LONGEST_SOCKET: usize = 107;

/// Folders that a service manager makes at a start.
const MADE_AT_START: [&str; 2] = ["/run", "/var/run"];

/// The keys whose files cannot be written, each with the reason.
pub(crate) fn problems(settings: &DaemonSettings) -> Vec<(&'static str, String)> {
    let streams = [("stdout", &settings.stdout), ("stderr", &settings.stderr)];
    let streams = streams.into_iter().filter_map(|(key, path)| Some((key, fault_of_stream(key, path)?)));
    fault_of_pidfile(&settings.pidfile).map(|text| ("pidfile", text)).into_iter().chain(streams).collect()
}

fn fault_of_pidfile(path: &Path) -> Option<String> {
    let shown = path.display();
    if path.is_dir() {
        return Some(format!("pidfile {shown} is a folder; name a file in it"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty())?;
    let is_made = || MADE_AT_START.iter().any(|made| folder.starts_with(made));
    match fs::metadata(folder) {
        Ok(found) if !found.is_dir() => Some(format!("pidfile {shown}: {} is no folder; correct it", folder.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !is_made() => Some(format!(
            "pidfile {shown}: the folder {} does not exist, so a start in the background would fail; make it, or choose \
             another file",
            folder.display()
        )),
        _ => place::obstacle(path).map(|reason| format!("pidfile {shown}: {reason}; choose another file")),
    }
}

/// Folders that are missing are made at a start.
fn fault_of_stream(key: &str, path: &Path) -> Option<String> {
    let shown = path.display();
    if path.is_dir() {
        return Some(format!("{key} {shown} is a folder; name a file in it"));
    }
    place::obstacle(path).map(|reason| format!("{key} {shown}: {reason}; choose another file"))
}

/// Why the daemon cannot make its Unix socket, so that it would not start.
pub(crate) fn fault_of_socket(settings: &DaemonSettings) -> Option<String> {
    let path = settings.access.socket.as_deref()?;
    let reason = reason_of_socket(path)?;
    Some(format!("socket {}: {reason}, so the daemon would not start; choose another path", path.display()))
}

fn reason_of_socket(path: &Path) -> Option<String> {
    if path.as_os_str().len() > LONGEST_SOCKET {
        return Some(format!("the path of a socket has at most {LONGEST_SOCKET} bytes"));
    }
    if fs::symlink_metadata(path).is_ok_and(|found| !found.file_type().is_socket()) {
        return Some("something else than a socket is there".to_owned());
    }
    let folder = path.parent()?;
    let shown = folder.display();
    let is_made = || MADE_AT_START.iter().any(|made| folder.starts_with(made));
    place::obstacle(path).or_else(|| match access(folder, AccessFlags::W_OK | AccessFlags::X_OK) {
        Err(Errno::ENOENT) if !is_made() => Some(format!("the folder {shown} does not exist")),
        // The daemon may have another account than who asks; root has none that may do more.
        Err(Errno::EACCES) if geteuid().is_root() => Some(format!("root may not make files in {shown}")),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_keeps_a_start_from_writing_is_a_fault() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = |name: &str| folder.path().join(name);
        fs::write(path("file"), "").expect("writable");
        let pidfile = |name: &str| fault_of_pidfile(&path(name)).unwrap_or_default();
        assert!(pidfile("missing/smokerd.pid").contains("missing does not exist, so a start in the background"));
        assert!(pidfile("file/smokerd.pid").contains("file is no folder"));
        assert!(pidfile("").contains("is a folder"));
        assert_eq!((pidfile("smokerd.pid"), pidfile("file")), (String::new(), String::new()));
        assert_eq!(fault_of_pidfile(Path::new("/run/no-such-folder/smokerd.pid")), None);
        assert_eq!(fault_of_pidfile(Path::new("smokerd.pid")), None);
        let stream = |name: &str| fault_of_stream("stdout", &path(name)).unwrap_or_default();
        assert!(stream("file/out").contains("file is no folder"));
        assert!(stream("").contains("stdout") && stream("").contains("is a folder"));
        assert_eq!((stream("missing/deep/out"), stream("file")), (String::new(), String::new()));
        assert_eq!(fault_of_stream("stderr", Path::new("/dev/null")), None);
        let words = fault_of_stream("stdout", Path::new("/proc/foo/x")).unwrap_or_default();
        assert!(words.contains("the kernel makes the files of /proc"), "{words}");
        assert!(fault_of_pidfile(Path::new("/proc/smokerd.pid")).is_some());
    }

    #[test]
    fn a_socket_that_cannot_be_made_is_told_with_the_reason() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = |name: &str| folder.path().join(name);
        fs::write(path("file"), "").expect("writable");
        let reason = |name: &str| reason_of_socket(&path(name)).unwrap_or_default();
        assert!(reason("missing/smokerd.sock").ends_with("missing does not exist"));
        assert!(reason("file/smokerd.sock").ends_with("file is no folder"));
        for name in ["file", ""] {
            assert_eq!(reason(name), "something else than a socket is there");
        }
        assert!(reason(&"x".repeat(120)).contains("at most 107 bytes"));
        assert!(reason_of_socket(Path::new("/proc/foo/smokerd.sock")).is_some_and(|it| it.contains("the kernel")));
        assert_eq!(reason_of_socket(Path::new("/run/no-such-folder/smokerd.sock")), None);
        let _listener = std::os::unix::net::UnixListener::bind(path("used")).expect("a socket");
        assert_eq!((reason("used"), reason("new")), (String::new(), String::new()));
    }
}
