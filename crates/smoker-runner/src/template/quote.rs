//! Writes a value for the place where it stands, so that the shell reads
//! exactly that value and nothing else.

use smoker_model::python_format::directive::Directive;

use crate::process::attributes::environment::variable_name;
use crate::template::error::FillError;
use crate::template::shell_context::{QuoteForm, ShellContext, UnsafeContext, ValueRule};

/// `value` in shell text for `context`.
pub(crate) fn quote(directive: &Directive, context: ShellContext, value: &str) -> Result<String, FillError> {
    if value.contains('\0') {
        return Err(FillError::Nul { placeholder: directive.placeholder() });
    }
    let form = match context {
        ShellContext::Refused(unsafe_context) => return Err(refused(directive, unsafe_context)),
        ShellContext::HereText => return Ok(value.to_owned()),
        ShellContext::Any(form) => form,
        ShellContext::Only(only, form) => {
            check(only, value).map_err(|problem| unwritable(directive, problem))?;
            form
        }
    };
    Ok(match form {
        QuoteForm::Bare => single_quoted(value),
        QuoteForm::Single => inside_single(value),
        QuoteForm::Double => format!("\"{}\"", single_quoted(value)),
        QuoteForm::DefaultWord => escaped(value, false).map_err(|problem| unwritable(directive, problem))?,
        QuoteForm::DefaultWordTail => escaped(value, true).map_err(|problem| unwritable(directive, problem))?,
        QuoteForm::Comment => value.chars().map(|c| if is_harmless_or_foreign(c) { c } else { '_' }).collect(),
        QuoteForm::Plain => plain(value),
    })
}

fn check(only: ValueRule, value: &str) -> Result<(), String> {
    match only {
        ValueRule::Integer if is_integer(value) => Ok(()),
        ValueRule::Integer => {
            Err(format!("is {value:?}, but only a whole number can stand where the shell computes with it"))
        }
        ValueRule::Name if !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') => Ok(()),
        ValueRule::Name => Err(format!(
            "is {}, but only letters, digits and `_` can stand where the shell reads the name of a variable",
            shown(value)
        )),
        ValueRule::Harmless(_) | ValueRule::Descriptor if !value.is_empty() && value.chars().all(is_harmless) => Ok(()),
        ValueRule::Descriptor => Err(format!(
            "is {}, but only ASCII letters, digits and `_./:@,+-` can stand behind `>&`, where bash expands a word \
             twice; write `>FILE 2>&1` for a file",
            shown(value)
        )),
        ValueRule::Harmless(reason) => Err(format!(
            "is {}, but shells disagree about what its place means, because of {reason}, \
             and so only ASCII letters, digits and `_./:@,+-` can stand there",
            shown(value)
        )),
    }
}

/// A value for a message, which a long one would fill.
fn shown(value: &str) -> String {
    match value.char_indices().nth(40) {
        Some((end, _)) => format!("{:?}…", &value[..end]),
        None => format!("{value:?}"),
    }
}

/// A decimal number with or without a sign; padding by the format is allowed.
fn is_integer(value: &str) -> bool {
    let digits = value.trim_matches(' ');
    let digits = digits.strip_prefix(['-', '+']).unwrap_or(digits);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

fn is_harmless(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_./:@,+-".contains(c)
}

fn is_harmless_or_foreign(c: char) -> bool {
    is_harmless(c) || c == '=' || (!c.is_ascii() && c.is_alphanumeric())
}

fn single_quoted(value: &str) -> String {
    format!("'{}'", inside_single(value))
}

fn inside_single(value: &str) -> String {
    value.replace('\'', r"'\''")
}

/// A signed number is set apart, so that it does not make `--` of a minus in front of it.
fn plain(value: &str) -> String {
    if is_integer(value) && value.starts_with(['-', '+']) { format!(" {value}") } else { value.to_owned() }
}

/// The word of `"${x:-word}"`. Old bash (3.2, the shell of macOS) starts a
/// quotation at an apostrophe there, and every bash goes from `<(` to the
/// parenthesis that closes it, whatever is in between; no escape exists for
/// either. A backslash is not put behind a character that is not ASCII: in
/// some legacy encodings the two bytes would be one character. `tail` says
/// that something stands in front which could be either.
fn escaped(value: &str, tail: bool) -> Result<String, String> {
    let unwritable = |what: &str| Err(format!("has {what}, which cannot be written inside \"${{...}}\""));
    let mut out = String::with_capacity(value.len());
    let (mut after_foreign, mut after_angle) = (tail, tail);
    for c in value.chars() {
        match c {
            '\'' => return unwritable("an apostrophe"),
            '(' if after_angle => return unwritable("a parenthesis behind `<` or `>`"),
            '$' | '`' | '"' | '\\' | '}' if after_foreign => {
                return unwritable(&format!("{c:?} behind a letter that is not ASCII, or where one could stand"));
            }
            '$' | '`' | '"' | '\\' | '}' => out.extend(['\\', c]),
            _ => out.push(c),
        }
        after_foreign = !c.is_ascii();
        after_angle = matches!(c, '<' | '>');
    }
    Ok(out)
}

fn refused(directive: &Directive, unsafe_context: UnsafeContext) -> FillError {
    FillError::Refused {
        placeholder: directive.placeholder(),
        unsafe_context,
        variable: variable_name(&directive.name),
    }
}

pub(crate) fn unwritable(directive: &Directive, problem: String) -> FillError {
    FillError::Value { placeholder: directive.placeholder(), problem, variable: variable_name(&directive.name) }
}
