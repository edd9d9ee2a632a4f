//! Finds hosts: discovery plugins in Python, and commands that print hosts.

mod folder;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use crate::config::Config;
use crate::error::Failure;
use crate::inventory::hosts;

const SCRIPT: &str = include_str!("discover.py");

/// How many values an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Values {
    /// It is a switch.
    None,
    /// At least and at most so many; none: any number.
    Between(usize, Option<usize>),
}

/// An option that a discovery plugin adds to the command line.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct PluginOption {
    /// The short form.
    pub(crate) short: Option<char>,
    /// The long form, without dashes.
    pub(crate) long: Option<String>,
    /// What the help says of it.
    pub(crate) help: String,
    /// What the help calls its value.
    pub(crate) metavar: String,
    /// How many values it takes.
    pub(crate) values: Values,
}

impl PluginOption {
    /// The option as it is typed.
    #[must_use]
    pub(crate) fn name(&self) -> String {
        match (&self.long, self.short) {
            (Some(long), _) => format!("--{long}"),
            (None, Some(short)) => format!("-{short}"),
            (None, None) => String::new(),
        }
    }
}

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bounds = Option::<(usize, Option<usize>)>::deserialize(deserializer)?;
        Ok(bounds.map_or(Self::None, |(least, most)| Self::Between(least, most)))
    }
}

/// A line of the script.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Options(Vec<PluginOption>),
    Hosts(Vec<String>),
    Usage(String),
    Error(String),
}

/// The discovery plugins, loaded and waiting to be asked.
#[derive(Debug)]
pub(crate) struct Discovery {
    python: Option<Python>,
    options: Vec<PluginOption>,
    commands: Vec<String>,
}

impl Discovery {
    /// Loads the plugins of the configuration. Python is started only if there
    /// is a plugin. The texts are warnings about entries that lead nowhere.
    ///
    /// # Errors
    ///
    /// When a plugin cannot be loaded.
    pub(crate) fn start(config: &Config) -> Result<(Self, Vec<String>), Failure> {
        let (files, warnings) = folder::plugin_files(&config.plugin_paths);
        let commands = config.discovery_commands.clone();
        if files.is_empty() {
            return Ok((Self { python: None, options: Vec::new(), commands }, warnings));
        }
        let mut python = Python::start(&json!(files))?;
        let options = match python.answer()? {
            Answer::Options(options) => options,
            other => return Err(failure(other)),
        };
        Ok((Self { python: Some(python), options, commands }, warnings))
    }

    /// The options that the plugins add to the command line.
    #[must_use]
    pub(crate) fn options(&self) -> &[PluginOption] {
        &self.options
    }

    /// Asks all plugins and commands. `argv` is what was typed for the plugins'
    /// options, `known` all other options by name.
    ///
    /// # Errors
    ///
    /// When any of them fails: the hosts that it would have named are missing.
    pub(crate) fn hosts(self, argv: &[String], known: &Map<String, Json>) -> Result<Vec<String>, Failure> {
        let mut found = Vec::new();
        if let Some(mut python) = self.python {
            python.ask(&json!({"argv": argv, "known": known}))?;
            match python.answer()? {
                Answer::Hosts(hosts) => found.extend(hosts),
                other => return Err(failure(other)),
            }
        }
        for command in &self.commands {
            found.extend(command_hosts(command)?);
        }
        Ok(found)
    }
}

fn failure(answer: Answer) -> Failure {
    match answer {
        Answer::Usage(message) => Failure::usage(message),
        Answer::Error(message) => Failure::new(format!("host discovery failed: {message}")),
        Answer::Options(_) | Answer::Hosts(_) => broken("it answered out of turn"),
    }
}

fn broken(reason: impl std::fmt::Display) -> Failure {
    Failure::new(format!("host discovery failed: python3: {reason}; see plugin_paths in the configuration file"))
}

#[derive(Debug)]
struct Python {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Python {
    fn start(files: &Json) -> Result<Self, Failure> {
        let mut child = Command::new("python3")
            .args(["-c", SCRIPT, &files.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(broken)?;
        let questions = child.stdin.take();
        let answers = child.stdout.take().ok_or_else(|| broken("it has no output"))?;
        Ok(Self { child, questions, answers: BufReader::new(answers) })
    }

    fn ask(&mut self, question: &Json) -> Result<(), Failure> {
        let mut questions = self.questions.take().ok_or_else(|| broken("it has been asked already"))?;
        writeln!(questions, "{question}").map_err(broken)
    }

    fn answer(&mut self) -> Result<Answer, Failure> {
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(broken)?;
        if line.is_empty() {
            return Err(broken("it ended without an answer"));
        }
        serde_json::from_str(&line).map_err(broken)
    }
}

impl Drop for Python {
    /// Without a question the script ends by itself once its input is closed.
    fn drop(&mut self) {
        self.questions = None;
        let _ = self.child.wait();
    }
}

/// Runs a command that prints one host a line, or JSON: a list, or an object with `hosts`.
fn command_hosts(command: &str) -> Result<Vec<String>, Failure> {
    let failed =
        |reason: String| Failure::new(format!("the discovery command {command:?} failed: {reason}; run it by hand"));
    let output = Command::new("/bin/sh")
        .args(["-c", command])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(output.status.to_string()));
    }
    printed_hosts(&String::from_utf8_lossy(&output.stdout)).map_err(failed)
}

fn printed_hosts(text: &str) -> Result<Vec<String>, String> {
    // Lines of hosts can begin as JSON does, `[::1]` for one, but are none as a whole.
    let list = match serde_json::from_str::<Json>(text) {
        Ok(Json::Object(mut object)) => object.remove("hosts").unwrap_or_default(),
        Ok(list @ Json::Array(_)) => list,
        _ => return Ok(hosts::lines(text)),
    };
    serde_json::from_value(list)
        .map_err(|_| "its JSON is neither a list of texts nor an object with such a list as `hosts`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_print_lines_or_json() {
        assert_eq!(printed_hosts("a\n# no\n[::1]:1\n"), Ok(vec!["a".into(), "[::1]:1".into()]));
        assert_eq!(printed_hosts("[\"a\", \"b\"]\n"), Ok(vec!["a".into(), "b".into()]));
        assert_eq!(printed_hosts("{\"hosts\": [\"a\"]}"), Ok(vec!["a".into()]));
        assert_eq!(printed_hosts(""), Ok(vec![]));
        assert!(printed_hosts("{\"host\": 1}").is_err());
    }

    #[test]
    fn a_failing_command_is_named() {
        let failure = command_hosts("exit 3").expect_err("it fails");
        assert!(failure.message.contains("\"exit 3\"") && failure.message.contains("status: 3"), "{failure}");
    }
}
