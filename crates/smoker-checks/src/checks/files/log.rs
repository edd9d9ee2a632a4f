//! `Check: log`: lines that a log has got since the last run.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use regex::RegexSet;
use serde::{Deserialize, Serialize};
use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::checks::files::expand;
use crate::checks::system_file;
use crate::matchers::quote::quote;
use crate::measure::declaration::Measure;
use crate::measure::thresholds::Thresholds;
use crate::parameters::{Parameters, pattern_set};
use crate::report::{Component, Report};
use crate::spec::{Absence, ParameterSpec, ParameterType, Spec};
use crate::unit::Unit;

/// How much of a log one run reads. What is more is left for the next.
const MOST: u64 = 32 * 1024 * 1024;

/// How many matching lines are shown.
const SHOWN: usize = 10;

const MEASURES: &[Measure] = &[
    Measure { name: "Count", unit: Unit::Number, meaning: "how many new lines match", warn: None, error: Some("> 0") },
    Measure { name: "Lines", unit: Unit::Number, meaning: "how many new lines there are", warn: None, error: None },
];

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec::target("Files", "paths of logs, with `*` and `?` in them for several"),
    ParameterSpec::target("File", "as `Files`, for one"),
    ParameterSpec {
        name: "Pattern",
        accepts: ParameterType::PatternList,
        absence: Absence::Fails,
        meaning: "regular expressions, one of which a line has to match to count",
    },
    ParameterSpec::optional("Ignore", ParameterType::PatternList, "none", "lines that match one of these do not count"),
    ParameterSpec::optional(
        "FromStart",
        ParameterType::Boolean,
        "false",
        "whether the first run reads what is there already",
    ),
    ParameterSpec::optional("Optional", ParameterType::Boolean, "false", "whether a log that is not there is good"),
    ParameterSpec::warn(MEASURES),
    ParameterSpec::error(MEASURES),
];

/// What the page shows.
pub(crate) const EXAMPLE: &str = "\
Log:
  Check: log
  File: /var/log/dpkg.log
  Pattern: [\"segfault\", \"(?i)out of memory\"]
  Ignore: \"test\"
  Warn: \"> 0\"
  Error: \"> 100\"
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec::check("log", "counts the new lines of logs that match a pattern", "a component for each log", PARAMETERS)
}

/// How many bytes before a position say whether the file is still the one that was read.
const TAIL: u64 = 64;

/// Up to where a log was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Position {
    device: u64,
    inode: u64,
    offset: u64,
    /// The last bytes before the offset: a file that is emptied and filled again, or another one that has got its inode, differs.
    tail: Vec<u8>,
    /// How many bytes were behind the offset: a line without its end.
    #[serde(default)]
    unended: u64,
}

impl Position {
    fn is_that_of(&self, other: &Self) -> bool {
        (self.device, self.inode, self.offset, &self.tail) == (other.device, other.inode, other.offset, &other.tail)
    }
}

/// What a run finds of the one before it.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Memory {
    positions: BTreeMap<String, Position>,
    /// The paths and patterns that were looked for: a log that appears later is new from its beginning.
    known: BTreeSet<String>,
}

/// What a run is to look for.
struct Wanted {
    patterns: RegexSet,
    ignored: RegexSet,
    from_start: bool,
    is_optional: bool,
    thresholds: Thresholds,
}

