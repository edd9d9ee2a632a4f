//! Codes that a terminal takes for colours, titles and the like. A report is read without them.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

/// A pattern for one code: of colours and the cursor, of titles, of character sets, and the short ones.
pub(crate) const PATTERN: &str =
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)|\x1b[ -/]+[0-~]|\x1b[0-Z\\^-~]";

static CODES: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(PATTERN).ok());

/// A text without the codes.
pub(crate) fn stripped(text: &str) -> Cow<'_, str> {
    CODES.as_ref().map_or(Cow::Borrowed(text), |codes| codes.replace_all(text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_left_out() {
        assert_eq!(stripped("\x1b[31;1mnot ok\x1b[0m 1\x1b]0;title\x07 \x1b(Ba\x1b=\x1bM"), "not ok 1 a");
        assert!(matches!(stripped("[31m \x1b"), Cow::Borrowed(_)));
    }
}
