//! What a dollar sign begins: `$name`, `${...}`, `$(...)`, `$((...))`.

use crate::template::scan::scanner::{MAX_DEPTH, ScanItem, ShellScanner};
use crate::template::shell_context::{QuoteForm, ShellContext, UnsafeContext, ValueRule};

/// What is around a dollar sign.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Around {
    /// No quotes.
    Bare,
    /// Double quotes, or the body of a here-document.
    DoubleQuotes,
    /// The word of a `${...}` that is itself in double quotes.
    QuotedWord,
    /// `$((...))`.
    Arithmetic,
}

/// The kinds of `${...}`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    /// `:-`, `:=`, `:?`, `:+`, with or without the colon.
    Default,
    /// `#`, `##`, `%`, `%%`.
    Pattern,
    /// What only some shells know.
    Other,
}

impl ShellScanner<'_> {
    /// Reads what follows a dollar sign.
    pub(super) fn dollar(&mut self, around: Around) {
        if self.depth == MAX_DEPTH {
            self.give_up();
            return;
        }
        self.depth += 1;
        self.line.push_quoted('$');
        self.expansion(around);
        self.depth -= 1;
    }

    fn expansion(&mut self, around: Around) {
        let Some(item) = self.peek() else { return };
        let c = match item {
            // The end of the double quotes follows, and a dollar sign before it is only itself.
            ScanItem::Hole if around == Around::DoubleQuotes => return,
            ScanItem::Hole => {
                self.at += 1;
                self.refuse(UnsafeContext::AfterDollar);
                return;
            }
            ScanItem::Char(c) => c,
        };
        match c {
            '(' => {
                self.at += 1;
                if self.take('(') {
                    self.arithmetic();
                } else {
                    self.substitution();
                }
            }
            '{' => {
                self.at += 1;
                self.braces(around);
            }
            '\'' if around == Around::Bare => {
                self.at += 1;
                self.single_quotes(true);
            }
            '"' if around == Around::Bare => {
                self.at += 1;
                self.double_quotes(true);
            }
            '[' => self.doubt("`$[`"),
            c if c.is_ascii_alphabetic() || c == '_' => self.skip_name(),
            '$' => {
                self.at += 1;
                // In double quotes bash looks for the end of `$(` here, although it then expands `$$`.
                if let Some(ScanItem::Char('(' | '{' | '[')) = self.peek() {
                    self.doubt("a bracket behind `$$`");
                }
            }
            '#' | '?' | '!' | '-' | '@' | '*' | '0'..='9' => self.at += 1,
            _ => {}
        }
    }

    fn skip_name(&mut self) {
        while let Some(ScanItem::Char(c)) = self.peek()
            && (c.is_ascii_alphanumeric() || c == '_')
        {
            self.at += 1;
        }
    }

    /// Reads `${...}` behind its opening brace.
    fn braces(&mut self, around: Around) {
        let Some(operator) = self.braces_start() else { return };
        let inner = match around {
            Around::DoubleQuotes => Around::QuotedWord,
            other => other,
        };
        while let Some(item) = self.next() {
            match item {
                ScanItem::Hole => self.hole_in_braces(operator, inner),
                ScanItem::Char('}') => return,
                ScanItem::Char('\\') => match self.next() {
                    Some(ScanItem::Hole) => self.refuse(UnsafeContext::AfterBackslash),
                    Some(ScanItem::Char('\'' | '"')) if inner != Around::Bare => self.doubt("quotes inside \"${...}\""),
                    Some(ScanItem::Char('\n')) => self.continued_line(),
                    _ => {}
                },
                ScanItem::Char('\'') if inner == Around::Bare => self.single_quotes(false),
                ScanItem::Char('"') if inner == Around::Bare => self.double_quotes(false),
                ScanItem::Char('\'' | '"') => self.doubt("quotes inside \"${...}\""),
                ScanItem::Char('$') => self.dollar(inner),
                ScanItem::Char('`') => self.backticks(),
                ScanItem::Char('{') => self.doubt("a brace inside `${...}`"),
                ScanItem::Char('<' | '>') if self.peek() == Some(ScanItem::Char('(')) => {
                    self.doubt("a process substitution inside `${...}`");
                }
                ScanItem::Char('\n') => self.inner_line_end(),
                ScanItem::Char(_) => {}
            }
        }
    }

    /// Reads the name and the operator; nothing when the expansion ends with them.
    fn braces_start(&mut self) -> Option<Operator> {
        if let Some(ScanItem::Char(' ' | '\t' | '\n' | '|' | '(' | '\\')) = self.peek() {
            self.doubt("a command inside `${...}`");
        }
        // `${#}` is a name, `${#x}` is the length of another.
        let prefixed = self.take('#') || self.take('!');
        let start = self.at;
        self.skip_name();
        if self.at == start && !prefixed {
            let special = |c: char| "?$!-@*".contains(c);
            self.at += usize::from(matches!(self.peek(), Some(ScanItem::Char(c)) if special(c)));
        }
        if self.take('[') {
            self.subscript();
        }
        let colon = self.take(':');
        let operator = match self.peek() {
            Some(ScanItem::Char('}')) if !colon => {
                self.at += 1;
                return None;
            }
            Some(ScanItem::Char('-' | '=' | '?' | '+')) => Operator::Default,
            Some(ScanItem::Char('#' | '%')) if !colon => Operator::Pattern,
            _ => return Some(Operator::Other),
        };
        self.at += 1;
        if operator == Operator::Pattern && !self.take('#') {
            self.take('%');
        }
        Some(operator)
    }

    /// Reads the subscript of an array, which bash evaluates.
    fn subscript(&mut self) {
        while let Some(item) = self.peek() {
            match item {
                ScanItem::Char(']') => {
                    self.at += 1;
                    return;
                }
                ScanItem::Char(c) if c.is_ascii_alphanumeric() || "_@*".contains(c) => self.at += 1,
                ScanItem::Char(_) => {
                    self.doubt("a subscript inside `${...}`");
                    return;
                }
                ScanItem::Hole => return,
            }
        }
    }

    fn hole_in_braces(&mut self, operator: Operator, around: Around) {
        match (operator, around) {
            (Operator::Other, _) => self.refuse(UnsafeContext::VariableName),
            (_, Around::Bare) => self.hole(QuoteForm::Bare),
            (Operator::Default, Around::QuotedWord) if self.peek() == Some(ScanItem::Char('(')) => {
                self.refuse(UnsafeContext::ExpansionWord);
            }
            (Operator::Default, Around::QuotedWord) => self.hole(match self.before(1) {
                Some(ScanItem::Char(c)) if c.is_ascii() && !matches!(c, '<' | '>') => QuoteForm::DefaultWord,
                _ => QuoteForm::DefaultWordTail,
            }),
            (Operator::Default, Around::Arithmetic) => self.number(),
            _ => self.refuse(UnsafeContext::ExpansionWord),
        }
    }

    /// Reads `$((...))` behind its opening parentheses. What is not closed by
    /// two parentheses at once is `$( (...) )` to some shells.
    fn arithmetic(&mut self) {
        let first = self.contexts.len();
        let mut open = 0_usize;
        while let Some(item) = self.next() {
            match item {
                ScanItem::Hole => self.number(),
                ScanItem::Char('(') => open += 1,
                ScanItem::Char(')') if open > 0 => open -= 1,
                ScanItem::Char(')') if self.take(')') => return,
                ScanItem::Char(')') => break,
                ScanItem::Char('$') => self.dollar(Around::Arithmetic),
                ScanItem::Char('`') => self.backticks(),
                ScanItem::Char('\'' | '"' | '\\') => self.doubt("quotes inside `$((...))`"),
                ScanItem::Char('\n') => self.inner_line_end(),
                ScanItem::Char(_) => {}
            }
        }
        self.doubt_since(first, "`$((` without `))`");
    }

    /// Notes a placeholder inside arithmetic.
    fn number(&mut self) {
        if self.before(1) == Some(ScanItem::Char('\\')) {
            self.refuse(UnsafeContext::AfterBackslash);
            return;
        }
        let number = self.contexts.len();
        self.hole(QuoteForm::Plain);
        if let ShellContext::Any(_) | ShellContext::Only(ValueRule::Integer | ValueRule::Name, _) =
            self.contexts[number]
        {
            self.contexts[number] = self.plain(ValueRule::Integer);
        }
    }
}
