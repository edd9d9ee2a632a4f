//! The events of a roll in words.

use std::collections::HashSet;
use std::fmt::Write;
use std::path::Path;

use smoker_model::notation::shell_word;

use crate::inventory::fold::fold;
use crate::roll::event::{Event, Plan};
use crate::terminal::sanitize;

/// How many lines of the output of a command that fails are shown.
const SHOWN_LINES: usize = 5;
/// How many bad hosts are listed.
const MOST_BAD: usize = 20;

/// The lines that an event is shown as; none for one that nobody has to read.
pub(super) fn lines(event: &Event, plan: &Plan) -> String {
    let batches = plan.ends.len();
    let mut out = String::new();
    match event {
        Event::Begun(plan) => out = self::plan(plan),
        Event::BatchBegun { batch, hosts } => line(&mut out, &format!("batch {batch} of {batches}: {}", names(hosts))),
        Event::GateBegun { batch, hosts } => {
            line(&mut out, &format!("batch {batch} of {batches}: the gate looks {}", looked_at(*batch, hosts, plan)));
        }
        Event::RunEnded { hosts, milliseconds, failure: Some(failure), output } => {
            line(&mut out, &format!("{}: the command failed after {}: {failure}", names(hosts), time(*milliseconds)));
            last_lines(&mut out, output);
        }
        Event::GateEnded { batch, bad, summary, .. } => {
            line(&mut out, &format!("batch {batch} of {batches}: {summary}"));
            for bad in bad.iter().take(MOST_BAD) {
                line(&mut out, &format!("{} is bad: {}", bad.host, bad.reason));
            }
            if bad.len() > MOST_BAD {
                line(&mut out, &format!("... and {} more", bad.len() - MOST_BAD));
            }
        }
        Event::Stopped { reason } => line(&mut out, &format!("stopped: {reason}")),
        Event::OnBadEnded { command, milliseconds, failure, output } => {
            let how = failure.as_deref().map_or("is done".to_owned(), |failure| format!("failed: {failure}"));
            line(&mut out, &format!("--on-bad: {command}: it {how} ({})", time(*milliseconds)));
            last_lines(&mut out, if failure.is_some() { output } else { "" });
        }
        Event::OnBadLeftOut { command } => {
            line(
                &mut out,
                &format!("--on-bad: {command}: it was not run, since a signal came before; run it yourself"),
            );
        }
        Event::Interrupted => line(&mut out, "interrupted"),
        Event::Resumed { .. } => line(&mut out, &format!("resumed: {}", head(plan))),
        Event::Finished { bad } => {
            line(&mut out, &format!("done: {}, {bad} bad", count(*plan.ends.last().unwrap_or(&0), "host")));
        }
        Event::RunBegun { .. } | Event::RunEnded { failure: None, .. } | Event::OnBadBegun { .. } => {}
    }
    out
}

/// Which roll goes on: its record, who began it, and its command line.
pub(super) fn begun_with(record: &Path, plan: &Plan) -> String {
    let words: Vec<_> = plan.arguments.iter().map(|word| shell_word::quoted(word)).collect();
    let mut out = String::new();
    line(&mut out, &format!("record: {}", record.display()));
    line(&mut out, &format!("begun by {}: smokercli {}", plan.by, words.join(" ")));
    out
}

/// The hosts whose command runs again, since `--on-bad` may have undone it.
pub(super) fn undone(hosts: &[&str]) -> String {
    let mut out = String::new();
    line(&mut out, &format!("a command of --on-bad has run for {}: theirs runs again", fold(hosts).join(", ")));
    out
}

/// The hosts of a batch that the gate looks at, and those of others, which it has found good before.
fn looked_at(batch: usize, hosts: &[String], plan: &Plan) -> String {
    let end = |number: Option<usize>| number.and_then(|at| plan.ends.get(at)).copied().unwrap_or_default();
    let (start, end) = (end(batch.checked_sub(2)), end(batch.checked_sub(1)));
    let of_batch: HashSet<_> = plan.hosts.iter().take(end).skip(start).map(|host| host.name.as_str()).collect();
    let (own, others): (Vec<_>, Vec<_>) = hosts.iter().cloned().partition(|host| of_batch.contains(host.as_str()));
    match (own.is_empty(), others.is_empty()) {
        (_, true) => format!("at {}", names(&own)),
        (true, false) => format!("again at {}", names(&others)),
        (false, false) => format!("at {}, and again at {}", names(&own), names(&others)),
    }
}

/// The batches of a plan.
pub(super) fn plan(plan: &Plan) -> String {
    let mut out = String::new();
    line(&mut out, &head(plan));
    let mut start = 0;
    for (number, end) in plan.ends.iter().enumerate() {
        let hosts: Vec<_> = plan.hosts[start..*end].iter().map(|host| host.name.clone()).collect();
        line(&mut out, &format!("  {}: {}", number + 1, names(&hosts)));
        start = *end;
    }
    if start < plan.hosts.len() {
        let rest: Vec<_> = plan.hosts[start..].iter().map(|host| host.name.clone()).collect();
        line(&mut out, &format!("  in no batch: {}", names(&rest)));
    }
    out
}

fn head(plan: &Plan) -> String {
    let (hosts, batches) = (plan.hosts.len(), plan.ends.len());
    let batches = if batches == 1 { "1 batch".to_owned() } else { format!("{batches} batches") };
    format!("a roll over {} in {batches}", count(hosts, "host"))
}

fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

fn time(milliseconds: u64) -> String {
    format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100)
}

fn line(out: &mut String, text: &str) {
    // Writing to memory does not fail.
    let _ = writeln!(out, "{}", sanitize::line(text));
}

fn last_lines(out: &mut String, output: &str) {
    let all: Vec<_> = output.lines().filter(|text| !text.trim().is_empty()).collect();
    for text in &all[all.len().saturating_sub(SHOWN_LINES)..] {
        line(out, &format!("    {text}"));
    }
}

fn names(hosts: &[String]) -> String {
    fold(&hosts.iter().map(String::as_str).collect::<Vec<_>>()).join(", ")
}
