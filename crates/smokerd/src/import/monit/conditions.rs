//! What a test compares, as the limits of a built-in check.

use smoker_model::value::Value;

use crate::import::monit::connection;
use crate::import::monit::statements::{Statement, Word};
use crate::import::monit::subject::{Subject, text};
use crate::import::monit::test::Test;

/// Why a test is not taken.
const NO_COUNTERPART: &str = "it has no counterpart";

/// Words that say nothing.
const NOISE: [&str; 14] =
    ["has", "have", "is", "than", "the", "with", "within", "of", "on", "using", "use", "usage", "and", "rate"];

/// `does not exist`: true; `exists`: false.
pub(super) fn is_about_existence(test: &Statement) -> Option<bool> {
    let until = test.find("then").unwrap_or(test.words.len());
    let exists = (1..until).any(|at| matches!(test.word(at), "exist" | "exists"));
    let is_not = (1..until).any(|at| test.word(at) == "not");
    exists.then_some(is_not)
}

/// Whether it has to hold in some of several cycles only, which is not the same as in a row.
pub(super) fn is_in_some_cycles(words: &[Word]) -> bool {
    let number = |at: usize| words.get(at).and_then(|word| word.text.parse::<i128>().ok());
    let place = |names: [&str; 2]| words.iter().position(|word| !word.is_quoted && names.contains(&word.text.as_str()));
    let (times, cycles) = (place(["time", "times"]), place(["cycle", "cycles"]));
    let before = |at: Option<usize>| at.and_then(|at| number(at.checked_sub(1)?));
    matches!((before(times), before(cycles)), (Some(times), Some(cycles)) if times != cycles)
}

/// The condition without `for 5 cycles` and `3 times within 5 cycles`, and how often in a row it has to hold.
pub(super) fn without_cycles(words: &[Word]) -> (Vec<Word>, i128) {
    let keyword = |at: usize| words.get(at).filter(|word| !word.is_quoted).map_or("", |word| word.text.as_str());
    let number = |at: Option<usize>| at.and_then(|at| words.get(at)?.text.parse::<i128>().ok());
    let Some(cycles) = (0..words.len()).find(|at| matches!(keyword(*at), "cycle" | "cycles")) else {
        return (words.to_vec(), 1);
    };
    let times = (0..cycles).find(|at| matches!(keyword(*at), "times" | "time"));
    let counted = times.unwrap_or(cycles).checked_sub(1);
    let start = counted.map_or(0, |at| if at > 0 && keyword(at - 1) == "for" { at - 1 } else { at });
    let rest = words[..start].iter().chain(&words[cycles + 1..]).cloned().collect();
    (rest, number(counted).unwrap_or(1))
}

/// The plugin of a test; none for one that the check itself is.
pub(super) fn read(subject: &Subject, condition: &Statement) -> Result<Option<Test>, &'static str> {
    let first = condition.word(0).to_owned();
    if first == "failed" && connection::is_one(condition) {
        return connection::read(subject, condition).map(Some);
    }
    if (0..condition.words.len()).filter(|at| is_operator(condition.word(*at))).count() > 1 {
        return Err("it compares more than one thing: write the checks by hand");
    }
    let condition = &without_noise(condition);
    match subject {
        Subject::File(..) => of_file(subject, condition).map(Some),
        Subject::Filesystem(path) => of_filesystem(path, condition).map(Some),
        Subject::System => of_system(condition).map(Some),
        Subject::Matching(_) => of_processes(subject, condition).map(Some),
        Subject::Program(_) => {
            if status_limit(condition).is_some() {
                Ok(None)
            } else {
                Err("only its exit status is compared, with a number")
            }
        }
        Subject::Interface(_) => {
            let is_down = ["link down", "failed link"].contains(&condition.text().as_str());
            if is_down { Ok(None) } else { Err(NO_COUNTERPART) }
        }
        Subject::Pidfile(_) => Err("write the name of the program: Check: process looks at processes by name"),
        Subject::Host(_) => Err(NO_COUNTERPART),
    }
}

/// What the exit status of a program should be by its tests: nothing of what they compare it with. None: 0.
pub(super) fn exit_status(tests: &[&Statement]) -> Option<Value> {
    let conditions = tests.iter().map(|test| &test.words[1..test.find("then").unwrap_or(test.words.len())]);
    let conditions = conditions.filter(|words| !is_in_some_cycles(words)).map(|words| without_cycles(words).0);
    let bad: Vec<_> = conditions.filter_map(|words| status_limit(&without_noise(&Statement::of(&words)))).collect();
    if bad.iter().all(|bad| matches!(bad.as_str(), "!= 0" | "> 0")) {
        return None;
    }
    let one = |name: &str, value: Value| Value::Map(vec![(text(name), value)]);
    let good = bad.iter().map(|bad| one("Not", one("Number", text(bad.as_str())))).collect();
    Some(one("And", Value::List(good)))
}

