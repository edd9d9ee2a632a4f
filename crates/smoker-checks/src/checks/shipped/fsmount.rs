//! `smoker.server.plugins.fsmount`: can mounted file systems be listed, written and read?
//!
//! Each mount point is a component: its directory is listed, a temporary file
//! is written, read back and deleted. When no mount is left to look at, the run
//! is a WARN. A mount that hangs blocks in the kernel, which is why this module
//! runs in a child.

use std::collections::HashSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::process;
use std::time::{SystemTime, UNIX_EPOCH};

use regex::Regex;
use serde_json::Value as Json;
use smoker_model::messages::{Level, Messages};
use smoker_model::module::{ModuleKind, ModuleRequest};
use smoker_model::result::{ComponentResults, Findings};
use smoker_model::status::Status;

use crate::parameters::{Parameters, prefix_pattern};
use crate::spec::{Absence, ParameterSpec, ParameterType, Spec};
use crate::{components, os_error};

/// The kernel's list of mounts, see `proc_mounts(5)` and, for the escapes, `fstab(5)`.
const MOUNT_TABLE: &str = "/proc/mounts";

/// The types of file systems without `Types`. Others, such as those of the
/// kernel, are not for files of anybody.
const DEFAULT_TYPES: [&str; 9] = ["ext2", "ext3", "ext4", "fuse.glusterfs", "nfs", "nfs4", "xfs", "btrfs", "reiserfs"];

/// A mount point that has this in its path is never looked at.
const SNAPSHOT: &str = ".snapshot";

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec {
        name: "Mounts",
        accepts: ParameterType::TextList,
        absence: Absence::Default("all"),
        meaning: "mount points to look at",
    },
    ParameterSpec {
        name: "Types",
        accepts: ParameterType::TextList,
        absence: Absence::Default("ext2, ext3, ext4, fuse.glusterfs, nfs, nfs4, xfs, btrfs, reiserfs"),
        meaning: "types of file systems to look at; null or an empty list: all",
    },
    ParameterSpec {
        name: "Ignore",
        accepts: ParameterType::PrefixPattern,
        absence: Absence::Default("none"),
        meaning: "mount points to leave out: a regular expression that matches from their beginning",
    },
];

/// The declaration of this built-in.
pub(crate) const fn spec() -> Spec {
    Spec {
        name: "smoker.server.plugins.fsmount",
        kind: ModuleKind::Plugin,
        meaning: "lists, writes and reads mounted file systems",
        output: "a component for each mount point",
        parameters: PARAMETERS,
        needs_child: true,
        is_original: true,
    }
}

/// Runs the module.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let failed = |reason| format!("Getting list of mounts failed: {reason}");
    let filter = MountFilter::of(Parameters::of(request)).map_err(failed)?;
    let table = fs::read(MOUNT_TABLE).map_err(|error| failed(os_error::text_about(&error, MOUNT_TABLE)))?;
    let table = parse_table(&String::from_utf8_lossy(&table));
    let mut points: Vec<_> =
        table.iter().filter(|mount| filter.includes(mount)).map(|mount| mount.point.as_str()).collect();
    let mut seen = HashSet::new();
    points.retain(|point| seen.insert(*point));
    if points.is_empty() {
        return Ok(Findings::new(Status::Warn, Messages::of(Level::Warn, "No mounts found")));
    }
    let mut found = ComponentResults::new();
    for point in points {
        let messages = look_at(point);
        let failed = messages.level(Level::Error).next().is_some();
        found.add(point, if failed { Status::Error } else { Status::Ok }, &messages);
    }
    components::findings(found)
}

/// A line of the mount table.
#[derive(Debug, PartialEq, Eq)]
struct Mount {
    point: String,
    kind: String,
}

/// Which mounts the parameters ask for. An empty list asks for all.
struct MountFilter {
    points: Vec<String>,
    kinds: Vec<String>,
    ignored: Option<Regex>,
}

