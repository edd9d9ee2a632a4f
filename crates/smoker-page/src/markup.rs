//! Text inside HTML.

use std::fmt::Write;

/// Appends text that stays text: nothing in it is markup, and what could hide or turn round other text is written as an escape.
/// Behind `limit` bytes it is cut.
pub(crate) fn push_text(page: &mut String, text: &str, limit: usize) {
    let end = text.floor_char_boundary(limit);
    for character in text[..end].chars() {
        match character {
            '&' => page.push_str("&amp;"),
            '<' => page.push_str("&lt;"),
            '>' => page.push_str("&gt;"),
            '"' => page.push_str("&quot;"),
            '\'' => page.push_str("&#39;"),
            '\n' | '\t' => page.push(character),
            other if is_harmful(other) => {
                // Writing into a string cannot fail.
                let _ = write!(page, "\\u{{{:x}}}", u32::from(other));
            }
            other => page.push(other),
        }
    }
    if end < text.len() {
        page.push('…');
    }
}

/// Text as one segment of the path of a URL.
pub(crate) fn path_segment(text: &str) -> String {
    let mut segment = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            segment.push(char::from(byte));
        } else {
            // Writing into a string cannot fail.
            let _ = write!(segment, "%{byte:02X}");
        }
    }
    segment
}

/// Controls, and marks that change the direction or take no room.
fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text_and_is_cut_between_characters() {
        for (text, limit, expected) in [
            (
                "<script>alert('1')</script> & \"x\"",
                99,
                "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;x&quot;",
            ),
            ("a\u{1b}[2J\u{202e}b\nc", 99, "a\\u{1b}[2J\\u{202e}b\nc"),
            ("čč", 3, "č…"),
            ("", 0, ""),
        ] {
            let mut page = String::new();
            push_text(&mut page, text, limit);
            assert_eq!(page, expected);
        }
    }
}
