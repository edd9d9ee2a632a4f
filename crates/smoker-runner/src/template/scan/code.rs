//! Shell code outside of quotes: words, commands, redirections, parentheses.

use crate::template::scan::expansion::Around;
use crate::template::scan::scanner::{MAX_DEPTH, ScanItem, ShellScanner};
use crate::template::shell_context::{QuoteForm, ShellContext, UnsafeContext, ValueRule};

/// What ends a piece of shell code.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum CodeEnd {
    /// The end of the template.
    Text,
    /// The closing parenthesis of `$(...)`.
    Parenthesis,
}

impl ShellScanner<'_> {
    /// Reads the code of `$(...)` or `<(...)`, whose opening parenthesis was taken.
    pub(super) fn substitution(&mut self) {
        if self.outer.len() == MAX_DEPTH {
            self.give_up();
            return;
        }
        self.outer.push(std::mem::take(&mut self.line));
        self.code(CodeEnd::Parenthesis);
        self.line = self.outer.pop().unwrap_or_default();
    }

    /// Reads shell code up to its end, which is taken too.
    pub(super) fn code(&mut self, end: CodeEnd) {
        while let Some(item) = self.next() {
            let ScanItem::Char(c) = item else {
                self.hole(QuoteForm::Bare);
                continue;
            };
            match c {
                ' ' | '\t' => self.end_word(),
                '\n' => self.line_end(),
                ';' | '|' => self.end_command(),
                '&' => self.ampersand(),
                '<' | '>' => self.redirection(c),
                '(' => self.open_parenthesis(),
                ')' => {
                    self.end_command();
                    if !self.line.close_parenthesis() && end == CodeEnd::Parenthesis {
                        break;
                    }
                }
                '#' => self.hash(),
                '\\' => self.backslash(),
                '\'' => self.single_quotes(false),
                '"' => self.double_quotes(false),
                '`' => self.backticks(),
                '$' => self.dollar(Around::Bare),
                c => self.line.push(c),
            }
        }
        self.end_word();
        if !self.line.here_documents.is_empty() {
            self.doubt("a here-document without a body");
        }
    }

    /// The end of a line outside of quotes, where bodies of here-documents begin.
    pub(super) fn line_end(&mut self) {
        self.end_command();
        if self.outer.iter().any(|line| !line.here_documents.is_empty()) {
            self.doubt("a here-document that begins inside an expansion");
        }
        while let Some(document) = self.line.here_documents.pop_front() {
            self.here_document(&document);
        }
    }

    /// `&` ends a command, except in `>&`, `<&` and `&>`.
    pub(super) fn ampersand(&mut self) {
        if matches!(self.before(1), Some(ScanItem::Char('<' | '>'))) {
            self.end_word();
            self.line.duplicate();
        } else if self.peek() == Some(ScanItem::Char('>')) {
            self.end_word();
            self.line.redirect();
        } else {
            self.end_command();
        }
    }

    pub(super) fn redirection(&mut self, c: char) {
        if self.take('(') {
            // A process substitution of bash is a part of the word that it stands in.
            self.line.start_word();
            self.substitution();
            return;
        }
        self.end_word();
        if c == '<' && self.take('<') {
            if self.take('<') {
                self.line.redirect();
            } else if self.line.in_arithmetic() || self.line.in_test() {
                self.doubt("`<<` inside `((...))` or `[[...]]`");
            } else {
                self.here_delimiter();
            }
            return;
        }
        self.line.redirect();
    }

    pub(super) fn open_parenthesis(&mut self) {
        if self.line.expects_pattern() {
            self.doubt("a parenthesis inside a pattern");
        }
        let assigned = self.line.is_assignment();
        self.end_command();
        let double = self.peek() == Some(ScanItem::Char('('));
        self.line.open_parenthesis(double, assigned);
    }

    pub(super) fn hash(&mut self) {
        let glued = match self.before(1) {
            Some(ScanItem::Char(')')) => !self.line.in_word(),
            Some(ScanItem::Char(c)) => !c.is_ascii() || (c.is_control() && !matches!(c, '\n' | '\t')),
            _ => false,
        };
        if glued {
            self.doubt("a `#` that only some shells take for a comment");
        }
        if self.line.in_word() {
            self.line.push('#');
        } else {
            self.comment();
        }
    }

    /// A backslash outside of quotes.
    pub(super) fn backslash(&mut self) {
        match self.next() {
            None => {}
            Some(ScanItem::Hole) => self.refuse(UnsafeContext::AfterBackslash),
            Some(ScanItem::Char('\n')) => self.continued_line(),
            Some(ScanItem::Char(c)) => self.line.push_quoted(c),
        }
    }

    pub(super) fn end_word(&mut self) {
        let nested = !self.outer.is_empty();
        let end = self.line.end_word(nested);
        for number in end.integers {
            if let Some(ShellContext::Any(form)) = self.contexts.get(number).copied() {
                self.contexts[number] = ShellContext::Only(ValueRule::Integer, form);
            }
        }
        if let Some(reason) = end.uncertain {
            self.doubt(reason);
        }
    }

    pub(super) fn end_command(&mut self) {
        self.end_word();
        self.line.end_command();
    }
}
