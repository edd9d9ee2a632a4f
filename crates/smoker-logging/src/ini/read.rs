//! A file's text becomes a document, by the rules of Python's `configparser`.
//!
//! No crate for INI files keeps line numbers and reads continuation lines,
//! `[DEFAULT]` and comments exactly so.

use crate::ini::document::{DEFAULT, Document, Section, Setting};

/// A document, and what is wrong with it that does not make it unreadable.
pub(crate) type Read = (Document, Vec<(usize, String)>);

/// Reads a text.
///
/// # Errors
///
/// The line that is not in the format, and why.
pub(crate) fn read(text: &str) -> Result<Read, (usize, String)> {
    let mut reader = Reader::default();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // Python's text files know three line ends.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    for (index, line) in text.split('\n').enumerate() {
        reader.take(index + 1, line)?;
    }
    Ok(reader.finish())
}

#[derive(Default)]
struct Reader {
    document: Document,
    problems: Vec<(usize, String)>,
    /// The section that is being read.
    section: Option<usize>,
    /// The option of it that goes on with a line that is indented deeper.
    option: Option<usize>,
    indent: usize,
}

impl Reader {
    fn take(&mut self, number: usize, line: &str) -> Result<(), (usize, String)> {
        let content = line.trim();
        if content.starts_with(['#', ';']) {
            return Ok(());
        }
        if content.is_empty() {
            if let Some(option) = self.open_option() {
                option.value.push('\n');
            }
            return Ok(());
        }
        let indent = line.len() - line.trim_start().len();
        let goes_on = indent > self.indent;
        if let Some(option) = self.open_option().filter(|_| goes_on) {
            option.value.push('\n');
            option.value.push_str(content);
            return Ok(());
        }
        self.indent = indent;
        let header = content.strip_prefix('[').and_then(|rest| rest.rsplit_once(']')).map(|(name, _)| name);
        match (header.filter(|name| !name.is_empty()), self.section) {
            (Some(name), _) => self.open_section(number, name),
            (None, None) => return Err((number, format!("'{content}' comes before the first section header"))),
            (None, Some(section)) => self.add_option(number, content, section)?,
        }
        Ok(())
    }

    fn open_option(&mut self) -> Option<&mut Setting> {
        self.document.sections.get_mut(self.section?)?.options.get_mut(self.option?)
    }

    /// Repeated sections are merged; Python refuses them.
    fn open_section(&mut self, line: usize, name: &str) {
        self.option = None;
        let known = self.document.sections.iter().position(|section| section.name == name);
        if known.is_some() && name != DEFAULT {
            self.problems.push((line, format!("section [{name}] is repeated; both are merged")));
        }
        self.section = Some(known.unwrap_or_else(|| {
            self.document.sections.push(Section { name: name.to_owned(), line, options: Vec::new() });
            self.document.sections.len() - 1
        }));
    }

    fn add_option(&mut self, line: usize, content: &str, section: usize) -> Result<(), (usize, String)> {
        let not_an_option = || (line, format!("'{content}' is neither '[section]' nor 'option = value'"));
        let (name, value) = content.split_once(['=', ':']).ok_or_else(not_an_option)?;
        let name = name.trim_end().to_lowercase();
        if name.is_empty() {
            return Err(not_an_option());
        }
        let options = &mut self.document.sections[section].options;
        let option = Setting { name, value: value.trim().to_owned(), line };
        let known = options.iter().position(|known| known.name == option.name);
        if let Some(known) = known {
            self.problems.push((line, format!("option '{}' is repeated; this one is used", option.name)));
            options[known] = option;
        } else {
            options.push(option);
        }
        self.option = known.or(Some(options.len() - 1));
        Ok(())
    }

    fn finish(mut self) -> Read {
        for option in self.document.sections.iter_mut().flat_map(|section| &mut section.options) {
            option.value.truncate(option.value.trim_end().len());
        }
        (self.document, self.problems)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<(String, String, String, usize)> {
        let (document, _) = read(text).expect("a good file");
        let sections = document.sections.into_iter();
        let options = sections.flat_map(|Section { name, options, .. }| {
            options.into_iter().map(move |option| (name.clone(), option.name, option.value, option.line))
        });
        options.collect()
    }

    #[test]
    fn options_comments_and_lines_that_go_on() {
        let text = "# comment\n; comment\n[a]\nKey = one\n  two\n  # a comment inside\n\n  three\n\nb:c=d\n[ spaced ] rest\n  k= \n";
        let expected = [("a", "key", "one\ntwo\n\nthree", 4), ("a", "b", "c=d", 10), (" spaced ", "k", "", 12)];
        let expected =
            expected.map(|(section, name, value, line)| (section.to_owned(), name.to_owned(), value.to_owned(), line));
        assert_eq!(values(text), expected);
    }

    #[test]
    fn a_comment_behind_a_value_belongs_to_it() {
        assert_eq!(values("[a]\r\nk=v ; no comment\r\n")[0].2, "v ; no comment");
    }

    #[test]
    fn what_is_not_in_the_format_is_named_by_line() {
        for (text, line) in [("key=value\n", 1), ("[a]\n\nnonsense\n", 3), ("[a]\n= x\n", 2), ("{\"a\": 1}", 1)] {
            assert_eq!(read(text).expect_err(text).0, line, "{text}");
        }
    }

    #[test]
    fn what_stands_twice_is_reported() {
        let (document, problems) = read("[a]\nk=1\nk=2\n[b]\n[a]\nl=3\n").expect("readable");
        let section = document.section("a").expect("it is there");
        assert_eq!(document.raw(section, "k").map(|option| option.value.as_str()), Some("2"));
        assert_eq!(document.raw(section, "l").map(|option| option.line), Some(6));
        assert_eq!(problems.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 5]);
    }
}