impl MountFilter {
    fn of(parameters: Parameters<'_>) -> Result<Self, String> {
        let points = entries(parameters, "Mounts")?.unwrap_or_default();
        let kinds = entries(parameters, "Types")?;
        let kinds = match kinds {
            None if !parameters.is_null("Types") => DEFAULT_TYPES.map(str::to_owned).to_vec(),
            kinds => kinds.unwrap_or_default(),
        };
        let ignored = parameters.text("Ignore")?.filter(|pattern| !pattern.is_empty());
        let ignored = ignored.map(|pattern| prefix_pattern("Ignore", &pattern)).transpose()?;
        Ok(Self { points: points.iter().map(|point| without_slash(point)).collect(), kinds, ignored })
    }

    fn includes(&self, mount: &Mount) -> bool {
        (self.points.is_empty() || self.points.contains(&mount.point))
            && (self.kinds.is_empty() || self.kinds.contains(&mount.kind))
            && !self.ignored.as_ref().is_some_and(|pattern| pattern.is_match(&mount.point))
            && !mount.point.contains(SNAPSHOT)
    }
}

/// The entries of a list, or of one text with commas.
fn entries(parameters: Parameters<'_>, name: &str) -> Result<Option<Vec<String>>, String> {
    let is_text = parameters.get(name).is_some_and(Json::is_string);
    let texts = parameters.texts(name)?;
    Ok(texts.map(|texts| match texts.as_slice() {
        [text] if is_text => {
            text.split(',').map(|entry| entry.trim().to_owned()).filter(|entry| !entry.is_empty()).collect()
        }
        _ => texts,
    }))
}

/// A path as the mount table writes it.
fn without_slash(path: &str) -> String {
    let shorter = path.trim_end_matches('/');
    if shorter.is_empty() { path.to_owned() } else { shorter.to_owned() }
}

/// The mounts in their order.
fn parse_table(table: &str) -> Vec<Mount> {
    let mount = |line: &str| {
        let mut fields = line.split(' ').skip(1);
        Some(Mount { point: unescape(fields.next()?), kind: unescape(fields.next()?) })
    };
    table.lines().filter_map(mount).collect()
}

