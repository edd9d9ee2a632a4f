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
        Value::Int(_) | Value::Float(_) | Value::Bool(_) => Ok(Value::Text(words_of(value))),
        Value::List(items) => items.iter().map(patterns).collect::<Result<_, _>>().map(Value::List),
        Value::Map(_) => reader_matcher(value),
        _ => Err("its pattern is not understood".to_owned()),
    }
}

/// A matcher on a text. To goss a list under `not` is one of elements, which a text does not have, and an error whatever it holds.
pub(super) fn reader_matcher(value: &Value) -> Result<Value, String> {
    let is_list_under_not =
        |(key, value): &(Value, Value)| key.as_text() == Some("not") && matches!(value, Value::List(_));
    match value {
        Value::Map(entries) if entries.iter().any(is_list_under_not) => {
            Err("its matcher has a list under not, which is an error to goss, too".to_owned())
        }
        other => value_matcher(other),
    }
}

/// A value as goss prints it.
fn words_of(value: &Value) -> String {
    match value {
        Value::Bool(is_true) => is_true.to_string(),
        Value::Float(number) => number.to_string(),
        other => python_text::str(other),
    }
}

/// `/regex/`, `!not`, `\!literal`. A pattern is compared with each line, as goss does.
fn pattern_of(pattern: &str) -> Value {
    if let Some(rest) = pattern.strip_prefix('!') {
        return one("Not", pattern_of(rest));
    }
    let regex = pattern.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).filter(|regex| !regex.is_empty());
    match (regex, pattern.strip_prefix("\\!")) {
        (Some(regex), _) => one("Element", one("Matches", text(regex))),
        (None, Some(rest)) => one("Contains", Value::Text(format!("!{rest}"))),
        // What begins like a pattern and is none is a text, too.
        (None, None) => one("Contains", text(pattern)),
    }
}

/// A matcher on a single value.
pub(super) fn value_matcher(value: &Value) -> Result<Value, String> {
    match value {
        Value::Map(entries) if entries.is_empty() => Err("its matcher is empty".to_owned()),
        Value::Map(entries) => {
            let each = entries.iter().map(|(key, value)| of_key(key.as_text().unwrap_or_default(), value));
            let each: Vec<_> = each.collect::<Result<_, _>>()?;
            Ok(match each.as_slice() {
                [single] => single.clone(),
                _ => one("And", Value::List(each)),
            })
        }
        Value::List(items) => {
            items.iter().map(value_matcher).collect::<Result<_, _>>().map(|each| one("Elements", Value::List(each)))
        }
        Value::Int(_) | Value::Float(_) => Ok(one("Number", Value::Text(format!("== {}", python_text::str(value))))),
        other => Ok(one("Equals", other.clone())),
    }
}

fn of_key(key: &str, value: &Value) -> Result<Value, String> {
    let words = || words_of(value);
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
        "numerically" => value_matcher(value),
        "equal" if matches!(value, Value::Int(_) | Value::Float(_)) => value_matcher(value),
        "equal" => Ok(one("Equals", value.clone())),
        // Of a text of several lines the whole is compared, and not each line.
        "have-prefix" => Ok(one("Matches", text(&format!("\\A{}", escaped(&words()))))),
        "have-suffix" => Ok(one("Matches", text(&format!("{}\\s*\\z", escaped(words().trim_end()))))),
        "match-regexp" => regex_of(&words()).map(|regex| one("Matches", Value::Text(regex))),
        "contain-substring" => Ok(one("Contains", Value::Text(words()))),
        "contain-element" => value_matcher(value).map(|inner| one("Element", inner)),
        "contain-elements" => each("Elements"),
        "consist-of" => each("Only"),
        "have-key" => value_matcher(value).map(|inner| one("Key", inner)),
        "have-key-with-value" => paths_of(value, |key| Ok(format!("$[{}]", quoted(key)))),
        "gjson" => paths_of(value, path_of).map(|paths| one("Json", paths)),
        "have-len" => Ok(one("Len", Value::Text(format!("== {}", words())))),
        "semver-constraint" => Ok(versions_of(&words())),
        "not" => value_matcher(value).map(|inner| one("Not", inner)),
        "and" => each("And"),
        "or" => each("Or"),
        _ => Err(format!("its matcher {key} has no counterpart")),
    }
}

