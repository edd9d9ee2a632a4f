//! A trial as text, for people.

use std::fmt::{self, Write};

use serde_json::{Map, Value as Json};
use smoker_model::plugin::{Execution, PluginSpec};
use smoker_model::result::PluginResult;
use smoker_model::wire::result::ComponentShape;
use smoker_runner::trace::run_trace::{ActionTrace, Exit, RunTrace};

use crate::terminal_text;
use crate::test_plugin::action_trial::ActionTrial;
use crate::test_plugin::trial::Trial;

const INDENT: &str = "    ";

/// The report, its lines broken.
pub(super) fn of(trial: &Trial) -> String {
    let mut report = String::new();
    // Text grows without errors.
    let _ = write(trial, &mut report);
    report
}

fn write(trial: &Trial, out: &mut String) -> fmt::Result {
    let Trial { spec, trace, .. } = trial;
    field(out, "plugin", spec.name.as_str())?;
    write_execution(out, spec, trace)?;
    if let Some((uid, gid)) = trial.ids {
        field(out, "run as", &format!("uid {uid}, gid {gid}"))?;
    }
    for note in &trial.notes {
        field(out, "note", note)?;
    }
    if trace.maintenance_lock.is_none() {
        let is_module = matches!(spec.invocation.execution, Execution::Module(_) | Execution::Check(_));
        write_run(out, "", trace, is_module, &spec.invocation.timeout.text)?;
    }
    for (index, action) in trace.actions.iter().enumerate() {
        write_action(out, spec, index, action)?;
    }
    write_result(out, &trial.result)?;
    if !trial.problems.is_empty() {
        block(out, "problems", &trial.problems.join("\n"))?;
    }
    Ok(())
}

/// The report about an action, its lines broken.
pub(super) fn of_action(trial: &ActionTrial) -> String {
    let mut report = String::new();
    let ActionTrial { spec, told, trace, ran } = trial;
    let _ = field(&mut report, "plugin", spec.name.as_str());
    let _ = field(&mut report, "told", &format!("{told} (a test)"));
    for (index, action) in trace.actions.iter().enumerate() {
        let _ = write_action(&mut report, spec, index, action);
    }
    let _ = write_result(&mut report, &ran.result);
    report
}

fn write_execution(out: &mut String, spec: &PluginSpec, trace: &RunTrace) -> fmt::Result {
    match &spec.invocation.execution {
        Execution::Module(name) => field(out, "module", name),
        Execution::Check(name) => field(out, "check", name),
        Execution::Command { parser, .. } => {
            if let Some(command) = &trace.command {
                field(out, "command", command)?;
            }
            parser.as_ref().map_or(Ok(()), |parser| field(out, "parser", parser))
        }
    }
}

/// What an action was and showed, as the plugin itself, each name led by that of the action.
fn write_action(out: &mut String, spec: &PluginSpec, index: usize, action: &ActionTrace) -> fmt::Result {
    let whose = action.name.as_ref().map_or_else(|| "action ".to_owned(), |name| format!("action {name} "));
    let invocation = spec.actions.get(index).and_then(|action| action.invocation.as_ref());
    let is_module = match invocation.map(|it| &it.execution) {
        Some(Execution::Module(name)) => {
            field(out, &format!("{whose}module"), name)?;
            true
        }
        _ => false,
    };
    if let Some(command) = &action.trace.command {
        field(out, &format!("{whose}command"), command)?;
    }
    let timeout = invocation.map(|it| it.timeout.text.as_str()).unwrap_or_default();
    write_run(out, &whose, &action.trace, is_module, timeout)
}

/// How a run ended and what it printed. `whose` leads the name of each field.
fn write_run(out: &mut String, whose: &str, trace: &RunTrace, is_module: bool, timeout: &str) -> fmt::Result {
    if let Some(exit) = &trace.exit {
        field(out, &format!("{whose}exit"), &exit_text(exit, timeout))?;
    }
    field(out, &format!("{whose}seconds"), &format!("{:.3}", trace.duration.as_secs_f64()))?;
    if is_module {
        return stream(out, &format!("{whose}printed"), &trace.printed);
    }
    stream(out, &format!("{whose}standard output"), &trace.stdout.text)?;
    stream(out, &format!("{whose}standard error"), &trace.stderr.text)
}

fn exit_text(exit: &Exit, timeout: &str) -> String {
    match exit {
        Exit::Status(status) => format!("status {status}"),
        Exit::Signal { number, name } => format!("signal {number} ({name})"),
        Exit::Timeout => format!("ended by smokerd after its Timeout of {timeout} seconds"),
        Exit::Cancelled => "ended by smokerd, which was asked to end".to_owned(),
    }
}

fn write_result(out: &mut String, result: &PluginResult) -> fmt::Result {
    field(out, "result", result.status.as_str())?;
    let shown = serde_json::to_value(result.on_wire(ComponentShape::Plain)).unwrap_or_default();
    write_messages(out, INDENT, &shown["messages"])?;
    for (name, component) in shown["componentResults"].as_object().unwrap_or(&Map::new()) {
        write_part(out, &format!("component {name}"), component)?;
    }
    match &shown["action"] {
        Json::Null => Ok(()),
        action => write_part(out, "action", action),
    }
}

/// A component or an action below the result.
fn write_part(out: &mut String, what: &str, part: &Json) -> fmt::Result {
    writeln!(out, "{INDENT}{}: {}", printable(what), printable(part["status"].as_str().unwrap_or("no status")))?;
    write_messages(out, &INDENT.repeat(2), &part["messages"])
}

fn write_messages(out: &mut String, indent: &str, messages: &Json) -> fmt::Result {
    for (level, texts) in messages.as_object().unwrap_or(&Map::new()) {
        for text in texts.as_array().into_iter().flatten().filter_map(Json::as_str) {
            writeln!(out, "{indent}{}: {}", printable(level), printable(text))?;
        }
    }
    Ok(())
}

fn stream(out: &mut String, name: &str, printed: &str) -> fmt::Result {
    if printed.is_empty() {
        return field(out, name, "nothing");
    }
    block(out, name, printed)
}

/// One line, or a block when the text has several.
fn field(out: &mut String, name: &str, text: &str) -> fmt::Result {
    if text.contains('\n') {
        return block(out, name, text);
    }
    writeln!(out, "{name}: {}", printable(text))
}

fn block(out: &mut String, name: &str, text: &str) -> fmt::Result {
    writeln!(out, "{name}:")?;
    text.lines().try_for_each(|line| writeln!(out, "{INDENT}{}", printable(line)))
}

/// What may stay in a line: nothing but tabs.
fn printable(text: &str) -> String {
    terminal_text::printable(text, &['\t'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_several_lines_stands_below_its_name() {
        let mut out = String::new();
        field(&mut out, "command", "a\nb\n").expect("text");
        field(&mut out, "note", "it's \u{1b}[31mred\tč").expect("text");
        assert_eq!(out, "command:\n    a\n    b\nnote: it's \\u{1b}[31mred\tč\n");
    }
}
