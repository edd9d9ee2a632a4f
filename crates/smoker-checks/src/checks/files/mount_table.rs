//! The kernel's list of mounts, see `proc_pid_mountinfo(5)`, and the list of what should be mounted, see `fstab(5)`.

use std::fs;
use std::path::Path;

use smoker_model::notation::escaped_bytes::mount_field;

use crate::checks::system_file;
use crate::matchers::glob;

const MOUNTS: &str = "/proc/self/mountinfo";
const WANTED: &str = "/etc/fstab";

/// A mounted file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mount {
    /// The device's numbers: the same for each mount of one file system.
    pub(super) device: String,
    pub(super) point: String,
    pub(super) kind: String,
    pub(super) source: String,
    /// The options of this mount.
    pub(super) options: Vec<String>,
    /// The options of the file system.
    pub(super) of_file_system: Vec<String>,
}

impl Mount {
    /// Whether it can be read only.
    pub(super) fn is_read_only(&self) -> bool {
        self.has("ro")
    }

    /// Whether the kernel made the file system read-only while the mount was for writing, as it does after errors.
    pub(super) fn is_forced_read_only(&self) -> bool {
        self.of_file_system.iter().any(|it| it == "ro") && self.options.iter().any(|it| it == "rw")
    }

    /// Whether it is mounted with this option.
    pub(super) fn has(&self, option: &str) -> bool {
        let is_of_file_system = self.of_file_system.iter().any(|it| it == option);
        // A mount can be for reading what the file system itself is not; `rw` needs both.
        match option {
            "rw" => is_of_file_system && self.options.iter().any(|it| it == option),
            _ => is_of_file_system || self.options.iter().any(|it| it == option),
        }
    }
}

/// What is mounted; of several on one point the last, which hides the others.
pub(super) fn mounts() -> Result<Vec<Mount>, String> {
    let text = system_file::read(MOUNTS)?;
    let not_understood = |line: &str| format!("{MOUNTS} is not understood: {line}");
    let all = text.lines().map(|line| mount(line).ok_or_else(|| not_understood(line)));
    Ok(visible(all.collect::<Result<_, _>>()?))
}

/// The mounts of a pattern, or of a path: by its name, else where links lead to.
pub(super) fn meant<'a>(pattern: &str, all: &'a [Mount]) -> Vec<&'a Mount> {
    let named: Vec<_> = all.iter().filter(|mount| glob::matches(pattern, &mount.point)).collect();
    if !named.is_empty() || glob::is_pattern(pattern) {
        return named;
    }
    let Ok(path) = fs::canonicalize(pattern) else { return named };
    all.iter().filter(|mount| Path::new(&mount.point) == path).collect()
}

/// The points of `/etc/fstab` that are mounted at the start of the host, with their types.
pub(super) fn wanted() -> Result<Vec<String>, String> {
    let text = system_file::read(WANTED)?;
    let point = |line: &str| {
        let fields: Vec<_> = line.split_whitespace().collect();
        // Options and what follows them may be left out.
        let [_, point, kind, ref rest @ ..] = fields[..] else { return None };
        let options = rest.first().copied().unwrap_or_default();
        let is_wanted = point.starts_with('/') && kind != "swap" && !options.split(',').any(|it| it == "noauto");
        is_wanted.then(|| mount_field(point))
    };
    Ok(text.lines().map(str::trim).filter(|line| !line.starts_with('#')).filter_map(point).collect())
}

fn visible(all: Vec<Mount>) -> Vec<Mount> {
    let mut found: Vec<Mount> = Vec::with_capacity(all.len());
    for mount in all {
        found.retain(|earlier| earlier.point != mount.point);
        found.push(mount);
    }
    found
}

/// One line: `36 35 98:0 /root /point rw,noatime master:1 - ext3 /dev/sda1 rw,errors=continue`.
fn mount(line: &str) -> Option<Mount> {
    let (front, behind) = line.split_once(" - ")?;
    let mut front = front.split(' ').skip(2);
    let (device, point, options) = (front.next()?, front.nth(1)?, front.next()?);
    let mut behind = behind.split(' ');
    let (kind, source, of_file_system) = (behind.next()?, behind.next()?, behind.next().unwrap_or_default());
    let list = |text: &str| text.split(',').map(mount_field).collect();
    Some(Mount {
        device: device.to_owned(),
        point: mount_field(point),
        kind: mount_field(kind),
        source: mount_field(source),
        options: list(options),
        of_file_system: list(of_file_system),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_with_its_escapes_and_options() {
        let line = "36 35 98:0 / /with\\040space rw,noatime shared:1 master:2 - ext4 /dev/sda1 ro,errors=remount-ro";
        let mount = mount(line).expect("a mount");
        assert_eq!(
            (mount.point.as_str(), mount.kind.as_str(), mount.source.as_str()),
            ("/with space", "ext4", "/dev/sda1")
        );
        assert!(mount.is_read_only() && mount.is_forced_read_only() && mount.has("noatime") && !mount.has("rw"));
        assert_eq!(super::mount("36 35 98:0 / /x rw"), None);
    }

    #[test]
    fn a_later_mount_hides_an_earlier_one_on_its_point() {
        let lines =
            ["1 0 8:1 / /a rw - ext4 one rw", "2 0 8:2 / /b rw - ext4 two rw", "3 0 8:3 / /a rw - xfs three rw"];
        let found = visible(lines.iter().filter_map(|line| mount(line)).collect());
        let sources: Vec<_> = found.iter().map(|mount| mount.source.as_str()).collect();
        assert_eq!(sources, ["two", "three"]);
    }
}
