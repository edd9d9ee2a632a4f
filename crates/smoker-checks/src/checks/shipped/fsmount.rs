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

use serde_json::Value as Json;
use smoker_model::messages::{Level, Messages};
use smoker_model::notation::escaped_bytes::mount_field;
use smoker_model::plugin::module::{ModuleKind, ModuleRequest};
use smoker_model::result::{ComponentResults, Findings};
use smoker_model::status::Status;
use smoker_model::value::Value;

use crate::parameters::{self, Parameters};
use crate::python_pattern::PythonPattern;
use crate::spec::{Absence, ParameterSpec, ParameterType, Spec};
use crate::{components, os_error};

/// The kernel's list of mounts, see `proc_mounts(5)` and, for the escapes, `fstab(5)`.
const MOUNT_TABLE: &str = "/proc/mounts";

/// The types of file systems without `Types`. Others, such as those of the
/// kernel, are not for files of anybody.
const DEFAULT_TYPES: [&str; 9] = ["ext2", "ext3", "ext4", "fuse.glusterfs", "nfs", "nfs4", "xfs", "btrfs", "reiserfs"];

/// `Types` that are this are all.
const ALL_TYPES: &str = "all";

/// A mount point that has this in its path is never looked at.
const SNAPSHOT: &str = ".snapshot";

/// What `Mounts` and `Types` may be.
const CHOICE: ParameterType = ParameterType::Custom { form: "text or list of text", read: read_choice };

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec {
        name: "Mounts",
        accepts: CHOICE,
        absence: Absence::Default("all"),
        meaning: "mount points to look at",
    },
    ParameterSpec {
        name: "Types",
        accepts: CHOICE,
        absence: Absence::Default("ext2, ext3, ext4, fuse.glusterfs, nfs, nfs4, xfs, btrfs, reiserfs"),
        meaning: "types of file systems to look at; `all`, null or an empty list: all",
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
        leaves_running: false,
        is_original: true,
    }
}

/// Runs the module.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let failed = |reason| format!("Getting list of mounts failed: {reason}");
    let filter = MountFilter::of(Parameters::of(request));
    let table = fs::read(MOUNT_TABLE).map_err(|error| failed(os_error::text_about(&error, MOUNT_TABLE)))?;
    let table = parse_table(&String::from_utf8_lossy(&table));
    let mut points = Vec::new();
    for mount in &table {
        if filter.includes(mount).map_err(failed)? {
            points.push(mount.point.as_str());
        }
    }
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

/// Which mounts the parameters ask for.
struct MountFilter {
    points: Choice,
    kinds: Choice,
    /// None ignores nothing. The error is the original's and is met with the first mount that is left.
    ignored: Result<Option<PythonPattern>, String>,
}

/// What `Mounts` or `Types` choose.
enum Choice {
    All,
    Among(Vec<String>),
    /// Nothing can be among it; the error is the original's.
    Unusable(String),
}

impl Choice {
    /// As the original takes a value: what is empty or false chooses all, of a mapping the keys count, and an entry that
    /// is no text is none of the mounts.
    fn of(value: &Json) -> Self {
        let text = |item: &Json| item.as_str().map(str::to_owned);
        match value {
            empty if !Value::from(empty.clone()).is_truthy() => Self::All,
            Json::String(one) => Self::Among(
                one.split(',').map(|entry| entry.trim().to_owned()).filter(|entry| !entry.is_empty()).collect(),
            ),
            Json::Array(entries) => Self::Among(entries.iter().filter_map(text).collect()),
            Json::Object(entries) => Self::Among(entries.keys().cloned().collect()),
            other => {
                let kind = Value::from(other.clone()).python_type();
                Self::Unusable(format!("argument of type '{kind}' is not iterable"))
            }
        }
    }

    fn includes(&self, text: &str) -> Result<bool, String> {
        match self {
            Self::All => Ok(true),
            Self::Among(entries) => Ok(entries.iter().any(|entry| entry == text)),
            Self::Unusable(reason) => Err(reason.clone()),
        }
    }
}

impl MountFilter {
    fn of(parameters: Parameters<'_>) -> Self {
        let value = |name| parameters.get(name).unwrap_or(&Json::Null);
        let points = match Choice::of(value("Mounts")) {
            Choice::Among(points) => Choice::Among(points.iter().map(|point| without_slash(point)).collect()),
            other => other,
        };
        let kinds = match Choice::of(value("Types")) {
            Choice::All if value("Types").is_null() && !parameters.is_null("Types") => {
                Choice::Among(DEFAULT_TYPES.map(str::to_owned).to_vec())
            }
            Choice::Among(kinds) if kinds == [ALL_TYPES] => Choice::All,
            other => other,
        };
        Self { points, kinds, ignored: ignored(value("Ignore")) }
    }

