//! Words of command lines for shells.

use std::borrow::Cow;

/// A text as one word of a shell's command line, in single quotes where it needs some.
#[must_use]
pub fn quoted(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_./:@%,+-".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_word_reaches_the_shell_whole() {
        for word in ["", "/srv/web-01_a:b@c%d,e+f", "it's \"$HOME\" `id` \\", "~", "a b", "*", "a\nb", "é"] {
            let line = format!("printf %s. {}", quoted(word));
            let output = Command::new("sh").args(["-c", &line]).output().expect("sh");
            assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{word}."), "{line}");
        }
    }
}
