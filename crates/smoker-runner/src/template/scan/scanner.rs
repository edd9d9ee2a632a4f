//! The scanner's state: the position in the template, what was found so far, and what is in doubt.

use std::ops::Range;

use crate::template::command_line::{CommandLine, HereDocument};
use crate::template::shell_context::{QuoteForm, ShellContext, UnsafeContext, ValueRule};

/// How many expansions may be nested.
pub(super) const MAX_DEPTH: usize = 60;

/// One step of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScanItem {
    /// A character of the shell's text.
    Char(char),
    /// A placeholder.
    Hole,
}

/// What the scan of a template returns.
pub(crate) struct Scan {
    /// The contexts of all placeholders, in their order.
    pub(crate) contexts: Vec<ShellContext>,
    /// The here-documents that values must not end.
    pub(crate) literal_bodies: Vec<LiteralBody>,
}

/// The body of a here-document in which nothing is expanded: these items.
#[derive(Clone, Debug)]
pub(crate) struct LiteralBody {
    pub(crate) document: HereDocument,
    pub(crate) items: Range<usize>,
}

pub(super) struct ShellScanner<'a> {
    pub(super) items: &'a [ScanItem],
    pub(super) at: usize,
    pub(super) contexts: Vec<ShellContext>,
    pub(super) line: CommandLine,
    /// The command lines around the `$(...)` that the place is in, outermost first.
    pub(super) outer: Vec<CommandLine>,
    /// Why shells may read everything from here on differently.
    pub(super) uncertain: Option<&'static str>,
    /// How many here-documents are around the place.
    pub(super) in_here_document: usize,
    /// The bodies of here-documents whose delimiter is quoted.
    pub(super) literal_bodies: Vec<LiteralBody>,
    /// How many expansions are around the place.
    pub(super) depth: usize,
    pub(super) too_deep: bool,
}

impl<'a> ShellScanner<'a> {
    pub(super) fn new(items: &'a [ScanItem]) -> Self {
        Self {
            items,
            at: 0,
            contexts: Vec::new(),
            line: CommandLine::default(),
            outer: Vec::new(),
            uncertain: None,
            in_here_document: 0,
            literal_bodies: Vec::new(),
            depth: 0,
            too_deep: false,
        }
    }
}

impl ShellScanner<'_> {
    /// The end of a line inside quotes or an expansion.
    pub(super) fn inner_line_end(&mut self) {
        if [&self.line].into_iter().chain(&self.outer).any(|line| !line.here_documents.is_empty()) {
            self.doubt("a line that ends in quotes behind `<<`");
        }
    }

    /// A line that a backslash joins to the next: nothing happens, unless it
    /// parts characters that make a sign only together.
    pub(super) fn continued_line(&mut self) {
        if let Some(ScanItem::Char(c)) = self.before(2)
            && "$<>(){}&|;#`!\\".contains(c)
        {
            self.doubt("a line that is continued inside a sign");
        }
    }

    /// Notes the context of the placeholder that was just taken.
    pub(super) fn hole(&mut self, form: QuoteForm) {
        let restriction = self.line.restriction();
        let arithmetic = self.line.in_arithmetic();
        let number = self.contexts.len();
        self.line.push_hole(number);
        let context = match (self.uncertain, restriction, form) {
            _ if self.in_here_document > 0 => ShellContext::Refused(UnsafeContext::HereDocument),
            _ if self.too_deep => ShellContext::Refused(UnsafeContext::TooDeep),
            (Some(reason), _, _) => self.plain(ValueRule::Harmless(reason)),
            (None, None, _) | (None, _, QuoteForm::Comment) => ShellContext::Any(form),
            (None, Some(only), QuoteForm::Bare) if arithmetic => self.plain(only),
            (None, Some(only), _) => ShellContext::Only(only, form),
        };
        self.contexts.push(context);
    }

    /// A value without any quotes, which must not become a part of what stands in front of it.
    pub(super) fn plain(&self, only: ValueRule) -> ShellContext {
        let mut back = 1;
        while let Some(ScanItem::Char(c)) = self.before(back)
            && (c.is_ascii_alphanumeric() || c == '_')
        {
            back += 1;
        }
        let in_braces = matches!(self.before(back), Some(ScanItem::Char('{' | '#' | '!')))
            && (1..3).any(|more| self.before(back + more) == Some(ScanItem::Char('$')));
        match self.before(back) {
            Some(ScanItem::Char('$' | '\\')) => ShellContext::Refused(UnsafeContext::JoinsVariable),
            _ if in_braces => ShellContext::Refused(UnsafeContext::JoinsVariable),
            _ => ShellContext::Only(only, QuoteForm::Plain),
        }
    }

    /// Notes that nothing can stand at the placeholder that was just taken.
    pub(super) fn refuse(&mut self, unsafe_context: UnsafeContext) {
        let number = self.contexts.len();
        self.line.push_hole(number);
        let unsafe_context = if self.in_here_document > 0 { UnsafeContext::HereDocument } else { unsafe_context };
        self.contexts.push(ShellContext::Refused(unsafe_context));
    }

    /// From here on shells may disagree.
    pub(super) fn doubt(&mut self, reason: &'static str) {
        self.uncertain.get_or_insert(reason);
    }

    /// Takes back what was said about the placeholders from `number` on, and doubts all that follow.
    pub(super) fn doubt_since(&mut self, number: usize, reason: &'static str) {
        self.doubt(reason);
        for context in &mut self.contexts[number..] {
            if !matches!(context, ShellContext::Refused(_)) {
                *context = ShellContext::Only(ValueRule::Harmless(reason), QuoteForm::Plain);
            }
        }
    }

    pub(super) fn give_up(&mut self) {
        self.too_deep = true;
        while let Some(item) = self.next() {
            if item == ScanItem::Hole {
                self.refuse(UnsafeContext::TooDeep);
            }
        }
    }

    /// With a here-document somewhere even a harmless value could be the line that ends it.
    pub(super) fn finish(mut self) -> Scan {
        let has_here_document = self.items.windows(2).any(|pair| pair == [ScanItem::Char('<'); 2]);
        for context in &mut self.contexts {
            if has_here_document && matches!(context, ShellContext::Only(ValueRule::Harmless(_), _)) {
                *context = ShellContext::Refused(UnsafeContext::Unclear);
            }
        }
        Scan { contexts: self.contexts, literal_bodies: self.literal_bodies }
    }

    pub(super) fn next(&mut self) -> Option<ScanItem> {
        let item = self.peek();
        self.at += usize::from(item.is_some());
        item
    }

    pub(super) fn peek(&self) -> Option<ScanItem> {
        self.items.get(self.at).copied()
    }

    /// Takes the next character if it is `c`.
    pub(super) fn take(&mut self, c: char) -> bool {
        let taken = self.peek() == Some(ScanItem::Char(c));
        self.at += usize::from(taken);
        taken
    }

    /// The item `back` steps in front of the one that was just taken.
    pub(super) fn before(&self, back: usize) -> Option<ScanItem> {
        self.items.get(self.at.checked_sub(back + 1)?).copied()
    }
}
