//! Answers, hosts and facts in words.

use std::collections::BTreeSet;

use smoker_model::status::Status;
use smoker_model::verdict::odd::facts::{Fact, FactKind, Separation};
use smoker_model::verdict::odd::row::Answer;

use crate::inventory::fold::listed;
use crate::odd::findings::Absence;
use crate::terminal::sanitize;

/// How many names or ranges of hosts are listed on a line.
const MOST_NAMES: usize = 12;
/// How many characters of messages are shown on a line.
const LONGEST_TEXT: usize = 200;

/// The names of hosts, as ranges where they are neighbours.
pub(super) fn hosts(names: &[&str]) -> String {
    sanitize::line(&listed(names, MOST_NAMES)).into_owned()
}

/// What of an answer the other one does not have, on one line; all of it where there is no such thing.
pub(super) fn text(answer: &Answer, against: Option<&Answer>, of_component: bool, absence: Absence) -> String {
    let Answer::Result { lacks_components, .. } = answer else {
        return absent(of_component, absence);
    };
    let (own, others) = (lines(answer), against.map(lines).unwrap_or_default());
    let mut parts: Vec<_> = own.iter().filter(|line| !others.contains(*line)).cloned().collect();
    if parts.is_empty() {
        parts = match others.iter().find(|line| !own.contains(*line)) {
            _ if own.is_empty() => vec!["no message".to_owned()],
            Some(line) => vec![format!("without: {line}")],
            None => own.into_iter().collect(),
        };
    }
    if *lacks_components {
        parts.push("no components".to_owned());
    }
    cut(&parts.join("; "))
}

/// The lines of the messages of an answer.
fn lines(answer: &Answer) -> BTreeSet<String> {
    let Answer::Result { messages, .. } = answer else { return BTreeSet::new() };
    let lines = messages.iter().flat_map(|(_, text)| text.lines());
    lines.map(|line| sanitize::line(line.trim()).into_owned()).filter(|line| !line.is_empty()).collect()
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// That a host does not have something.
pub(super) fn absent(of_component: bool, absence: Absence) -> String {
    match absence {
        _ if of_component => "no such component",
        Absence { is_forced: true, .. } => "no such plugin, or its run gave no result",
        Absence { is_filtered: true, .. } => "no such plugin, or the filters leave it out",
        Absence { .. } => "no such plugin",
    }
    .to_owned()
}

/// The status of an answer.
pub(super) fn status(answer: &Answer) -> Option<Status> {
    match answer {
        Answer::Result { status, .. } => Some(*status),
        Answer::Absent => None,
    }
}

/// A fact as a host has it.
pub(super) fn fact(fact: &Fact) -> String {
    let name = sanitize::line(&fact.name);
    let value = fact.value.as_deref().map(sanitize::line);
    match (fact.kind, value) {
        (FactKind::Group, Some(_)) => format!("group {name}"),
        (FactKind::Group, None) => format!("not in group {name}"),
        (FactKind::Label, Some(value)) => format!("label {name}={value}"),
        (FactKind::Label, None) => format!("no label {name}"),
        (FactKind::Parameter, Some(value)) => format!("parameter {name}: {value}"),
        (FactKind::Parameter, None) => format!("no parameter {name}"),
        (FactKind::Uname, Some(value)) => format!("{name}: {value}"),
        (FactKind::Uname, None) => format!("no {name}"),
    }
}

/// A fact with the hosts that have it: `those` are the ones that it may explain.
pub(super) fn separation(it: &Separation, those: &str, others: &str) -> String {
    let chance = if it.may_be_chance { "; may be chance" } else { "" };
    format!(
        "{}: {} of the {} {those}, {} of the {} {others} ({}{chance})",
        fact(&it.fact),
        it.odd_with,
        it.odd,
        it.others_with,
        it.others,
        probability(it.probability)
    )
}

fn probability(p: f64) -> String {
    match p {
        0.1.. => format!("p = {p:.2}"),
        0.01.. => format!("p = {p:.3}"),
        0.0001.. => format!("p = {p:.4}"),
        _ => "p < 0.0001".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_answers_and_many_hosts_are_cut_on_a_line() {
        let names: Vec<_> = (0..40).map(|number| format!("web{}", 2 * number)).collect();
        let listed = hosts(&names.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(listed.starts_with("web0, web2, ") && listed.ends_with(", web22, ..."), "{listed}");
        assert_eq!(listed.split(", ").count(), MOST_NAMES + 1);
        let text = cut(&"\u{17e}".repeat(300));
        assert_eq!(text.chars().count(), LONGEST_TEXT + 3);
        assert_eq!(cut("short"), "short");
    }
}
