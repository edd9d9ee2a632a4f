//! Characters that a log line must not have.

/// Writes control characters as escapes: a plugin must not be able to forge a line
/// of the log, nor to send control sequences to a terminal that shows it.
pub(crate) fn escape(text: String, keeps_line_ends: bool) -> String {
    let is_harmless = |c: char| c == '\t' || (c == '\n' && keeps_line_ends) || !is_unwanted(c);
    if text.chars().all(is_harmless) {
        return text;
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if is_harmless(c) => escaped.push(c),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            c => escaped.push_str(&by_number(c)),
        }
    }
    escaped
}

fn by_number(c: char) -> String {
    match u32::from(c) {
        code @ 0..=0xff => format!("\\x{code:02x}"),
        code => format!("\\u{code:04x}"),
    }
}

/// Controls, and the line and paragraph separators of Unicode.
fn is_unwanted(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_line_or_moves_a_cursor_is_escaped() {
        let text = "a\nb\r\tc\u{1b}[2Jd\u{85}e\u{2028}f\0č";
        assert_eq!(escape(text.to_owned(), false), "a\\nb\\r\tc\\x1b[2Jd\\x85e\\u2028f\\x00č");
        assert_eq!(escape("a\nb\r".to_owned(), true), "a\nb\\r");
    }
}
