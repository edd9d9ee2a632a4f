//! Whether a text is well-formed XML.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Panics when it is not.
pub(crate) fn check(text: &str) {
    let mut reader = Reader::from_str(text);
    reader.config_mut().enable_all_checks(true);
    let mut depth = 0_usize;
    loop {
        match reader.read_event().unwrap_or_else(|error| panic!("{error} in {text}")) {
            Event::Start(tag) => {
                check_tag(&tag, text);
                depth += 1;
            }
            Event::Empty(tag) => check_tag(&tag, text),
            Event::End(_) => depth -= 1,
            Event::GeneralRef(reference) => {
                let known =
                    ["amp", "lt", "gt", "quot", "apos"].iter().any(|name| reference.as_ref() == name.as_bytes());
                let number = reference.resolve_char_ref().unwrap_or_else(|error| panic!("{error} in {text}"));
                assert!(known || number.is_some(), "{reference:?} in {text}");
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0, "an element is not closed in {text}");
    let is_allowed = |c: char| !c.is_control() || matches!(c, '\n' | '\t' | '\r' | '\u{80}'..='\u{9f}');
    assert!(
        text.chars().all(|c| is_allowed(c) && !matches!(c, '\u{fffe}' | '\u{ffff}')),
        "no XML holds all of {text:?}"
    );
}

fn check_tag(tag: &BytesStart<'_>, text: &str) {
    for attribute in tag.attributes().with_checks(true) {
        let attribute = attribute.unwrap_or_else(|error| panic!("{error} in {text}"));
        let name = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
        let is_name = |c: char| c.is_alphanumeric() || "-_.:".contains(c);
        assert!(
            name.starts_with(|c: char| c.is_alphabetic() || "_:".contains(c)) && name.chars().all(is_name),
            "{name:?} in {text}"
        );
        attribute.unescape_value().unwrap_or_else(|error| panic!("{error} in {text}"));
    }
}
