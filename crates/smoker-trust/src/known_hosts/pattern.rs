//! Patterns of hosts, in which each `*` stands for any text.

/// Whether a host can fit the pattern at all: a character that no host has would silently leave all of them out.
///
/// # Errors
///
/// Which character, and what helps.
pub fn check(pattern: &str) -> Result<(), String> {
    let wrong = pattern.chars().find(|c| !c.is_ascii_alphanumeric() && !"-._:*[]".contains(*c));
    match wrong {
        Some(wrong) => Err(format!(
            "the pattern has {wrong:?}, which no name of a host has; write a name such as *.example.org, in which each * stands for any text"
        )),
        None if pattern.is_empty() => Err("the pattern is empty; write * for all hosts".to_owned()),
        None => Ok(()),
    }
}
