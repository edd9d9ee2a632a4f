//! `smoker.server.plugins.fsmount`: can mounted file systems be listed, written and read?
//!
//! Each mount point is a component: its directory is listed, a temporary file
//! is written, read back and deleted. A mount point of `Mounts` that is not
//! mounted is a WARN; when no mount is left to look at, the run is a WARN. A
//! mount that hangs blocks in the kernel, which is why this module runs in a
//! child.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::process;
use std::time::{SystemTime, UNIX_EPOCH};

use regex::Regex;
use smoker_model::messages::{Level, Messages};
use smoker_model::module::{ModuleKind, ModuleRequest};
use smoker_model::result::{ComponentResults, Findings};
use smoker_model::status::Status;

use crate::parameters::{Parameters, prefix_pattern};
use crate::spec::{Absence, ParameterSpec, ParameterType, Spec};
use crate::{components, os_error};

/// The kernel's list of mounts, see `proc_mounts(5)` and, for the escapes, `fstab(5)`.
const MOUNT_TABLE: &str = "/proc/self/mounts";

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
        absence: Absence::Default("all"),
        meaning: "types of file systems to look at",
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
    let mounts: Vec<_> = table.iter().filter(|mount| filter.includes(mount)).collect();
    if mounts.is_empty() {
        return Ok(Findings::new(Status::Warn, Messages::of(Level::Warn, "No mounts found")));
    }
    let mut found = ComponentResults::new();
    for mount in &mounts {
        let messages = look_at(&mount.point);
        let failed = messages.level(Level::Error).next().is_some();
        found.add(&mount.point, if failed { Status::Error } else { Status::Ok }, &messages);
    }
    // The original left these out in silence, beside others that are there.
    for point in filter.missing(&table) {
        found.add(point, Status::Warn, &Messages::of(Level::Warn, "Not mounted"));
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
    points: Option<Vec<String>>,
    kinds: Option<Vec<String>>,
    ignored: Option<Regex>,
}

impl MountFilter {
    fn of(parameters: Parameters<'_>) -> Result<Self, String> {
        let points = parameters.texts("Mounts")?;
        let points = points.map(|points| points.iter().map(|point| without_slash(point)).collect());
        let kinds = parameters.texts("Types")?;
        let ignored = parameters.text("Ignore")?.filter(|pattern| !pattern.is_empty());
        let ignored = ignored.map(|pattern| prefix_pattern("Ignore", &pattern)).transpose()?;
        Ok(Self { points, kinds, ignored })
    }

    fn includes(&self, mount: &Mount) -> bool {
        self.points.as_ref().is_none_or(|points| points.contains(&mount.point))
            && self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&mount.kind))
            && !self.ignores(&mount.point)
    }

    fn ignores(&self, point: &str) -> bool {
        self.ignored.as_ref().is_some_and(|pattern| pattern.is_match(point))
    }

    /// The named points where nothing is mounted.
    fn missing<'a>(&'a self, table: &'a [Mount]) -> impl Iterator<Item = &'a String> {
        let is_mounted = |point: &String| table.iter().any(|mount| mount.point == *point);
        self.points.iter().flatten().filter(move |point| !is_mounted(point) && !self.ignores(point))
    }
}

/// A path as the mount table writes it.
fn without_slash(path: &str) -> String {
    let shorter = path.trim_end_matches('/');
    if shorter.is_empty() { path.to_owned() } else { shorter.to_owned() }
}

/// The mounts in their order. Of several on one point only the last counts:
/// it covers the others.
fn parse_table(table: &str) -> Vec<Mount> {
    let mut mounts: Vec<Mount> = Vec::new();
    for line in table.lines() {
        let mut fields = line.split(' ');
        if let (Some(_device), Some(point), Some(kind)) = (fields.next(), fields.next(), fields.next()) {
            let mount = Mount { point: unescape(point), kind: unescape(kind) };
            mounts.retain(|earlier| earlier.point != mount.point);
            mounts.push(mount);
        }
    }
    mounts
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
    if let Err(error) = write_and_read(&path, &stamp, &mut messages) {
        messages.add(Level::Error, &format!("Read/Write: {}", os_error::text_about(&error, &path)));
    }
    messages
}

fn count_entries(entries: fs::ReadDir) -> io::Result<usize> {
    entries.map(|entry| entry.map(|_| 1)).sum()
}

/// Writes a new file, reads it back and deletes it, also when something
/// between fails.
fn write_and_read(path: &str, text: &str, messages: &mut Messages) -> io::Result<()> {
    // A file that is there already, or a link, is never followed or overwritten.
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    drop(file);
    let read = written.and_then(|()| {
        messages.add(Level::Info, &format!("Read/Write: written string {text}"));
        read_back(path, text)
    });
    if read.is_ok() {
        messages.add(Level::Info, &format!("Read/Write: read string {text}"));
    }
    let deleted = fs::remove_file(path);
    if deleted.is_ok() {
        messages.add(Level::Info, &format!("Read/Write: deleted file {path}"));
    }
    read.and(deleted)
}

fn read_back(path: &str, text: &str) -> io::Result<()> {
    let mut found = Vec::new();
    fs::File::open(path)?.take(text.len() as u64 + 1).read_to_end(&mut found)?;
    if found == text.as_bytes() {
        return Ok(());
    }
    Err(io::Error::other(format!("read {} instead of {text}", String::from_utf8_lossy(&found))))
}

/// Digits that no other run has at this time.
fn stamp() -> String {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    format!("{}{nanos}", process::id())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::test_request::plugin;

    use super::*;

    #[test]
    fn the_table_is_read_with_its_escapes_and_the_topmost_mount_counts() {
        let table = "a /x tmpfs rw 0 0\nb /with\\040space\\134 ext4 rw 0 0\nc /x nfs4 rw 0 0\nbroken\n";
        let mount = |point: &str, kind: &str| Mount { point: point.to_owned(), kind: kind.to_owned() };
        assert_eq!(parse_table(table), [mount("/with space\\", "ext4"), mount("/x", "nfs4")]);
        assert_eq!(unescape("\\04"), "\\04");
        assert_eq!(unescape("\\999é"), "\\999é");
    }

    #[test]
    fn every_parameter_narrows_the_choice() {
        let included = |parameters| {
            let request = plugin("fsmount", parameters);
            let filter = MountFilter::of(Parameters::of(&request)).expect("parameters");
            filter.includes(&Mount { point: "/proc".to_owned(), kind: "proc".to_owned() })
        };
        assert!(included(json!({})) && included(json!({"Mounts": ["/proc"]})) && included(json!({"Mounts": "/proc/"})));
        assert!(!included(json!({"Mounts": ["/"]})) && !included(json!({"Types": ["tmpfs"]})));
        assert!(!included(json!({"Ignore": "/pr|/sys"})), "from the beginning, each of the choices");
        assert!(included(json!({"Ignore": "roc"})), "not in the middle");
    }

    #[test]
    fn a_named_mount_that_is_missing_is_told_beside_others() {
        let request = plugin("fsmount", json!({"Mounts": ["/none", "/proc", "/ignored"], "Ignore": "/ig"}));
        let filter = MountFilter::of(Parameters::of(&request)).expect("parameters");
        let table = [Mount { point: "/proc".to_owned(), kind: "proc".to_owned() }];
        assert_eq!(filter.missing(&table).collect::<Vec<_>>(), ["/none"]);
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
        assert!(errors[1].starts_with("Read/Write: [Errno 2] No such file or directory: '/no/such/"), "{errors:?}");
    }
}