/// Turns `\040` and its like into the bytes that they stand for.
fn unescape(field: &str) -> String {
    let mut out = Vec::with_capacity(field.len());
    let mut rest = field.as_bytes();
    while let Some((first, others)) = rest.split_first() {
        let digits = (*first == b'\\').then(|| others.get(..3)).flatten();
        let code = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        out.push(code.unwrap_or(*first));
        rest = if code.is_some() { &others[3..] } else { others };
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn look_at(point: &str) -> Messages {
    let mut messages = Messages::new();
    match fs::read_dir(point).and_then(count_entries) {
        Ok(count) => messages.add(Level::Info, &format!("Access: listed {count} items in directory")),
        Err(error) => messages.add(Level::Error, &format!("Access: {}", os_error::text_about(&error, point))),
    }
    let stamp = stamp();
    let path = format!("{}/{stamp}-smoker.tmp", point.trim_end_matches('/'));
    match write_and_read(&path, &stamp, &mut messages) {
        Ok(()) => messages.add(Level::Info, &format!("Read/Write: deleted file {path}")),
        Err(reason) => messages.add(Level::Error, &format!("Read/Write: {reason}")),
    }
    messages
}

fn count_entries(entries: fs::ReadDir) -> io::Result<usize> {
    entries.map(|entry| entry.map(|_| 1)).sum()
}

/// Writes a new file, reads it back and deletes it, also when something
/// between fails.
fn write_and_read(path: &str, text: &str, messages: &mut Messages) -> Result<(), String> {
    // A file that is there already, or a link, is never followed or overwritten.
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(|error| format!("file write failed: {}", os_error::text_about(&error, path)))?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    drop(file);
    if let Err(error) = written {
        // The error of the write is the one to report.
        let _ = fs::remove_file(path);
        return Err(format!("file write failed: {}", os_error::text(&error)));
    }
    messages.add(Level::Info, &format!("Read/Write: written string {text}"));
    match read_back(path, text) {
        Ok(()) => messages.add(Level::Info, &format!("Read/Write: read string {text}")),
        Err(error) => {
            let reason = os_error::text_about(&error, path);
            messages.add(Level::Error, &format!("Read/Write: file read failed: {reason}"));
        }
    }
    fs::remove_file(path).map_err(|error| format!("file deletion failed: {}", os_error::text_about(&error, path)))
}

fn read_back(path: &str, text: &str) -> io::Result<()> {
    let mut found = Vec::new();
    fs::File::open(path)?.take(text.len() as u64 + 1).read_to_end(&mut found)?;
    if found == text.as_bytes() {
        return Ok(());
    }
    Err(io::Error::other(format!("read {} instead of {text}", String::from_utf8_lossy(&found))))
}

/// A number that hardly another run has at this time: a multiple of 8 below 99999999.
fn stamp() -> String {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let mixed = (nanos ^ (u128::from(process::id()) << 20)) % 12_499_999;
    (mixed * 8).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::test_request::plugin;

    use super::*;

    #[test]
    fn the_table_is_read_with_its_escapes() {
        let table = "a /x tmpfs rw 0 0\nb /with\\040space\\134 ext4 rw 0 0\nc /x nfs4 rw 0 0\nbroken\n";
        let mount = |point: &str, kind: &str| Mount { point: point.to_owned(), kind: kind.to_owned() };
        assert_eq!(parse_table(table), [mount("/x", "tmpfs"), mount("/with space\\", "ext4"), mount("/x", "nfs4")]);
        assert_eq!(unescape("\\04"), "\\04");
        assert_eq!(unescape("\\999é"), "\\999é");
    }

    #[test]
    fn every_parameter_narrows_the_choice() {
        let included = |point: &str, kind: &str, parameters| {
            let request = plugin("fsmount", parameters);
            let filter = MountFilter::of(Parameters::of(&request)).expect("parameters");
            filter.includes(&Mount { point: point.to_owned(), kind: kind.to_owned() })
        };
        let home = |parameters| included("/home", "ext4", parameters);
        assert!(home(json!({})) && home(json!({"Mounts": ["/home"]})) && home(json!({"Mounts": "/home/"})));
        assert!(home(json!({"Types": "xfs, ext4", "Mounts": []})) && home(json!({"Mounts": null})));
        assert!(!home(json!({"Mounts": ["/"]})) && !home(json!({"Types": ["tmpfs"]})));
        assert!(!home(json!({"Ignore": "/ho|/sys"})), "from the beginning, each of the choices");
        assert!(home(json!({"Ignore": "ome"})), "not in the middle");
        assert!(!included("/x.snapshots/1", "ext4", json!({"Mounts": ["/x.snapshots/1"]})));
        let proc = |parameters| included("/proc", "proc", parameters);
        assert!(!proc(json!({})) && !proc(json!({"Mounts": ["/proc"]})), "Mounts leaves the default Types");
        assert!(proc(json!({"Types": null})) && proc(json!({"Types": []})) && proc(json!({"Types": ["proc"]})));
    }

    #[test]
    fn a_wrong_pattern_is_told_on_one_line() {
        let reason = run(&plugin("fsmount", json!({"Ignore": "("}))).expect_err("wrong");
        assert_eq!(reason, "Getting list of mounts failed: Ignore is no regular expression: unclosed group");
    }

    #[test]
    fn a_directory_is_listed_written_and_left_as_it_was() {
        let directory = tempfile::tempdir().expect("a directory");
        fs::write(directory.path().join("there"), "x").expect("a file");
        let point = directory.path().to_str().expect("text");
        let messages = look_at(point);
        let infos: Vec<_> = messages.level(Level::Info).collect();
        assert_eq!(infos[0], "Access: listed 1 items in directory");
        assert!(
            infos[1].starts_with("Read/Write: written string ") && infos[2].starts_with("Read/Write: read string ")
        );
        assert!(infos[3].starts_with(&format!("Read/Write: deleted file {point}/")), "{infos:?}");
        assert_eq!(messages.level(Level::Error).count(), 0);
        assert_eq!(fs::read_dir(point).expect("a list").count(), 1);
    }

    #[test]
    fn a_missing_directory_is_told_twice() {
        let messages = look_at("/no/such");
        let errors: Vec<_> = messages.level(Level::Error).collect();
        assert_eq!(errors[0], "Access: [Errno 2] No such file or directory: '/no/such'");
        assert!(
            errors[1].starts_with("Read/Write: file write failed: [Errno 2] No such file or directory: '/no/such/"),
            "{errors:?}"
        );
    }
}
