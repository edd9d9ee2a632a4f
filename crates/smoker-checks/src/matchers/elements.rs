//! The elements of lists and the lines of texts, and which of several matchers fits which of them.

use serde_json::Value as Json;

/// More elements than this are not compared with several matchers at once.
const MOST: usize = 10_000;

/// The elements of a list, the lines of a text, the values of a mapping; anything else is one element.
pub(super) fn of(found: &Json) -> Vec<Json> {
    match found {
        Json::Array(items) => items.clone(),
        Json::String(text) => text.lines().map(Json::from).collect(),
        Json::Object(members) => members.values().cloned().collect(),
        other => vec![other.clone()],
    }
}

/// Whether each of `wanted` matchers can have an element of its own that fits it.
pub(super) fn can_be_assigned(wanted: usize, elements: usize, fits: impl Fn(usize, usize) -> bool) -> bool {
    if wanted > elements || elements > MOST {
        return false;
    }
    let fitting: Vec<Vec<usize>> =
        (0..wanted).map(|matcher| (0..elements).filter(|element| fits(matcher, *element)).collect()).collect();
    let mut holder = vec![None; elements];
    (0..wanted).all(|matcher| assign(matcher, &fitting, &mut holder, &mut vec![false; elements]))
}

/// Gives the matcher an element, for which others may have to take another one (Kuhn).
fn assign(matcher: usize, fitting: &[Vec<usize>], holder: &mut [Option<usize>], seen: &mut [bool]) -> bool {
    for &element in &fitting[matcher] {
        if std::mem::replace(&mut seen[element], true) {
            continue;
        }
        if holder[element].is_none_or(|other| assign(other, fitting, holder, seen)) {
            holder[element] = Some(matcher);
            return true;
        }
    }
    false
}
