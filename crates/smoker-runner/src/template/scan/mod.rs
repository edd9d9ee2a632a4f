//! Finds, for each placeholder of a template, its place in the shell's grammar
//! (POSIX.1-2017, XCU chapter 2, and what bash adds to it).
//!
//! Only the template's own text is read here, never a value. The scan does
//! not judge whether the text is a correct program; it asks at each point in
//! which quotes the shell is. Where dash, bash and busybox would give
//! different answers it calls everything from there on uncertain.

mod expansion;
mod here_document;
mod quotes;

use crate::template::command_line::CommandLine;
use crate::template::place::{Form, Only, Place, Refusal};

/// How many expansions may be nested.
const MAX_DEPTH: usize = 60;

/// One step of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// A character of the shell's text.
    Char(char),
    /// A placeholder.
    Hole,
}

/// The places of all placeholders in `items`, in their order.
pub(crate) fn places(items: &[Item]) -> Vec<Place> {
    let mut scanner = Scanner {
        items,
        at: 0,
        places: Vec::new(),
        line: CommandLine::default(),
        outer: Vec::new(),
        uncertain: None,
        in_here_document: 0,
        depth: 0,
        too_deep: false,
    };
    scanner.code(Until::End);
    scanner.finish()
}

/// What ends a piece of shell code.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    End,
    Parenthesis,
}

struct Scanner<'a> {
    items: &'a [Item],
    at: usize,
    places: Vec<Place>,
    line: CommandLine,
    /// The command lines around the `$(...)` that the place is in, outermost first.
    outer: Vec<CommandLine>,
    /// Why shells may read everything from here on differently.
    uncertain: Option<&'static str>,
    /// How many here-documents are around the place.
    in_here_document: usize,
    /// How many expansions are around the place.
    depth: usize,
    too_deep: bool,
}

