//! Fills parameters into a command: Python's `%` formatting, with each value
//! quoted for the place in the shell line where it stands, so that it is
//! always data and never code.
//!
//! # Layout
//!
//! - `scan`: finds the place of each format in the shell's grammar
//! - `command_line`: what the scan knows of the simple command it is in
//! - `shell_context`: the kinds of places, and what can be written there
//! - `here_text`: whether values would end the here-document that they stand in
//! - `quote`: writes a formatted value for its place
//! - `error`: why a command could not be filled in
//!
//! # Places
//!
//! | place of `%(P)s` | written as |
//! |---|---|
//! | outside of quotes, also in the word of `${x:-word}`, `${x#word}` and the like | one word in single quotes, also when it is a number or empty |
//! | in single quotes | itself, `'` as `'\''` |
//! | in double quotes | double quotes closed, a word in single quotes, double quotes opened |
//! | in `$(...)`, `<(...)`, at any depth, also in double quotes | as if the inner command stood alone |
//! | in the word of `"${x:-word}"`, `"${x:=word}"`, `"${x:+word}"`, `"${x:?word}"` | itself with backslashes; values with an apostrophe, `<(` or `>(` are refused |
//! | in a comment | itself, all but harmless characters as `_` |
//! | in `$((...))`, `((...))`, the subscripts of `a[...]` and `a=([...]=b)`, beside `-eq` and its like in `[[ ]]`, behind `let` | only whole numbers |
//! | where `unset`, `read`, `export`, `test -v`, `local -n x=` and their like take a name | only letters, digits and `_` |
//! | behind a place that shells read differently (`case` inside `$(...)`, `$[`, `alias`, ...), and behind `>&` | only ASCII letters, digits and `_./:@,+-` |
//! | in a here-document with a quoted delimiter | itself; refused when a line of the document would end it |
//! | in backticks, in or around other a here-documents, behind `\` or `$`, in `$'...'`, in the name of `${...}`, elsewhere in `"${...}"` | refused |
//!
//! The table holds for dash, bash (as `sh` and as itself) and busybox; where they
//! disagree about a place, the narrower row counts.
//!
//! # Limits
//!
//! Text that is read again after the shell has read it cannot be known here:
//! `sh -c '... %(P)s'`, `su x -c`, `eval`, `trap`, `ssh`, programs such as `awk`
//! or `sed` that take code as an argument, and arithmetic on a variable that
//! was set from a value (bash evaluates it again). Use `"$SMOKER_PARAM_P"` or
//! `Stdin: json` there. A value that begins with `-` is an option to many
//! programs; write `--` before the placeholder.

pub mod error;
pub mod shell_context;

mod command_line;
mod here_text;
mod quote;
mod scan;

use smoker_model::python_format::directive::{Piece, parse};
use smoker_model::python_format::error::FormatError;
use smoker_model::python_format::format::format;
use smoker_model::secrets::mask::is_masked;
use smoker_model::value::Value;

use crate::template::error::{FillError, MAX_COMMAND};
use crate::template::scan::scan;
use crate::template::scan::scanner::ScanItem;