/// goss compares with the whole text: `^` and `$` are its ends, and not those of its lines.
fn regex_of(pattern: &str) -> Result<String, String> {
    let regex = format!("(?-m){pattern}");
    match regex::Regex::new(&regex) {
        Ok(_) => Ok(regex),
        Err(_) => Err("its regular expression is not understood here".to_owned()),
    }
}

/// Matchers on the members of a mapping.
fn paths_of(value: &Value, path: impl Fn(&str) -> Result<String, String>) -> Result<Value, String> {
    let Value::Map(entries) = value else { return Err("its paths are not understood".to_owned()) };
    let each = entries.iter().map(|(key, value)| {
        let key = key.as_text().ok_or("a path is no text")?;
        Ok::<_, String>((Value::Text(path(key)?), value_matcher(value)?))
    });
    each.collect::<Result<_, _>>().map(Value::Map)
}

/// A path of gjson in the words of `JSONPath`; those with a language of their own are none.
fn path_of(path: &str) -> Result<String, String> {
    if path == "@this" {
        return Ok("$".to_owned());
    }
    if path.is_empty() || path.contains(['#', '*', '?', '|', '\\', '@', '!', '{', '[']) {
        return Err(format!("the path {path} has no counterpart"));
    }
    let step = |part: &str| match part.parse::<u32>() {
        Ok(at) => format!("[{at}]"),
        Err(_) => format!("[{}]", quoted(part)),
    };
    Ok(format!("${}", path.split('.').map(step).collect::<String>()))
}

fn quoted(key: &str) -> String {
    format!("'{}'", key.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// Blanks mean and, `||` means or, a version alone is that version.
fn versions_of(constraint: &str) -> Value {
    let alternatives: Vec<_> = constraint
        .split("||")
        .map(|part| {
            let each: Vec<_> = part
                .split_whitespace()
                .map(|version| {
                    let is_bare = version.starts_with(|c: char| c.is_ascii_digit());
                    match version.strip_prefix("!=").or_else(|| version.strip_prefix('!')) {
                        Some(other) => one("Not", one("Semver", Value::Text(format!("={other}")))),
                        None if is_bare && !version.contains(['x', 'X', '*']) => {
                            one("Semver", Value::Text(format!("={version}")))
                        }
                        None => one("Semver", text(&version.replacen("==", "=", 1))),
                    }
                })
                .collect();
            one("And", Value::List(each))
        })
        .collect();
    one("Or", Value::List(alternatives))
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
        assert_eq!(patterns(&text("!/a/")), Ok(one("Not", one("Element", one("Matches", text("a"))))));
        assert_eq!(patterns(&text("/etc/x")), Ok(one("Contains", text("/etc/x"))));
        let both = Value::List(vec![one("Contains", text("a")), text("5")]);
        assert_eq!(patterns(&Value::List(vec![text("a"), Value::Int(5)])), Ok(both));
        assert_eq!(value_matcher(&map("have-prefix", text("172.17"))), Ok(one("Matches", text("\\A172\\.17"))));
        assert_eq!(value_matcher(&map("gt", Value::Int(5))), Ok(one("Number", text("> 5"))));
        let both = map("and", Value::List(vec![map("lt", Value::Int(25)), map("gt", Value::Int(0))]));
        assert_eq!(opposite(&both).as_deref(), Ok(">= 25 or <= 0"));
        let path = map("gjson", map("moo.0.it's", text("x")));
        assert_eq!(value_matcher(&path), Ok(one("Json", one("$['moo'][0]['it\\'s']", one("Equals", text("x"))))));
        assert!(value_matcher(&map("have-none", text("x"))).is_err() && opposite(&text("x")).is_err());
        assert!(value_matcher(&map("gjson", map("a.#.b", text("x")))).is_err());
    }
}
