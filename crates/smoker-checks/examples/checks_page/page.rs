//! The page of the built-in checks, made of what they declare.

use std::fmt::Write;

use smoker_checks::catalogue::{self, Check};
use smoker_checks::measure::declaration::Measure;
use smoker_checks::unit::Unit;

/// What stands before the first check.
const INTRODUCTION: &str = include_str!("introduction.md");

/// The whole page.
pub(crate) fn text() -> String {
    let mut text = INTRODUCTION.to_owned();
    text.push_str("\n## The checks\n\n| check | what it does | its result |\n|---|---|---|\n");
    for check in catalogue::checks() {
        let spec = &check.spec;
        let _ = writeln!(text, "| [`{0}`](#{0}) | {1} | {2} |", spec.name, spec.meaning, spec.output);
    }
    let mut group = "";
    for check in catalogue::checks() {
        if check.group != group {
            group = check.group;
            let _ = writeln!(text, "\n## {group}");
        }
        text.push_str(&section(check));
    }
    text
}

fn section(check: &Check) -> String {
    let spec = &check.spec;
    let mut text = format!("\n### {}\n\n```yaml\n{}```\n\n", spec.name, check.example);
    text.push_str("| parameter | type | without it | meaning |\n|---|---|---|---|\n");
    for parameter in spec.parameters {
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} |",
            parameter.name, parameter.accepts, parameter.absence, parameter.meaning
        );
    }
    if !spec.measures().is_empty() {
        text.push_str("\n| number | unit | what it is | WARN | ERROR |\n|---|---|---|---|---|\n");
        spec.measures().iter().for_each(|measure| text.push_str(&row(measure)));
    }
    text
}

fn row(measure: &Measure) -> String {
    let unit = match measure.unit {
        Unit::Percent => "%",
        Unit::Seconds => "seconds",
        Unit::Days => "days",
        Unit::Bytes => "bytes",
        Unit::Number => "",
    };
    let limit = |limit: Option<&str>| limit.map_or_else(|| "never".to_owned(), |limit| format!("`{limit}`"));
    format!(
        "| `{}` | {unit} | {} | {} | {} |\n",
        measure.name,
        measure.meaning,
        limit(measure.warn),
        limit(measure.error)
    )
}