/// `status != 0`: the condition on an exit status.
fn status_limit(condition: &Statement) -> Option<String> {
    let (operator, number, unit) = comparison(condition).filter(|_| condition.word(0) == "status")?;
    unit.is_empty().then(|| format!("{operator} {number}"))
}

fn without_noise(condition: &Statement) -> Statement {
    let is_meant = |word: &&Word| word.is_quoted || !NOISE.contains(&word.text.as_str());
    Statement { line: condition.line, words: condition.words.iter().filter(is_meant).cloned().collect() }
}

fn is_operator(word: &str) -> bool {
    matches!(word, ">" | "<" | ">=" | "<=" | "==" | "=" | "!=" | "greater" | "less" | "equal")
}

/// The operator and the number behind a word: `> 90%`, `> 200M`.
fn comparison(condition: &Statement) -> Option<(String, f64, String)> {
    let at = (0..condition.words.len()).find(|at| is_operator(condition.word(*at)))?;
    let operator = match condition.word(at) {
        "greater" => ">",
        "less" => "<",
        "equal" | "=" => "==",
        other => other,
    };
    let number = condition.exact(at + 1);
    let end = number.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(number.len());
    let (number, attached) = number.split_at(end);
    let unit = if attached.is_empty() { condition.word(at + 2) } else { attached };
    Some((operator.to_owned(), number.parse().ok()?, unit.to_lowercase()))
}

/// A condition on a number without a unit, a share, a size or a time.
fn limit_of(condition: &Statement, units: &[(&str, &str)]) -> Result<String, &'static str> {
    let (operator, number, unit) = comparison(condition).ok_or("what it compares is not understood")?;
    let unit = units.iter().find(|(its, _)| *its == unit).ok_or("the unit is not known here")?.1;
    Ok(format!("{operator} {number}{unit}"))
}

const NONE: &[(&str, &str)] = &[("", "")];
const SHARE: &[(&str, &str)] = &[("%", "%"), ("percent", "%")];
const SIZE: &[(&str, &str)] = &[
    ("", ""),
    ("b", ""),
    ("byte", ""),
    ("bytes", ""),
    ("k", "K"),
    ("kb", "K"),
    ("kilobyte", "K"),
    ("kilobytes", "K"),
    ("m", "M"),
    ("mb", "M"),
    ("megabyte", "M"),
    ("megabytes", "M"),
    ("g", "G"),
    ("gb", "G"),
    ("gigabyte", "G"),
    ("gigabytes", "G"),
];
const TIME: &[(&str, &str)] = &[
    ("", "s"),
    ("second", "s"),
    ("seconds", "s"),
    ("minute", "m"),
    ("minutes", "m"),
    ("hour", "h"),
    ("hours", "h"),
    ("day", "d"),
    ("days", "d"),
];

fn of_system(condition: &Statement) -> Result<Test, &'static str> {
    // The kind is behind a blank, or behind a bracket alone.
    let (first, attached) = condition.word(0).split_once('(').unwrap_or((condition.word(0), ""));
    let kind = if attached.is_empty() { condition.exact(1) } else { attached }.trim_matches(['(', ')']).to_owned();
    match first {
        "loadavg" => {
            let span = condition.text();
            let number = match span.find("min").and_then(|at| span[..at].rsplit('(').next()) {
                Some("1") => "Load1",
                Some("5") => "Load5",
                Some("15") => "Load15",
                _ => return Err("the time of the load average is not understood"),
            };
            if span.contains("per core") {
                return Err("write PerCore by hand: it is of 5 minutes");
            }
            Ok(Test::new("load", "load").limit(number, &limit_of(condition, NONE)?, &[]))
        }
        "memory" => Ok(Test::new("memory", "memory").limit("Used", &limit_of(condition, SHARE)?, &[])),
        "swap" => Ok(Test::new("swap", "swap").limit("Used", &limit_of(condition, SHARE)?, &[])),
        "cpu" => {
            let number = match kind.as_str() {
                "user" => "User",
                "system" => "System",
                "wait" => "IoWait",
                "steal" => "Steal",
                _ if attached.is_empty() && condition.words.len() <= 4 => "Used",
                _ => return Err("the kind of processor time is not known here"),
            };
            Ok(Test::new("cpu", "cpu").limit(number, &limit_of(condition, SHARE)?, &["Used"]))
        }
        "uptime" => Ok(Test::new("uptime", "uptime").limit("Uptime", &limit_of(condition, TIME)?, &[])),
        _ => Err(NO_COUNTERPART),
    }
}

