//! `$ARG1$` and its like in commands of NRPE: values that a client gives.
//!
//! NRPE writes them into the line as they are, and the shell reads that. A plugin has them as parameters, which are data wherever
//! they stand. Both do the same with the values that the pattern of a parameter takes; others are refused.

use smoker_model::value::Value;

/// What NRPE itself refuses in an argument (`nasty_metachars`), as part of a class of characters.
const NASTY: &str = r"|`&><'\\\[\]{};\r\n";

/// What the shell would not take as it is outside of quotes, and in double quotes.
const BARE: &str = r#"\s$"()*?~#!="#;
const IN_DOUBLE_QUOTES: &str = r#"$"!"#;

/// A command whose arguments are placeholders.
#[derive(Debug, PartialEq)]
pub(super) struct WithArguments {
    /// The command of the plugin, whose other percent signs are doubled.
    pub(super) command: String,
    /// The value of the key `Parameters`.
    pub(super) parameters: Value,
}

/// Where an argument stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    InSingleQuotes,
    InDoubleQuotes,
    Bare,
}

impl Place {
    fn pattern(self) -> String {
        match self {
            // Without quotes an empty value would be no word at all.
            Self::Bare => format!("[^{NASTY}{BARE}]+"),
            Self::InDoubleQuotes => format!("[^{NASTY}{IN_DOUBLE_QUOTES}]*"),
            Self::InSingleQuotes => format!("[^{NASTY}]*"),
        }
    }
}

/// Reads a line; none when it has no argument.
///
/// # Errors
///
/// Why its arguments cannot become parameters.
pub(super) fn read(line: &str) -> Result<Option<WithArguments>, String> {
    let mut command = String::new();
    let mut found: Vec<(String, Place)> = Vec::new();
    let (mut place, mut rest) = (Place::Bare, line);
    let mut is_hard = None;
    while let Some(c) = rest.chars().next() {
        if let Some(name) = argument(rest) {
            match found.iter_mut().find(|(its, _)| its == name) {
                Some((_, widest)) => *widest = place.max(*widest),
                None => found.push((name.to_owned(), place)),
            }
            command.extend(["%(", name, ")s"]);
            rest = &rest[name.len() + 2..];
            continue;
        }
        let next = match (place, c) {
            (Place::Bare, '\'') => Place::InSingleQuotes,
            (Place::Bare, '"') => Place::InDoubleQuotes,
            (Place::InSingleQuotes, '\'') | (Place::InDoubleQuotes, '"') => Place::Bare,
            (same, _) => same,
        };
        if place != Place::InSingleQuotes {
            let hard = ["`", "$(", "${", "\\", "<<"].into_iter().find(|sign| rest.starts_with(sign));
            is_hard = is_hard.or(hard);
        }
        place = next;
        command.push(c);
        if c == '%' {
            command.push(c);
        }
        rest = &rest[c.len_utf8()..];
    }
    if found.is_empty() {
        return Ok(None);
    }
    if let Some(sign) = is_hard {
        return Err(format!(
            "it has {sign} beside $ARGn$, where the shell would read values in another way: write it by hand"
        ));
    }
    let text = |text: &str| Value::Text(text.to_owned());
    let entry = |(name, place): (String, Place)| {
        (Value::Text(name), Value::Map(vec![(text("Pattern"), Value::Text(place.pattern()))]))
    };
    Ok(Some(WithArguments { command, parameters: Value::Map(found.into_iter().map(entry).collect()) }))
}

/// The name of the argument that a text begins with.
fn argument(text: &str) -> Option<&str> {
    let name = text.strip_prefix('$')?.split('$').next()?;
    let number = name.strip_prefix("ARG")?;
    let is_whole = text.len() > name.len() + 1;
    (is_whole && !number.is_empty() && number.chars().all(|c| c.is_ascii_digit())).then_some(name)
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;

    fn patterns(line: &str) -> Vec<(String, Regex)> {
        let Value::Map(entries) = read(line).expect("understood").expect("arguments").parameters else {
            panic!("{line}")
        };
        let pattern = |(name, value): (Value, Value)| {
            let Value::Map(members) = value else { panic!("{line}") };
            let pattern = members[0].1.as_text().expect("a text").to_owned();
            let name = name.as_text().expect("a text").to_owned();
            (name, Regex::new(&format!(r"\A(?:{pattern})\z")).expect("a pattern"))
        };
        entries.into_iter().map(pattern).collect()
    }

    #[test]
    fn arguments_become_placeholders() {
        let found = read("/p/check_disk -w $ARG1$% -c \"$ARG2$\" -p '$ARG10$' $ARG$ $HOME").expect("understood");
        let command = found.expect("arguments").command;
        assert_eq!(command, "/p/check_disk -w %(ARG1)s%% -c \"%(ARG2)s\" -p '%(ARG10)s' $ARG$ $HOME");
        assert_eq!(read("/p/check_load -w 5% $ARGS$"), Ok(None));
        for line in ["echo `x $ARG1$`", "echo $(x) $ARG1$", "a \\$ARG1$", "cat <<E\n$ARG1$"] {
            assert!(read(line).is_err(), "{line}");
        }
    }

    #[test]
    fn a_pattern_takes_what_the_shell_leaves_as_it_is() {
        let found = patterns("x $ARG1$ \"$ARG2$\" '$ARG3$' \"$ARG4$\" $ARG4$");
        let takes =
            |name: &str, value: &str| found.iter().find(|(its, _)| its == name).expect("an argument").1.is_match(value);
        for value in ["80%", "/data,/srv", "a:b@c", "-w", "ž"] {
            assert!(["ARG1", "ARG2", "ARG3", "ARG4"].iter().all(|name| takes(name, value)), "{value}");
        }
        for value in ["a b", "", "*", "$HOME", "a;b", "a|b", "a`b`", "it's", "~", "a\n", "(a)", "a=b"] {
            assert!(!takes("ARG1", value) && !takes("ARG4", value), "{value}");
        }
        assert!(
            takes("ARG2", "a b *") && !takes("ARG2", "$HOME") && !takes("ARG2", "a\"b") && takes("ARG3", "$HOME \"a\"")
        );
        assert!(!takes("ARG3", "it's"));
    }
}
