//! What YAML takes from the text of a command, or makes of it, without an error.

use saphyr_parser::ScalarStyle;
use smoker_model::value::Value;

use crate::problem::SourcePlace;
use crate::yaml::merge::Pair;
use crate::yaml::node::{Kind, Node};
use crate::yaml::source_text::SourceText;

/// The key whose text a shell reads.
pub(crate) const COMMAND: &str = "Command";

/// Whether this is the name of a command.
pub(crate) fn is_name(name: &Node) -> bool {
    matches!(&name.kind, Kind::Scalar(Value::Text(name)) if name == COMMAND)
}

/// A comma that ends the command inside of `{ }`: what follows it became a name without a value.
pub(crate) fn cut_by_comma(source: &SourceText, map: &SourcePlace, pairs: &[Pair]) -> Option<(SourcePlace, String)> {
    let begins_with_brace = || source.line(map.line).chars().nth(map.column - 1) == Some('{');
    let mut pairs = pairs.windows(2).filter(|pair| is_name(&pair[0].0));
    let (name, value) = pairs.find_map(|pair| pair.get(1)).filter(|_| begins_with_brace())?;
    let Kind::Scalar(Value::Text(text)) = &name.kind else { return None };
    let written: String = source.line(name.place.line).chars().skip(name.place.column - 1).collect();
    let has_colon = written.strip_prefix(text.as_str()).is_none_or(|behind| behind.trim_start().starts_with(':'));
    if has_colon || !matches!(value.kind, Kind::Scalar(Value::Null)) {
        return None;
    }
    let text = format!("`,` ends the {COMMAND} here, and `{text}` is a name without a value: quote the command");
    Some((name.place.clone(), text))
}

/// A command as YAML reads it and as the file has it.
pub(crate) struct WrittenCommand<'a> {
    pub(crate) style: ScalarStyle,
    pub(crate) value: &'a str,
    /// The lines that it is written on.
    pub(crate) lines: Vec<&'a str>,
    /// What follows it on its last line.
    pub(crate) behind: &'a str,
}

impl WrittenCommand<'_> {
    /// What the shell gets that was probably not meant, and what to write.
    pub(crate) fn change(&self) -> Option<String> {
        match self.style {
            ScalarStyle::Plain if self.value.is_empty() => self.comment_alone(),
            ScalarStyle::Plain => self.comment_in_quotes(),
            ScalarStyle::Folded => self.folded_comment(),
            ScalarStyle::DoubleQuoted => self.control_character(),
            _ => None,
        }
    }

    fn comment_alone(&self) -> Option<String> {
        let is_comment = self.behind.trim_start_matches([':', ' ', '\t']).starts_with('#');
        is_comment.then(|| "`#` begins a comment in YAML, so there is no command: quote the command".to_owned())
    }

    /// A `#` in the shell's quotes: to YAML the text is unquoted, and ends there.
    fn comment_in_quotes(&self) -> Option<String> {
        let is_cut = self.behind.trim_start().starts_with('#');
        let quote = ShellText::read(self.value).open_quote.filter(|_| is_cut)?;
        Some(format!(
            "`#` begins a comment in YAML, so the command ends before it, inside of {quote}: quote the whole command, or \
             write it below `{COMMAND}: |`"
        ))
    }

    /// A comment of the shell on a line that YAML joins with the next one.
    fn folded_comment(&self) -> Option<String> {
        let mut pairs = self.lines.windows(2).map(|pair| (pair[0].trim(), pair[1].trim()));
        let is_joined = |line: &str, next: &str| {
            let joined = format!("{line} {next}");
            let before = self.value.find(&joined).map(|at| &self.value[..at + line.len()]);
            !next.is_empty() && before.is_some_and(|before| ShellText::read(before).ends_in_comment)
        };
        pairs.any(|(line, next)| line.contains('#') && is_joined(line, next)).then(|| {
            format!("`>` joins the lines of the command, so the shell takes what follows its `#` for a comment: use `{COMMAND}: |`")
        })
    }

    /// What an escape of YAML's double quotes gives, as `\b` of a regular expression.
    fn control_character(&self) -> Option<String> {
        let found = self.value.chars().find(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\0'))?;
        let code = u32::from(found);
        Some(format!(
            "an escape in double quotes puts the control character U+{code:04X} into the command: double its backslash, or \
             write the command in single quotes or below `{COMMAND}: |`"
        ))
    }
}

/// How far a shell's quotes and comments reach in a text.
struct ShellText {
    open_quote: Option<char>,
    ends_in_comment: bool,
}

impl ShellText {
    fn read(text: &str) -> Self {
        let mut state = Self { open_quote: None, ends_in_comment: false };
        let mut begins_word = true;
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            if state.ends_in_comment {
                state.ends_in_comment = c != '\n';
                begins_word = true;
                continue;
            }
            match (state.open_quote, c) {
                (None | Some('"'), '\\') => drop(chars.next()),
                (None, '\'' | '"') => state.open_quote = Some(c),
                (None, '#') if begins_word => state.ends_in_comment = true,
                (Some(quote), c) if c == quote => state.open_quote = None,
                _ => {}
            }
            begins_word = c.is_whitespace() || ";&|()".contains(c);
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_comments_are_those_of_a_shell() {
        for (text, quote, comment) in [
            ("echo a", None, false),
            ("echo 'a", Some('\''), false),
            ("echo \"it's", Some('"'), false),
            ("echo 'say \"' \"", Some('"'), false),
            ("echo \\'", None, false),
            ("echo '\\", Some('\''), false),
            ("echo a # it's", None, true),
            ("echo a#b $# ${#x} '#'", None, false),
            ("echo a;# b", None, true),
            ("echo a # b\necho c", None, false),
        ] {
            let read = ShellText::read(text);
            assert_eq!((read.open_quote, read.ends_in_comment), (quote, comment), "{text}");
        }
    }
}
