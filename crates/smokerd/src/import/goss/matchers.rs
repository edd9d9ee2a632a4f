//! Matchers of goss in our words.

use smoker_model::notation::python_text;
use smoker_model::value::Value;

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn one(name: &str, value: Value) -> Value {
    Value::Map(vec![(text(name), value)])
}

/// Patterns of text: all of them have to be found.
pub(super) fn patterns(value: &Value) -> Result<Value, String> {
    match value {
        Value::Text(pattern) => Ok(pattern_of(pattern)),
        Value::Int(_) | Value::Float(_) | Value::Bool(_) => Ok(text(&python_text::str(value))),
        Value::List(items) => items.iter().map(patterns).collect::<Result<_, _>>().map(Value::List),
        Value::Map(_) => value_matcher(value),
        _ => Err("its pattern is not understood".to_owned()),
    }
}

/// `/regex/`, `!not`, `\!literal`.
fn pattern_of(pattern: &str) -> Value {
    if let Some(rest) = pattern.strip_prefix('!') {
        return one("Not", pattern_of(rest));
    }
    let is_pattern = pattern.len() > 2 && pattern.starts_with('/') && pattern.ends_with('/');
    let literal = pattern.strip_prefix("\\!").map(|rest| format!("!{rest}"));
    match literal {
        Some(literal) => one("Contains", text(&literal)),
        None if is_pattern || !pattern.starts_with('/') => text(pattern),
        // What begins like a pattern and is none is a text.
        None => one("Contains", text(pattern)),
    }
}

/// A matcher on a single value.
pub(super) fn value_matcher(value: &Value) -> Result<Value, String> {
    let Value::Map(entries) = value else { return Ok(value.clone()) };
    let each: Vec<_> = entries
        .iter()
        .map(|(key, value)| of_key(key.as_text().unwrap_or_default(), value))
        .collect::<Result<_, _>>()?;
    Ok(match each.as_slice() {
        [single] => single.clone(),
        _ => one("And", Value::List(each)),
    })
}

fn of_key(key: &str, value: &Value) -> Result<Value, String> {
    let words = || python_text::str(value);
    let number = |sign: &str| Ok(one("Number", text(&format!("{sign} {}", words()))));
    let each = |name: &str| match value {
        Value::List(items) => {
            items.iter().map(value_matcher).collect::<Result<_, _>>().map(|each| one(name, Value::List(each)))
        }
        _ => Err(format!("{key} is not understood")),
    };
    match key {
        "gt" => number(">"),
        "ge" => number(">="),
        "lt" => number("<"),
        "le" => number("<="),
        "equal" | "numerically" => Ok(one("Equals", value.clone())),
        "have-prefix" => Ok(one("Matches", text(&format!("^{}", escaped(&words()))))),
        "have-suffix" => Ok(one("Matches", text(&format!("{}\\s*$", escaped(&words()))))),
        "match-regexp" => Ok(one("Matches", value.clone())),
        "contain-substring" | "contain-element" if value.as_text().is_some() => Ok(one("Contains", value.clone())),
        "contain-elements" => patterns(value),
        "have-len" => Ok(one("Len", value.clone())),
        "semver-constraint" => Ok(one("Semver", value.clone())),
        "not" => value_matcher(value).map(|inner| one("Not", inner)),
        "and" => each("And"),
        "or" => each("Or"),
        _ => Err(format!("its matcher {key} has no counterpart")),
    }
}

/// A condition on a number in the words of `Error`, which says what is bad.
pub(super) fn opposite(value: &Value) -> Result<String, String> {
    if matches!(value, Value::Int(_) | Value::Float(_)) {
        return Ok(format!("!= {}", python_text::str(value)));
    }
    let Value::Map(entries) = value else { return Err("its number is not understood".to_owned()) };
    let mut bad = Vec::new();
    for (key, value) in entries {
        let words = python_text::str(value);
        match (key.as_text().unwrap_or_default(), value) {
            ("gt", _) => bad.push(format!("<= {words}")),
            ("ge", _) => bad.push(format!("< {words}")),
            ("lt", _) => bad.push(format!(">= {words}")),
            ("le", _) => bad.push(format!("> {words}")),
            ("equal" | "numerically", Value::Int(_)) => bad.push(format!("!= {words}")),
            ("and", Value::List(items)) => {
                bad.extend(items.iter().map(opposite).collect::<Result<Vec<_>, _>>()?);
            }
            (key, _) => return Err(format!("its matcher {key} has no counterpart for a number")),
        }
    }
    Ok(bad.join(" or "))
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        if !c.is_alphanumeric() && c.is_ascii() && !c.is_ascii_whitespace() && c != '_' {
            out.push('\\');
        }
        out.push(c);
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matchers_mean_the_same() {
        let map = |key: &str, value: Value| Value::Map(vec![(text(key), value)]);
        assert_eq!(patterns(&text("!/a/")), Ok(one("Not", text("/a/"))));
        assert_eq!(patterns(&text("/etc/x")), Ok(one("Contains", text("/etc/x"))));
        assert_eq!(patterns(&Value::List(vec![text("a"), Value::Int(5)])), Ok(Value::List(vec![text("a"), text("5")])));
        assert_eq!(value_matcher(&map("have-prefix", text("172.17"))), Ok(one("Matches", text("^172\\.17"))));
        assert_eq!(value_matcher(&map("gt", Value::Int(5))), Ok(one("Number", text("> 5"))));
        let both = map("and", Value::List(vec![map("lt", Value::Int(25)), map("gt", Value::Int(0))]));
        assert_eq!(opposite(&both).as_deref(), Ok(">= 25 or <= 0"));
        assert!(value_matcher(&map("have-key", text("x"))).is_err() && opposite(&text("x")).is_err());
    }
}
