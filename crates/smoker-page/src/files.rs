//! The page: an index, a script and a style sheet, and the headers that they are sent with.

use crate::built::{FLEET_SCRIPT, INDEX, SCRIPT, STYLE};

/// A file of the page. Its name changes with its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    /// The media type.
    pub media_type: &'static str,
    /// The content.
    pub text: &'static str,
}

/// The media type of the page itself.
pub const HTML: &str = "text/html; charset=utf-8";

/// What every answer with HTML is sent with. Nothing is taken from elsewhere, nothing in the text is run or styles it, no other site
/// may show it in a frame, and text never becomes markup by a script.
pub const HEADERS: [(&str, &str); 4] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
];

/// The page itself. It has no plugin in it, so that its size does not depend on them.
#[must_use]
pub fn index() -> &'static str {
    INDEX
}

/// The file of this name below `/ui/`.
#[must_use]
pub fn file(name: &str) -> Option<File> {
    const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
    let known = [(SCRIPT, JAVASCRIPT), (FLEET_SCRIPT, JAVASCRIPT), (STYLE, "text/css; charset=utf-8")];
    let found = known.into_iter().find(|((known, _), _)| *known == name);
    found.map(|((_, text), media_type)| File { media_type, text })
}

/// The name of the style sheet.
pub(crate) fn style_name() -> &'static str {
    STYLE.0
}

/// The name of the script that keeps the grid of a fleet fresh.
pub(crate) fn fleet_script_name() -> &'static str {
    FLEET_SCRIPT.0
}

/// The style sheet.
pub(crate) fn style() -> &'static str {
    STYLE.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_its_files_and_is_small() {
        for (name, text) in [SCRIPT, FLEET_SCRIPT, STYLE] {
            assert!(name == FLEET_SCRIPT.0 || index().contains(&format!("\"/ui/{name}\"")), "{name}");
            assert_eq!(file(name).map(|file| file.text), Some(text));
        }
        assert_eq!(file("index.html"), None);
        assert!(index().len() + SCRIPT.1.len() + FLEET_SCRIPT.1.len() + STYLE.1.len() <= 40_000);
    }

    #[test]
    fn nothing_stands_in_the_page_that_its_policy_refuses() {
        for refused in ["<style", "style=", "onclick", "http://", "https://", "innerHTML"] {
            assert!(!index().contains(refused), "{refused}");
        }
        assert!(!SCRIPT.1.contains("innerHTML") && !SCRIPT.1.contains("https://"));
        assert_eq!(index().matches("<script").count(), 1);
    }
}