/// Runs the check.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let paths = parameters.required_targets("Files", "File")?;
    let patterns = parameters.texts("Pattern")?.filter(|patterns| !patterns.is_empty());
    let wanted = Wanted {
        patterns: pattern_set(
            "Pattern",
            &patterns.ok_or("Pattern is missing: set it to a pattern or list of patterns")?,
        )?,
        ignored: pattern_set("Ignore", &parameters.texts("Ignore")?.unwrap_or_default())?,
        from_start: parameters.flag("FromStart")?,
        is_optional: parameters.flag("Optional")?,
        thresholds: Thresholds::of(parameters, MEASURES)?,
    };
    let before: Memory =
        request.remembered.clone().and_then(|memory| serde_json::from_value(memory).ok()).unwrap_or_default();
    let mut next = Memory::default();
    let mut report = Report::default();
    for path in paths {
        let found = if expand::is_pattern(&path) {
            match expand::files(&path) {
                Ok(found) if found.is_empty() && !wanted.is_optional => {
                    next.known.insert(path.clone());
                    Err("wanted a log, got nothing".to_owned())
                }
                other => other,
            }
        } else {
            Ok(vec![PathBuf::from(&path)])
        };
        match found {
            Err(reason) => report.add(Component::failed(&path, &reason)),
            Ok(found) => {
                let begins = (wanted.from_start || before.known.contains(&path), expand::is_pattern(&path));
                for file in &found {
                    let name = file.display().to_string();
                    let mut component = Component::new(&name);
                    let known = before.positions.get(&name).cloned();
                    let position = wanted.look_at(file, known.clone(), begins, &mut component);
                    // A log that is away for a moment is read from where it was when it is back.
                    next.positions.extend(position.or(known).map(|position| (name, position)));
                    report.add(component);
                }
                // One that may not be read is not known: what it has already is no news once it may be.
                let is_absent = |file: &PathBuf| matches!(fs::metadata(file), Err(error) if error.kind() == io::ErrorKind::NotFound);
                let is_looked_at = |file: &PathBuf| next.positions.contains_key(&file.display().to_string());
                if before.known.contains(&path) || found.iter().all(|file| is_looked_at(file) || is_absent(file)) {
                    next.known.insert(path);
                }
            }
        }
    }
    let mut findings = report.findings()?;
    findings.remembered = serde_json::to_value(next).ok();
    Ok(findings)
}

