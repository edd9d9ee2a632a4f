//! Patterns in which each `*` stands for any text.

/// Whether a text fits a pattern.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    let Some((first, pattern)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts = pattern.split('*');
    let last = parts.next_back().unwrap_or_default();
    for part in parts {
        // The first place where it fits leaves the most for the others.
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, expected) in [
            ("Uptime", "Uptime", true),
            ("Uptime", "Uptimes", false),
            ("disk*", "disk", true),
            ("disk*", "disk /var", true),
            ("*var", "disk /var", true),
            ("d*k*r", "disk /var", true),
            ("d*x*r", "disk /var", false),
            ("a*a", "a", false),
            ("*", "", true),
            ("**", "x", true),
            ("", "", true),
            ("", "x", false),
            ("é*", "étage", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }
}
