//! What was found, as messages show it.

/// How much of a text is shown.
const SHOWN: usize = 100;

/// A text in quotes, on one line, cut where it is long, without the blanks around it.
pub(crate) fn quote(text: &str) -> String {
    quote_whole(text.trim())
}

/// The same with the blanks around it, but for line breaks at its end.
pub(crate) fn quote_whole(text: &str) -> String {
    let text = text.trim_end_matches(['\r', '\n']);
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push_str("...");
    }
    let shown: String = shown.chars().flat_map(escaped).collect();
    format!("'{shown}'")
}

fn escaped(c: char) -> impl Iterator<Item = char> {
    let is_shown = !c.is_control();
    let escape = (!is_shown).then(|| c.escape_default()).into_iter().flatten();
    is_shown.then_some(c).into_iter().chain(escape)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_many_lined_texts_are_short_and_on_one_line() {
        assert_eq!(quote(" it is\nso "), "'it is\\nso'");
        assert_eq!(quote_whole(" it is\nso \n"), "' it is\\nso '");
        assert_eq!(quote(&"é".repeat(101)), format!("'{}...'", "é".repeat(100)));
    }
}
