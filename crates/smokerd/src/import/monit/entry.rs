//! One `check` of a control file: what it looks at, and its tests.

use std::path::Path;

use smoker_model::value::Value;

use crate::import::imported::{Imported, ImportedPlugin};
use crate::import::monit::conditions;
use crate::import::monit::statements::{Statement, Word};
use crate::import::monit::subject::{Subject, text, timeout_of};
use crate::import::monit::test::Test;

/// The words that begin a part of a check, unless they are behind `then`.
const PARTS: [&str; 12] =
    ["if", "start", "stop", "restart", "depends", "group", "every", "mode", "onreboot", "alert", "noalert", "repeat"];

/// A check while it is read.
pub(super) struct Entry<'a> {
    name: String,
    subject: Subject,
    path: &'a Path,
    line: usize,
    schedule: (&'static str, Value),
    group: Option<String>,
    /// How many plugins have been made of it.
    count: usize,
}

impl<'a> Entry<'a> {
    /// Reads a check, and adds its plugins.
    pub(super) fn read(path: &'a Path, statement: &Statement, cycle: i128, imported: &mut Imported) {
        let mut parts = parts(&statement.words);
        let head = parts.remove(0);
        let name = name_of(head.exact(2));
        let subject = match Subject::of(&head) {
            Ok(subject) if !name.is_empty() => subject,
            Ok(_) => return imported.leave(path, head.line, &head.text(), "it has no name"),
            Err(reason) => return imported.leave(path, head.line, &head.text(), reason),
        };
        if matches!(subject, Subject::Program(_)) && (head.find("uid").is_some() || head.find("gid").is_some()) {
            let reason = "its account is not taken: write Command, uid and gid by hand";
            return imported.leave(path, head.line, &head.text(), reason);
        }
        let mut entry = Entry {
            name,
            subject,
            path,
            line: head.line,
            schedule: ("Interval", Value::Int(cycle)),
            group: None,
            count: 0,
        };
        let timeout = timeout_of(&head);
        let mut tests = Vec::new();
        let is_not = |part: &Statement| part.word(part.words.len().saturating_sub(1)) == "not";
        let mut before = is_not(&head);
        for part in &parts {
            let is_negated = std::mem::replace(&mut before, is_not(part));
            match part.word(0) {
                "every" if is_negated => {
                    imported.leave(path, part.line, &format!("not {}", part.text()), "write Maintenance by hand");
                }
                "every" if part.words.get(1).is_some_and(|word| word.is_quoted) => {
                    entry.schedule = ("Cron", text(part.exact(1)));
                }
                "every" => match part.exact(1).parse::<i128>() {
                    Ok(cycles) if cycles > 0 => entry.schedule = ("Interval", Value::Int(cycle.saturating_mul(cycles))),
                    _ => imported.leave(path, part.line, &part.text(), "its times are not understood"),
                },
                "group" => entry.group = Some(part.exact(1).to_owned()),
                "if" => tests.push(part),
                "alert" | "noalert" | "repeat" => {
                    imported.leave(path, part.line, &part.text(), "who is told is an Action");
                }
                "start" | "stop" | "restart" => {
                    imported.leave(
                        path,
                        part.line,
                        &part.text(),
                        "smokerd starts nothing that has failed; systemd does",
                    );
                }
                _ => imported.leave(path, part.line, &part.text(), "it has no counterpart"),
            }
        }
        entry.add_subject(&tests, timeout, imported);
        for test in tests {
            entry.add_test(test, imported);
        }
        if entry.count == 0 {
            imported.leave(path, head.line, &head.text(), "nothing of it is left to look at");
        }
    }