impl Wanted {
    fn look_at(
        &self,
        path: &Path,
        known: Option<Position>,
        (from_start, is_of_pattern): (bool, bool),
        component: &mut Component,
    ) -> Option<Position> {
        let metadata = match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.is_optional => {
                component.fact("does not exist");
                return None;
            }
            Err(error) => {
                component.error(&system_file::unreadable(path, &error));
                return None;
            }
            Ok(metadata) if !metadata.is_file() => {
                component.error("wanted a log, got something that is no regular file");
                return None;
            }
            Ok(metadata) => metadata,
        };
        match Form::of(path) {
            Ok(Form::Text) => {}
            // A pattern stands for what rotation has packed, too: its lines were read before.
            Ok(Form::Packed) if is_of_pattern => {
                component.fact("is packed and not read");
                return position_at(path, metadata.len()).ok();
            }
            Ok(Form::Packed) => component.error("is packed: only text is read"),
            Ok(Form::Utf16) => component.error("is UTF-16: only UTF-8 is read"),
            Ok(Form::Journal) => component.error("is a journal of systemd: only text is read"),
            Err(error) => component.error(&system_file::unreadable(path, &error)),
        }
        if !component.is_good() {
            return None;
        }
        let mut tally = Tally::default();
        let is_first = known.is_none() && !from_start;
        let read = match known {
            Some(known) => self.read(path, &metadata, &known, &mut tally),
            None if from_start => self.read_from(path, 0, Lines::Whole, &mut tally),
            None => position_at(path, metadata.len()),
        };
        let position = match read {
            Ok(position) => position,
            Err(error) => {
                component.error(&system_file::unreadable(path, &error));
                return None;
            }
        };
        if is_first {
            component.fact("it is read from its end on");
        }
        component.number(&self.thresholds, "Lines", tally.lines);
        component.number(&self.thresholds, "Count", tally.count);
        let status = component.status();
        tally.shown.iter().for_each(|line| component.say(status, line));
        if tally.is_full {
            component.warn("more than 32 MiB are new: the rest is read by the next run");
        }
        Some(position)
    }

    fn read(&self, path: &Path, metadata: &Metadata, known: &Position, tally: &mut Tally) -> io::Result<Position> {
        let is_same_file = (known.device, known.inode) == (metadata.dev(), metadata.ino());
        if is_same_file && is_as_read(path, known)? {
            return self.read_from(path, known.offset, Lines::Rested(known.unended), tally);
        }
        // The log was rotated, by another name or by a copy before it was emptied: its last lines are in the file that has its
        // place now, unless that is packed already. A log that was emptied without a copy begins again.
        let old = if is_same_file { copy_of(path, known) } else { file_of(path, known) };
        if let Some(old) = old {
            let position = self.read_from(&old, known.offset, Lines::All, tally)?;
            // The rest of a copy is not found again by the next run, which looks for the file by its number.
            if tally.is_full && !is_same_file {
                return Ok(position);
            }
        }
        self.read_from(path, 0, Lines::Whole, tally)
    }

    /// Counts the lines behind a position, and returns the position behind them.
    fn read_from(&self, path: &Path, offset: u64, lines: Lines, tally: &mut Tally) -> io::Result<Position> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(offset))?;
        let mut content = Vec::new();
        (&mut file).take(MOST).read_to_end(&mut content)?;
        let is_full = content.len() as u64 == MOST && file.metadata()?.len() > offset + MOST;
        tally.is_full |= is_full;
        // A line without its end is still being written; one that fills all that is read has none.
        let end = content.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let unended = (content.len() - end) as u64;
        // What a program wrote before it died may have no end, and gets none.
        let is_ended = lines == Lines::All || (unended > 0 && end == 0 && lines == Lines::Rested(unended));
        let end = if (end == 0 && is_full) || (is_ended && !is_full) { content.len() } else { end };
        for line in String::from_utf8_lossy(&content[..end]).lines() {
            tally.lines += 1.0;
            // A program that goes on writing to a log which was emptied under it leaves a hole before its line.
            let line = line.trim_start_matches('\0');
            if self.patterns.is_match(line) && !self.ignored.is_match(line) {
                tally.count += 1.0;
                if tally.shown.len() < SHOWN {
                    tally.shown.push(quote(line));
                }
            }
        }
        let unended = (content.len() - end) as u64;
        Ok(Position { unended, ..position_in(&mut file, offset + end as u64)? })
    }
}

/// What a file has in it. In what is no text no pattern is ever found, which would be good for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    Packed,
    Utf16,
    Journal,
}

impl Form {
    /// By the first bytes of a file.
    fn of(path: &Path) -> io::Result<Self> {
        let mut head = Vec::new();
        File::open(path)?.take(512).read_to_end(&mut head)?;
        Ok(match head.as_slice() {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Self::Utf16,
            // gzip, compress, bzip2, xz, zstd, lz4, zip.
            [0x1f, 0x8b | 0x9d, ..]
            | [b'B', b'Z', b'h', ..]
            | [0xfd, b'7', b'z', ..]
            | [0x28, 0xb5, 0x2f, 0xfd, ..]
            | [0x04, 0x22, 0x4d, 0x18, ..]
            | [b'P', b'K', 3, 4, ..] => Self::Packed,
            [b'L', b'P', b'K', b'S', b'H', b'H', b'R', b'H', ..] => Self::Journal,
            head if has_every_second_zero(head) => Self::Utf16,
            _ => Self::Text,
        })
    }
}

/// Whether text of UTF-16 begins so, without the mark that it should have.
fn has_every_second_zero(head: &[u8]) -> bool {
    let of = |at: usize| head.chunks_exact(2).map(move |pair| pair[at]);
    let count = |at: usize| of(at).filter(|byte| *byte == 0).count();
    let (pairs, zeros) = (head.len() / 2, [count(0), count(1)]);
    pairs >= 4 && zeros.iter().any(|zeros| zeros * 10 > pairs * 9) && zeros.iter().any(|zeros| zeros * 10 < pairs)
}

