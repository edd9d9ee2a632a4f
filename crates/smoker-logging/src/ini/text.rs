//! A text in quotes, as Python writes it.

/// Reads the text that an expression begins with, if it does, and returns the
/// rest of the expression.
pub(crate) fn read(expression: &str) -> Result<Option<(String, &str)>, String> {
    let Some((prefix, quoted)) = split_prefix(expression) else { return Ok(None) };
    if prefix.contains(['b', 'f']) {
        return Err(format!("texts with '{prefix}' before the quotes are not supported"));
    }
    let is_long = ["'''", "\"\"\""].iter().any(|quote| quoted.starts_with(quote));
    let (quote, mut rest) = quoted.split_at(if is_long { 3 } else { 1 });
    let mut text = String::new();
    loop {
        if let Some(after) = rest.strip_prefix(quote) {
            return Ok(Some((text, after)));
        }
        let mut chars = rest.chars();
        rest = match chars.next() {
            None => return Err(format!("a text without its closing {quote}")),
            Some('\\') if prefix.contains('r') => {
                text.push('\\');
                text.extend(chars.next());
                chars.as_str()
            }
            Some('\\') => escape(chars.as_str(), &mut text)?,
            Some(c) => {
                text.push(c);
                chars.as_str()
            }
        };
    }
}

/// The letters in front of the quote, in lower case, and the rest from the quote on.
fn split_prefix(expression: &str) -> Option<(String, &str)> {
    let (prefix, quoted) = expression.split_at(expression.find(['\'', '"'])?);
    let prefix = prefix.to_ascii_lowercase();
    ["", "r", "u", "b", "f", "rb", "br", "fr", "rf"].contains(&prefix.as_str()).then_some((prefix, quoted))
}

/// Reads what follows a backslash and returns the rest.
fn escape<'a>(expression: &'a str, text: &mut String) -> Result<&'a str, String> {
    let mut chars = expression.chars();
    let Some(c) = chars.next() else { return Ok("") };
    let rest = chars.as_str();
    let plain = match c {
        '\n' => return Ok(rest),
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '\\' | '\'' | '"' => c,
        'x' => return character(rest, 16, 2, text),
        'u' => return character(rest, 16, 4, text),
        'U' => return character(rest, 16, 8, text),
        '0'..='7' => {
            let digits = expression.chars().take(3).take_while(|c| c.is_digit(8)).count();
            return character(expression, 8, digits, text);
        }
        // Python keeps the backslash of what it does not know.
        c => {
            text.push('\\');
            c
        }
    };
    text.push(plain);
    Ok(rest)
}

/// A character by its number, which has this many digits.
fn character<'a>(expression: &'a str, radix: u32, digits: usize, text: &mut String) -> Result<&'a str, String> {
    let number = expression.get(..digits).filter(|digits| digits.chars().all(|c| c.is_digit(radix)));
    let code = number.and_then(|number| u32::from_str_radix(number, radix).ok());
    text.push(code.and_then(char::from_u32).ok_or("an escape in a text that is no character")?);
    Ok(&expression[digits..])
}
