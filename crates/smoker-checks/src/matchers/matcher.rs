//! What a text or a value of JSON should be: exact, contains, `/pattern/`, `semver`, numbers, lengths, `JSONPath`, and, or, not.

use regex::Regex;
use semver::VersionReq;
use serde_json::Value as Json;
use serde_json_path::JsonPath;

use crate::matchers::elements;
use crate::matchers::quote::{quote, quote_whole};
use crate::matchers::values::{
    document_of, equality, has_element, has_part, length_of, number_of, version_of, without_end,
};
use crate::measure::condition::Condition;
use crate::plain_text::plain_text;

/// What a plain text in the configuration means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlainText {
    /// The whole of what is found.
    Exact,
    /// A part of it.
    Contained,
}

/// What something should be.
#[derive(Clone, Debug)]
pub(crate) enum Matcher {
    Equals(Json),
    Contains(String),
    Pattern(Regex),
    Number(Condition, String),
    Length(Condition, String),
    Version(VersionReq),
    Path(JsonPath, Box<Matcher>),
    /// Some element of a list, or line of a text.
    Element(Box<Matcher>),
    /// Each of these is another element; the number says whether there are no others.
    Elements(Vec<Matcher>, bool),
    /// A mapping has such a key.
    Key(Box<Matcher>),
    All(Vec<Matcher>),
    Any(Vec<Matcher>),
    Not(Box<Matcher>),
}

impl Matcher {
    /// What was wanted and found, where the text is not what it should be.
    pub(crate) fn fault(&self, found: &str) -> Option<String> {
        self.fault_of(&Json::from(found))
    }

    /// What was wanted and found, where the value is not what it should be.
    pub(crate) fn fault_of(&self, found: &Json) -> Option<String> {
        match self {
            Self::All(each) => each.iter().find_map(|one| one.fault_of(found)),
            Self::Path(path, inner) => {
                let document = match document_of(found) {
                    Ok(document) => document,
                    Err(reason) => return Some(format!("wanted JSON, got {}: {reason}", quote(&plain_text(found)))),
                };
                let nodes = path.query(&document).all();
                match nodes.as_slice() {
                    [] if inner.accepts_absence() => None,
                    [] => Some(format!("{path}: wanted {}, got nothing", inner.wanted())),
                    [one] => inner.fault_of(one),
                    several => inner.fault_of(&several.iter().map(|node| (*node).clone()).collect()),
                }
                .map(|fault| if fault.starts_with('$') { fault } else { format!("{path}: {fault}") })
            }
            _ if self.holds(found) => None,
            _ => {
                let found = plain_text(found);
                // Where blanks alone differ they are shown.
                let is_alike = |wanted: &str| found.trim().contains(wanted.trim());
                let got = match self {
                    Self::Equals(Json::String(text)) if is_alike(text) => quote_whole(&found),
                    Self::Contains(text) if is_alike(text) => quote_whole(&found),
                    _ => quote(&found),
                };
                Some(format!("wanted {}, got {got}", self.wanted()))
            }
        }
    }

    /// Whether it holds for a text that goes on where it holds for its beginning. `Not` does not: what it excludes may follow.
    pub(crate) fn holds_for_more(&self) -> bool {
        match self {
            Self::Contains(_) => true,
            Self::Pattern(pattern) => !pattern.as_str().contains('$'),
            Self::All(each) | Self::Any(each) => each.iter().all(Self::holds_for_more),
            _ => false,
        }
    }

    /// Whether it holds where a path leads nowhere. A misspelt path is not what `Not` means.
    fn accepts_absence(&self) -> bool {
        match self {
            Self::Equals(wanted) => wanted.is_null(),
            Self::All(each) => each.iter().all(Self::accepts_absence),
            Self::Any(each) => each.iter().any(Self::accepts_absence),
            _ => false,
        }
    }

    fn holds(&self, found: &Json) -> bool {
        self.truth(found) == Some(true)
    }

