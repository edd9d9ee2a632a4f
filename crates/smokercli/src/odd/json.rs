//! The findings as JSON.

use serde_json::{Map, Value as Json, json};
use smoker_model::verdict::odd::facts::{FactKind, Separation};
use smoker_model::verdict::odd::row::{Answer, Group};

use crate::odd::findings::{Finding, Findings};
use crate::odd::wording;
use crate::render;

/// One line.
pub(super) fn line(findings: &Findings) -> String {
    render::json_line(&document(findings))
}

/// Indented.
pub(super) fn indented(findings: &Findings) -> String {
    format!("{:#}\n", document(findings))
}

fn document(findings: &Findings) -> Json {
    let silent: Vec<_> = findings.silent.iter().map(|host| json!({"host": host.name, "error": host.reason})).collect();
    let odd: Vec<_> = findings.rows.iter().map(|finding| row(findings, finding)).collect();
    json!({
        "hosts": findings.names.len() + findings.silent.len(), "alike": findings.alike, "odd": odd, "silent": silent,
        "silentFacts": facts(&findings.silent_facts), "silences": findings.silences.json(),
    })
}

fn row(findings: &Findings, finding: &Finding) -> Json {
    let row = &finding.row;
    let groups: Vec<_> = row.odd().iter().map(|group| self::group(findings, group)).collect();
    let skipped = row.consequences.iter().map(|it| json!({"plugin": it.plugin, "hosts": findings.names_of(&it.hosts)}));
    let mut json = json!({
        "plugin": row.plugin, "component": row.component, "tie": row.is_tie,
        "reference": row.reference().map(|group| self::group(findings, group)), "differ": groups, "facts": facts(&finding.facts),
    });
    if !row.consequences.is_empty() {
        json["skippedBecauseOfIt"] = skipped.collect();
    }
    json
}

fn group(findings: &Findings, group: &Group) -> Json {
    let hosts = findings.names_of(&group.hosts);
    match &group.answer {
        Answer::Result { status, messages, lacks_components } => {
            let mut levels = Map::new();
            for (level, text) in messages {
                if let Json::Array(texts) = levels.entry(level.as_str()).or_insert_with(|| json!([])) {
                    texts.push(text.as_str().into());
                }
            }
            json!({"hosts": hosts, "status": status.as_str(), "messages": levels, "lacksComponents": lacks_components})
        }
        Answer::Absent => json!({"hosts": hosts, "status": null}),
    }
}

fn facts(separations: &[Separation]) -> Json {
    let fact = |it: &Separation| {
        let kind = match it.fact.kind {
            FactKind::Group => "group",
            FactKind::Label => "label",
            FactKind::Parameter => "parameter",
            FactKind::Uname => "uname",
        };
        json!({
            "kind": kind, "name": it.fact.name, "value": it.fact.value, "text": wording::fact(&it.fact),
            "differ": [it.odd_with, it.odd], "alike": [it.others_with, it.others], "p": it.probability,
            "mayBeChance": it.may_be_chance,
        })
    };
    separations.iter().map(fact).collect()
}
