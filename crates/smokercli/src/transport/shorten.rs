//! Shortens a page of JSON that is too large, while it arrives.
//!
//! A plugin may print megabytes, and the page of all plugins has the newest
//! result of each. Long texts and long lists of texts lose their ends, and say
//! so; everything else stays, so that a host is never lost to what its plugins print.

/// The most bytes of a text.
const MAX_TEXT: usize = 4 << 10;
/// The most texts of a list.
const MAX_TEXTS: usize = 500;

/// Takes JSON byte by byte. What is no JSON passes as it is.
#[derive(Default)]
pub(super) struct Shortener {
    out: Vec<u8>,
    /// The open lists and objects.
    open: Vec<Level>,
    text: Option<Text>,
    /// A comma of a list, which is written before the next item that is kept.
    comma: bool,
    is_cut: bool,
}

#[derive(Default)]
struct Level {
    is_list: bool,
    texts: usize,
    dropped: usize,
}

#[derive(Default)]
struct Text {
    is_dropped: bool,
    kept: usize,
    cut: usize,
    /// How many bytes of an escape sequence are to come.
    escape: u8,
}

impl Shortener {
    /// Takes the next bytes of the page.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match &mut self.text {
                Some(text) if text.takes(*byte) => {
                    if text.keeps(*byte) {
                        self.out.push(*byte);
                    }
                }
                Some(_) => self.end_text(),
                None => self.outside_of_texts(*byte),
            }
        }
    }

    /// How many bytes are left of the page so far.
    pub(super) fn len(&self) -> usize {
        self.out.len()
    }

    /// What is left of the page, and whether anything was cut.
    pub(super) fn finish(self) -> (Vec<u8>, bool) {
        (self.out, self.is_cut)
    }

    fn outside_of_texts(&mut self, byte: u8) {
        match byte {
            b'"' => self.begin_text(),
            b',' if self.open.last().is_some_and(|level| level.is_list) => self.comma = true,
            b'[' | b'{' => {
                self.item(&[byte]);
                self.open.push(Level { is_list: byte == b'[', ..Level::default() });
            }
            b']' | b'}' => {
                self.comma = false;
                if let Some(Level { dropped: dropped @ 1.., .. }) = self.open.pop() {
                    self.is_cut = true;
                    self.out.extend_from_slice(format!(",\"... ({dropped} more texts are left out)\"").as_bytes());
                }
                self.out.push(byte);
            }
            b' ' | b'\n' | b'\r' | b'\t' => self.out.push(byte),
            _ => self.item(&[byte]),
        }
    }

    fn begin_text(&mut self) {
        let mut is_dropped = false;
        if let Some(level) = self.open.last_mut().filter(|level| level.is_list) {
            level.texts += 1;
            is_dropped = level.texts > MAX_TEXTS;
            level.dropped += usize::from(is_dropped);
        }
        if is_dropped {
            self.comma = false;
        } else {
            self.item(b"\"");
        }
        self.text = Some(Text { is_dropped, ..Text::default() });
    }

    fn end_text(&mut self) {
        let Some(text) = self.text.take().filter(|text| !text.is_dropped) else { return };
        if text.cut > 0 {
            self.is_cut = true;
            self.out.extend_from_slice(format!("... ({} more bytes are left out)", text.cut).as_bytes());
        }
        self.out.push(b'"');
    }

    fn item(&mut self, bytes: &[u8]) {
        if std::mem::take(&mut self.comma) {
            self.out.push(b',');
        }
        self.out.extend_from_slice(bytes);
    }
}

impl Text {
    /// Whether the byte belongs to the text; only its closing quote does not.
    fn takes(&self, byte: u8) -> bool {
        byte != b'"' || self.escape > 0
    }

    /// Whether the byte is written. A text is cut between two characters only.
    fn keeps(&mut self, byte: u8) -> bool {
        let is_inside = self.escape > 0 || (0x80..0xc0).contains(&byte);
        self.escape = match (self.escape, byte) {
            (0, b'\\') => 1,
            (1, b'u') => 4,
            (left, _) => left.saturating_sub(1),
        };
        let is_kept = !self.is_dropped && self.cut == 0 && (self.kept < MAX_TEXT || is_inside);
        if is_kept {
            self.kept += 1;
        } else {
            self.cut += 1;
        }
        is_kept
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn shortened(page: &str) -> (String, bool) {
        let mut shortener = Shortener::default();
        // Chunks may end anywhere.
        page.as_bytes().chunks(3).for_each(|chunk| shortener.push(chunk));
        let (out, is_cut) = shortener.finish();
        (String::from_utf8(out).expect("UTF-8"), is_cut)
    }

    #[test]
    fn what_is_small_stays() {
        for page in
            [r#"{"a": [1, "x", {"b": [["y", "z"], []]}], "c": "\"\\\u00e9, ]", "d": null}"#, "no JSON ]}\", \"", ""]
        {
            let page = page.replace(", ", ",");
            assert_eq!(shortened(&page), (page.clone(), false));
        }
    }

    #[test]
    fn long_texts_and_lists_lose_their_ends_and_say_so() {
        let texts: Vec<_> = (0..MAX_TEXTS + 7).map(|number| format!("line {number}")).collect();
        let page =
            json!({"long": "a\u{1}é\u{20ac}".repeat(3000), "texts": texts, "objects": vec![json!({}); MAX_TEXTS + 1]});
        let (out, is_cut) = shortened(&page.to_string());
        assert!(is_cut);
        let out: Value = serde_json::from_str(&out).expect("JSON");
        let long = out["long"].as_str().expect("text");
        assert!(long.starts_with("a\u{1}é\u{20ac}a") && long.ends_with(" more bytes are left out)"), "{long}");
        assert!(long.len() < MAX_TEXT + 60, "{}", long.len());
        assert_eq!(out["texts"].as_array().map(Vec::len), Some(MAX_TEXTS + 1));
        assert_eq!(out["texts"][MAX_TEXTS], "... (7 more texts are left out)");
        assert_eq!(out["objects"], page["objects"]);
    }
}
