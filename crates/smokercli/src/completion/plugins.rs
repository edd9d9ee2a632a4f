//! The names of plugins, of the daemon of this host or of the hosts on the line that is being typed.

use std::ffi::OsString;
use std::time::Duration;

use tokio::time::timeout;

use crate::asking::networking;
use crate::cli::parse::{self, CommandLine};
use crate::client::fleet::Fleet;
use crate::client::observer::NoProgress;
use crate::client::session::{ForcedRuns, Session};
use crate::completion::typed_hosts;
use crate::config::ClientConfig;
use crate::filter::Filter;
use crate::targets;

/// How long hosts are waited for: a shell does nothing meanwhile.
const LIMIT: Duration = Duration::from_secs(1);

/// The names of all plugins, one a line. Hosts that do not answer in time, and what is wrong with the line, give none: nobody
/// reads messages while a shell completes.
pub(crate) fn names(line: &str, config: &ClientConfig) -> String {
    let mut names = find(line, config).unwrap_or_default();
    names.retain(|name| is_plain(name));
    names.sort();
    names.dedup();
    names.into_iter().map(|name| name + "\n").collect()
}

/// Whether a shell takes the name as it is. Shells expand what they are given to complete: a name with a `$(...)` in it would be
/// run.
fn is_plain(name: &str) -> bool {
    let is_plain = |character: char| character.is_alphanumeric() || "-_.,:/@+%".contains(character);
    !name.is_empty() && !name.starts_with('-') && name.chars().all(is_plain)
}

fn find(line: &str, config: &ClientConfig) -> Option<Vec<String>> {
    let words = ["smokercli".to_owned()].into_iter().chain(typed_hosts::options(line)?).map(OsString::from);
    let Ok(CommandLine::Ask(mut args)) = parse::parse(words, &[]) else { return None };
    args.targets.connect_timeout = LIMIT;
    args.targets.timeout = Some(LIMIT);
    let targets = targets::named_on_line(&args.targets, config).ok()?;
    let runtime = networking().ok()?;
    let transport = targets.transport().ok()?;
    let mut fleet = Fleet::new(targets.selection.addresses());
    let session = Session {
        values: None,
        transport: &transport,
        observer: &NoProgress,
        hosts: targets.selection.len(),
        forces: ForcedRuns::None,
        names: &[],
    };
    let is_late = runtime.block_on(async { timeout(LIMIT, fleet.ask(&session)).await.is_err() });
    if is_late {
        fleet.interrupt();
    }
    drop(transport);
    // A name server that does not answer must not delay the shell.
    runtime.shutdown_background();
    fleet.select(&Filter::default());
    let plugins = fleet.into_answers().into_iter().filter_map(|answer| answer.plugins.ok()).flatten();
    Some(plugins.map(|plugin| plugin.name().to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_expand_is_no_name() {
        for name in ["Disk", "Web-1.a_b", "mount:/srv", "Čas"] {
            assert!(is_plain(name), "{name}");
        }
        for name in ["", "-rf", "a b", "$(id)", "`id`", "a;b", "a*", "a\nb", "~root", "a'b", "{a,b}", "a\u{1b}"] {
            assert!(!is_plain(name), "{name}");
        }
    }
}