/// Fills the values that `lookup` has for the names in `command` into it.
/// The result is text for `/bin/sh -c`.
///
/// # Errors
///
/// A format that Python does not know or that has no name, a name that
/// `lookup` does not know, a value that the format cannot write, a place
/// or a value for which no safe way of writing exists, and a text of
/// [`MAX_COMMAND`] bytes or more.
pub fn fill(command: &str, lookup: &dyn Fn(&str) -> Option<Value>) -> Result<String, FillError> {
    let mut room = MAX_COMMAND;
    // A long value at many places must not be written out only to be refused.
    let mut take = |text: &str| match room.checked_sub(text.len()) {
        None | Some(0) => Err(FillError::TooLong),
        Some(left) => {
            room = left;
            Ok(())
        }
    };
    take(command)?;
    let mut items = Vec::with_capacity(command.len());
    let mut holes = Vec::new();
    let mut is_secret = Vec::new();
    for piece in parse(command)? {
        match piece {
            Piece::Text(text) => items.extend(text.chars().map(ScanItem::Char)),
            Piece::Hole(directive) => {
                let Some(value) = lookup(&directive.name) else {
                    return Err(FormatError::Missing { name: directive.name, spot: directive.spot }.into());
                };
                let text = format(&directive, &value.exposed())?;
                take(&text)?;
                items.push(ScanItem::Hole);
                is_secret.push(is_masked(&directive.name, &value));
                holes.push((directive, text));
            }
        }
    }
    let mut filled = String::with_capacity(command.len());
    let scan = scan(&items);
    for body in &scan.literal_bodies {
        here_text::check(body, &items, &holes)?;
    }
    let mut holes = holes.iter().zip(scan.contexts).zip(is_secret);
    for item in &items {
        match item {
            ScanItem::Char(c) => filled.push(*c),
            ScanItem::Hole => {
                if let Some((((directive, text), context), is_secret)) = holes.next() {
                    let quoted = quote::quote(directive, context, text);
                    let quoted = quoted.map_err(|error| if is_secret { without_value(error) } else { error });
                    filled.push_str(&quoted?);
                }
            }
        }
    }
    if filled.len() < MAX_COMMAND { Ok(filled) } else { Err(FillError::TooLong) }
}

