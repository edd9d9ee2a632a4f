//! A whole format: how the lines of a handler look.

use smoker_model::notation::python_text;
use smoker_model::python_format::format;
use smoker_model::value::Value;

use crate::format::date::DateFormat;
use crate::format::field::{self, Field};
use crate::format::part::{Manner, Part};
use crate::format::{brace, dollar, percent};
use crate::records::level::Level;
use crate::records::record::Record;

const DEFAULT_DATE: &str = "%Y-%m-%d %H:%M:%S";

/// Writes records as text.
#[derive(Clone, Debug)]
pub(crate) struct Formatter {
    parts: Vec<Part>,
    dates: DateFormat,
    /// Python's default for dates has the milliseconds behind them.
    has_milliseconds: bool,
}

/// What of a format cannot be honoured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FormatProblem {
    /// In the format itself.
    Format(String),
    /// In the format of dates.
    Date(String),
}

/// How a format is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Percent,
    Brace,
    Dollar,
}

impl Style {
    /// The style that Python gives this sign to.
    pub(crate) fn of(sign: &str) -> Option<Self> {
        match sign {
            "%" => Some(Self::Percent),
            "{" => Some(Self::Brace),
            "$" => Some(Self::Dollar),
            _ => None,
        }
    }
}

impl Formatter {
    /// Reads a format, and reports what of it is not supported. One that makes no
    /// sense at all becomes that of the bare message.
    pub(crate) fn parse(format: Option<&str>, date_format: Option<&str>, style: Style) -> (Self, Vec<FormatProblem>) {
        field::start_clock();
        let format = format.filter(|format| !format.is_empty());
        let parsed = match (format, style) {
            (None, _) => Ok(vec![Part::Field(Field::Message, Manner::Plain)]),
            (Some(format), Style::Percent) => percent::parse(format),
            (Some(format), Style::Brace) => brace::parse(format),
            (Some(format), Style::Dollar) => dollar::parse(format),
        };
        let mut problems = Vec::new();
        let parts = parsed.unwrap_or_else(|problem| {
            problems.push(FormatProblem::Format(format!("{problem}; the message alone is written")));
            vec![Part::Field(Field::Message, Manner::Plain)]
        });
        let date_format = date_format.filter(|format| !format.is_empty());
        let (dates, of_dates) = DateFormat::parse(date_format.unwrap_or(DEFAULT_DATE));
        problems.extend(of_dates.into_iter().map(FormatProblem::Date));
        let mut formatter = Self { parts, dates, has_milliseconds: date_format.is_none() };
        problems.extend(formatter.correct_types().into_iter().map(FormatProblem::Format));
        (formatter, problems)
    }

    /// One of our own formats.
    pub(crate) fn of(format: &'static str) -> Self {
        Self::parse(Some(format), None, Style::Percent).0
    }

    /// The text of a record.
    pub(crate) fn format(&self, record: &Record) -> String {
        let mut text = String::with_capacity(record.message.len() + 64);
        for part in &self.parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Field(Field::Message, Manner::Plain) => text.push_str(&record.message),
                Part::Field(field, manner) => {
                    let value = self.value(*field, record);
                    text.push_str(&write(manner, &value).unwrap_or_else(|| python_text::str(&value)));
                }
            }
        }
        text
    }

    fn value(&self, field: Field, record: &Record) -> Value {
        field.value(record, &|record| {
            let date = self.dates.write(record.created);
            if self.has_milliseconds { format!("{date},{:03}", field::milliseconds(record)) } else { date }
        })
    }

    /// A type that a field does not have would be an error for each record.
    fn correct_types(&mut self) -> Vec<String> {
        let sample = Record::new(Level::INFO, "smokerd".into(), "text".to_owned());
        let mut problems = Vec::new();
        for index in 0..self.parts.len() {
            let Part::Field(field, manner) = &self.parts[index] else { continue };
            let value = self.value(*field, &sample);
            if write(manner, &value).is_none() {
                let type_name = value.python_type();
                problems.push(format!(
                    "the format of field {} is not one for {type_name}; it is written plainly",
                    field.name()
                ));
                self.parts[index] = Part::Field(*field, Manner::Plain);
            }
        }
        problems
    }
}

fn write(manner: &Manner, value: &Value) -> Option<String> {
    match manner {
        Manner::Plain => Some(python_text::str(value)),
        Manner::Percent(directive) => format::format(directive, value).ok(),
        Manner::Brace(spec) => spec.write(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formatted(format: &str, style: Style) -> (String, Vec<FormatProblem>) {
        let (formatter, problems) = Formatter::parse(Some(format), Some("%H"), style);
        let record = Record::new(Level::WARNING, "smokerd.restserver".into(), "it's here".to_owned());
        (formatter.format(&record), problems)
    }

    #[test]
    fn all_styles_write_the_same() {
        for (format, style) in [
            ("%(levelname)-8s|%(name)s: %(message)s 100%%", Style::Percent),
            ("{levelname:<8}|{name}: {message} 100%", Style::Brace),
            ("$levelname |${name}: $message 100%", Style::Dollar),
        ] {
            let (text, problems) = formatted(format, style);
            assert_eq!((text.as_str(), problems), ("WARNING |smokerd.restserver: it's here 100%", vec![]));
        }
    }

    #[test]
    fn what_makes_no_sense_is_reported_and_the_message_is_written_all_the_same() {
        for (format, style, problem) in [
            ("%(mesage)s", Style::Percent, "records have no field 'mesage'; did you mean message?"),
            ("%(message)", Style::Percent, "unfinished format"),
            ("%(message)d", Style::Percent, "the format of field message is not one for str"),
            ("{message", Style::Brace, "a '{' without its '}'"),
            ("{message:d}", Style::Brace, "the format of field message is not one for str"),
            ("{message.x}", Style::Brace, "records have no field 'message.x'"),
            ("$message$", Style::Dollar, "a '$' without a name"),
        ] {
            let (text, problems) = formatted(format, style);
            assert_eq!(text, "it's here", "{format}");
            assert!(
                matches!(&problems[..], [FormatProblem::Format(told)] if told.contains(problem)),
                "{format}: {problems:?}"
            );
        }
    }
}
