//! Codes that a terminal takes for colours, titles and the like. A report is read without them.

use std::borrow::Cow;

/// The character that each code begins with.
pub(crate) const ESCAPE: char = '\x1b';

/// A title is looked for in this number of bytes, so that many unfinished ones cost no more than one reading each.
const LONGEST_TITLE: usize = 1024;

/// The length of the code that a text begins with; none when it begins with none.
pub(crate) fn length(text: &str) -> Option<usize> {
    let bytes = text.strip_prefix(ESCAPE)?.as_bytes();
    let run = |from: usize, range: std::ops::RangeInclusive<u8>| {
        from + bytes[from..].iter().take_while(|byte| range.contains(byte)).count()
    };
    let is_final = |at: usize, first: u8| bytes.get(at).is_some_and(|byte| (first..=b'~').contains(byte));
    let end = match bytes.first()? {
        // Colours and the cursor.
        b'[' => Some(run(run(1, b'0'..=b'?'), b' '..=b'/')).filter(|at| is_final(*at, b'@')),
        // A title, up to a bell or another escape.
        b']' => {
            let title = bytes[..bytes.len().min(LONGEST_TITLE)].iter();
            let end = title.clone().position(|byte| matches!(byte, b'\x07' | b'\x1b' | b'\n'))?;
            match (bytes[end], bytes.get(end + 1)) {
                (b'\x07', _) => Some(end),
                (b'\x1b', Some(b'\\')) => Some(end + 1),
                _ => None,
            }
        }
        // A character set.
        b' '..=b'/' => Some(run(0, b' '..=b'/')).filter(|at| is_final(*at, b'0')),
        b'0'..=b'~' => Some(0),
        _ => None,
    };
    // The escape before it and the last byte belong to it.
    end.map(|end| end + 2)
}

/// A text without the codes.
pub(crate) fn stripped(text: &str) -> Cow<'_, str> {
    if !text.contains(ESCAPE) {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(ESCAPE) {
        let end = at + length(&rest[at..]).unwrap_or(0);
        kept.push_str(&rest[..at]);
        let skipped = end.max(at + 1);
        if end == at {
            kept.push(ESCAPE);
        }
        rest = &rest[skipped..];
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_left_out() {
        let coloured = "\x1b[31;1mnot ok\x1b[0m 1\x1b]0;title\x07 \x1b]0;title\x1b\\\x1b(Ba\x1b=\x1bM";
        assert_eq!(stripped(coloured), "not ok 1 a");
        for text in ["[31m \x1b", "\x1b[31", "\x1b]title\n", "\x1b", "\x1b\u{e9}"] {
            assert_eq!(stripped(text), text, "{text:?}");
        }
        assert_eq!(stripped(&"\x1b]".repeat(300_000)).len(), 600_000);
    }
}
