//! Commands that print hosts.

use std::process::Command;

use serde_json::Value as Json;

use crate::discovery::program::{Printed, output_of};
use crate::error::ExitError;
use crate::inventory::file;

/// Runs a command that prints one host a line, or JSON: a list, or an object
/// with `hosts`. The warning is of hosts that may be missing.
///
/// # Errors
///
/// When it fails, takes more than a minute or prints something else.
pub(super) fn command_hosts(command: &str) -> Result<(Vec<String>, Option<String>), ExitError> {
    let failed =
        |reason: String| ExitError::new(format!("the discovery command {command:?} failed: {reason}; run it by hand"));
    let Printed { text, is_open } = output_of(Command::new("/bin/sh").args(["-c", command])).map_err(failed)?;
    let warning = is_open.then(|| {
        format!(
            "the discovery command {command:?} has ended, and a process that it has left behind may still print hosts, which are not asked; \
             have it wait for that process, or close its output"
        )
    });
    Ok((printed_hosts(&text).map_err(failed)?, warning))
}

fn printed_hosts(text: &str) -> Result<Vec<String>, String> {
    // Lines of hosts can begin as JSON does, such as `[::1]`, but are not JSON as a whole.
    let list = match serde_json::from_str::<Json>(text) {
        Ok(Json::Object(mut object)) => object.remove("hosts").unwrap_or_default(),
        Ok(list @ Json::Array(_)) => list,
        _ => return Ok(file::lines(text)),
    };
    serde_json::from_value(list)
        .map_err(|_| "its JSON is neither a list of texts nor an object with such a list as `hosts`".to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

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
    fn processes_that_a_command_leaves_behind_are_not_waited_for() {
        let start = Instant::now();
        let (hosts, warning) = command_hosts("sleep 30 & echo a").expect("hosts");
        assert!(hosts == ["a"] && warning.expect("of sleep").contains("left behind"));
        // One that goes on printing, for as long as somebody reads it.
        let endless = "(while echo '# x'; do sleep 0.01; done) 2>/dev/null & echo a";
        let (hosts, warning) = command_hosts(endless).expect("hosts");
        assert!(hosts == ["a"] && warning.is_some());
        // A filter that has not printed all when the command ends.
        assert_eq!(
            command_hosts("echo a; (sleep 0.5; echo b) &").expect("hosts"),
            (vec!["a".into(), "b".into()], None)
        );
        assert!(start.elapsed() < Duration::from_secs(25));
    }

    #[test]
    fn a_failing_command_is_named() {
        let failure = command_hosts("exit 3").expect_err("it fails");
        assert!(failure.message.contains("\"exit 3\"") && failure.message.contains("status: 3"), "{failure}");
    }
}
