//! Members of a mapping that are misspelt.

use smoker_model::suggest;
use smoker_model::value::Value;

/// The first member of a mapping that is none of `known` and nearly one, with what was meant: in another case, or by a slip.
pub(crate) fn misspelt<'a>(value: &'a Value, known: &[&'static str]) -> Option<(&'a str, &'static str)> {
    let Value::Map(members) = value else { return None };
    members.iter().find_map(|(name, _)| {
        let name = name.as_text().filter(|name| !known.contains(name))?;
        Some((name, suggest::near(name, known)?))
    })
}

/// What to say about the first of these values that has a misspelt member.
pub(crate) fn told(values: &[Value], known: &[&'static str]) -> Option<String> {
    let (name, near) = values.iter().find_map(|value| misspelt(value, known))?;
    Some(format!("has {name}, which is none of {}; did you mean {near}?", known.join(", ")))
}
