//! The limits of a plugin, in words.

use smoker_model::counted::counted;
use smoker_model::plugin::{PluginSpec, RunAs};

/// The limits, a fact a line.
pub(super) fn limits(spec: &PluginSpec) -> Vec<String> {
    let invocation = &spec.invocation;
    let process = &invocation.process;
    let mut lines = vec![
        format!("Timeout {} s", invocation.timeout.text),
        format!("MaxOutput {} bytes of each stream", invocation.max_output),
        format!("History {}, HistoryFailures {}", counted(spec.history, "result"), spec.history_failures),
    ];
    lines.extend(process.max_memory.map(|bytes| format!("MaxMemory {bytes} bytes")));
    lines.extend(process.max_processes.map(|count| format!("MaxProcesses {count}")));
    lines.extend(process.nice.map(|nice| format!("Nice {nice}")));
    lines.push(match &spec.run_as {
        RunAs::Daemon => "the account of the daemon".to_owned(),
        RunAs::Account { user, group } => format!("uid {user}, gid {group}"),
        RunAs::Unusable(reason) => format!("no account: {reason}"),
    });
    if spec.serial {
        lines.push("its runs wait for each other (Serial)".to_owned());
    }
    lines.extend(
        spec.rules
            .serial_group
            .as_ref()
            .map(|group| format!("its runs wait for those of the group {group} (SerialGroup)")),
    );
    lines
}
