//! A body of the user's own: any JSON, whose texts may have `%(field)s`.

use serde_json::{Map, Value as Json};
use smoker_model::suggest;

use crate::actions::told::FIELDS;

/// The template with the fields in the place of their names. A text that is nothing but one field becomes its value, whatever
/// kind that is; within a text a value that is no text is written as JSON. What names no field stays.
pub(super) fn fill(template: &Json, fields: &Map<String, Json>) -> Json {
    match template {
        Json::String(text) => fill_text(text, fields),
        Json::Array(items) => items.iter().map(|item| fill(item, fields)).collect(),
        Json::Object(members) => {
            Json::Object(members.iter().map(|(name, value)| (name.clone(), fill(value, fields))).collect())
        }
        other => other.clone(),
    }
}

/// Refuses a template that names something that is no field: it would be posted as it is written. `is_field`: what is one beside
/// [`FIELDS`].
///
/// # Errors
///
/// The name, and what was probably meant.
pub(super) fn check(template: &Json, is_field: &dyn Fn(&str) -> bool) -> Result<(), String> {
    match template {
        Json::String(text) => {
            names(text).find(|name| !FIELDS.contains(name) && !is_field(name)).map_or(Ok(()), |name| {
                let next = near(name).map_or_else(
                    || format!("the fields are {}", FIELDS.join(", ")),
                    |near| format!("did you mean %({near})s?"),
                );
                Err(format!("Body has %({name})s, and there is no field {name}; {next}"))
            })
        }
        Json::Array(items) => items.iter().try_for_each(|item| check(item, is_field)),
        Json::Object(members) => members.values().try_for_each(|value| check(value, is_field)),
        _ => Ok(()),
    }
}

/// What stands in `%(...)s` and may be the name of a field.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let behind = text.match_indices("%(").map(|(at, _)| &text[at + 2..]);
    behind
        .filter_map(|behind| Some(&behind[..behind.find(")s")?]))
        .filter(|name| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_'))
}

fn near(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let begins = || FIELDS.into_iter().find(|field| field.to_lowercase().starts_with(&lower));
    suggest::near(name, &FIELDS).or_else(begins)
}

fn fill_text(text: &str, fields: &Map<String, Json>) -> Json {
    let whole = text.strip_prefix("%(").and_then(|rest| rest.strip_suffix(")s"));
    if let Some(value) = whole.and_then(|name| fields.get(name)) {
        return value.clone();
    }
    let (mut filled, mut rest) = (String::new(), text);
    while let Some(at) = rest.find("%(") {
        filled.push_str(&rest[..at]);
        let behind = &rest[at + 2..];
        let found = behind.find(")s").and_then(|end| Some((end, fields.get(&behind[..end])?)));
        let Some((end, value)) = found else {
            filled.push_str("%(");
            rest = behind;
            continue;
        };
        match value {
            Json::String(text) => filled.push_str(text),
            Json::Null => {}
            other => filled.push_str(&other.to_string()),
        }
        rest = &behind[end + 2..];
    }
    filled.push_str(rest);
    Json::String(filled)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_keep_their_kind_alone_and_are_text_within_one() {
        let fields = json!({"status": "ERROR", "count": 3, "plugins": [{"name": "Db"}], "badSince": null});
        let Json::Object(fields) = fields else { panic!() };
        let template =
            json!({"a": ["%(count)s", "%(plugins)s", 7], "b": "%(status)s of %(count)s%(badSince)s %(other)s %("});
        let expected = json!({"a": [3, [{"name": "Db"}], 7], "b": "ERROR of 3 %(other)s %("});
        assert_eq!(fill(&template, &fields), expected);
    }

    #[test]
    fn what_names_no_field_is_refused() {
        let refused = |template: &Json| check(template, &|name| name == "region").expect_err("it names no field");
        let near = "Body has %(Component)s, and there is no field Component; did you mean %(componentResults)s?";
        assert_eq!(refused(&json!({"a": [{"b": "on %(Component)s"}]})), near);
        assert!(refused(&json!(["%(satus)s"])).ends_with("did you mean %(status)s?"));
        assert!(refused(&json!(["%(status)s %(Url)s"])).contains("the fields are host, plugin, text, status, "));
        let good = json!({"%(x)s": ["%(region)s", "100% %( x)s %(", "%(exitStatus)s", 7]});
        assert_eq!(check(&good, &|name| name == "region"), Ok(()));
    }
}