    /// Whether a mount is to be looked at. The order is that of the original: what is wrong with a later parameter does
    /// not matter while an earlier one leaves nothing.
    fn includes(&self, mount: &Mount) -> Result<bool, String> {
        if !self.points.includes(&mount.point)? || !self.kinds.includes(&mount.kind)? {
            return Ok(false);
        }
        let ignored = self.ignored.as_ref().map_err(Clone::clone)?;
        let is_ignored = ignored.as_ref().is_some_and(|pattern| pattern.matches_start(&mount.point));
        Ok(!is_ignored && !mount.point.contains(SNAPSHOT))
    }
}

fn ignored(value: &Json) -> Result<Option<PythonPattern>, String> {
    match value {
        empty if !Value::from(empty.clone()).is_truthy() => Ok(None),
        Json::String(pattern) => PythonPattern::new(pattern).map(Some),
        Json::Array(_) | Json::Object(_) => {
            Err(format!("unhashable type: '{}'", Value::from(value.clone()).python_type()))
        }
        _ => Err("first argument must be string or compiled pattern".to_owned()),
    }
}

/// For `--check`: what the original took for a choice by chance is not meant.
fn read_choice(name: &str, value: &Json) -> Result<(), String> {
    let is_list = value.as_array().is_some_and(|items| items.iter().all(Json::is_string));
    if is_list || value.is_string() { Ok(()) } else { Err(parameters::wrong(name, "a list of texts", value)) }
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
        Some(Mount { point: mount_field(fields.next()?), kind: mount_field(fields.next()?) })
    };
    table.lines().filter_map(mount).collect()
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
        assert_eq!(mount_field("\\04"), "\\04");
        assert_eq!(mount_field("\\999é"), "\\999é");
    }

    #[test]
    fn every_parameter_narrows_the_choice() {
        let chosen = |point: &str, kind: &str, parameters| {
            let request = plugin("fsmount", parameters);
            let filter = MountFilter::of(Parameters::of(&request));
            filter.includes(&Mount { point: point.to_owned(), kind: kind.to_owned() })
        };
        let included = |point: &str, kind: &str, parameters| chosen(point, kind, parameters).expect("parameters");
        let home = |parameters| included("/home", "ext4", parameters);
        assert!(home(json!({})) && home(json!({"Mounts": ["/home"]})) && home(json!({"Mounts": "/home/"})));
        assert!(home(json!({"Types": "xfs, ext4", "Mounts": []})) && home(json!({"Mounts": null})));
        assert!(
            home(json!({"Types": [5, null, "ext4"]})) && home(json!({"Types": {"ext4": 1}, "Mounts": {"/home": 1}}))
        );
        assert!(
            !home(json!({"Mounts": ["/"]}))
                && !home(json!({"Types": ["tmpfs"]}))
                && !home(json!({"Types": [["ext4"]]}))
        );
        assert!(!home(json!({"Ignore": "/ho|/sys"})), "from the beginning, each of the choices");
        assert!(home(json!({"Ignore": "ome"})), "not in the middle");
        assert!(!home(json!({"Ignore": "^(?!/data)"})) && home(json!({"Ignore": "^(?!/home)"})), "looks ahead");
        assert!(!included("/x.snapshots/1", "ext4", json!({"Mounts": ["/x.snapshots/1"]})));
        let proc = |parameters| included("/proc", "proc", parameters);
        assert!(!proc(json!({})) && !proc(json!({"Mounts": ["/proc"]})), "Mounts leaves the default Types");
        for all in [json!(null), json!([]), json!(""), json!(0), json!(false), json!({}), json!("all"), json!(["all"])]
        {
            assert!(proc(json!({"Types": all.clone(), "Ignore": false, "Mounts": 0})), "{all}");
        }

        let told = |parameters| chosen("/home", "ext4", parameters).expect_err("wrong");
        for (parameters, expected) in [
            (json!({"Types": 5}), "argument of type 'int' is not iterable"),
            (json!({"Types": 1.5}), "argument of type 'float' is not iterable"),
            (json!({"Mounts": true, "Types": 5}), "argument of type 'bool' is not iterable"),
            (json!({"Ignore": ["/x"]}), "unhashable type: 'list'"),
            (json!({"Ignore": {"/x": 1}}), "unhashable type: 'dict'"),
            (json!({"Ignore": 5}), "first argument must be string or compiled pattern"),
            (json!({"Ignore": "("}), "missing ), unterminated subpattern at position 0"),
        ] {
            assert_eq!(told(parameters), expected);
        }
        assert!(!home(json!({"Types": ["tmpfs"], "Ignore": "("})), "no mount is left for the pattern");
    }

    #[test]
    fn a_list_that_cannot_be_made_is_an_error() {
        let reason = run(&plugin("fsmount", json!({"Types": 5}))).expect_err("wrong");
        assert_eq!(reason, "Getting list of mounts failed: argument of type 'int' is not iterable");
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
    fn a_missing_directory_is_reported_twice() {
        let messages = look_at("/no/such");
        let errors: Vec<_> = messages.level(Level::Error).collect();
        assert_eq!(errors[0], "Access: [Errno 2] No such file or directory: '/no/such'");
        assert!(
            errors[1].starts_with("Read/Write: file write failed: [Errno 2] No such file or directory: '/no/such/"),
            "{errors:?}"
        );
    }
}