    /// Whether it holds; none where what is found cannot be compared with what is wanted, such as a word with a number. So
    /// `Not` does not hold there either.
    fn truth(&self, found: &Json) -> Option<bool> {
        match self {
            Self::Equals(wanted) => equality(wanted, found),
            Self::Contains(part) => contains(found, part),
            Self::Pattern(pattern) if pattern.is_match(&plain_text(found)) => Some(true),
            // The pattern may be meant for what is in a list.
            Self::Pattern(pattern) => {
                (!has_element(found, |element| pattern.is_match(&plain_text(element)))).then_some(false)
            }
            Self::Number(condition, _) => number_of(found).map(|number| condition.holds_exactly(&number)),
            Self::Length(condition, _) => Some(condition.holds(length_of(found))),
            // Of several versions one says nothing of the others.
            Self::Version(_) if matches!(found, Json::Array(_) | Json::Object(_)) => None,
            Self::Version(wanted) => version_of(&plain_text(found)).map(|version| wanted.matches(&version)),
            Self::Path(path, inner) => match path.query(&document_of(found).ok()?).all().as_slice() {
                [] => inner.accepts_absence().then_some(true),
                [one] => inner.truth(one),
                several => inner.truth(&several.iter().map(|node| (*node).clone()).collect()),
            },
            Self::Element(inner) => any(elements::of(found).iter().map(|element| inner.truth(element))),
            Self::Elements(each, is_exact) => {
                let all = elements::of(found);
                if *is_exact && each.len() != all.len() {
                    return Some(false);
                }
                elements::truth(each.len(), all.len(), |wanted, at| each[wanted].truth(&all[at]))
            }
            Self::Key(inner) => any(found.as_object()?.keys().map(|key| inner.truth(&Json::from(key.as_str())))),
            Self::All(each) => any(each.iter().map(|one| one.truth(found).map(|truth| !truth))).map(|truth| !truth),
            Self::Any(each) => any(each.iter().map(|one| one.truth(found))),
            Self::Not(inner) => inner.truth(found).map(|truth| !truth),
        }
    }

    fn wanted(&self) -> String {
        let joined = |each: &[Self], word: &str| each.iter().map(Self::wanted).collect::<Vec<_>>().join(word);
        match self {
            Self::Equals(Json::String(text)) => quote_whole(text),
            Self::Equals(value) => value.to_string(),
            Self::Contains(part) => format!("something with {}", quote_whole(part)),
            Self::Pattern(pattern) => format!("a match of /{pattern}/"),
            Self::Number(_, text) => format!("a number {text}"),
            Self::Length(_, text) => format!("a length {text}"),
            Self::Version(wanted) => format!("a version {wanted}"),
            Self::Path(path, inner) => format!("{path}: {}", inner.wanted()),
            Self::Element(inner) => format!("an element that is {}", inner.wanted()),
            Self::Elements(each, false) => format!("elements that are {}", joined(each, ", ")),
            Self::Elements(each, true) => format!("only elements that are {}", joined(each, ", ")),
            Self::Key(inner) => format!("a key {}", inner.wanted()),
            Self::All(each) => joined(each, " and "),
            Self::Any(each) => joined(each, " or "),
            Self::Not(inner) => format!("not {}", inner.wanted()),
        }
    }
}

/// Whether a text has a part, a list an element, a mapping a key; none where the part is somewhere in what a list or a mapping has:
/// that is neither what is wanted nor what `Not` means.
fn contains(found: &Json, part: &str) -> Option<bool> {
    let has = match found {
        Json::Array(items) => items.iter().any(|item| without_end(&plain_text(item)) == without_end(part)),
        Json::Object(members) => members.contains_key(part),
        other => has_part(&plain_text(other), part),
    };
    let is_inside = || has_element(found, |element| has_part(&plain_text(element), part));
    if has { Some(true) } else { (!is_inside()).then_some(false) }
}