/// The error without the secret value that it quotes.
fn without_value(error: FillError) -> FillError {
    match error {
        FillError::Value { placeholder, variable, .. } => {
            let problem = "is secret and cannot be used in this place, where the shell takes few characters".to_owned();
            FillError::Value { placeholder, problem, variable }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use smoker_model::value::Value;
    use smoker_model::value::secret::{Secret, SecretSource};

    use crate::template::error::FillError;
    use crate::template::fill;

    /// Fills in the parameters that a test has.
    fn filled(command: &str, parameters: &[(&str, Value)]) -> Result<String, FillError> {
        fill(command, &|name| parameters.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()))
    }

    fn text(value: &str) -> Value {
        Value::Text(value.to_owned())
    }

    #[test]
    fn each_place_has_its_form() {
        let cases = [
            ("echo %(P)s", "a b", "echo 'a b'"),
            ("echo %(P)s", "it's", r"echo 'it'\''s'"),
            ("echo %(P)s", "", "echo ''"),
            ("echo '%(P)s'", "it's", r"echo 'it'\''s'"),
            ("echo \"$x%(P)sy\"", "a$b", "echo \"$x\"'a$b'\"y\""),
            ("echo \"${x:-%(P)s}\"", "a\"$`\\}", r#"echo "${x:-a\"\$\`\\\}}""#),
            ("cat <<'E'\n$x %(P)s'\nE", "it's `a`\n$(b)\\", "cat <<'E'\n$x it's `a`\n$(b)\\'\nE"),
            ("echo # %(P)s", "a b=ž\n; c", "echo # a_b=ž___c"),
            ("echo $((1-%(P)s))", "-5", "echo $((1- -5))"),
            ("echo $(case a in a) ;; esac; a %(P)s)", "a-1", "echo $(case a in a) ;; esac; a a-1)"),
            ("date +%%s %%(P)s", "a", "date +%s %(P)s"),
        ];
        for (command, value, expected) in cases {
            assert_eq!(filled(command, &[("P", text(value))]).as_deref(), Ok(expected), "{command}");
        }
    }

    #[test]
    fn numbers_are_words_too() {
        let parameters = [("N", Value::Int(5)), ("X", Value::Null)];
        assert_eq!(filled("a %(N)03d>f %(X)s", &parameters).as_deref(), Ok("a '005'>f 'None'"));
    }

    #[test]
    fn errors_name_the_placeholder_the_reason_and_the_way_out() {
        let cases = [
            ("echo %(Nope)s", "a", "missing parameter 'Nope': `echo %(Nope)s` asks for it; configure it"),
            (
                "echo `a %(my-Name)s`",
                "a",
                "%(my-Name)s cannot be used in backticks: write `$(...)` instead of backticks, \
                 or \"$SMOKER_PARAM_MY_NAME\", or use `Stdin: json`",
            ),
            (
                "cat <<E\n%(P)s\nE",
                "a",
                "%(P)s cannot be used in a here-document: quote the word that ends the here-document (`<<'EOF'`)",
            ),
            (
                "cat <<'E'\n%(P)s\nE",
                "a\nE\nb",
                // In a document with a quoted word no variable is expanded.
                "the value of %(P)s makes the line \"E\", which would end the here-document that it stands in; end the document with \
                 another word, or in place of it use `printf` with \"$SMOKER_PARAM_P\", or `Stdin: json`",
            ),
            ("echo \\%(P)s", "a", "%(P)s cannot be used directly behind a backslash: remove the backslash"),
            ("echo %(P)s", "a\0", "the value of %(P)s has a NUL character"),
            (
                "echo $((%(P)s))",
                "a[1]",
                "the value of %(P)s is \"a[1]\", but only a whole number can stand where the shell computes with it; \
                 use \"$SMOKER_PARAM_P\" instead, or `Stdin: json`",
            ),
            ("unset %(P)s", "a[1]", "the value of %(P)s is \"a[1]\", but only letters, digits and `_`"),
            ("alias a=b; %(P)s", "a b", "because of `alias`, and so only ASCII letters"),
            ("echo \"${x:-%(P)s}\"", "it's", "the value of %(P)s has an apostrophe"),
            ("echo \"${x:-%(P)s}\"", "ž$", "the value of %(P)s has '$' behind a letter that is not ASCII"),
            ("echo \"${x:-ž%(P)s}\"", "$", "the value of %(P)s has '$' behind a letter that is not ASCII"),
            ("echo \"${x:-%(P)s}\"", "a<(b", "the value of %(P)s has a parenthesis behind `<` or `>`"),
            ("echo \"${x:-%(P)s%(P)s}\"", "(<", "the value of %(P)s has a parenthesis behind `<` or `>`"),
            ("echo \"${x:-%(P)s(a)}\"", "<", "%(P)s cannot be used in this kind of `${...}`"),
        ];
        for (command, value, expected) in cases {
            let known = |name: &str| (name != "Nope").then(|| text(value));
            let message = fill(command, &known).expect_err(command).to_string();
            assert!(message.contains(expected), "{command}: {message}");
        }
    }

    #[test]
    fn a_secret_is_filled_in_and_never_quoted_in_an_error() {
        let secret = Value::Secret(Secret::new("open sesame", SecretSource::Environment("X".to_owned())));
        assert_eq!(filled("echo %(P)s", &[("P", secret.clone())]).as_deref(), Ok("echo 'open sesame'"));
        for (name, value) in [("P", secret), ("Password", text("open sesame"))] {
            for place in ["echo $((%(P)s))", "unset %(P)s", "alias a=b; %(P)s", "echo >&%(P)s", "x() { echo %(P)d; }"] {
                let command = place.replace('P', name);
                let message = filled(&command, &[(name, value.clone())]).expect_err(place).to_string();
                assert!(message.contains(name) && !message.contains("sesame"), "{message}");
            }
        }
    }

    #[test]
    fn values_that_are_empty_or_not_whole_are_no_numbers() {
        for value in ["", " ", "-", "1.5", "0x1f", "1 2", "1\n", "١"] {
            let result = filled("echo $((%(P)s))", &[("P", text(value))]);
            assert!(matches!(result, Err(FillError::Value { .. })), "{value:?}: {result:?}");
        }
        for value in ["0", "-17", "+5", "  42"] {
            assert!(filled("echo $((%(P)s))", &[("P", text(value))]).is_ok(), "{value:?}");
        }
    }
}
