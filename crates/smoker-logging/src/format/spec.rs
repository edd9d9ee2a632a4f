//! The format specification of a brace: what follows the colon of `{levelname:<8}`.

use std::iter::Peekable;
use std::str::Chars;

use smoker_model::notation::python_text;
use smoker_model::python_format::directive::{Directive, Flags, MAX_WIDTH};
use smoker_model::python_format::format;
use smoker_model::value::Value;

/// A format for one value
/// (<https://docs.python.org/3/library/string.html#format-specification-mini-language>).
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    fill: char,
    align: Option<char>,
    sign: Option<char>,
    width: usize,
    form: Form,
    /// How the value itself is written; none: as text.
    directive: Option<Directive>,
    precision: Option<usize>,
}

/// What is formatted: the value itself, or a text of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Value,
    Str,
    Repr,
}

impl Spec {
    /// Reads it; `None` where Python would not.
    pub(crate) fn parse(spec: &str, form: Form) -> Option<Self> {
        let mut chars = spec.chars().peekable();
        let (mut fill, mut align) = (' ', None);
        let mut ahead = spec.chars();
        match (ahead.next(), ahead.next()) {
            (Some(c), Some(second)) if "<>^=".contains(second) => {
                (fill, align) = (c, Some(second));
                chars.nth(1);
            }
            (Some(first), _) if "<>^=".contains(first) => align = chars.next(),
            _ => {}
        }
        let sign = chars.next_if(|c| "+- ".contains(*c));
        let alternate = chars.next_if_eq(&'#').is_some();
        if chars.next_if_eq(&'0').is_some() && align.is_none() {
            (fill, align) = ('0', Some('='));
        }
        let width = number(&mut chars).unwrap_or(0);
        let precision = match chars.next_if_eq(&'.') {
            Some(_) => Some(number(&mut chars)?),
            None => None,
        };
        let character = chars.next();
        if chars.next().is_some() || width > MAX_WIDTH || precision > Some(MAX_WIDTH) {
            return None;
        }
        let flags = Flags { alternate, plus: sign == Some('+'), blank: sign == Some(' '), ..Flags::default() };
        let directive = match character {
            Some(character) if "dxXofFeEgG".contains(character) => {
                let (name, spot) = (String::new(), String::new());
                Some(Directive { name, flags, width: 0, precision, character, spot })
            }
            None => None,
            Some('s') if sign.is_none() => None,
            Some(_) => return None,
        };
        Some(Self { fill, align, sign, width, form, directive, precision })
    }

    /// The value in this format; `None` where it has the wrong type.
    pub(crate) fn write(&self, value: &Value) -> Option<String> {
        let is_number = self.form == Form::Value && matches!(value, Value::Int(_) | Value::Float(_));
        let mut text = match &self.directive {
            Some(directive) if is_number => format::format(directive, value).ok()?,
            Some(_) => return None,
            None if self.form == Form::Repr => python_text::repr(value),
            None if is_number => self.signed(python_text::str(value)),
            None if self.sign.is_some() => return None,
            None => python_text::str(value),
        };
        if let Some(most) = self.precision.filter(|_| self.directive.is_none()) {
            text = text.chars().take(most).collect();
        }
        let missing = self.width.saturating_sub(text.chars().count());
        let fill = |count: usize| self.fill.to_string().repeat(count);
        Some(match self.align.unwrap_or(if is_number { '>' } else { '<' }) {
            '^' => fill(missing / 2) + &text + &fill(missing - missing / 2),
            '=' if is_number => {
                let digits = text.trim_start_matches(['-', '+', ' ']).to_owned();
                text[..text.len() - digits.len()].to_owned() + &fill(missing) + &digits
            }
            '=' if self.fill != '0' => return None,
            '<' | '=' => text + &fill(missing),
            _ => fill(missing) + &text,
        })
    }
}

impl Spec {
    /// A number that is written as it is, with the sign that was asked for.
    fn signed(&self, number: String) -> String {
        match self.sign {
            Some(sign @ ('+' | ' ')) if !number.starts_with('-') => format!("{sign}{number}"),
            _ => number,
        }
    }
}

fn number(chars: &mut Peekable<Chars<'_>>) -> Option<usize> {
    let mut number = None;
    while let Some(digit) = chars.next_if(char::is_ascii_digit).and_then(|c| c.to_digit(10)) {
        number = Some((number.unwrap_or(0usize) * 10 + digit as usize).min(MAX_WIDTH + 1));
    }
    number
}