impl Scanner<'_> {
    /// Reads the code of `$(...)` or `<(...)`, whose opening parenthesis was taken.
    fn substitution(&mut self) {
        if self.outer.len() == MAX_DEPTH {
            self.give_up();
            return;
        }
        self.outer.push(std::mem::take(&mut self.line));
        self.code(Until::Parenthesis);
        self.line = self.outer.pop().unwrap_or_default();
    }

    /// Reads shell code up to its end, which is taken too.
    fn code(&mut self, until: Until) {
        while let Some(item) = self.next() {
            let Item::Char(c) = item else {
                self.hole(Form::Bare);
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
                    if !self.line.close_parenthesis() && until == Until::Parenthesis {
                        break;
                    }
                }
                '#' => self.hash(),
                '\\' => self.backslash(),
                '\'' => self.single_quotes(false),
                '"' => self.double_quotes(false),
                '`' => self.backticks(),
                '$' => self.dollar(expansion::Around::Bare),
                c => self.line.push(c),
            }
        }
        self.end_word();
        if !self.line.here_documents.is_empty() {
            self.doubt("a here-document without a body");
        }
    }

    /// The end of a line outside of quotes, where bodies of here-documents begin.
    fn line_end(&mut self) {
        self.end_command();
        if self.outer.iter().any(|line| !line.here_documents.is_empty()) {
            self.doubt("a here-document that begins inside an expansion");
        }
        while let Some(document) = self.line.here_documents.pop_front() {
            self.here_document(&document);
        }
    }

    /// The end of a line inside quotes or an expansion.
    fn inner_line_end(&mut self) {
        if [&self.line].into_iter().chain(&self.outer).any(|line| !line.here_documents.is_empty()) {
            self.doubt("a line that ends in quotes behind `<<`");
        }
    }

    /// `&` ends a command, except in `>&`, `<&` and `&>`.
    fn ampersand(&mut self) {
        if matches!(self.before(1), Some(Item::Char('<' | '>'))) {
            self.end_word();
            self.line.duplicate();
        } else if self.peek() == Some(Item::Char('>')) {
            self.end_word();
            self.line.redirect();
        } else {
            self.end_command();
        }
    }

    fn redirection(&mut self, c: char) {
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

    fn open_parenthesis(&mut self) {
        if self.line.expects_pattern() {
            self.doubt("a parenthesis inside a pattern");
        }
        let assigned = self.line.is_assignment();
        self.end_command();
        let double = self.peek() == Some(Item::Char('('));
        self.line.open_parenthesis(double, assigned);
    }

    fn hash(&mut self) {
        let glued = match self.before(1) {
            Some(Item::Char(')')) => !self.line.in_word(),
            Some(Item::Char(c)) => !c.is_ascii() || (c.is_control() && !matches!(c, '\n' | '\t')),
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
    fn backslash(&mut self) {
        match self.next() {
            None => {}
            Some(Item::Hole) => self.refuse(Refusal::AfterBackslash),
            Some(Item::Char('\n')) => self.continued_line(),
            Some(Item::Char(c)) => self.line.push_quoted(c),
        }
    }

    /// A line that a backslash joins to the next: nothing happens, unless it
    /// parts characters that make a sign only together.
    fn continued_line(&mut self) {
        if let Some(Item::Char(c)) = self.before(2)
            && "$<>(){}&|;#`!\\".contains(c)
        {
            self.doubt("a line that is continued inside a sign");
        }
    }

    fn end_word(&mut self) {
        let nested = !self.outer.is_empty();
        let end = self.line.end_word(nested);
        for number in end.integers {
            if let Some(Place::Any(form)) = self.places.get(number).copied() {
                self.places[number] = Place::Only(Only::Integer, form);
            }
        }
        if let Some(reason) = end.uncertain {
            self.doubt(reason);
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        self.line.end_command();
    }

    /// Notes the place of the placeholder that was just taken.
    fn hole(&mut self, form: Form) {
        let restriction = self.line.restriction();
        let arithmetic = self.line.in_arithmetic();
        let number = self.places.len();
        self.line.push_hole(number);
        let place = match (self.uncertain, restriction, form) {
            _ if self.in_here_document > 0 => Place::Refused(Refusal::HereDocument),
            _ if self.too_deep => Place::Refused(Refusal::TooDeep),
            (Some(reason), _, _) => self.plain(Only::Harmless(reason)),
            (None, None, _) | (None, _, Form::Comment) => Place::Any(form),
            (None, Some(only), Form::Bare) if arithmetic => self.plain(only),
            (None, Some(only), _) => Place::Only(only, form),
        };
        self.places.push(place);
    }

    /// A value without any quotes, which must not become a part of what stands in front of it.
    fn plain(&self, only: Only) -> Place {
        let mut back = 1;
        while let Some(Item::Char(c)) = self.before(back)
            && (c.is_ascii_alphanumeric() || c == '_')
        {
            back += 1;
        }
        let in_braces = matches!(self.before(back), Some(Item::Char('{' | '#' | '!')))
            && (1..3).any(|more| self.before(back + more) == Some(Item::Char('$')));
        match self.before(back) {
            Some(Item::Char('$' | '\\')) => Place::Refused(Refusal::JoinsVariable),
            _ if in_braces => Place::Refused(Refusal::JoinsVariable),
            _ => Place::Only(only, Form::Plain),
        }
    }

    /// Notes that nothing can stand at the placeholder that was just taken.
    fn refuse(&mut self, refusal: Refusal) {
        let number = self.places.len();
        self.line.push_hole(number);
        let refusal = if self.in_here_document > 0 { Refusal::HereDocument } else { refusal };
        self.places.push(Place::Refused(refusal));
    }

    /// From here on shells may disagree.
    fn doubt(&mut self, reason: &'static str) {
        self.uncertain.get_or_insert(reason);
    }

    /// Takes back what was said about the placeholders from `number` on, and doubts all that follow.
    fn doubt_since(&mut self, number: usize, reason: &'static str) {
        self.doubt(reason);
        for place in &mut self.places[number..] {
            if !matches!(place, Place::Refused(_)) {
                *place = Place::Only(Only::Harmless(reason), Form::Plain);
            }
        }
    }

    fn give_up(&mut self) {
        self.too_deep = true;
        while let Some(item) = self.next() {
            if item == Item::Hole {
                self.refuse(Refusal::TooDeep);
            }
        }
    }

    /// With a here-document somewhere even a harmless value could be the line that ends it.
    fn finish(mut self) -> Vec<Place> {
        let has_here_document = self.items.windows(2).any(|pair| pair == [Item::Char('<'); 2]);
        for place in &mut self.places {
            if has_here_document && matches!(place, Place::Only(Only::Harmless(_), _)) {
                *place = Place::Refused(Refusal::Unclear);
            }
        }
        self.places
    }

    fn next(&mut self) -> Option<Item> {
        let item = self.peek();
        self.at += usize::from(item.is_some());
        item
    }

    fn peek(&self) -> Option<Item> {
        self.items.get(self.at).copied()
    }

    /// Takes the next character if it is `c`.
    fn take(&mut self, c: char) -> bool {
        let taken = self.peek() == Some(Item::Char(c));
        self.at += usize::from(taken);
        taken
    }

    /// The item `back` steps in front of the one that was just taken.
    fn before(&self, back: usize) -> Option<Item> {
        self.items.get(self.at.checked_sub(back + 1)?).copied()
    }
}

#[cfg(test)]
mod tests;
