//! How configurations write matchers: a text, `/pattern/`, a list, or a mapping of what is wanted.

use regex::RegexBuilder;
use semver::VersionReq;
use serde_json::Value as Json;
use serde_json_path::JsonPath;
use smoker_model::suggest;

use crate::matchers::matcher::{Matcher, PlainText};
use crate::measure::condition::Condition;
use crate::parameters::{scalar_text, wrong};
use crate::unit::Unit;

/// How deep matchers may hold each other.
const DEEPEST: usize = 10;

const KEYS: [&str; 14] = [
    "Equals", "Contains", "Matches", "Number", "Len", "Semver", "Json", "Element", "Elements", "Only", "Key", "Not",
    "And", "Or",
];

/// What matchers look like, for messages.
const FORM: &str = "a text, /pattern/, a list, or a mapping of Equals, Contains, Matches, Number, Len, Semver, Json, Element, Elements, Only, Key, Not, And, Or";

impl Matcher {
    /// Reads the matcher that the parameter `name` gives.
    pub(crate) fn of(name: &str, value: &Json, plain: PlainText) -> Result<Self, String> {
        read(name, value, plain, DEEPEST)
    }
}

fn read(name: &str, value: &Json, plain: PlainText, depth: usize) -> Result<Matcher, String> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(format!("{name} nests deeper than {DEEPEST} matchers: simplify it"));
    };
    match value {
        Json::String(text) => of_text(name, text, plain),
        Json::Array(items) if !items.is_empty() => {
            let each = items.iter().map(|item| read(name, item, plain, depth)).collect::<Result<_, _>>()?;
            Ok(Matcher::All(each))
        }
        Json::Object(members) if !members.is_empty() => {
            let each = members.iter().map(|(key, value)| of_key(name, key, value, plain, depth));
            let mut each = each.collect::<Result<Vec<_>, _>>()?;
            Ok(if each.len() == 1 { each.swap_remove(0) } else { Matcher::All(each) })
        }
        Json::Number(number) if plain == PlainText::Contained => Ok(Matcher::Contains(number.to_string())),
        Json::Bool(_) | Json::Number(_) | Json::Null if plain == PlainText::Exact => Ok(Matcher::Equals(value.clone())),
        other => Err(wrong(name, FORM, other)),
    }
}

/// A plain text: `/pattern/`, for values of JSON also `> 5`, otherwise what is found or a part of it.
fn of_text(name: &str, text: &str, plain: PlainText) -> Result<Matcher, String> {
    if let Some(pattern) = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).filter(|it| !it.is_empty()) {
        return pattern_of(name, pattern);
    }
    match plain {
        PlainText::Contained if text.is_empty() => Err(wrong(name, FORM, &Json::from(text))),
        PlainText::Contained => Ok(Matcher::Contains(text.to_owned())),
        PlainText::Exact if text.starts_with(['<', '>']) || text.starts_with("!=") || text.starts_with("==") => {
            let number = Condition::parse(text, Unit::Number);
            Ok(number.map_or_else(|| Matcher::Equals(text.into()), |it| Matcher::Number(it, text.to_owned())))
        }
        PlainText::Exact => Ok(Matcher::Equals(text.into())),
    }
}

