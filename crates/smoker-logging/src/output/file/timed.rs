//! A file that is rotated by time: `TimedRotatingFileHandler`.
//! As there, it happens when there is something to write.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::output::file::log_file::{LogFile, entry_of, rename_if_there, with_suffix};
use crate::output::sink::Sink;
use crate::plan::interval::{Interval, When};
use crate::plan::target::FilePlan;
use crate::records::record::Record;
use smoker_paths::resolved_path::{Owner, ResolvedPath};

/// Writes to a file; older ones have the time of their beginning behind their names.
#[derive(Debug)]
pub(crate) struct TimedFile {
    file: LogFile,
    interval: Interval,
    /// How many old files are kept; 0 keeps all.
    backups: usize,
    /// When it is rotated; known once the file has been looked at.
    end: Option<i64>,
    complaint: Option<String>,
}

impl TimedFile {
    pub(crate) fn new(plan: &FilePlan, owner: Option<Owner>, interval: Interval, backups: usize) -> Self {
        Self { file: LogFile::new(plan, owner), interval, backups, end: None, complaint: None }
    }

    /// A file that was there before goes on where it was left.
    fn find_end(&mut self, now: SystemTime) -> i64 {
        let path = self.file.path();
        let begun = || fs::metadata(path).and_then(|metadata| metadata.modified()).unwrap_or(now);
        *self.end.get_or_insert_with(|| self.interval.end_after(seconds(begun())))
    }

    fn rotate(&mut self, end: i64) -> io::Result<()> {
        let Some(file) = entry_of(self.file.path())? else { return self.file.reopen() };
        let old = with_suffix(file.name(), &self.interval.name(end));
        // What is there already, from another run or from an hour that the clock
        // had twice, is not overwritten: this file goes on until the next time.
        if file.beside(&old)?.stat().is_ok() {
            return Ok(());
        }
        rename_if_there(&file, &old)?;
        self.file.reopen()?;
        let mut failure = None;
        for name in surplus(&file, self.interval.when, self.backups)? {
            if let Err(error) = file.beside(&name).and_then(|old| old.remove()) {
                failure = Some(format!("the old file {} cannot be removed: {error}", name.display()));
            }
        }
        failure.map_or(Ok(()), |reason| Err(io::Error::other(reason)))
    }
}

impl Sink for TimedFile {
    fn destination(&self) -> String {
        self.file.path().display().to_string()
    }

    fn open(&mut self) -> io::Result<()> {
        self.find_end(SystemTime::now());
        self.file.open_at_start()
    }

    fn write(&mut self, text: &str, record: &Record) -> io::Result<()> {
        let end = self.find_end(record.created);
        let now = seconds(record.created);
        if now >= end {
            if self.file.size()?.is_some()
                && let Err(error) = self.rotate(end)
            {
                let path = self.file.path().display();
                self.complaint = Some(format!("cannot rotate {path}: {error}; will try again at the next interval"));
            }
            self.end = Some(self.interval.end_after(now));
        }
        self.file.write(text)
    }

    fn reopen(&mut self) -> io::Result<()> {
        self.file.reopen()
    }

    fn take_complaint(&mut self) -> Option<String> {
        self.complaint.take()
    }
}

fn seconds(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// The names of the oldest of the old files: those beyond the number to keep.
fn surplus(file: &ResolvedPath, when: When, backups: usize) -> io::Result<Vec<OsString>> {
    if backups == 0 {
        return Ok(Vec::new());
    }
    let is_old = |candidate: &OsString| {
        let suffix = candidate.to_str().zip(file.name().to_str());
        let suffix = suffix.and_then(|(candidate, name)| candidate.strip_prefix(name)?.strip_prefix('.'));
        suffix.is_some_and(|suffix| when.is_suffix(suffix))
    };
    let mut old: Vec<_> = file.names_in_folder()?.into_iter().filter(is_old).collect();
    old.sort();
    let surplus = old.len().saturating_sub(backups);
    old.truncate(surplus);
    Ok(old)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::plan::target::Rotation;
    use crate::records::level::Level;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("it is there").flatten();
        let mut names: Vec<_> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn content(path: &Path) -> String {
        fs::read_to_string(path).expect("it is there")
    }

    #[test]
    fn files_are_rotated_by_the_clock_of_the_records() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("x.log");
        let plan = FilePlan { path: path.clone(), truncates: false, opens_late: true, rotation: Rotation::None };
        let interval = Interval { when: When::Minutes, count: 1, is_utc: true };
        let mut file = TimedFile::new(&plan, None, interval, 2);
        let start = UNIX_EPOCH + Duration::from_secs(1_706_745_600);
        let mut write = |seconds: u64, text: &str| {
            let record = Record::new(Level::INFO, "smokerd".into(), text.to_owned());
            let record = Record { created: start + Duration::from_secs(seconds), ..record };
            file.write(text, &record).expect("writable");
        };
        write(0, "a");
        write(59, "b");
        assert_eq!(names(folder.path()), ["x.log"]);
        for (seconds, text) in [(60, "c"), (130, "d"), (200, "e")] {
            write(seconds, text);
        }
        assert_eq!(content(&path), "e\n");
        let kept = ["x.log", "x.log.2024-02-01_00-01", "x.log.2024-02-01_00-02"];
        assert_eq!(names(folder.path()), kept, "the oldest of three is gone");
        assert_eq!(content(&folder.path().join(kept[1])), "c\n");
        assert_eq!(content(&folder.path().join(kept[2])), "d\n");
        fs::write(folder.path().join("x.log.2024-02-01_00-03"), "precious").expect("writable");
        write(300, "f");
        assert_eq!(content(&path), "e\nf\n", "nothing is overwritten");
    }

    #[test]
    fn an_old_file_that_cannot_be_removed_keeps_no_other() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("x.log");
        let stuck = "x.log.2024-01-01_00-00";
        fs::create_dir(folder.path().join(stuck)).expect("writable");
        let plan = FilePlan { path, truncates: false, opens_late: true, rotation: Rotation::None };
        let interval = Interval { when: When::Minutes, count: 1, is_utc: true };
        let mut file = TimedFile::new(&plan, None, interval, 1);
        let start = UNIX_EPOCH + Duration::from_secs(1_706_745_600);
        for (seconds, text) in [(0, "a"), (60, "b"), (130, "c")] {
            let record = Record::new(Level::INFO, "smokerd".into(), text.to_owned());
            let record = Record { created: start + Duration::from_secs(seconds), ..record };
            file.write(text, &record).expect("writable");
        }
        assert_eq!(names(folder.path()), ["x.log", stuck, "x.log.2024-02-01_00-01"]);
        let complaint = file.take_complaint().expect("a complaint");
        assert!(complaint.contains(&format!("the old file {stuck} cannot be removed")), "{complaint}");
    }
}