fn of_processes(subject: &Subject, condition: &Statement) -> Result<Test, &'static str> {
    let (suffix, number, limit) = match condition.word(0) {
        "totalmem" | "memory" | "total" => ("memory", "Memory", limit_of(condition, SIZE)?),
        "threads" => ("threads", "Threads", limit_of(condition, NONE)?),
        "uptime" => ("uptime", "Age", limit_of(condition, TIME)?),
        _ => return Err(NO_COUNTERPART),
    };
    Ok(of_subject(subject, suffix).limit(number, &limit, &["Count"]))
}

fn of_filesystem(path: &str, condition: &Statement) -> Result<Test, &'static str> {
    let first = condition.word(0);
    let is_free = condition.word(1) == "free";
    let share = |condition: &Statement| -> Result<Option<String>, &'static str> {
        let (operator, number, unit) = comparison(condition).ok_or("what it compares is not understood")?;
        match (unit.as_str(), is_free) {
            ("%" | "percent", false) => Ok(Some(format!("{operator} {number}%"))),
            // What is free is what is not used.
            ("%" | "percent", true) => {
                let operator = operator.chars().map(|c| match c {
                    '<' => '>',
                    '>' => '<',
                    other => other,
                });
                Ok(Some(format!("{} {}%", operator.collect::<String>(), 100.0 - number)))
            }
            _ => Ok(None),
        }
    };
    let (suffix, number, limit) = match first {
        "space" => match share(condition)? {
            Some(limit) => ("space", "Used", limit),
            None if is_free => ("space", "Free", limit_of(condition, SIZE)?),
            None => return Err("how much is used is a share here: write it in percent"),
        },
        "inode" | "inodes" => {
            ("inode", "Inodes", share(condition)?.ok_or("inodes are a share here: write it in percent")?)
        }
        _ => return Err(NO_COUNTERPART),
    };
    let test = Test::new(suffix, "disk").with("Mount", text(path));
    Ok(test.limit(number, &limit, if number == "Free" { &["Used", "Inodes"] } else { of_both(number) }))
}

/// The other number of a disk that has defaults.
fn of_both(number: &str) -> &'static [&'static str] {
    if number == "Used" { &["Inodes"] } else { &["Used"] }
}

fn of_file(subject: &Subject, condition: &Statement) -> Result<Test, &'static str> {
    let last = condition.words.last().map(|word| word.text.clone()).unwrap_or_default();
    let is_failed = condition.word(0) == "failed";
    match condition.word(usize::from(is_failed)) {
        "permission" | "perm" if is_failed => {
            let is_octal = !last.is_empty() && last.chars().all(|c| ('0'..='7').contains(&c));
            let mode = is_octal.then(|| format!("{last:0>4}")).ok_or("the permissions are not understood")?;
            Ok(of_subject(subject, "permission").with("Mode", text(mode)))
        }
        "uid" | "owner" if is_failed => Ok(of_subject(subject, "owner").with("Owner", text(last))),
        "gid" | "group" if is_failed => Ok(of_subject(subject, "group").with("Group", text(last))),
        "checksum" if is_failed && last.len() == 64 => Ok(of_subject(subject, "checksum").with("Sha256", text(last))),
        "timestamp" | "mtime" => Ok(of_subject(subject, "age").limit("Age", &limit_of(condition, TIME)?, &[])),
        "size" => Ok(of_subject(subject, "size").limit("Size", &limit_of(condition, SIZE)?, &[])),
        "content" | "match" => Err("write Check: log, which looks at new lines"),
        _ => Err(NO_COUNTERPART),
    }
}

/// A test with the check of the subject.
fn of_subject(subject: &Subject, suffix: &str) -> Test {
    Test { suffix: suffix.to_owned(), parameters: subject.parameters() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::monit::statements::statements;

    fn condition(text: &str) -> Statement {
        statements(text).remove(0)
    }

    #[test]
    fn cycles_become_retries() {
        for (written, expected, retries) in [
            ("cpu > 80% for 5 cycles", "cpu > 80%", 5),
            ("cpu > 80% 3 times within 5 cycles", "cpu > 80%", 3),
            ("cpu > 80%", "cpu > 80%", 1),
            ("cycles", "", 1),
        ] {
            let (rest, found) = without_cycles(&condition(written).words);
            assert_eq!((Statement::of(&rest).text().as_str(), found), (expected, retries), "{written}");
        }
    }

    #[test]
    fn comparisons_have_operators_and_units() {
        let limit = |text: &str, units| limit_of(&condition(text), units);
        assert_eq!(limit("space > 90%", SHARE).as_deref(), Ok("> 90%"));
        assert_eq!(limit("size > 100 KB", SIZE).as_deref(), Ok("> 100K"));
        assert_eq!(limit("timestamp greater 15 minutes", TIME).as_deref(), Ok("> 15m"));
        assert_eq!(limit("size = 0.5 GB", SIZE).as_deref(), Ok("== 0.5G"));
        for text in ["size", "size >", "size > many", "size > 5 parsecs"] {
            assert!(limit(text, SIZE).is_err(), "{text}");
        }
    }
}
