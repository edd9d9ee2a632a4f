//! The record of a roll: a file with a line for each event, which is the saved state, too.

use std::env;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::Value as Json;

use crate::error::ExitError;
use crate::roll::event::{Event, Line, VERSION};
use smoker_model::notation::shell_word;

/// The end of the names of records.
const EXTENSION: &str = "ndjson";
/// The time with which they begin.
const NAME_TIME: &str = "%Y%m%dT%H%M%SZ";

/// A record that is being written. Nobody else writes to it.
#[derive(Debug)]
pub(super) struct Record {
    file: File,
    path: PathBuf,
    /// Whether a part of a line may be at its end, which could not be taken away.
    is_cut: bool,
}

impl Record {
    /// Makes a new record, in this file or else in the user's folder of records.
    ///
    /// # Errors
    ///
    /// When the file exists or cannot be made.
    pub(super) fn create(path: Option<&Path>, now: DateTime<Utc>) -> Result<Self, ExitError> {
        let path = if let Some(path) = path {
            path.to_owned()
        } else {
            let folder = folder()?;
            let mut maker = fs::DirBuilder::new();
            maker.recursive(true).mode(0o700).create(&folder).map_err(|error| failed("make", &folder, &error))?;
            folder.join(name_behind(&folder, now))
        };
        let made = OpenOptions::new().append(true).create_new(true).mode(0o600).open(&path);
        let file = match made {
            // What was killed before its plan was written has done nothing.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && is_empty(&path) => {
                OpenOptions::new().append(true).open(&path)
            }
            made => made,
        };
        let file = file.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => ExitError::new(format!(
                "{} exists, and may be the record of another roll; go on with that one by --resume {}, or name another file",
                path.display(),
                path.display()
            )),
            _ => failed("make", &path, &error),
        })?;
        Self { file, path: absolute(path), is_cut: false }.locked()
    }

    /// Opens the record of a roll that is to go on, and reads its events. A line that a crash has cut off is dropped.
    ///
    /// # Errors
    ///
    /// When it cannot be read or written, another roll writes to it, or it is no record.
    pub(super) fn open(path: &Path) -> Result<(Self, Vec<Event>), ExitError> {
        // A pipe would be waited for.
        if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
            return Err(ExitError::usage(format!("{} is no file; name the record of a roll", path.display())));
        }
        let file =
            OpenOptions::new().read(true).append(true).open(path).map_err(|error| failed("open", path, &error))?;
        let mut record = Self { file, path: absolute(path.to_owned()), is_cut: false }.locked()?;
        let mut bytes = Vec::new();
        record.file.read_to_end(&mut bytes).map_err(|error| failed("read", path, &error))?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let events = events(&bytes[..whole], path)?;
        record.file.set_len(whole as u64).map_err(|error| failed("write", path, &error))?;
        record.file.seek(SeekFrom::End(0)).map_err(|error| failed("write", path, &error))?;
        Ok((record, events))
    }

    fn locked(self) -> Result<Self, ExitError> {
        match self.file.try_lock() {
            Ok(()) => Ok(self),
            Err(TryLockError::WouldBlock) => Err(ExitError::new(format!(
                "{}: a roll that is under way writes to it; wait for its end",
                self.path.display()
            ))),
            Err(TryLockError::Error(error)) => Err(failed("lock", &self.path, &error)),
        }
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The command that goes on with it, for a shell in any folder.
    pub(super) fn resume_command(&self) -> String {
        format!("smokercli roll --resume {}", shell_word::quoted(&self.path.to_string_lossy()))
    }

    /// Appends an event. It is on disk when this returns: what is done to hosts must not be forgotten.
    ///
    /// # Errors
    ///
    /// When it cannot be written. The record is then as it was: the end of a command that runs beside this may fit again, and would
    /// continue a part of a line.
    pub(super) fn append(&mut self, event: &Event, now: DateTime<Utc>) -> Result<(), ExitError> {
        let time = now.to_rfc3339_opts(SecondsFormat::Millis, true);
        let line = serde_json::to_string(&Line { time, event: event.clone() })
            .map_err(|error| ExitError::new(format!("cannot write the record: {error}")))?;
        self.append_whole(&(line + "\n")).map_err(|error| failed("write", &self.path, &error))
    }

    fn append_whole(&mut self, line: &str) -> io::Result<()> {
        if self.is_cut {
            return Err(io::Error::other("a line of it was cut off before"));
        }
        let length = self.file.metadata()?.len();
        let written = self.file.write_all(line.as_bytes());
        if written.is_err() {
            self.is_cut = self.file.set_len(length).is_err();
        }
        written.and_then(|()| self.file.sync_data())
    }
}

fn is_empty(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() == 0)
}

/// The roll may go to another folder.
fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

