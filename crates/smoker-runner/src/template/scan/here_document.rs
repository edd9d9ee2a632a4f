//! Here-documents: the word that ends one, and its body.

use crate::template::command_line::HereDocument;
use crate::template::scan::expansion::Around;
use crate::template::scan::scanner::{LiteralBody, ScanItem, ShellScanner};
use crate::template::shell_context::{ShellContext, UnsafeContext};

impl ShellScanner<'_> {
    /// Reads the word behind `<<`; the body comes with the next line.
    pub(super) fn here_delimiter(&mut self) {
        let strip_tabs = self.take('-');
        while self.take(' ') || self.take('\t') {}
        if self.peek() == Some(ScanItem::Char('#')) {
            self.doubt("`#` behind `<<`");
        }
        let mut document = HereDocument { delimiter: String::new(), strip_tabs, literal: false };
        while let Some(item) = self.peek() {
            if let ScanItem::Char(' ' | '\t' | '\n' | ';' | '|' | '&' | '<' | '>' | '(' | ')') = item {
                break;
            }
            self.at += 1;
            match item {
                ScanItem::Hole => self.refuse(UnsafeContext::HereDelimiter),
                ScanItem::Char(quote @ ('\'' | '"')) => {
                    document.literal = true;
                    self.quoted_delimiter(quote, &mut document.delimiter);
                }
                ScanItem::Char('\\') => {
                    document.literal = true;
                    match self.next() {
                        Some(ScanItem::Hole) => self.refuse(UnsafeContext::HereDelimiter),
                        Some(ScanItem::Char('\n')) | None => {
                            self.doubt("a word behind `<<` that goes on in the next line");
                        }
                        Some(ScanItem::Char(c)) => document.delimiter.push(c),
                    }
                }
                ScanItem::Char('$' | '`') => self.doubt("an expansion behind `<<`"),
                ScanItem::Char(c) => document.delimiter.push(c),
            }
        }
        // `<<''` is ended by an empty line.
        if document.delimiter.is_empty() && !document.literal {
            self.doubt("an empty word behind `<<`");
        }
        self.line.here_documents.push_back(document);
    }

    fn quoted_delimiter(&mut self, quote: char, delimiter: &mut String) {
        while let Some(item) = self.next() {
            match item {
                ScanItem::Hole => self.refuse(UnsafeContext::HereDelimiter),
                ScanItem::Char(c) if c == quote => return,
                ScanItem::Char('\n') => self.doubt("a word behind `<<` that goes on in the next line"),
                ScanItem::Char('\\' | '$' | '`') if quote == '"' => self.doubt("an expansion behind `<<`"),
                ScanItem::Char(c) => delimiter.push(c),
            }
        }
    }

    /// Reads the body, which begins at this line, and the line that ends it.
    pub(super) fn here_document(&mut self, document: &HereDocument) {
        let nested = !self.outer.is_empty();
        self.in_here_document += 1;
        let (start, mut body_end) = (self.at, self.items.len());
        while self.at < self.items.len() {
            let end = self.line_length() + self.at;
            let line = &self.items[self.at..end];
            if is_delimiter(line, document) {
                body_end = self.at;
                self.at = (end + 1).min(self.items.len());
                break;
            }
            // Old shells look for the end of `$(...)` without a notion of here-documents.
            if nested
                && !document.literal
                && line.iter().any(|item| matches!(item, ScanItem::Char(c) if "'\"`()\\#".contains(*c)))
            {
                self.doubt("a here-document inside `$(...)`");
            }
            if document.literal {
                self.literal_line(end);
            } else {
                self.expanding_line(end);
            }
        }
        self.in_here_document -= 1;
        if document.literal {
            self.literal_bodies.push(LiteralBody { document: document.clone(), items: start..body_end });
        }
    }

    fn line_length(&self) -> usize {
        let rest = &self.items[self.at..];
        rest.iter().position(|item| *item == ScanItem::Char('\n')).unwrap_or(rest.len())
    }

    fn literal_line(&mut self, end: usize) {
        while self.at < end {
            if self.next() == Some(ScanItem::Hole) {
                self.here_text();
            }
        }
        self.next();
    }

    /// A placeholder in the body of a document with a quoted delimiter, also inside of
    /// `$(...)`. In another here-document, and where the place is in doubt, nothing can stand.
    fn here_text(&mut self) {
        if self.in_here_document == 1 && self.uncertain.is_none() {
            let number = self.contexts.len();
            self.line.push_hole(number);
            self.contexts.push(ShellContext::HereText);
        } else {
            self.refuse(UnsafeContext::HereDocument);
        }
    }

    fn expanding_line(&mut self, end: usize) {
        while self.at < end {
            match self.next() {
                Some(ScanItem::Hole) => self.refuse(UnsafeContext::HereDocument),
                Some(ScanItem::Char('\\')) if self.peek() != Some(ScanItem::Hole) => {
                    self.next();
                }
                Some(ScanItem::Char('$')) => self.dollar(Around::DoubleQuotes),
                Some(ScanItem::Char('`')) => self.backticks(),
                _ => {}
            }
        }
        if self.at > end {
            self.doubt("a line of a here-document that goes on in the next line");
        } else {
            self.next();
        }
    }
}

fn is_delimiter(line: &[ScanItem], document: &HereDocument) -> bool {
    let tabs =
        if document.strip_tabs { line.iter().take_while(|item| **item == ScanItem::Char('\t')).count() } else { 0 };
    let wanted = document.delimiter.chars().map(ScanItem::Char);
    line[tabs..].iter().copied().eq(wanted)
}
