//! Names with `*` (any characters) and `?` (one character).

/// Whether a name is one that the pattern describes.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut of_name) = (0, 0);
    // Where to go on when the characters behind the last `*` do not fit: it takes one more.
    let mut retry: Option<(usize, usize)> = None;
    while of_name < name.len() {
        match pattern.get(at) {
            Some('*') => {
                retry = Some((at + 1, of_name));
                at += 1;
            }
            Some(c) if *c == '?' || *c == name[of_name] => {
                at += 1;
                of_name += 1;
            }
            _ => {
                let Some((behind, taken)) = retry else { return false };
                retry = Some((behind, taken + 1));
                (at, of_name) = (behind, taken + 1);
            }
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
}

/// Whether a text is a pattern rather than a name.
pub(crate) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_stand_for_characters() {
        for (pattern, name) in [("*", ""), ("/data/*", "/data/1"), ("a*b*c", "aXbYbZc"), ("eth?", "eth0"), ("a", "a")] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("/data/*", "/data"), ("eth?", "eth10"), ("a*b", "abc"), ("", "a"), ("a", "")] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
        assert!(!matches(&"*a".repeat(200), &"a".repeat(199)));
    }
}
