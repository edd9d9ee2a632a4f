//! Text from others, for a terminal.

/// Control characters as escapes, but for those in `kept`: what a plugin or a daemon wrote must not steer the terminal.
pub(crate) fn printable(text: &str, kept: &[char]) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && !kept.contains(&c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

#[test]
fn control_characters_are_escaped() {
    assert_eq!(printable("a\tb\nc\u{1b}[2Jd\re\u{9b}č", &['\t', '\n']), "a\tb\nc\\u{1b}[2Jd\\re\\u{9b}č");
    assert_eq!(printable("a\tb", &[]), "a\\tb");
}