fn of_key(name: &str, key: &str, value: &Json, plain: PlainText, depth: usize) -> Result<Matcher, String> {
    let path = format!("{name}.{key}");
    let text = || scalar_text(value).ok_or_else(|| wrong(&path, "text", value));
    let condition = || {
        let text = text()?;
        let condition = Condition::parse(&text, Unit::Number);
        let condition = condition.ok_or_else(|| wrong(&path, "a number or a condition such as >= 3", value))?;
        // Of a monitoring plugin's range the number is what alerts; here it is what is wanted.
        match text.trim().parse::<f64>() {
            Ok(_) => Ok((Condition::parse(&format!("== {text}"), Unit::Number).unwrap_or(condition), text)),
            Err(_) => Ok((condition, text)),
        }
    };
    let each = |plain, depth| match value {
        Json::Array(items) if !items.is_empty() => {
            items.iter().map(|item| read(&path, item, plain, depth)).collect::<Result<Vec<_>, _>>()
        }
        other => Err(wrong(&path, "a list of matchers", other)),
    };
    match key {
        "Equals" => Ok(Matcher::Equals(value.clone())),
        "Contains" => match value {
            Json::Array(items) if !items.is_empty() => {
                let each = items.iter().map(|it| scalar_text(it).map(Matcher::Contains));
                let each: Option<_> = each.collect();
                each.map(Matcher::All).ok_or_else(|| wrong(&path, "a list of texts", value))
            }
            _ => text().map(Matcher::Contains),
        },
        "Matches" => {
            let text = text()?;
            let bare = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).unwrap_or(&text);
            pattern_of(&path, bare)
        }
        "Number" => condition().map(|(condition, text)| Matcher::Number(condition, text)),
        "Len" => condition().map(|(condition, text)| Matcher::Length(condition, text)),
        "Semver" => {
            let wanted = VersionReq::parse(&text()?);
            wanted.map(Matcher::Version).map_err(|_| wrong(&path, "versions such as >=1.2, <2", value))
        }
        "Json" => {
            // Of no paths all would be as they should.
            let members = value.as_object().filter(|members| !members.is_empty());
            let members = members.ok_or_else(|| wrong(&path, "a mapping of paths to matchers", value))?;
            let each = members.iter().map(|(place, value)| of_path(&path, place, value, depth));
            each.collect::<Result<_, _>>().map(Matcher::All)
        }
        "Element" => read(&path, value, PlainText::Exact, depth).map(|inner| Matcher::Element(Box::new(inner))),
        "Key" => read(&path, value, PlainText::Exact, depth).map(|inner| Matcher::Key(Box::new(inner))),
        "Elements" => each(PlainText::Exact, depth).map(|each| Matcher::Elements(each, false)),
        "Only" => each(PlainText::Exact, depth).map(|each| Matcher::Elements(each, true)),
        "Not" => read(&path, value, plain, depth).map(|inner| Matcher::Not(Box::new(inner))),
        "And" => each(plain, depth).map(Matcher::All),
        "Or" => each(plain, depth).map(Matcher::Any),
        place if place.starts_with('$') => of_path(name, place, value, depth),
        _ => {
            let near = suggest::near(key, &KEYS).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            Err(format!("{path} is none of {}{near}", KEYS.join(", ")))
        }
    }
}

fn of_path(name: &str, place: &str, value: &Json, depth: usize) -> Result<Matcher, String> {
    let path = format!("{name}.{place}");
    let parsed = JsonPath::parse(place);
    let parsed = parsed.map_err(|error| format!("{path} is no JSONPath such as $.items[0].name: {error}"))?;
    read(&path, value, PlainText::Exact, depth).map(|inner| Matcher::Path(parsed, Box::new(inner)))
}

fn pattern_of(name: &str, pattern: &str) -> Result<Matcher, String> {
    // A text often has several lines, and the last has an end.
    let regex = RegexBuilder::new(pattern).multi_line(true).build();
    regex.map(Matcher::Pattern).map_err(|error| {
        let text = error.to_string();
        let reason = text.lines().last().unwrap_or_default();
        format!("{name} is no regular expression: {}", reason.strip_prefix("error: ").unwrap_or(reason))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_no_matcher_names_its_place() {
        let reason = |matcher| Matcher::of("Body", &matcher, PlainText::Contained).expect_err("no matcher");
        assert!(reason(json!("/(/")).starts_with("Body is no regular expression: "));
        assert!(reason(json!({"Contain": "x"})).contains("Body.Contain is none of"));
        assert!(reason(json!({"Contain": "x"})).ends_with("did you mean Contains?"));
        assert!(reason(json!({"Json": {"x": 1}})).starts_with("Body.Json.x is no JSONPath"));
        assert!(reason(json!({"Len": "long"})).starts_with("Body.Len has to be a number or a condition"));
        assert!(reason(json!({"Semver": "new"})).starts_with("Body.Semver has to be versions"));
        assert!(reason(json!({"Json": {}})).starts_with("Body.Json has to be a mapping of paths"));
        assert!(reason(json!([])).starts_with("Body has to be a text") && reason(json!("")).starts_with("Body has"));
        let deep = (0..20).fold(json!("x"), |inner, _| json!({"Not": inner}));
        assert!(reason(deep).contains("nests deeper"));
    }
}