/// Which lines of a log count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lines {
    /// Those with an end: the last may still be being written.
    Whole,
    /// Those with an end, and one without that has as many bytes as at the last run: nobody goes on with it.
    Rested(u64),
    /// All: nothing is written to the file any more.
    All,
}

fn position_at(path: &Path, offset: u64) -> io::Result<Position> {
    position_in(&mut File::open(path)?, offset)
}

fn position_in(file: &mut File, offset: u64) -> io::Result<Position> {
    let metadata = file.metadata()?;
    let length = offset.min(TAIL);
    file.seek(SeekFrom::Start(offset - length))?;
    let mut tail = Vec::new();
    file.take(length).read_to_end(&mut tail)?;
    Ok(Position { device: metadata.dev(), inode: metadata.ino(), offset, tail, unended: 0 })
}

/// Whether the file has before the position what it had there.
fn is_as_read(path: &Path, known: &Position) -> io::Result<bool> {
    Ok(position_at(path, known.offset)?.is_that_of(known))
}

/// The copy that was made of the log before it was emptied: the newest file beside it whose name begins with its name, and
/// which has before the position what the log had there.
fn copy_of(path: &Path, known: &Position) -> Option<PathBuf> {
    let resolved = fs::canonicalize(path).ok()?;
    let name = resolved.file_name()?.to_str()?.to_owned();
    let is_copy = |path: &Path| {
        let its = path.file_name().and_then(|its| its.to_str()).unwrap_or_default();
        its.len() > name.len()
            && its.starts_with(&name)
            && fs::symlink_metadata(path).is_ok_and(|it| it.is_file() && it.len() >= known.offset)
            && position_at(path, known.offset).is_ok_and(|its| !its.tail.is_empty() && its.tail == known.tail)
    };
    let beside = fs::read_dir(resolved.parent()?).ok()?.flatten().map(|entry| entry.path());
    beside.filter(|path| is_copy(path)).max_by_key(|path| fs::metadata(path).and_then(|it| it.modified()).ok())
}

/// What was read.
#[derive(Debug, Default)]
struct Tally {
    lines: f64,
    count: f64,
    shown: Vec<String>,
    is_full: bool,
}

