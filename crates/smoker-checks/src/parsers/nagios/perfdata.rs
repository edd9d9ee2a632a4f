//! Reads performance data: `LABEL=VALUE[UNIT];WARN;CRIT;MIN;MAX`, several with blanks between them.

use serde_json::Number;
use smoker_model::perfdata::PerfDatum;

/// What a text holds.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Reading {
    pub(super) data: Vec<PerfDatum>,
    /// The pieces that are no performance data, as they were printed.
    pub(super) unread: Vec<String>,
    /// Whether some label has blanks without the quotes that it should have.
    pub(super) has_bare_blanks: bool,
    /// Whether the first piece is a datum, or one whose value cannot be read before those that can.
    pub(super) starts_with_datum: bool,
}

impl Reading {
    /// Whether the text is performance data and nothing else.
    pub(super) fn is_clean(&self) -> bool {
        !self.data.is_empty() && self.unread.is_empty() && !self.has_bare_blanks
    }
}

/// Reads a text. A `|` between two data separates them as a blank does.
pub(super) fn read(text: &str) -> Reading {
    let mut reading = Reading::default();
    let mut words: Vec<&str> = Vec::new();
    let mut is_odd_first = false;
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(is_between);
        if rest.is_empty() {
            break;
        }
        let (label, piece) = quoted(rest).unwrap_or_else(|| (None, until_blank(rest)));
        rest = &rest[piece.len()..];
        // Words before an unquoted label are its beginning, as other readers of this format take them.
        if label.is_none() && !piece.contains(['=', ';', '\'', '"']) {
            words.push(piece);
            continue;
        }
        let is_first = reading.data.is_empty() && words.is_empty() && reading.unread.is_empty();
        let Some(mut datum) = datum(label.as_ref(), piece, &mut reading.unread) else {
            is_odd_first |= is_first && piece.find('=').is_some_and(|at| at > 0);
            reading.unread.extend(words.drain(..).chain([piece]).map(str::to_owned));
            continue;
        };
        reading.starts_with_datum |= is_first;
        if label.is_none() && !words.is_empty() {
            reading.has_bare_blanks = true;
            datum.label = format!("{} {}", words.join(" "), datum.label);
            words.clear();
        }
        reading.unread.extend(words.drain(..).map(str::to_owned));
        reading.data.push(datum);
    }
    reading.unread.extend(words.into_iter().map(str::to_owned));
    reading.starts_with_datum |= is_odd_first && !reading.data.is_empty() && !reading.has_bare_blanks;
    reading
}

fn is_between(c: char) -> bool {
    c.is_whitespace() || c == '|'
}

fn until_blank(text: &str) -> &str {
    &text[..text.find(is_between).unwrap_or(text.len())]
}

/// The label in quotes at the beginning of a text, with the whole piece that it begins.
fn quoted(text: &str) -> Option<(Option<String>, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let mut label = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != quote {
            label.push(c);
        } else if chars.peek().is_some_and(|(_, next)| *next == quote) {
            chars.next();
            label.push(quote);
        } else {
            let value = until_blank(&text[at + 1..]);
            return value.starts_with('=').then(|| (Some(label), &text[..at + 1 + value.len()]));
        }
    }
    None
}

/// One datum. Limits that cannot be read are left out of it and put among the unread.
fn datum(label: Option<&String>, piece: &str, unread: &mut Vec<String>) -> Option<PerfDatum> {
    // Behind a quoted label the last `=` begins the value: a value has none.
    let (bare, value) = if label.is_some() { piece.rsplit_once('=')? } else { piece.split_once('=')? };
    let label = label.map_or(bare, String::as_str);
    let mut fields = value.trim_end_matches(',').split(';');
    let (value, unit) = measured(fields.next()?)?;
    if label.trim().is_empty() {
        return None;
    }
    let mut refuse = |what: &str, field: &str| unread.push(format!("{what} {field} of {label}"));
    let mut range = |what: &str, field: Option<&str>| match field.map(str::trim) {
        None | Some("" | "U") => None,
        Some(field) if is_range(field) => Some(field.to_owned()),
        Some(field) => {
            refuse(what, field);
            None
        }
    };
    let (warn, crit) = (range("warn", fields.next()), range("crit", fields.next()));
    let mut bound = |what: &str, field: Option<&str>| match field.map(str::trim) {
        None | Some("" | "U") => None,
        Some(field) => measured(field).and_then(|(bound, _)| bound).or_else(|| {
            refuse(what, field);
            None
        }),
    };
    let (min, max) = (bound("min", fields.next()), bound("max", fields.next()));
    for field in fields.filter(|field| !field.trim().is_empty()) {
        refuse("field", field);
    }
    Some(PerfDatum { label: label.to_owned(), value, unit: unit.to_owned(), warn, crit, min, max })
}

