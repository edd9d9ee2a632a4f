//! A value becomes YAML text that reads as the same value, for us and for every other reader.
//!
//! No YAML library for Rust writes the words of YAML 1.1: what they leave
//! unquoted (`017`, `1:30`, `on`) PyYAML and we read as something else. So a text
//! is written without quotes only where readers of YAML 1.1 and 1.2 agree on it,
//! and numbers and dates are written in the forms that both know.

use std::fmt::Write;

use smoker_model::value::Value;
use smoker_model::value::secret::{MASK, SecretSource};

use crate::yaml::words::scalar;

/// How far what belongs to something is indented under it.
const STEP: usize = 2;

/// A name of more characters is marked with `?`, since readers look for the
/// colon of a name only so far (1024 characters).
const LONGEST_NAME: usize = 200;

/// Writes a value as a document.
pub(crate) fn document(value: &Value) -> String {
    let mut writer = Writer { text: String::new() };
    writer.part(value, 0);
    writer.text
}

struct Writer {
    text: String,
}

impl Writer {
    /// The first line goes on where the text ends, the others are indented.
    fn entries(&mut self, entries: &[(Value, Value)], indent: usize) {
        for (index, (name, value)) in entries.iter().enumerate() {
            self.indent(if index == 0 { 0 } else { indent });
            let name = one_line(name);
            if name.chars().count() > LONGEST_NAME {
                self.text += "? ";
                self.text += &name;
                self.text.push('\n');
                self.indent(indent);
            } else {
                self.text += &name;
            }
            if has_parts(value) {
                self.text += ":\n";
                self.indent(indent + STEP);
            } else {
                self.text += ": ";
            }
            self.part(value, indent + STEP);
        }
    }

    fn items(&mut self, items: &[Value], indent: usize) {
        for (index, item) in items.iter().enumerate() {
            self.indent(if index == 0 { 0 } else { indent });
            self.text += "- ";
            self.part(item, indent + STEP);
        }
    }

    /// A value, from where the text ends to the end of its last line.
    fn part(&mut self, value: &Value, indent: usize) {
        match value {
            Value::Map(entries) if has_parts(value) => self.entries(entries, indent),
            Value::List(items) if has_parts(value) => self.items(items, indent),
            Value::Text(text) if stands_as_block(text) => self.block(text, indent),
            other => {
                self.text += &one_line(other);
                self.text.push('\n');
            }
        }
    }

    /// Text with its own line breaks behind a `|`.
    fn block(&mut self, text: &str, indent: usize) {
        let body = text.trim_end_matches('\n');
        self.text += match text.len() - body.len() {
            0 => "|-\n",
            1 => "|\n",
            _ => "|+\n",
        };
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            self.indent(if line.is_empty() { 0 } else { indent });
            self.text += line;
            self.text.push('\n');
        }
    }

    fn indent(&mut self, by: usize) {
        self.text.extend(std::iter::repeat_n(' ', by));
    }
}

/// Whether a value is written as lines of their own.
fn has_parts(value: &Value) -> bool {
    match value {
        Value::Map(entries) => !entries.is_empty(),
        Value::List(items) => !items.is_empty(),
        _ => false,
    }
}

/// A name, or a value that is written on one line.
fn one_line(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => float(*value),
        Value::Text(text) => quoted_if_needed(text),
        Value::Secret(secret) => tagged(secret.source()),
        Value::Date(_) | Value::Moment(_) | Value::ZonedMoment(_) => value.iso_text().unwrap_or_default(),
        Value::List(_) => "[]".to_owned(),
        Value::Map(_) => "{}".to_owned(),
    }
}

/// A secret as its tag, never as its text.
fn tagged(source: &SecretSource) -> String {
    match source {
        SecretSource::Environment(name) => format!("!env {}", quoted_if_needed(name)),
        SecretSource::File(path) => format!("!file {}", quoted_if_needed(&path.to_string_lossy())),
        // No configuration has one.
        SecretSource::Request => quoted_if_needed(MASK),
    }
}

/// YAML 1.1 wants a point before and a sign behind the `e`.
fn float(value: f64) -> String {
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let text = format!("{value:?}");
    let Some((mantissa, exponent)) = text.split_once('e') else { return text };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with('-') { "" } else { "+" };
    format!("{mantissa}{point}e{sign}{exponent}")
}

fn quoted_if_needed(text: &str) -> String {
    if stands_plain(text) {
        text.to_owned()
    } else if text.chars().all(is_visible) {
        format!("'{}'", text.replace('\'', "''"))
    } else {
        escaped(text)
    }
}

/// Whether a text without quotes is that text and nothing else for every reader.
fn stands_plain(text: &str) -> bool {
    let starts_well = text.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '/'));
    starts_well
        && text.chars().all(is_visible)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !matches!(text, "y" | "Y" | "n" | "N")
        && text.parse::<f64>().is_err()
        && !text.starts_with("0o")
        && scalar::plain(text).is_ok_and(|value| value.as_text() == Some(text))
}

/// Whether a text with line breaks can be written as it is. White space that
/// starts it or fills a line would be taken for indentation.
fn stands_as_block(text: &str) -> bool {
    text.contains('\n')
        && !text.starts_with([' ', '\t', '\n'])
        && text.chars().all(|c| is_visible(c) || matches!(c, '\n' | '\t'))
        && text.split('\n').all(|line| line.is_empty() || !line.trim().is_empty() && !line.starts_with('\t'))
}

/// Whether a character is seen as itself, in an editor and by a reader: not a
/// control or blank, and none of those that only say how others are to look.
fn is_visible(c: char) -> bool {
    match c {
        ' ' => true,
        '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{e000}'..='\u{f8ff}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{fff0}'..='\u{ffff}'
        | '\u{e0000}'.. => false,
        c => !c.is_control() && !c.is_whitespace(),
    }
}

/// In double quotes, with everything escaped that is not seen as itself.
fn escaped(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted += "\\n",
            '\t' => quoted += "\\t",
            c if is_visible(c) => quoted.push(c),
            c => {
                let code = u32::from(c);
                let _ = match code {
                    ..=0xff => write!(quoted, "\\x{code:02x}"),
                    0x100..=0xffff => write!(quoted, "\\u{code:04x}"),
                    _ => write!(quoted, "\\U{code:08x}"),
                };
            }
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests;
