//! `datefmt`: dates as C's `strftime` writes them in the C locale.

use std::fmt::Write;
use std::time::SystemTime;

use chrono::format::{Item, StrftimeItems};
use chrono::{DateTime, Utc};
use smoker_model::time::local_zone::LocalZone;

/// What C knows and the date library writes alike.
const KNOWN: &str = "aAbBcCdDeFgGhHIjklmMnpPrRsStTuUVwWxXyYzZ%";

/// A format for dates.
#[derive(Clone, Debug)]
pub(crate) struct DateFormat(Vec<Item<'static>>);

impl DateFormat {
    /// Reads a format, and reports what of it is not supported.
    pub(crate) fn parse(format: &str) -> (Self, Vec<String>) {
        let mut items = Vec::new();
        let mut problems = Vec::new();
        let mut chars = format.chars();
        while let Some(c) = chars.next() {
            if c != '%' {
                items.push(Item::OwnedLiteral(c.to_string().into()));
                continue;
            }
            let mut specifier = String::from("%");
            let character = loop {
                match chars.next() {
                    // The C locale has no other forms of anything.
                    Some('E' | 'O') => {}
                    Some(flag @ ('-' | '_' | '0')) => specifier.push(flag),
                    other => break other,
                }
            };
            specifier.extend(character);
            let parsed: Vec<_> = StrftimeItems::new(&specifier).map(Item::to_owned).collect();
            let is_known = character.is_some_and(|c| KNOWN.contains(c)) && !parsed.contains(&Item::Error);
            if is_known {
                items.extend(parsed);
            } else {
                problems.push(format!("'{specifier}' in datefmt is not known and stays as it is"));
                items.push(Item::OwnedLiteral(specifier.into()));
                continue;
            }
            if character == Some('Z') {
                problems.push("'%Z' in datefmt is written as the distance from UTC".to_owned());
            }
        }
        (Self(items), problems)
    }

    /// A moment in local time.
    pub(crate) fn write(&self, when: SystemTime) -> String {
        let when = DateTime::<Utc>::from(when).with_timezone(&LocalZone);
        let mut text = String::new();
        // Items that were parsed without an error can be written.
        let _ = write!(text, "{}", when.format_with_items(self.0.iter()));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_c_does_not_know_stays_as_it_is() {
        let (format, problems) = DateFormat::parse("%Y%f %Ey %-S|%");
        assert_eq!(problems.len(), 2, "{problems:?}");
        let text = format.write(SystemTime::UNIX_EPOCH);
        assert!(text.ends_with("%f 70 0|%") && text.len() == 13, "{text}");
    }
}
