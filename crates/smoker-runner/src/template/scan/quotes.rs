//! Quotes, backticks and comments: stretches of text with an end of their own.

use crate::template::place::{Form, Refusal};
use crate::template::scan::expansion::Around;
use crate::template::scan::{Item, Scanner};

impl Scanner<'_> {
    /// Reads up to the closing quote; `dollar` says that a dollar sign stands
    /// in front of the opening one, which only some shells look at.
    pub(super) fn single_quotes(&mut self, dollar: bool) {
        while let Some(item) = self.next() {
            match item {
                Item::Hole if dollar => self.refuse(Refusal::DollarQuotes),
                Item::Hole => self.hole(Form::Single),
                Item::Char('\'') => break,
                Item::Char('\\') if dollar => {
                    if self.take('\'') {
                        self.doubt("`\\'` inside `$'...'`");
                    } else {
                        self.take('\\');
                    }
                    self.line.push_quoted('\\');
                }
                Item::Char(c) => self.quoted_character(c),
            }
        }
        self.line.end_quotes();
    }

    /// Reads up to the closing quote; `dollar` as for single quotes.
    pub(super) fn double_quotes(&mut self, dollar: bool) {
        while let Some(item) = self.next() {
            match item {
                Item::Hole if dollar => self.refuse(Refusal::DollarQuotes),
                Item::Hole => self.hole(Form::Double),
                Item::Char('"') => break,
                Item::Char('\\') => match self.next() {
                    Some(Item::Hole) => self.refuse(Refusal::AfterBackslash),
                    Some(Item::Char('\n')) => {
                        self.continued_line();
                        self.inner_line_end();
                    }
                    Some(Item::Char(c)) => self.line.push_quoted(c),
                    None => {}
                },
                Item::Char('$') => self.dollar(Around::DoubleQuotes),
                Item::Char('`') => self.backticks(),
                Item::Char(c) => self.quoted_character(c),
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
                Item::Hole => self.refuse(Refusal::Backticks),
                Item::Char('`') => return,
                Item::Char('\\') => {
                    if self.peek() != Some(Item::Hole) {
                        self.next();
                    }
                }
                Item::Char('\n') => self.inner_line_end(),
                Item::Char(_) => {}
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
                Item::Char('\n') => return,
                Item::Hole => {
                    self.at += 1;
                    self.hole(Form::Comment);
                    continue;
                }
                Item::Char(c) if nested && "'\"`()\\$".contains(c) => self.doubt("a comment inside `$(...)`"),
                Item::Char(_) => {}
            }
            self.at += 1;
        }
    }
}
