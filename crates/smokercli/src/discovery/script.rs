//! The script in Python that loads discovery plugins and asks them for hosts.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::discovery::child::ended;
use crate::discovery::sources;
use crate::error::ExitError;

const SCRIPT: &str = include_str!("discover.py");

/// How long the script may take to end after its last reply.
const END: Duration = Duration::from_secs(1);

/// A line that the script prints.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ScriptReply {
    /// It loads the plugin file of this index; nothing is said of those before.
    Loading(usize),
    /// All files have been tried.
    Plugins(Vec<TriedPlugin>),
    /// It asks the plugin of this file.
    Asking(String),
    Hosts(FoundHosts),
    Usage(String),
    Error(String),
}

/// A plugin file after the attempt to load it.
#[derive(Debug, Deserialize)]
pub(super) struct TriedPlugin {
    pub(super) path: String,
    /// Why it cannot be used.
    pub(super) broken: Option<String>,
    /// Its options, each as a `PluginOption`.
    #[serde(default)]
    pub(super) options: Json,
}

/// What the plugins found.
#[derive(Debug, Deserialize)]
pub(super) struct FoundHosts {
    pub(super) found: Vec<String>,
    /// A reason for each plugin that could not be asked.
    pub(super) failed: Vec<String>,
}

/// Why there is no further reply.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoReply(pub(super) String);

impl NoReply {
    fn of(reason: impl std::fmt::Display) -> Self {
        Self(reason.to_string())
    }
}

/// The error of the script as a whole.
pub(super) fn broken(reason: impl std::fmt::Display) -> ExitError {
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
    /// Starts it with these plugin files. It begins to load them.
    pub(super) fn start(files: &Json) -> Result<Self, NoReply> {
        let mut command = Command::new("python3");
        if let Some(path) = env::var_os("PYTHONPATH") {
            command.env("PYTHONPATH", without_empty_entries(&path));
        }
        let started =
            command.args(["-c", SCRIPT, &files.to_string()]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = started.map_err(|error| NoReply(format!("python3 cannot be started: {error}")))?;
        let mut questions = child.stdin.take().ok_or_else(|| NoReply::of("it has no input"))?;
        // What a script that ends at once leaves unread is told by its end.
        let _ = writeln!(questions, "{}", json!({"importer": sources::IMPORTER, "sources": sources::smoker()}));
        let output = child.stdout.take().ok_or_else(|| NoReply::of("it has no output"))?;
        let (sender, answers) = mpsc::channel();
        // It ends with the script's output, or with this program.
        std::thread::spawn(move || BufReader::new(output).lines().try_for_each(|line| sender.send(line)));
        Ok(Self { child, questions: Some(questions), answers })
    }

    /// Asks for the hosts, once.
    pub(super) fn ask(&mut self, question: &Json) -> Result<(), NoReply> {
        let mut questions = self.questions.take().ok_or_else(|| NoReply::of("it has been asked already"))?;
        writeln!(questions, "{question}").map_err(NoReply::of)
    }

    /// Waits for the next reply.
    ///
    /// # Errors
    ///
    /// When there is none within the limit, or none that can be understood: the script has ended then.
    pub(super) fn reply_within(&mut self, limit: Duration) -> Result<ScriptReply, NoReply> {
        let line = self.answers.recv_timeout(limit).map_err(|error| match error {
            RecvTimeoutError::Timeout => {
                let _ = self.child.kill();
                NoReply(format!("it takes more than {} s", limit.as_secs()))
            }
            RecvTimeoutError::Disconnected => match ended(&mut self.child, END) {
                Ok(Some(status)) => NoReply(format!("it ends the interpreter ({status})")),
                _ => NoReply::of("it closes the interpreter's output"),
            },
        })?;
        let line = line.map_err(NoReply::of)?;
        serde_json::from_str(&line).map_err(NoReply::of)
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

    use super::*;

    fn script(text: &str) -> (Script, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("plugin.py");
        std::fs::write(&path, text).expect("a file");
        let files = json!([{"path": path, "root": null, "module": null}]);
        (Script::start(&files).expect("python3"), folder)
    }

    fn next(script: &mut Script) -> ScriptReply {
        script.reply_within(Duration::from_secs(60)).expect("a reply")
    }

    #[test]
    fn a_plugin_that_hangs_is_given_up() {
        let start = Instant::now();
        let (mut script, _folder) = script("import time\ntime.sleep(60)\n");
        assert!(matches!(next(&mut script), ScriptReply::Loading(0)));
        let failure = script.reply_within(Duration::from_millis(300)).expect_err("no reply");
        assert!(failure.0.contains("takes more than"), "{failure:?}");
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
        assert!(matches!(next(&mut script), ScriptReply::Loading(0)));
        assert!(matches!(next(&mut script), ScriptReply::Plugins(_)));
        let known = json!({"error": 0, "nook": 0, "ok": 0, "unknown": 0, "warn": 0});
        script.ask(&json!({"argv": [], "known": known, "left_out": []})).expect("asked");
        assert!(matches!(next(&mut script), ScriptReply::Asking(_)));
        assert!(matches!(next(&mut script), ScriptReply::Hosts(hosts) if hosts.found == ["a"]));
        drop(script);
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    }
}
