//! A body of the user's own: any JSON, whose texts may have `%(field)s`.

use serde_json::{Map, Value as Json};

/// The template with the fields in the place of their names. A text that is nothing but one field becomes its value, whatever
/// kind that is; within a text a value that is no text is written as JSON. What is no field stays.
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
}
