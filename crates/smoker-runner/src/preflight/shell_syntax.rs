//! Commands that the shell does not understand, found without running them.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use smoker_model::plugin::PluginSpec;
use tokio_util::sync::CancellationToken;

use crate::preflight::rendering::{self, CommandFault};
use crate::process::attributes::surroundings::Surroundings;
use crate::process::containment::orphans::Reaper;
use crate::process::containment::run_processes::RunProcesses;
use crate::process::execute::{ChildEnd, ChildLimits, execute};
use crate::process::spawn::Program;

/// What runs commands.
const SHELL: &str = "/bin/sh";

/// How the shell reads one command; it runs nothing of it.
const LIMITS: ChildLimits =
    ChildLimits { timeout: Duration::from_secs(5), max_output: 16 * 1024, leave_running: false };

/// Words that mean something to a shell at the beginning of a command.
const KEYWORDS: [&str; 15] = [
    "case", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if", "in", "select", "then", "until",
    "while",
];

/// The commands of the plugins and their actions with which the shell ends at once. Each is read by `sh -n`.
pub async fn faults(plugins: &[PluginSpec], reaper: &Reaper) -> Vec<CommandFault> {
    let mut known: HashMap<String, Option<String>> = HashMap::new();
    let mut faults = Vec::new();
    for plugin in plugins {
        for command in rendering::commands(plugin) {
            let Some(line) = command.line.as_ref().ok().filter(|line| !is_plain(line)) else { continue };
            if !known.contains_key(line) {
                known.insert(line.clone(), refusal(line, reaper).await);
            }
            if let Some(reason) = &known[line] {
                faults.push(command.fault(plugin, reason.clone()));
            }
        }
    }
    faults
}

/// Whether a command is so plain that no shell refuses it.
fn is_plain(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    line.chars().all(|c| c.is_ascii_alphanumeric() || " _./:=,@%+-".contains(c)) && !KEYWORDS.contains(&first)
}

/// Why the shell refuses a command; none when it takes it, or cannot be asked.
async fn refusal(line: &str, reaper: &Reaper) -> Option<String> {
    let arguments = ["-n", "-c", line].map(OsStr::new);
    let program = Program {
        path: Path::new(SHELL),
        name: None,
        arguments: &arguments,
        surroundings: Surroundings::of_daemon(),
        environment: &[],
        credentials: None,
        has_input: false,
    };
    let processes = RunProcesses::new(reaper, &"--check".into(), None);
    let outcome = execute(&processes, &program, None, LIMITS, &CancellationToken::new()).await.ok()?;
    refusal_in(&outcome.end, &outcome.stderr.text())
}

/// The refusal that an end of the shell is; none when the shell was ended, or said nothing.
fn refusal_in(end: &ChildEnd, stderr: &str) -> Option<String> {
    let is_refusal = matches!(end, ChildEnd::Exited(status) if *status != 0);
    let said = stderr.lines().next().map(str::trim).filter(|line| is_refusal && !line.is_empty())?;
    let said = without_its_name(said);
    Some(format!("{SHELL} does not understand the Command: {said}; correct its quotes, brackets or keywords"))
}

/// A message of the shell without the shell's name: `/bin/sh: 1: Syntax error` of dash, `/bin/sh: -c: line 1:` of bash.
fn without_its_name(message: &str) -> String {
    let message = message.strip_prefix(SHELL).map_or(message, |rest| rest.trim_start_matches(": "));
    let message = message.strip_prefix("-c: ").unwrap_or(message);
    match message.split_once(": ") {
        Some((line, rest)) if !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("line {line}: {rest}")
        }
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_lose_the_name_of_the_shell() {
        let text = without_its_name("/bin/sh: 2: Syntax error: Unterminated quoted string");
        assert_eq!(text, "line 2: Syntax error: Unterminated quoted string");
        assert_eq!(without_its_name("/bin/sh: -c: line 1: syntax error"), "line 1: syntax error");
    }

    #[test]
    fn only_a_shell_that_ends_by_itself_and_says_why_refuses() {
        let said = "/bin/sh: 1: Syntax error: Unterminated quoted string\n";
        let refusal = refusal_in(&ChildEnd::Exited(2), said).expect("a refusal");
        assert!(refusal.contains("Command: line 1: Syntax error: Unterminated quoted string; correct"), "{refusal}");
        assert_eq!(refusal_in(&ChildEnd::Exited(2), ""), None);
        assert_eq!(refusal_in(&ChildEnd::Exited(2), "\n"), None);
        let timed_out = ChildEnd::TimedOut { survivors: Vec::new(), end: None, was_over: false };
        let killed = ChildEnd::Signalled { number: 9, name: "SIGKILL" };
        for end in [ChildEnd::Exited(0), killed, ChildEnd::Cancelled, timed_out] {
            assert_eq!(refusal_in(&end, said), None, "{end}");
        }
    }

    #[test]
    fn plain_commands_are_not_read() {
        assert!(is_plain("/usr/lib/nagios/plugins/check_disk -w 10% -c 5%"));
        for line in ["echo 'a", "if true", "echo a |", "echo $("] {
            assert!(!is_plain(line), "{line}");
        }
    }
}
