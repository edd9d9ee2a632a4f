//! Reads a result that was written as [`crate::wire::result`] has it.

use std::time::Duration;

use chrono::DateTime;
use serde_json::{Map, Value as Json};

use crate::invalid_result::InvalidResult;
use crate::result::{ADDED_KEYS, Findings, PluginResult};
use crate::run_end::RunEnd;
use crate::time::moment::Moment;

/// The result that an object of the wire shows, whatever shape its component results have. Its actions, and who requested it, are left out.
///
/// # Errors
///
/// The original's words for the first thing that is wrong.
pub fn read(mut object: Map<String, Json>) -> Result<PluginResult, InvalidResult> {
    if let Some(components) = object.get_mut("componentResults") {
        *components = by_name(components.take());
    }
    object.shift_remove("action");
    let end = end_of(&object);
    let seconds = object.get("duration").and_then(Json::as_f64);
    let started = object.get("lastRunUtc").and_then(Json::as_str);
    let started = started.and_then(|text| DateTime::parse_from_rfc3339(text).ok()).map(|time| time.to_utc());
    let is_forced = object.get("forced").and_then(Json::as_bool).unwrap_or_default();
    let mut findings = Findings::parse_of_module(object)?;
    findings.extra.retain(|name, _| !ADDED_KEYS.contains(&name.as_str()));
    let mut result = Findings { end, ..findings }.into_result(Moment::now(), is_forced);
    result.duration = seconds.and_then(|it| Duration::try_from_secs_f64(it).ok()).unwrap_or_default();
    result.started = started.unwrap_or(result.started);
    Ok(result)
}

/// Component results of a list as a mapping, without the name that the wire added to each.
fn by_name(components: Json) -> Json {
    let parts: Vec<(String, Json)> = match components {
        Json::Array(parts) => {
            let named = parts.into_iter().filter_map(|mut part| {
                let part = part.get_mut("componentResult")?.take();
                Some((part.get("name")?.as_str()?.to_owned(), part))
            });
            named.collect()
        }
        Json::Object(parts) => parts.into_iter().collect(),
        other => return other,
    };
    let plain = parts.into_iter().map(|(name, mut part)| {
        if let Json::Object(part) = &mut part {
            part.shift_remove("name");
        }
        (name, part)
    });
    Json::Object(plain.collect())
}

fn end_of(object: &Map<String, Json>) -> Option<RunEnd> {
    let number = |name: &str| object.get(name)?.as_i64()?.try_into().ok();
    number("exitStatus").map(RunEnd::Exited).or_else(|| number("signal").map(RunEnd::Signalled))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::result::ComponentShape;

    #[test]
    fn a_result_is_read_as_it_was_written() {
        let printed = json!({
            "status": "ERROR",
            "messages": null,
            "componentResults": {"/": {"status": "ERROR", "messages": {"info": [], "error": ["Used 99%"], "warn": []}, "ms": 3}},
            "perfdata": [{"label": "/", "value": 99.0}],
            "own": [1],
        });
        let Json::Object(printed) = printed else { panic!() };
        let mut result = Findings::parse_of_module(printed).expect("valid").into_result(Moment::now(), false);
        result.end = Some(RunEnd::Signalled(9));
        for shape in [ComponentShape::List, ComponentShape::Mapping, ComponentShape::Plain] {
            let Ok(Json::Object(object)) = serde_json::to_value(result.on_wire(shape)) else { panic!() };
            let again = read(object.clone()).expect("valid");
            assert_eq!(again.reason().as_deref(), Some("/: Used 99%"), "{shape:?}");
            assert_eq!(serde_json::to_value(again.on_wire(shape)).expect("JSON"), Json::Object(object), "{shape:?}");
        }
    }
}