    /// Monit looks whether the thing is there, also without a test that says so.
    fn add_subject(&mut self, tests: &[&Statement], timeout: Option<i128>, imported: &mut Imported) {
        let mut plugin = self.plugin("", self.line);
        match &self.subject {
            Subject::Pidfile(file) => {
                let file = format!("'{}'", file.replace('\'', r"'\''"));
                plugin.command(&format!("pid=$(head -n 1 {file}) && [ -n \"$pid\" ] && [ -d \"/proc/$pid\" ]"));
            }
            Subject::Matching(_) | Subject::File(..) | Subject::Interface(_) => {
                self.subject.parameters().into_iter().for_each(|(name, value)| plugin.set(&name, value));
            }
            // A test of its space finds that it is not mounted, too.
            Subject::Filesystem(path) if tests.iter().all(|test| conditions::is_about_existence(test).is_some()) => {
                plugin.text("Check", "mount");
                plugin.text("Mount", path);
            }
            Subject::Program(line) => {
                plugin.command(line);
                if let Some(status) = conditions::exit_status(tests) {
                    plugin.text("Parser", "expect");
                    plugin.set("ExitStatus", status);
                }
                plugin.set("Timeout", Value::Int(timeout.unwrap_or(300)));
            }
            Subject::Filesystem(_) | Subject::Host(_) | Subject::System => return,
        }
        let inverse = tests.iter().any(|test| conditions::is_about_existence(test) == Some(false));
        match &self.subject {
            _ if !inverse => {}
            Subject::File(..) => {
                plugin.parameters.retain(|(name, _)| name != "Kind");
                plugin.set("Exists", Value::Bool(false));
            }
            Subject::Matching(_) => plugin.set("Error", Value::Map(vec![(text("Count"), text("> 0"))])),
            Subject::Filesystem(_) => plugin.set("Mounted", Value::Bool(false)),
            _ => {
                let what = format!("{}: if exist", self.name);
                return imported.leave(self.path, self.line, &what, "that it should not be there is not known here");
            }
        }
        let retries = tests.iter().filter_map(|test| self.retries_of_itself(test)).min();
        if let Some(retries) = retries.filter(|retries| *retries > 1) {
            plugin.set("Retries", Value::Int(retries));
        }
        self.add(plugin, imported);
    }

    /// How often in a row a test has to hold that the plugin of the subject itself is.
    fn retries_of_itself(&self, test: &Statement) -> Option<i128> {
        let words = &test.words[1..test.find("then").unwrap_or(test.words.len())];
        if conditions::is_in_some_cycles(words) {
            return None;
        }
        let (condition, retries) = conditions::without_cycles(words);
        let is_itself = conditions::is_about_existence(test).is_some()
            || matches!(conditions::read(&self.subject, &Statement::of(&condition)), Ok(None));
        is_itself.then_some(retries)
    }

    fn add_test(&mut self, test: &Statement, imported: &mut Imported) {
        let then = test.find("then").unwrap_or(test.words.len());
        let (condition, retries) = conditions::without_cycles(&test.words[1..then]);
        if conditions::is_in_some_cycles(&test.words[1..then]) {
            let reason = "some of several cycles are no row of bad results: write Retries by hand";
            return imported.leave(self.path, test.line, &test.text(), reason);
        }
        if conditions::is_about_existence(test).is_none() {
            match conditions::read(&self.subject, &Statement::of(&condition)) {
                Err(reason) => return imported.leave(self.path, test.line, &test.text(), reason),
                Ok(None) => {}
                Ok(Some(Test { suffix, parameters })) => {
                    let mut plugin = self.plugin(&suffix, test.line);
                    for (name, value) in parameters {
                        plugin.set(&name, value);
                    }
                    if retries > 1 {
                        plugin.set("Retries", Value::Int(retries));
                    }
                    self.add(plugin, imported);
                }
            }
        }
        if !matches!(test.word(then + 1), "alert" | "") {
            let reason = "what follows a result is an Action; the test is taken without";
            imported.leave(self.path, test.line, &test.text(), reason);
        }
    }

    fn plugin(&self, suffix: &str, line: usize) -> ImportedPlugin {
        let name = if suffix.is_empty() { self.name.clone() } else { format!("{}-{suffix}", self.name) };
        ImportedPlugin::new(&name, self.path, line)
    }

    fn add(&mut self, mut plugin: ImportedPlugin, imported: &mut Imported) {
        let (key, value) = &self.schedule;
        plugin.set(key, value.clone());
        if let Some(group) = &self.group {
            plugin.text("Group", group);
        }
        let (base, mut number) = (plugin.name.clone(), 2);
        while imported.plugins.iter().any(|other| other.name == plugin.name) {
            plugin.name = format!("{base}-{number}");
            number += 1;
        }
        self.count += 1;
        imported.plugins.push(plugin);
    }
}

/// The head of a check and its parts.
fn parts(words: &[Word]) -> Vec<Statement> {
    let mut starts = vec![0];
    for at in 1..words.len() {
        let is_part = |word: &Word| !word.is_quoted && PARTS.contains(&word.text.as_str());
        let before = &words[at - 1];
        let is_action = !before.is_quoted && ["then", "else", "and"].contains(&before.text.as_str());
        // The name of a check may be any word.
        if at > 2 && is_part(&words[at]) && !is_action {
            starts.push(at);
        }
    }
    let ends = starts.iter().skip(1).copied().chain([words.len()]);
    starts.iter().zip(ends).map(|(start, end)| Statement::of(&words[*start..end])).collect()
}

/// The name of the host is another one wherever the plugin is used.
fn name_of(word: &str) -> String {
    if word == "$HOST" { "system".to_owned() } else { word.to_owned() }
}
