//! Lines of a configuration for messages, without the secrets in them.

use std::sync::LazyLock;

use regex::Regex;
use smoker_model::secrets::secret_name;

use crate::yaml::source_text::SourceText;

/// A name with what separates it from its value, also where the blank behind
/// the colon was forgotten: that may be what the message is about.
static NAME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"([A-Za-z_][A-Za-z0-9_. -]*?)["']?\s*[:=]\s*"#).expect("the pattern is a constant"));

/// What replaces a secret.
const MASK: &str = "***";

/// A line as a message may show it. One without a name may go on with the value of a line above.
pub(crate) fn shown(source: &SourceText, number: usize) -> String {
    let line = source.line(number).trim();
    let names = |line: &str| NAME.is_match(line);
    let above = || (1..number).rev().map(|number| source.line(number)).find(|line| names(line));
    let goes_on_with_secret = || above().is_some_and(|above| masked(above) != above);
    if !line.is_empty() && !names(line) && goes_on_with_secret() { MASK.to_owned() } else { masked(line) }
}

/// The text up to the value of the first name that looks like a secret's.
pub(crate) fn masked(line: &str) -> String {
    let secret = NAME.captures_iter(line).find(|found| secret_name::is_secret(&found[1]));
    match secret.and_then(|found| found.get(0)).filter(|found| found.end() < line.len()) {
        Some(found) => line[..found.end()].to_owned() + MASK,
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_secrets_are_not_shown() {
        for (line, expected) in [
            ("Password: hunter: 2", "Password: ***"),
            ("Password:hunter2", "Password:***"),
            ("api_key = 5", "api_key = ***"),
            ("{Host: h, \"DbPassword\": x, Port: 1}", "{Host: h, \"DbPassword\": ***"),
            ("Url: http://x/y", "Url: http://x/y"),
            ("PasswordFile: /etc/x", "PasswordFile: /etc/x"),
            ("Password:", "Password:"),
        ] {
            assert_eq!(masked(line), expected);
        }
    }

    #[test]
    fn a_line_that_goes_on_with_a_secret_is_one() {
        let text = "a:\n  PrivateKey: |\nMIIEvQ\nb: 1\nnothing\n".to_owned();
        let source = SourceText::of_text(std::path::Path::new("x"), text);
        assert_eq!(
            (1..=5).map(|number| shown(&source, number)).collect::<Vec<_>>(),
            ["a:", "PrivateKey: ***", "***", "b: 1", "nothing"]
        );
    }
}
