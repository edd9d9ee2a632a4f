//! `Check: log`: lines that a log has got since the last run.
//!
//! # Layout
//!
//! - `position`: up to where a log was read, and where what was read is after a rotation
//! - `form`: whether a file is text

mod form;
mod position;

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
use crate::checks::files::log::form::Form;
use crate::checks::files::log::position::{Position, copy_of, file_of, is_as_read, position_at, position_in};
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
        Ok(position_in(&mut file, offset + end as u64)?.with_unended(unended))
    }
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

/// What was read.
#[derive(Debug, Default)]
struct Tally {
    lines: f64,
    count: f64,
    shown: Vec<String>,
    is_full: bool,
}

#[cfg(test)]
mod tests;
