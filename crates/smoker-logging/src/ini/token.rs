//! The words of a Python expression.

use crate::ini::text;

/// A word.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    Text(String),
    Int(i128),
    Float(f64),
    /// A name with its dots: `handlers.SysLogHandler.LOG_DAEMON`.
    Name(String),
    /// One of the signs of expressions, two of which have two characters.
    Sign(&'static str),
}

const SIGNS: [&str; 16] = ["**", "<<", "//", "(", ")", "[", "]", "{", "}", ",", ":", "=", "+", "-", "*", "/"];

/// Splits an expression.
pub(crate) fn tokens(expression: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = expression;
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else { return Ok(tokens) };
        let (token, after) =
            if first.is_ascii_digit() || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
                number(rest)?
            } else if let Some((text, after)) = text::read(rest)? {
                (Token::Text(text), after)
            } else if first.is_alphabetic() || first == '_' {
                let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
                (Token::Name(rest[..end].to_owned()), &rest[end..])
            } else if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(*sign)) {
                (Token::Sign(sign), &rest[sign.len()..])
            } else {
                return Err(format!("'{first}' is not understood"));
            };
        tokens.push(token);
        rest = after;
    }
}

fn number(text: &str) -> Result<(Token, &str), String> {
    let mut end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.')).unwrap_or(text.len());
    let has_exponent = text[..end].ends_with(['e', 'E']) && !text.starts_with("0x");
    if has_exponent && text[end..].starts_with(['-', '+']) {
        let digits = &text[end + 1..];
        end += 1 + digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    }
    let (word, after) = text.split_at(end);
    let digits = word.replace('_', "").to_ascii_lowercase();
    let int = match digits.get(..2) {
        Some("0x") => i128::from_str_radix(&digits[2..], 16).ok(),
        Some("0o") => i128::from_str_radix(&digits[2..], 8).ok(),
        Some("0b") => i128::from_str_radix(&digits[2..], 2).ok(),
        _ => digits.parse().ok(),
    };
    let float = || digits.parse().ok().filter(|_| digits.contains(['.', 'e'])).map(Token::Float);
    let token = int.map(Token::Int).or_else(float).ok_or_else(|| format!("'{word}' is no number"))?;
    Ok((token, after))
}