/// Whether one of these is true; none where that depends on one that cannot be told (Kleene's logic of three values).
fn any(truths: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut is_known = true;
    for truth in truths {
        match truth {
            Some(true) => return Some(true),
            Some(false) => {}
            None => is_known = false,
        }
    }
    is_known.then_some(false)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fault(matcher: &Json, found: &str) -> Option<String> {
        Matcher::of("Body", matcher, PlainText::Contained).expect("a matcher").fault(found)
    }

    fn holds(matcher: &Json, found: &str) -> bool {
        fault(matcher, found).is_none()
    }

    #[test]
    fn each_kind_holds_where_it_says() {
        assert!(holds(&json!("ell"), "hello") && !holds(&json!("elll"), "hello"));
        assert!(holds(&json!("/^h.*o$/"), "hello") && !holds(&json!("/^e/"), "hello"));
        assert!(holds(&json!({"Equals": "hello"}), "hello\n") && !holds(&json!({"Equals": "hell"}), "hello"));
        assert!(holds(&json!({"Equals": "hello\n"}), "hello") && !holds(&json!({"Equals": " hello"}), "hello"));
        assert!(holds(&json!("llo\n"), "hello") && holds(&json!("a\nb\n"), "a\nb") && holds(&json!("b\n"), "b\nc\n"));
        assert!(!holds(&json!("hell\n"), "hello\n") && !holds(&json!("\n"), "hello"));
        assert!(holds(&json!({"Matches": "l+"}), "hello") && holds(&json!({"Contains": ["h", "o"]}), "hello"));
        assert!(holds(&json!({"Number": "> 5"}), " 6\n") && !holds(&json!({"Number": "> 5"}), "six"));
        assert!(holds(&json!({"Number": 6}), "6") && !holds(&json!({"Number": 6}), "5"));
        assert!(holds(&json!({"Len": ">= 5"}), "hello") && !holds(&json!({"Len": 4}), "hello"));
        assert!(
            holds(&json!({"Semver": ">=9, <10"}), "OpenSSH_9.2p1") && !holds(&json!({"Semver": ">=10"}), "1:9.2-1")
        );
        assert!(holds(&json!({"Not": "x"}), "hello") && !holds(&json!({"Not": "l"}), "hello"));
        assert!(holds(&json!({"Or": ["x", "h"]}), "hello") && !holds(&json!({"And": ["x", "h"]}), "hello"));
        assert!(holds(&json!(["h", "/o$/"]), "hello") && !holds(&json!(["h", "x"]), "hello"));
        assert!(holds(&json!(200), "code 200"));
    }

    #[test]
    fn paths_look_into_json() {
        let text = r#"{"status": "up", "count": 3, "on": true, "none": null, "nodes": [{"n": "a"}, {"n": "b"}]}"#;
        assert!(holds(&json!({"Json": {"$.status": "up", "$.count": "> 2", "$.on": true, "$.none": null}}), text));
        assert!(holds(&json!({"$.nodes[*].n": {"Contains": "b"}, "$.nodes": {"Len": 2}}), text));
        assert!(!holds(&json!({"$.status": "u"}), text), "a value is compared as a whole");
        assert_eq!(fault(&json!({"$.count": "> 5"}), text).as_deref(), Some("$.count: wanted a number > 5, got '3'"));
        assert_eq!(fault(&json!({"$.x": 1}), text).as_deref(), Some("$.x: wanted 1, got nothing"));
        assert!(fault(&json!({"$.x": 1}), "<html>").is_some_and(|it| it.starts_with("wanted JSON, got '<html>'")));
        assert!(!holds(&json!({"$.x": {"Not": 1}}), text), "a misspelt path is not what Not means");
        assert!(holds(&json!({"$.x": null}), text) && holds(&json!({"$.none": null}), text));
        assert!(!holds(&json!({"$.x": {"Not": null}}), text) && holds(&json!({"$.count": {"Not": null}}), text));
        assert!(holds(&json!({"$.x": {"Or": [null, 1]}}), text) && !holds(&json!({"$.count": null}), text));
    }

    #[test]
    fn what_cannot_be_compared_is_not_what_not_means() {
        for (inner, found) in [
            (json!({"Number": "> 5"}), "six"),
            (json!({"Semver": ">=2"}), "none"),
            (json!({"$.count": 5}), "<html>"),
            (json!({"$.cuont": 5}), r#"{"count": 5}"#),
            (json!({"Json": {"$.count": {"Number": "> 5"}}}), r#"{"count": "many"}"#),
            (json!({"Element": {"Number": "> 5"}}), "six"),
            (json!({"Elements": [{"Number": "> 5"}]}), "six"),
            (json!({"Key": "a"}), "a"),
            (json!({"Or": [{"Number": "> 5"}, "seven"]}), "six"),
            (json!({"Not": {"Number": "> 5"}}), "six"),
        ] {
            assert!(!holds(&inner, found) && !holds(&json!({"Not": inner}), found), "{inner} of {found}");
        }
        assert!(holds(&json!({"Not": {"And": [{"Number": "> 5"}, "seven"]}}), "six"), "one is false in any case");
        assert!(holds(&json!({"Or": [{"Number": "> 5"}, "six"]}), "six"), "one is true in any case");
        assert!(holds(&json!({"Not": {"Element": "x"}}), ""), "no line is x");
    }

    #[test]
    fn what_a_list_has_is_not_what_not_means() {
        let holds = |matcher: &Json, found: &Json| {
            Matcher::of("Value", matcher, PlainText::Exact).expect("a matcher").fault_of(found).is_none()
        };
        let states = json!({"nodes": [{"s": "up", "v": "2.1"}, {"s": "down", "v": "1.0"}]});
        for inner in [json!("down"), json!("/^down$/"), json!({"Contains": "ow"}), json!({"Or": ["down", "gone"]})] {
            let both = json!({"$.nodes[*].s": {"Not": inner}});
            assert!(!holds(&both, &states), "{both}");
        }
        for inner in [json!("gone"), json!("/^own$/"), json!({"Contains": "x"})] {
            assert!(holds(&json!({"$.nodes[*].s": {"Not": inner}}), &states), "{inner}");
        }
        let versions = json!({"$.nodes[*].v": {"Semver": ">=2"}});
        assert!(!holds(&versions, &states), "the first version says nothing of the second");
        assert!(!holds(&json!({"Not": 1}), &json!([1, 2])) && holds(&json!({"Not": 3}), &json!([1, 2])));
        assert!(!holds(&json!({"Not": {"Contains": "err"}}), &json!({"message": "an error"})));
        assert!(holds(&json!({"Not": {"Contains": "err"}}), &json!({"errors": 0})));
        assert!(holds(&json!("/up.*down/"), &json!(["up", "down"])), "a list is a text, too");
    }

    #[test]
    fn whole_numbers_are_compared_without_rounding() {
        let large = "9007199254740993";
        assert!(holds(&json!({"Number": "> 9007199254740992"}), large));
        assert!(!holds(&json!({"Number": 9_007_199_254_740_992_u64}), large));
        assert!(!holds(&json!({"Not": {"Equals": 9_007_199_254_740_993_u64}}), large));
        let document = r#"{"id": 9007199254740993, "n": 1.0, "zero": "0.0"}"#;
        assert!(!holds(&json!({"$.id": 9_007_199_254_740_992_u64}), document));
        assert!(holds(&json!({"$.id": 9_007_199_254_740_993_u64, "$.n": 1, "$.zero": 0}), document));
        assert!(!holds(&json!({"$.zero": {"Not": 0}}), document), "0.0 is 0");
        assert!(!holds(&json!({"Semver": "<2"}), "99999999999999999999.1"));
    }

    #[test]
    fn json_with_a_mark_is_read_and_a_name_with_two_values_says_neither() {
        assert!(holds(&json!({"$.a": 1}), "\u{feff}{\"a\": 1}"));
        assert!(!holds(&json!({"$.a": "up"}), r#"{"a": "down", "a": "up"}"#));
        assert!(holds(&json!({"$.a": "up"}), r#"{"a": "up", "a": "up"}"#));
        assert!(!holds(&json!({"$.a": {"Not": 0}}), r#"{"a": "#));
    }

    #[test]
    fn elements_are_those_of_lists_and_lines_of_texts() {
        let holds = |matcher: Json, found: Json| {
            Matcher::of("Value", &matcher, PlainText::Exact).expect("a matcher").fault_of(&found).is_none()
        };
        let list = json!(["foo", "bar", "moo"]);
        assert!(holds(json!({"Element": "/^b/"}), list.clone()) && !holds(json!({"Element": "/^x/"}), list.clone()));
        assert!(holds(json!({"Elements": ["moo", "foo"]}), list.clone()));
        assert!(!holds(json!({"Elements": ["foo", "foo"]}), list.clone()), "each is another one");
        assert!(holds(json!({"Only": ["/o$/", "bar", "foo"]}), list.clone()), "whichever fits, all have to");
        assert!(!holds(json!({"Only": ["foo", "bar"]}), list.clone()));
        assert!(holds(json!({"Element": {"Matches": "^cow"}}), json!("foo bar\ncow\n")));
        assert!(holds(json!({"Key": "a"}), json!({"a": 1})) && !holds(json!({"Key": "b"}), json!({"a": 1})));
        assert!(!holds(json!({"Key": "a"}), list) && holds(json!("128"), json!(128)));
    }

    #[test]
    fn a_fault_has_what_was_wanted_and_found() {
        assert_eq!(fault(&json!("x"), "hello").as_deref(), Some("wanted something with 'x', got 'hello'"));
        for (matcher, expected) in [
            (json!({"Equals": " hello"}), "wanted ' hello', got 'hello'"),
            (json!({"Equals": "hello"}), "wanted 'hello', got 'hello '"),
            (json!("lo\t"), "wanted something with 'lo\\t', got 'hello'"),
        ] {
            let found = if expected.ends_with(" '") { "hello " } else { "hello" };
            assert_eq!(fault(&matcher, found).as_deref(), Some(expected), "what differs is seen");
        }
        let many = json!({"Or": ["x", {"Len": "> 9"}]});
        assert_eq!(fault(&many, "a\nb").as_deref(), Some("wanted something with 'x' or a length > 9, got 'a\\nb'"));
    }
}
