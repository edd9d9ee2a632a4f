//! Performance data of a result, in the form that Nagios reads.

use serde_json::{Map, Value as Json};

use crate::plugin::value_text::printed;

/// The performance data of a result, `LABEL=VALUE;WARN;CRIT;MIN;MAX` each, with
/// `prefix` before every label; empty without any. A daemon sends a list of
/// objects, an object by label, or the text as the check printed it.
#[must_use]
pub fn perfdata(json: Option<&Json>, prefix: &str) -> String {
    let items: Vec<String> = match json {
        Some(Json::Array(items)) => items.iter().filter_map(|item| item_text(item, None, prefix)).collect(),
        Some(Json::Object(items)) => {
            items.iter().filter_map(|(label, item)| item_text(item, Some(label), prefix)).collect()
        }
        Some(Json::String(text)) => vec![text.clone()],
        _ => Vec::new(),
    };
    items.join(" ")
}

fn item_text(item: &Json, label: Option<&str>, prefix: &str) -> Option<String> {
    let Json::Object(item) = item else {
        return match label {
            Some(label) => Some(format!("{}={}", quoted(&format!("{prefix}{label}")), printed(item))),
            None => item.as_str().map(str::to_owned),
        };
    };
    let label = label.or_else(|| item.get("label").or_else(|| item.get("name"))?.as_str())?;
    let value = field(item, &["value"]).unwrap_or_else(|| "U".to_owned());
    let unit = field(item, &["unit", "uom"]).unwrap_or_default();
    let limits = [["warn", "warning"], ["crit", "critical"], ["min", "minimum"], ["max", "maximum"]];
    let limits: Vec<_> = limits.iter().map(|names| field(item, names).unwrap_or_default()).collect();
    let text = format!("{}={value}{unit};{}", quoted(&format!("{prefix}{label}")), limits.join(";"));
    Some(text.trim_end_matches(';').to_owned())
}

/// The first of these members that is there and not null.
fn field(item: &Map<String, Json>, names: &[&str]) -> Option<String> {
    names.iter().filter_map(|name| item.get(*name)).find(|value| !value.is_null()).map(|value| match value {
        Json::Number(number) => number.to_string(),
        other => printed(other).into_owned(),
    })
}

/// A label with blanks, quotes or equals signs stands in single quotes, inside of which a quote is doubled.
fn quoted(label: &str) -> String {
    let is_plain = !label.is_empty() && !label.chars().any(|c| c.is_whitespace() || matches!(c, '\'' | '=' | '"'));
    if is_plain { label.to_owned() } else { format!("'{}'", label.replace('\'', "''")) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_form_that_a_daemon_may_send_is_written_as_nagios_reads_it() {
        let disk = json!([{"label": "/ root", "value": 91.5, "unit": "%", "warn": "80", "crit": "90:", "min": 0, "max": null},
                          {"label": "n", "value": 3}]);
        assert_eq!(perfdata(Some(&disk), ""), "'/ root'=91.5%;80;90:;0 n=3");
        assert_eq!(perfdata(Some(&disk), "p::"), "'p::/ root'=91.5%;80;90:;0 p::n=3");
        assert_eq!(perfdata(Some(&json!({"t": {"value": 1, "uom": "s"}, "u": 2})), ""), "t=1s u=2");
        assert_eq!(perfdata(Some(&json!("a=1;2 b=3")), ""), "a=1;2 b=3");
        assert_eq!(perfdata(Some(&json!(null)), "") + &perfdata(None, ""), "");
    }
}