fn failed(what: &str, path: &Path, error: &io::Error) -> ExitError {
    ExitError::new(format!("cannot {what} the record {}: {error}; --state names another file", path.display()))
}

fn events(bytes: &[u8], path: &Path) -> Result<Vec<Event>, ExitError> {
    let mut events = Vec::new();
    for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty()) {
        let line = line_of(line).map_err(|error| {
            ExitError::new(format!("{}, line {}: not an event of a roll: {error}", path.display(), number + 1))
        })?;
        events.push(line.event);
    }
    match events.first() {
        Some(Event::Begun(plan)) if plan.version == VERSION => Ok(events),
        Some(Event::Begun(plan)) => Err(ExitError::new(format!(
            "{} was written by another version of smokercli (its form is {}, ours {VERSION}); resume it with that one",
            path.display(),
            plan.version
        ))),
        _ => Err(ExitError::new(format!(
            "{} is not the record of a roll: it does not begin with a plan",
            path.display()
        ))),
    }
}

/// By a value, out of which numbers inside of an enum can be read however the library keeps them.
fn line_of(line: &[u8]) -> Result<Line, serde_json::Error> {
    serde_json::from_slice::<Json>(line).and_then(serde_json::from_value)
}

/// The user's folder of records.
fn folder() -> Result<PathBuf, ExitError> {
    let variable = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = variable("XDG_STATE_HOME").or_else(|| variable("HOME").map(|home| home.join(".local/state")));
    let state =
        state.ok_or_else(|| ExitError::new("there is no place for the record; set HOME, or name a file by --state"))?;
    Ok(state.join("smoker/rolls"))
}

/// The newest record of the user's folder. One behind which another roll was begun is none to go on with by itself: it would put its
/// version on hosts that have a newer one by now.
///
/// # Errors
///
/// When there is none, the folder cannot be read, or the roll of the newest one has come to its end.
pub(super) fn newest_open() -> Result<PathBuf, ExitError> {
    newest_open_in(&folder()?)
}

fn newest_open_in(folder: &Path) -> Result<PathBuf, ExitError> {
    let none = || {
        ExitError::new(format!(
            "no roll in {} waits to be resumed; name its record, which the roll printed when it began: smokercli roll --resume FILE",
            folder.display()
        ))
    };
    // What was killed before its plan was written has done nothing.
    let mut newest_first = records(folder).into_iter().rev().filter(|path| has_begun(path));
    let newest = newest_first.next().ok_or_else(none)?;
    if waits(&newest) {
        return Ok(newest);
    }
    let older = newest_first.find(|path| waits(path)).ok_or_else(none)?;
    let name = |path: &Path| shell_word::quoted(&path.to_string_lossy()).into_owned();
    Err(ExitError::new(format!(
        "the newest roll ({}) has come to its end, and an older one waits: to go on with that one, behind the newer one, name it: smokercli \
         roll --resume {}",
        newest.display(),
        name(&older)
    )))
}

/// The records of a folder, the newest last: their names begin with the time.
fn records(folder: &Path) -> Vec<PathBuf> {
    let is_record = |path: &PathBuf| path.extension().is_some_and(|end| end == EXTENSION);
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).filter(is_record).collect();
    paths.sort();
    paths
}

/// The name of a new record, which is the last one also where the clock was set back.
fn name_behind(folder: &Path, now: DateTime<Utc>) -> String {
    let last = records(folder).last().and_then(|path| time_of(path));
    let time = last.map_or(now, |last| now.max(last + TimeDelta::seconds(1)));
    format!("{}-{}.{EXTENSION}", time.format(NAME_TIME), std::process::id())
}

/// The time in the name of a record.
fn time_of(path: &Path) -> Option<DateTime<Utc>> {
    let (time, _) = path.file_name()?.to_str()?.split_once('-')?;
    NaiveDateTime::parse_from_str(time, NAME_TIME).ok().map(|time| time.and_utc())
}

/// Whether a plan was written.
fn has_begun(path: &Path) -> bool {
    fs::read_to_string(path).is_ok_and(|text| text.contains('\n'))
}

