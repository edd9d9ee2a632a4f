//! The script in Python that loads discovery plugins and asks them for hosts.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value as Json;

use crate::discovery::child::{LIMIT, ended};
use crate::discovery::plugin_option::PluginOption;
use crate::error::ExitError;

const SCRIPT: &str = include_str!("discover.py");

/// How long the script may take to end after its last reply.
const END: Duration = Duration::from_secs(1);

/// A line that the script prints.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ScriptReply {
    Options(Vec<PluginOption>),
    Hosts(Vec<String>),
    Usage(String),
    Error(String),
}

/// The error for a reply other than the expected one.
pub(super) fn unexpected(reply: ScriptReply) -> ExitError {
    match reply {
        ScriptReply::Usage(message) => ExitError::usage(message),
        ScriptReply::Error(message) => ExitError::new(format!("host discovery failed: {message}")),
        ScriptReply::Options(_) | ScriptReply::Hosts(_) => broken("it sent an unexpected reply"),
    }
}

fn broken(reason: impl std::fmt::Display) -> ExitError {
    ExitError::new(format!("host discovery failed: python3: {reason}; see plugin_paths in the configuration file"))
}

/// Folders to search. To Python an empty entry is the working directory.
fn without_empty_entries(path: &OsStr) -> OsString {
    env::join_paths(env::split_paths(path).filter(|entry| !entry.as_os_str().is_empty())).unwrap_or_default()
}

/// `python3`, which loads the plugins and asks them.
#[derive(Debug)]
pub(super) struct Script {
    child: Child,
    questions: Option<ChildStdin>,
    answers: Receiver<io::Result<String>>,
}

impl Script {
    /// Starts it with these plugin files. Its first reply is the list of their options.
    pub(super) fn start(files: &Json) -> Result<Self, ExitError> {
        let mut command = Command::new("python3");
        if let Some(path) = env::var_os("PYTHONPATH") {
            command.env("PYTHONPATH", without_empty_entries(&path));
        }
        let mut child = command
            .args(["-c", SCRIPT, &files.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(broken)?;
        let questions = child.stdin.take();
        let output = child.stdout.take().ok_or_else(|| broken("it has no output"))?;
        let (sender, answers) = mpsc::channel();
        // It ends with the script's output, or with this program.
        std::thread::spawn(move || BufReader::new(output).lines().try_for_each(|line| sender.send(line)));
        Ok(Self { child, questions, answers })
    }

    /// Asks for the hosts, once.
    pub(super) fn ask(&mut self, question: &Json) -> Result<(), ExitError> {
        let mut questions = self.questions.take().ok_or_else(|| broken("it has been asked already"))?;
        writeln!(questions, "{question}").map_err(broken)
    }

    /// Waits for the next reply.
    ///
    /// # Errors
    ///
    /// When there is none within a minute.
    pub(super) fn reply(&mut self) -> Result<ScriptReply, ExitError> {
        self.reply_within(LIMIT)
    }

    fn reply_within(&mut self, limit: Duration) -> Result<ScriptReply, ExitError> {
        let line = self.answers.recv_timeout(limit).map_err(|error| match error {
            RecvTimeoutError::Timeout => {
                let _ = self.child.kill();
                broken(format!("the plugins take more than {} s", limit.as_secs()))
            }
            RecvTimeoutError::Disconnected => broken("it ended without an answer"),
        })?;
        serde_json::from_str(&line.map_err(broken)?).map_err(broken)
    }
}

impl Drop for Script {
    /// The script ends when its input is closed before a question, or when it has answered.
    /// A plugin may have left a thread that goes on; nothing is expected of it.
    fn drop(&mut self) {
        self.questions = None;
        if !matches!(ended(&mut self.child, END), Ok(Some(_))) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use serde_json::json;

    use super::*;

    fn script(text: &str) -> (Script, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("plugin.py");
        std::fs::write(&path, text).expect("a file");
        let files = json!([{"path": path, "root": null, "module": null}]);
        (Script::start(&files).expect("python3"), folder)
    }

    #[test]
    fn a_plugin_that_hangs_is_given_up() {
        let start = Instant::now();
        let (mut script, _folder) = script("import time\ntime.sleep(60)\n");
        let failure = script.reply_within(Duration::from_millis(300)).map(|_| ()).expect_err("no reply");
        assert!(failure.message.contains("the plugins take more than"), "{failure}");
        drop(script);
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    }

    #[test]
    fn what_a_plugin_leaves_behind_is_not_waited_for() {
        let start = Instant::now();
        let (mut script, _folder) = script(
            "import subprocess, threading, time\n\
             class HostDiscoveryPlugin:\n    def get_hosts(self, args):\n\
             \x20       subprocess.Popen(['sleep', '30'])\n        threading.Thread(target=time.sleep, args=[30]).start()\n\
             \x20       return ['a']\n",
        );
        assert!(matches!(script.reply(), Ok(ScriptReply::Options(_))));
        script.ask(&json!({"argv": [], "known": {"error": 0, "nook": 0, "ok": 0, "unknown": 0, "warn": 0}, "has_hosts": false})).expect("asked");
        assert!(matches!(script.reply(), Ok(ScriptReply::Hosts(hosts)) if hosts == ["a"]));
        drop(script);
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    }
}
