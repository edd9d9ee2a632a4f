//! Places inside of JSON, written as most languages would reach them.

/// The place of a member: `componentResults.disk`, `componentResults["/srv"]`.
pub(super) fn member(parent: &str, name: &str) -> String {
    let is_word = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    match (is_word, parent) {
        (true, "") => name.to_owned(),
        (true, _) => format!("{parent}.{name}"),
        (false, _) => format!("{parent}[{}]", serde_json::Value::from(name)),
    }
}

/// The place of an item of a list, counted from 0: `messages.info[2]`.
pub(super) fn item(parent: &str, index: usize) -> String {
    format!("{parent}[{index}]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_no_words_stand_in_quotes() {
        assert_eq!(member(&member("", "componentResults"), "disk"), "componentResults.disk");
        assert_eq!(member("componentResults", "/srv \"x\""), r#"componentResults["/srv \"x\""]"#);
        assert_eq!(item("messages.info", 2), "messages.info[2]");
    }
}