/// Whether a roll has begun and has not come to its end. One that was killed before its plan was written has not begun.
fn waits(path: &Path) -> bool {
    let text = fs::read_to_string(path).unwrap_or_default();
    let last = text.lines().next_back().and_then(|line| line_of(line.as_bytes()).ok());
    text.contains('\n') && !matches!(last, Some(Line { event: Event::Finished { .. }, .. }))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::roll::event::Plan;

    fn plan() -> Event {
        Event::Begun(Plan {
            version: VERSION,
            by: "a@b".into(),
            folder: None,
            arguments: vec![],
            hosts: vec![],
            ends: vec![],
        })
    }

    #[test]
    fn a_record_without_a_plan_is_taken_for_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("record");
        fs::write(&path, "").expect("written");
        assert!(!waits(&path));
        let mut record = Record::create(Some(&path), now()).expect("made");
        assert!(Record::create(Some(&path), now()).expect_err("under way").message.contains("under way"));
        record.append(&plan(), now()).expect("written");
        drop(record);
        assert!(waits(&path));
        assert!(Record::create(Some(&path), now()).expect_err("a plan").message.contains("exists"));
        fs::write(&path, "{\"time\"").expect("written");
        assert!(!waits(&path), "its plan was cut off");
    }

    /// Yesterday's version on all hosts is not what somebody means who types `--resume`.
    #[test]
    fn an_older_roll_is_resumed_by_its_name_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let record = |name: &str, events: &[Event]| {
            let path = folder.path().join(name);
            let mut record = Record::create(Some(&path), now()).expect("made");
            for event in events {
                record.append(event, now()).expect("written");
            }
            path
        };
        let newest = || newest_open_in(folder.path()).map_err(|error| error.message);
        assert!(newest().expect_err("none").contains("no roll in"));
        let first = record("20260101T000000Z-1.ndjson", &[plan(), Event::Interrupted]);
        assert_eq!(newest(), Ok(first.clone()));
        record("20260103T000000Z-1.ndjson", &[]);
        assert_eq!(newest(), Ok(first.clone()), "one without a plan has done nothing");
        record("20260102T000000Z-1.ndjson", &[plan(), Event::Finished { bad: 0 }]);
        let told = newest().expect_err("a newer one is done");
        assert!(told.contains("20260102T000000Z-1.ndjson) has come to its end"), "{told}");
        assert!(told.ends_with(&format!("--resume {}", first.display())), "{told}");
        let third = record("20260104T000000Z-1.ndjson", &[plan()]);
        assert_eq!(newest(), Ok(third));
    }

    #[test]
    fn a_part_of_a_line_is_taken_away() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("record");
        let mut record = Record::create(Some(&path), now()).expect("made");
        record.append(&plan(), now()).expect("written");
        // A device that is full, as a disk may be, and cannot be cut to a length.
        let full = OpenOptions::new().append(true).open("/dev/full").expect("a device");
        let file = std::mem::replace(&mut record.file, full);
        record.append(&Event::Interrupted, now()).expect_err("full");
        record.file = file;
        let told = record.append(&Event::Interrupted, now()).expect_err("a line was cut").message;
        assert!(told.contains("a line of it was cut off before"), "{told}");
        drop(record);
        assert_eq!(reopened(&path).1, [plan()]);
    }

    #[test]
    fn a_clock_that_was_set_back_makes_no_older_record() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("20260101T000000Z-1.ndjson"), "").expect("written");
        for (now, expected) in [("2025-06-01", "20260101T000001Z"), ("2026-06-01", "20260601T000000Z")] {
            let now = format!("{now}T00:00:00Z").parse().expect("a time");
            assert!(name_behind(folder.path(), now).starts_with(&format!("{expected}-")), "{now}");
        }
    }

    /// A command that another test starts has the file for a moment, until its program begins, and the lock with it.
    fn reopened(path: &Path) -> (Record, Vec<Event>) {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            match Record::open(path) {
                Err(error) if error.message.contains("under way") && Instant::now() < end => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                opened => return opened.expect("open"),
            }
        }
    }

    fn now() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }

    #[test]
    fn a_record_has_what_happened_and_survives_a_crash() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("r.ndjson");
        let mut record = Record::create(Some(&path), now()).expect("new");
        record.append(&plan(), now()).expect("written");
        let second = Record::open(&path).expect_err("locked");
        assert!(second.message.contains("under way"), "{second}");
        drop(record);
        fs::write(&path, fs::read_to_string(&path).expect("text") + "{\"time\":\"1970-01-").expect("written");
        let (mut record, events) = reopened(&path);
        assert_eq!(events, [plan()]);
        record.append(&Event::Interrupted, now()).expect("written");
        drop(record);
        assert_eq!(reopened(&path).1, [plan(), Event::Interrupted]);
        let again = Record::create(Some(&path), now()).expect_err("exists");
        assert!(again.message.contains("--resume"), "{again}");
    }

    #[test]
    fn what_is_no_record_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("r.ndjson");
        for (text, word) in [
            ("", "not the record"),
            ("hello\n", "line 1"),
            ("{\"time\":\"\",\"event\":\"interrupted\"}\n", "not the record"),
            (
                "{\"time\":\"\",\"event\":\"begun\",\"version\":9,\"by\":\"\",\"arguments\":[],\"hosts\":[],\"ends\":[]}\n",
                "another version",
            ),
        ] {
            fs::write(&path, text).expect("written");
            let error = Record::open(&path).expect_err(text).message;
            assert!(error.contains(word), "{text}: {error}");
            assert_eq!(fs::read_to_string(&path).expect("text"), text);
        }
    }
}
