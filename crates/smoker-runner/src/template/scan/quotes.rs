//! Quotes, backticks and comments: stretches of text with an end of their own.

use crate::template::scan::expansion::Around;
use crate::template::scan::scanner::{ScanItem, ShellScanner};
use crate::template::shell_context::{QuoteForm, UnsafeContext};

impl ShellScanner<'_> {
    /// Reads up to the closing quote; `dollar` says that a dollar sign stands
    /// in front of the opening one, which only some shells look at.
    pub(super) fn single_quotes(&mut self, dollar: bool) {
        while let Some(item) = self.next() {
            match item {
                ScanItem::Hole if dollar => self.refuse(UnsafeContext::DollarQuotes),
                ScanItem::Hole => self.hole(QuoteForm::Single),
                ScanItem::Char('\'') => break,
                ScanItem::Char('\\') if dollar => {
                    if self.take('\'') {
                        self.doubt("`\\'` inside `$'...'`");
                    } else {
                        self.take('\\');
                    }
                    self.line.push_quoted('\\');
                }
                ScanItem::Char(c) => self.quoted_character(c),
            }
        }
        self.line.end_quotes();
    }

    /// Reads up to the closing quote; `dollar` as for single quotes.
    pub(super) fn double_quotes(&mut self, dollar: bool) {
        while let Some(item) = self.next() {
            match item {
                ScanItem::Hole if dollar => self.refuse(UnsafeContext::DollarQuotes),
                ScanItem::Hole => self.hole(QuoteForm::Double),
                ScanItem::Char('"') => break,
                ScanItem::Char('\\') => match self.next() {
                    Some(ScanItem::Hole) => self.refuse(UnsafeContext::AfterBackslash),
                    Some(ScanItem::Char('\n')) => {
                        self.continued_line();
                        self.inner_line_end();
                    }
                    Some(ScanItem::Char(c)) => self.line.push_quoted(c),
                    None => {}
                },
                ScanItem::Char('$') => self.dollar(Around::DoubleQuotes),
                ScanItem::Char('`') => self.backticks(),
                ScanItem::Char(c) => self.quoted_character(c),
            }
        }
        self.line.end_quotes();
    }

    fn quoted_character(&mut self, c: char) {
        if c == '\n' {
            self.inner_line_end();
        }
        self.line.push_quoted(c);
    }

    /// Reads up to the closing backtick. Shells find it without a look at
    /// quotes, and then read the text between as code of its own.
    pub(super) fn backticks(&mut self) {
        self.line.start_word();
        while let Some(item) = self.next() {
            match item {
                ScanItem::Hole => self.refuse(UnsafeContext::Backticks),
                ScanItem::Char('`') => return,
                ScanItem::Char('\\') => {
                    if self.peek() != Some(ScanItem::Hole) {
                        self.next();
                    }
                }
                ScanItem::Char('\n') => self.inner_line_end(),
                ScanItem::Char(_) => {}
            }
        }
    }

    /// Reads up to the end of the line, which is left. Inside `$(...)` old
    /// shells look for quotes and parentheses in comments too.
    pub(super) fn comment(&mut self) {
        let nested = !self.outer.is_empty();
        if self.line.in_arithmetic() || self.line.in_test() {
            self.doubt("a comment inside `((...))` or `[[...]]`");
        }
        while let Some(item) = self.peek() {
            match item {
                ScanItem::Char('\n') => return,
                ScanItem::Hole => {
                    self.at += 1;
                    self.hole(QuoteForm::Comment);
                    continue;
                }
                ScanItem::Char(c) if nested && "'\"`()\\$".contains(c) => self.doubt("a comment inside `$(...)`"),
                ScanItem::Char(_) => {}
            }
            self.at += 1;
        }
    }
}
