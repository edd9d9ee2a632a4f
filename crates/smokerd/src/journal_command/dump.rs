//! Prints the records of the journal, oldest first, each as JSON in a line.

use std::error::Error;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use chrono::DateTime;
use serde_json::{Value as Json, json};
use smoker_journal::reader;
use smoker_journal::segments::content::Entry;
use smoker_journal::survey::{Damage, OutOfOrder, Survey};
use smoker_model::run_end::RunEnd;

use crate::exit_code;
use crate::output;
use crate::results::journal::records::entry::{JournalEntry, ResultEntry, StartCause, plugins_of_process};
use crate::results::json_text;

/// Prints all of them, and says on standard error what is damaged. A daemon may write meanwhile.
pub(super) fn dump(folder: &Path) -> Result<u8, Box<dyn Error>> {
    let survey = Survey::of(folder, drop)?;
    for Damage { path, offset, length } in &survey.damage {
        let path = path.display();
        output::report(format_args!("ERROR: {path} is damaged: {length} bytes from byte {offset} on are no records"));
    }
    for OutOfOrder { path, records } in &survey.out_of_order {
        let path = path.display();
        output::report(format_args!("ERROR: {path}: {records} records are out of order, and are passed over"));
    }
    output::check_open()?;
    let mut out = BufWriter::new(io::stdout().lock());
    let mut code = if survey.is_sound() { exit_code::SUCCESS } else { exit_code::JOURNAL_DAMAGED };
    for entry in reader::oldest_first(folder, 0)? {
        match entry {
            Ok(entry) => {
                let line = line(&entry);
                if line["result"].is_null() && line["kind"] == "result" {
                    output::report(format_args!("ERROR: the text of record {} cannot be read", entry.sequence()));
                    code = exit_code::JOURNAL_DAMAGED;
                }
                if let Err(error) = writeln!(out, "{line}") {
                    output::ignore_closed_pipe(Err(error))?;
                    return Ok(code);
                }
            }
            Err(error) => {
                output::report(format_args!("ERROR: {error}"));
                code = exit_code::JOURNAL_DAMAGED;
            }
        }
    }
    output::ignore_closed_pipe(out.flush())?;
    Ok(code)
}

fn line(entry: &Entry) -> Json {
    let mut line = match JournalEntry::of(entry.tag()) {
        // Of a newer version.
        None => json!({"kind": "unknown", "tag": entry.tag()}),
        Some(JournalEntry::Result(result)) => of_result(&result, entry.payload()),
        Some(JournalEntry::Skipped(skipped)) => {
            let planned = DateTime::from_timestamp_micros(skipped.planned).map(json_text::moment);
            json!({"kind": "skipped", "plugin": skipped.plugin, "planned": planned})
        }
        Some(JournalEntry::Started(start)) => {
            let started = DateTime::from_timestamp_micros(start.started).map(json_text::moment);
            json!({
                "kind": "started", "plugin": start.plugin, "run": start.run, "started": started, "forced": start.cause == StartCause::Request,
                "generation": start.generation,
            })
        }
        Some(JournalEntry::Process(id, triggered_by)) => {
            let plugins: Vec<_> = plugins_of_process(entry.payload()).iter().map(ToString::to_string).collect();
            json!({"kind": "process", "process": id, "plugins": plugins, "triggeredBy": triggered_by})
        }
        Some(JournalEntry::Begin(process)) => json!({"kind": "begin", "lastProcess": process}),
        Some(JournalEntry::Plan(plugin, from)) => {
            let from = DateTime::from_timestamp_micros(from).map(json_text::moment);
            json!({"kind": "plan", "plugin": plugin, "from": from})
        }
        Some(JournalEntry::End) => json!({"kind": "end"}),
        Some(JournalEntry::Lost(process)) => json!({"kind": "lost", "lastProcess": process}),
    };
    line["sequence"] = entry.sequence().into();
    line
}

fn of_result(entry: &ResultEntry<'_>, payload: &[u8]) -> Json {
    let facts = &entry.facts;
    let text = entry.texts(payload).map_or("null", |(listed, _)| listed);
    let (trigger, requester) = (facts.trigger.as_str(), facts.trigger.by());
    let mut line = json!({
        "kind": "result", "plugin": entry.plugin, "run": entry.run, "status": facts.status.as_str(), "trigger": trigger,
        "requester": requester.map(|name| &**name), "planned": json_text::moment(facts.planned), "started": json_text::moment(facts.started),
        "duration": facts.duration.as_secs_f64(), "attempt": facts.attempt, "generation": facts.generation,
        "interrupted": facts.is_interrupted, "processes": entry.waiting,
        "result": serde_json::from_str::<Json>(text).unwrap_or(Json::Null),
    });
    match facts.end {
        Some(RunEnd::Exited(status)) => line["exitStatus"] = status.into(),
        Some(RunEnd::Signalled(number)) => line["signal"] = number.into(),
        None => {}
    }
    line
}