/// A number with its unit; no number for `U`.
fn measured(text: &str) -> Option<(Option<Number>, &str)> {
    if text == "U" {
        return Some((None, ""));
    }
    let (number, unit) = text.split_at(number_end(text)?);
    let is_unit = !unit.contains(|c: char| c.is_ascii_digit() || c.is_control() || "'\"=,;:".contains(c));
    Some((Some(json_number(number)?), unit)).filter(|_| is_unit)
}

/// Where the number at the beginning of a text ends.
fn number_end(text: &str) -> Option<usize> {
    let digits = |from: usize| from + text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let start = usize::from(text.starts_with(['+', '-']));
    let whole = digits(start);
    // Some plugins write the comma of their locale.
    let fraction = if text[whole..].starts_with(['.', ',']) { digits(whole + 1) } else { whole };
    let end = if fraction > whole + 1 || text[whole..].starts_with('.') { fraction } else { whole };
    if whole == start && end <= whole + 1 {
        return None;
    }
    let exponent = match text[end..].strip_prefix(['e', 'E']) {
        Some(behind) => digits(end + 1 + usize::from(behind.starts_with(['+', '-']))),
        None => end,
    };
    Some(if text[..exponent].ends_with(|c: char| c.is_ascii_digit()) { exponent } else { end })
}

/// The number as JSON writes it: no plus sign, no zeros before it, digits on both sides of the point.
fn json_number(text: &str) -> Option<Number> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(text) => ("-", text),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let text = text.replace(',', ".");
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => text.split_at(at),
        None => (text.as_str(), ""),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let whole = Some(whole.trim_start_matches('0')).filter(|whole| !whole.is_empty()).unwrap_or("0");
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{fraction}{exponent}").parse().ok()
}

/// Whether a text is a range such as `80`, `10:`, `~:20` or `@10:20`; a unit behind its numbers is let through.
fn is_range(text: &str) -> bool {
    let text = text.strip_prefix('@').unwrap_or(text);
    text.splitn(2, ':').all(|end| end.is_empty() || end == "~" || measured(end).is_some()) && !text.is_empty()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn data(text: &str) -> Json {
        json!(read(text).data)
    }

    fn labels(text: &str) -> Vec<String> {
        read(text).data.into_iter().map(|datum| datum.label).collect()
    }

    #[test]
    fn every_field_of_a_datum_is_kept() {
        let expected = json!([{"label": "/", "value": 2643, "unit": "MB", "warn": "5948", "crit": "@10:20", "min": 0, "max": 5968.5}]);
        assert_eq!(data("/=2643MB;5948;@10:20;0;5968.5"), expected);
        assert_eq!(data("a=U;;~:5"), json!([{"label": "a", "value": null, "unit": "", "crit": "~:5"}]));
        assert_eq!(data("a=1c;80%;;;"), json!([{"label": "a", "value": 1, "unit": "c", "warn": "80%"}]));
        assert!(["/=2643MB;5948;@10:20;0;5968.5", "a=U;;~:5", "a=1c;80%;;;"].iter().all(|text| read(text).is_clean()));
    }

    #[test]
    fn numbers_stay_as_exact_as_they_were_printed() {
        let values: Vec<_> =
            ["a=.5s", "a=+7", "a=-007.50", "a=0,25s", "a=1e3", "a=1.5E-3s", "a=18446744073709551617c", "a=3."]
                .iter()
                .map(|text| data(text)[0]["value"].to_string())
                .collect();
        assert_eq!(values, ["0.5", "7", "-7.50", "0.25", "1e+3", "1.5e-3", "18446744073709551617", "3"]);
        assert_eq!(data("a=1e")[0], json!({"label": "a", "value": 1, "unit": "e"}));
    }

    #[test]
    fn labels_in_quotes_have_any_characters() {
        let text = r#"'C:\ used | free'=1 'it''s'=2 "two words"=3 'a=b'=4 plain=5"#;
        assert_eq!(labels(text), [r"C:\ used | free", "it's", "two words", "a=b", "plain"]);
        assert!(read(text).is_clean());
        let bare = read("used space=5% free=95%");
        assert_eq!((bare.data[0].label.as_str(), bare.has_bare_blanks), ("used space", true));
    }

    #[test]
    fn what_is_no_datum_is_reported() {
        let unread = |text: &str| read(text).unread;
        assert_eq!(unread("a=1 b=x 'c =5 =6 d"), ["b=x", "'c", "=5", "=6", "d"]);
        assert_eq!(unread("a=1;high;2;x;9;8"), ["warn high of a", "min x of a", "field 8 of a"]);
        assert_eq!(unread("a=1|b=2"), Vec::<String>::new());
        assert_eq!(unread("a=nan a=- a=. a=1=2"), ["a=nan", "a=-", "a=.", "a=1=2"]);
    }
}
