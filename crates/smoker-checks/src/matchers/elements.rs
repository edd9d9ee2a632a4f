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

/// Whether each of `wanted` matchers has an element of its own that fits it; none where that depends on one that cannot be
/// compared, or where there are too many to try.
pub(super) fn truth(wanted: usize, elements: usize, fits: impl Fn(usize, usize) -> Option<bool>) -> Option<bool> {
    if wanted > elements {
        return Some(false);
    }
    if elements > MOST {
        return None;
    }
    let truths: Vec<Vec<_>> =
        (0..wanted).map(|matcher| (0..elements).map(|element| fits(matcher, element)).collect()).collect();
    if can_be_assigned(&truths) {
        return Some(true);
    }
    truths.iter().flatten().all(Option::is_some).then_some(false)
}

/// Whether each matcher, a row of `truths`, can have an element of its own that fits it.
fn can_be_assigned(truths: &[Vec<Option<bool>>]) -> bool {
    let elements = truths.first().map_or(0, Vec::len);
    let fitting: Vec<Vec<usize>> =
        truths.iter().map(|row| (0..elements).filter(|element| row[*element] == Some(true)).collect()).collect();
    let mut holder = vec![None; elements];
    (0..truths.len()).all(|matcher| assign(matcher, &fitting, &mut holder, &mut vec![false; elements]))
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
