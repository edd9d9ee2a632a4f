//! The cgroup that the daemon was started in.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use smoker_model::notation::escaped_bytes::mount_field;

/// The folder of the cgroup that this process is in.
///
/// # Errors
///
/// When no cgroup v2 is mounted where this process can see its own.
pub(super) fn own_cgroup() -> io::Result<PathBuf> {
    let missing = || io::Error::new(io::ErrorKind::NotFound, "no cgroup2 file system is mounted here");
    let own = fs::read_to_string("/proc/self/cgroup")?;
    let own = own.lines().find_map(|line| line.strip_prefix("0::")).ok_or_else(missing)?;
    let mounts = fs::read_to_string("/proc/self/mountinfo")?;
    mounts.lines().filter_map(|line| folder_in_mount(line, own)).find(|path| path.is_dir()).ok_or_else(missing)
}

/// Where the cgroup `own` is in the mount that a line of mountinfo describes (`proc_pid_mountinfo(5)`).
fn folder_in_mount(line: &str, own: &str) -> Option<PathBuf> {
    let (mount, file_system) = line.split_once(" - ")?;
    if file_system.split(' ').next() != Some("cgroup2") {
        return None;
    }
    let mut fields = mount.split(' ').skip(3);
    let (root, point) = (mount_field(fields.next()?), mount_field(fields.next()?));
    let below = if root == "/" { own } else { own.strip_prefix(root.as_str())? };
    Some(Path::new(&point).join(below.trim_start_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_cgroup_is_found_in_the_mount_that_shows_it() {
        let line = |root: &str, point: &str, kind: &str| {
            format!("41 31 0:38 {root} {point} rw,relatime shared:4 - {kind} cgroup2 rw")
        };
        let found = |line: String, own: &str| folder_in_mount(&line, own);
        let path = |text: &str| Some(PathBuf::from(text));
        assert_eq!(found(line("/", "/sys/fs/cgroup", "cgroup2"), "/a.slice/b"), path("/sys/fs/cgroup/a.slice/b"));
        assert_eq!(found(line("/", "/sys/fs/cgroup", "cgroup2"), "/"), path("/sys/fs/cgroup/"));
        assert_eq!(found(line("/a", "/my\\040mount", "cgroup2"), "/a/b"), path("/my mount/b"));
        assert_eq!(found(line("/other", "/sys/fs/cgroup", "cgroup2"), "/a"), None);
        assert_eq!(found(line("/", "/sys/fs/cgroup/cpu", "cgroup"), "/"), None);
    }
}
