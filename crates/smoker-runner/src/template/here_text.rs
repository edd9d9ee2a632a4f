//! Whether the values in a here-document whose delimiter is quoted would end it.

use smoker_model::python_format::directive::Directive;

use crate::process::attributes::environment::variable_name;
use crate::template::error::FillError;
use crate::template::scan::scanner::{LiteralBody, ScanItem};

/// Reads the body with its values, line by line. `values` are those of all placeholders of the template.
///
/// # Errors
///
/// A line that is the delimiter; the placeholder is the last one that the line has a part of.
pub(crate) fn check(body: &LiteralBody, items: &[ScanItem], values: &[(Directive, String)]) -> Result<(), FillError> {
    let is_hole = |item: &&ScanItem| **item == ScanItem::Hole;
    let mut number = items[..body.items.start].iter().filter(is_hole).count();
    let mut line = Line { body, text: String::new(), placeholder: None };
    for item in &items[body.items.clone()] {
        match item {
            ScanItem::Char(c) => line.push(*c)?,
            ScanItem::Hole => {
                let Some((directive, value)) = values.get(number) else { continue };
                number += 1;
                line.placeholder = Some(directive);
                for c in value.chars() {
                    line.push(c)?;
                    line.placeholder = Some(directive);
                }
            }
        }
    }
    line.end()
}

/// The line that is being read.
struct Line<'a> {
    body: &'a LiteralBody,
    text: String,
    placeholder: Option<&'a Directive>,
}

impl Line<'_> {
    fn push(&mut self, c: char) -> Result<(), FillError> {
        if c != '\n' {
            self.text.push(c);
            return Ok(());
        }
        self.end()?;
        self.text.clear();
        self.placeholder = None;
        Ok(())
    }

    fn end(&self) -> Result<(), FillError> {
        let document = &self.body.document;
        let text = if document.strip_tabs { self.text.trim_start_matches('\t') } else { &self.text };
        match self.placeholder {
            Some(directive) if text == document.delimiter => Err(FillError::EndsDocument {
                placeholder: directive.placeholder(),
                line: text.to_owned(),
                variable: variable_name(&directive.name),
            }),
            _ => Ok(()),
        }
    }
}