/// The file that the log was before it was rotated: beside it, or beside the file that a link of its name leads to.
fn file_of(path: &Path, known: &Position) -> Option<PathBuf> {
    let resolved = fs::canonicalize(path).ok();
    let folders: BTreeSet<_> =
        [Some(path), resolved.as_deref()].into_iter().flatten().filter_map(Path::parent).collect();
    let is_old = |path: &PathBuf| {
        let metadata = fs::symlink_metadata(path).ok().filter(Metadata::is_file);
        let has_inode = metadata.is_some_and(|it| (it.dev(), it.ino()) == (known.device, known.inode));
        has_inode && is_as_read(path, known).unwrap_or(false)
    };
    let entries = folders.into_iter().filter_map(|folder| {
        // The parent of a bare name is the working directory.
        fs::read_dir(if folder.as_os_str().is_empty() { Path::new(".") } else { folder }).ok()
    });
    entries.flatten().flatten().map(|entry| entry.path()).find(is_old)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use serde_json::{Value as Json, json};

    use super::*;
    use crate::test_request::plugin;

    struct Log {
        folder: tempfile::TempDir,
        remembered: Option<Json>,
    }

    impl Log {
        fn new() -> Self {
            Self { folder: tempfile::tempdir().expect("a folder"), remembered: None }
        }

        fn path(&self) -> PathBuf {
            self.folder.path().join("app.log")
        }

        fn append(&self, text: &str) {
            let mut file = File::options().append(true).create(true).open(self.path()).expect("a log");
            file.write_all(text.as_bytes()).expect("written");
        }

        /// The number of matching new lines, and the status.
        fn run(&mut self, parameters: &Json) -> (String, Option<String>) {
            let mut all = json!({"File": self.path(), "Pattern": "bad"});
            all.as_object_mut().expect("an object").extend(parameters.as_object().cloned().unwrap_or_default());
            let request = ModuleRequest { remembered: self.remembered.clone(), ..plugin("log", all) };
            let findings = run(&request).expect("findings");
            self.remembered = findings.remembered;
            let count = findings.perfdata.iter().find(|datum| datum.label.ends_with("Count"));
            let count = count.and_then(|datum| datum.value.as_ref()).map(ToString::to_string);
            (findings.status.as_str().to_owned(), count)
        }
    }

    fn found(status: &str, count: &str) -> (String, Option<String>) {
        (status.to_owned(), Some(count.to_owned()))
    }

    #[test]
    fn each_line_counts_once_and_half_a_line_later() {
        let mut log = Log::new();
        log.append("bad old\n");
        assert_eq!(log.run(&json!({})), found("OK", "0"));
        log.append("bad 1\ngood\nba");
        assert_eq!(log.run(&json!({})), found("ERROR", "1"));
        log.append("d 2\n");
        assert_eq!(log.run(&json!({})), found("ERROR", "1"));
        assert_eq!(log.run(&json!({})), found("OK", "0"));
        log.append("bad test\nbad\n");
        assert_eq!(log.run(&json!({"Ignore": "test", "Error": "> 1", "Warn": "> 0"})), found("WARN", "1"));
    }

    #[test]
    fn a_line_without_an_end_counts_when_nobody_goes_on_with_it() {
        let mut log = Log::new();
        log.append("x\n");
        log.run(&json!({}));
        log.append("good\nbad: no line break");
        assert_eq!(log.run(&json!({})), found("OK", "0"));
        assert_eq!(log.run(&json!({})), found("ERROR", "1"));
        assert_eq!(log.run(&json!({})), found("OK", "0"));
        log.append(", and more\nbad\n");
        assert_eq!(log.run(&json!({})), found("ERROR", "1"));
    }

    #[test]
    fn what_is_no_text_is_an_error() {
        for content in
            ["b\0a\0d\0\n\0b\0a\0d\0\n\0", "\0b\0a\0d\0\n\0b\0a\0d\0\n", "LPKSHHRH\0\0\0\0", "\u{4}\"M\u{18}"]
        {
            let mut log = Log::new();
            log.append(content);
            assert_eq!(log.run(&json!({})).0, "ERROR", "{content:?}");
        }
        let mut log = Log::new();
        log.append("x\n");
        log.run(&json!({}));
        log.append("\0\0\0\0bad\n\0\0\0\0\0\n");
        assert_eq!(log.run(&json!({"Pattern": "^bad"})), found("ERROR", "1"), "a hole is no text");
    }

    #[test]
    fn a_first_run_may_read_what_is_there() {
        let mut log = Log::new();
        log.append("bad\nbad\n");
        assert_eq!(log.run(&json!({"FromStart": true})), found("ERROR", "2"));
    }

    #[test]
    fn rotated_and_emptied_logs_lose_nothing() {
        let mut log = Log::new();
        log.append("x\n");
        log.run(&json!({}));
        log.append("bad before\n");
        fs::rename(log.path(), log.folder.path().join("app.log.1")).expect("rotated");
        log.append("bad behind\n");
        assert_eq!(log.run(&json!({})), found("ERROR", "2"));
        fs::write(log.path(), "bad\n").expect("emptied");
        assert_eq!(log.run(&json!({})), found("ERROR", "1"));
        fs::write(log.path(), "good\nbad\nbad and longer than it was\n").expect("emptied and filled again");
        assert_eq!(log.run(&json!({})), found("ERROR", "2"));
        log.append("bad without an end");
        fs::rename(log.path(), log.folder.path().join("app.log.2")).expect("rotated");
        fs::write(log.path(), "").expect("a new log");
        assert_eq!(log.run(&json!({})), found("ERROR", "1"));
    }

    #[test]
    fn a_log_that_appears_later_is_new_from_its_beginning() {
        let mut log = Log::new();
        log.run(&json!({"Optional": true}));
        log.append("bad\n");
        assert_eq!(log.run(&json!({"Optional": true})), found("ERROR", "1"));

        let mut log = Log::new();
        let pattern = json!({"File": log.folder.path().join("*.log"), "Optional": true});
        log.append("bad old\n");
        assert_eq!(log.run(&pattern), found("OK", "0"));
        fs::write(log.folder.path().join("a.log"), "bad new\n").expect("another log");
        assert_eq!(log.run(&pattern), found("ERROR", "1"));
    }

    #[test]
    fn what_is_too_much_for_one_run_is_read_by_the_next_even_when_it_was_rotated_away() {
        let mut log = Log::new();
        log.append("x\n");
        log.run(&json!({}));
        let line = format!("{}\n", "y".repeat(1023));
        log.append(&line.repeat(33 * 1024));
        log.append("bad\n");
        fs::rename(log.path(), log.folder.path().join("app.log.1")).expect("rotated");
        log.append("bad\n");
        assert_eq!(log.run(&json!({})), found("WARN", "0"));
        assert_eq!(log.run(&json!({})), found("ERROR", "2"));
    }

    #[test]
    fn a_log_that_is_copied_and_emptied_loses_nothing() {
        let mut log = Log::new();
        log.append("x\n");
        log.run(&json!({}));
        log.append("bad before\n");
        fs::copy(log.path(), log.folder.path().join("app.log.1")).expect("copied");
        fs::write(log.path(), "bad behind\n").expect("emptied");
        assert_eq!(log.run(&json!({})), found("ERROR", "2"));
        assert_eq!(log.run(&json!({})), found("OK", "0"));
        fs::write(log.folder.path().join("app.log.2"), "bad of another log\n").expect("no copy");
        fs::write(log.path(), "y\n").expect("emptied without a copy");
        assert_eq!(log.run(&json!({})), found("OK", "0"));
    }

    #[test]
    fn what_is_no_text_is_no_log() {
        let mut log = Log::new();
        for content in [&b"\x1f\x8b\x08\0bad\n"[..], b"\xff\xfeb\0a\0d\0"] {
            fs::write(log.path(), content).expect("a file");
            assert_eq!(log.run(&json!({})), ("ERROR".to_owned(), None));
        }
        fs::rename(log.path(), log.folder.path().join("utf-16")).expect("out of the way");
        fs::write(log.folder.path().join("app.log.1.gz"), b"\x1f\x8b\x08\0bad\n").expect("a packed log");
        log.append("bad old\n");
        let pattern = json!({"File": log.folder.path().join("app.log*")});
        assert_eq!(log.run(&pattern).0, "OK");
        log.append("bad\n");
        assert_eq!(log.run(&pattern).0, "ERROR");
    }

    #[test]
    fn an_empty_pattern_is_refused() {
        let log = Log::new();
        for (name, value) in [("Ignore", json!("")), ("Ignore", json!(["a", ""])), ("Pattern", json!(""))] {
            let mut parameters = json!({"File": log.path(), "Pattern": "bad"});
            parameters[name] = value;
            let reason = run(&plugin("log", parameters)).expect_err("an empty pattern");
            assert!(reason.starts_with(&format!("{name} has an empty pattern")), "{reason}");
        }
    }

    #[test]
    fn a_log_that_is_missing_is_an_error_unless_it_is_optional() {
        let mut log = Log::new();
        assert_eq!(log.run(&json!({})).0, "ERROR");
        assert_eq!(log.run(&json!({"Optional": true})).0, "OK");
    }
}
