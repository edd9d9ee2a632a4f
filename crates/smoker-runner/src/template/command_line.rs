//! What the scan of a template remembers about the simple command it is in:
//! the word that is being read, the one before it, and the command's name.
//! It matters where a shell evaluates an argument once more.

use std::collections::VecDeque;

use crate::template::shell_context::ValueRule;

/// Stands in a word for a value that is not known, so that the word equals no
/// name that has a meaning.
const VALUE: char = '\u{fffd}';

/// A here-document whose body begins at the next line.
#[derive(Clone, Debug)]
pub(crate) struct HereDocument {
    /// The line that ends it.
    pub(crate) delimiter: String,
    /// `<<-`: tabs in front of lines do not count.
    pub(crate) strip_tabs: bool,
    /// The delimiter was quoted: nothing is expanded in the body.
    pub(crate) literal: bool,
}

/// The simple command around the place that is being read.
#[derive(Debug, Default)]
pub(crate) struct CommandLine {
    word: ShellWord,
    previous: ShellWord,
    name: Option<String>,
    /// The option words so far.
    options: String,
    /// The next word is the file of a redirection or the name of a function.
    skips_word: bool,
    /// Between `[[` and `]]`.
    in_test: bool,
    /// What the next word must be, in a `[[ ]]` or behind `>&`.
    operand: Option<ValueRule>,
    /// Open parentheses of subshells, functions and arrays.
    parentheses: usize,
    /// The number of open parentheses outside of `((`, while inside of it.
    arithmetic: Option<usize>,
    /// The same for `name=(`.
    array: Option<usize>,
    pub(crate) here_documents: VecDeque<HereDocument>,
}

/// One word, without its quotes.
#[derive(Debug, Default)]
struct ShellWord {
    text: String,
    started: bool,
    quoted: bool,
    /// In the brackets of `name[`.
    subscript: bool,
    /// How many equals signs it holds.
    equals_signs: usize,
    /// The numbers of the placeholders in it.
    holes: Vec<usize>,
}

/// What the end of a word tells.
#[derive(Debug, Default)]
pub(crate) struct WordEnd {
    /// Placeholders of the word before that turn out to be numbers.
    pub(crate) integers: Vec<usize>,
    /// Why shells may read what follows differently.
    pub(crate) uncertain: Option<&'static str>,
}

impl CommandLine {
    /// Begins a word, or goes on with it.
    pub(crate) fn start_word(&mut self) {
        self.word.started = true;
    }

    pub(crate) fn in_word(&self) -> bool {
        self.word.started
    }

    /// A character outside of quotes.
    pub(crate) fn push(&mut self, c: char) {
        let word = &mut self.word;
        match c {
            '[' if !word.quoted && is_identifier(&word.text) => word.subscript = true,
            '[' if !word.started && self.array.is_some() => word.subscript = true,
            ']' => word.subscript = false,
            _ => {}
        }
        word.started = true;
        word.equals_signs += usize::from(c == '=');
        word.text.push(c);
    }

    /// A character in quotes or behind a backslash.
    pub(crate) fn push_quoted(&mut self, c: char) {
        self.word.started = true;
        self.word.quoted = true;
        self.word.equals_signs += usize::from(c == '=');
        self.word.text.push(c);
    }

    /// The end of a quotation, which can be an empty word.
    pub(crate) fn end_quotes(&mut self) {
        self.word.started = true;
        self.word.quoted = true;
    }

    pub(crate) fn push_hole(&mut self, number: usize) {
        self.word.started = true;
        self.word.text.push(VALUE);
        self.word.holes.push(number);
    }

    /// `<`, `>` and the like: the word that follows is a file.
    pub(crate) fn redirect(&mut self) {
        self.skips_word = true;
    }

    /// `>&` and `<&`: so is this one, and bash expands it a second time, quotes or not.
    pub(crate) fn duplicate(&mut self) {
        self.skips_word = true;
        self.operand = Some(ValueRule::Descriptor);
    }

    /// Ends the word, if there is one; `nested` says that it stands inside `$(...)`.
    pub(crate) fn end_word(&mut self, nested: bool) -> WordEnd {
        let mut end = WordEnd::default();
        if !self.word.started {
            return end;
        }
        let word = std::mem::take(&mut self.word);
        if word.subscript {
            end.uncertain = Some("an unfinished `name[`");
        }
        if word.text == "alias" {
            end.uncertain = Some("`alias`");
        }
        if !word.quoted {
            match word.text.as_str() {
                "case" if nested || self.arithmetic.is_some() => end.uncertain = Some("`case` inside `$(...)`"),
                "[[" => self.in_test = true,
                "]]" => self.in_test = false,
                _ => {}
            }
        }
        self.operand = None;
        if std::mem::take(&mut self.skips_word) {
            return end;
        }
        if self.in_test {
            match word.text.as_str() {
                "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge" => {
                    end.integers.append(&mut self.previous.holes);
                    self.operand = Some(ValueRule::Integer);
                }
                "-v" | "-R" => self.operand = Some(ValueRule::Name),
                _ => {}
            }
        }
        if word.text.starts_with(['-', '+']) {
            self.options.push_str(&word.text);
            self.options.push(' ');
        }
        if self.name.is_none() && word.text == "function" {
            self.skips_word = true;
        }
        if self.name.is_none() && !is_prefix(&word.text) {
            self.name = Some(word.text.clone());
        }
        self.previous = word;
        end
    }

    /// `;`, `|`, the end of a line and the like.
    pub(crate) fn end_command(&mut self) {
        self.previous = ShellWord::default();
        self.name = None;
        self.options.clear();
        self.skips_word = false;
        self.operand = None;
    }

    /// `double`: two of them; `assigned`: directly behind `=`.
    pub(crate) fn open_parenthesis(&mut self, double: bool, assigned: bool) {
        if double && self.arithmetic.is_none() {
            self.arithmetic = Some(self.parentheses);
        }
        if assigned && self.array.is_none() {
            self.array = Some(self.parentheses);
        }
        self.parentheses += 1;
    }

    /// Closes a parenthesis; false when none was open.
    pub(crate) fn close_parenthesis(&mut self) -> bool {
        let Some(left) = self.parentheses.checked_sub(1) else {
            return false;
        };
        self.parentheses = left;
        for opened in [&mut self.arithmetic, &mut self.array] {
            if *opened == Some(left) {
                *opened = None;
            }
        }
        true
    }

    /// Whether the word that is being read ends with an equals sign.
    pub(crate) fn is_assignment(&self) -> bool {
        self.word.text.ends_with('=')
    }

    /// Inside `((...))`, or what may be one.
    pub(crate) fn in_arithmetic(&self) -> bool {
        self.arithmetic.is_some()
    }

    /// Inside `[[ ... ]]`, where `<` and `#` differ between shells.
    pub(crate) fn in_test(&self) -> bool {
        self.in_test
    }

    /// Whether a parenthesis here would belong to a pattern or regular
    /// expression of bash, inside which `#` starts no comment.
    pub(crate) fn expects_pattern(&self) -> bool {
        self.word.text.ends_with(['?', '*', '+', '@', '!', '~'])
            || (self.in_test && self.word.started)
            || self.previous.text == "=~"
    }

    /// Which values may stand in the word that is being read, when not all may.
    pub(crate) fn restriction(&self) -> Option<ValueRule> {
        if self.in_arithmetic() || self.word.subscript {
            return Some(ValueRule::Integer);
        }
        if self.operand.is_some() {
            return self.operand;
        }
        let named = self.word.equals_signs == 0;
        let previous = self.previous.text.as_str();
        let option_argument = previous.starts_with('-') && previous.ends_with(['d', 'i', 'n', 'N', 'p', 't', 'u']);
        match self.name.as_deref()? {
            "let" => Some(ValueRule::Integer),
            "declare" | "typeset" | "local" | "export" | "readonly" => {
                if self.options.contains('i') {
                    Some(ValueRule::Integer)
                } else if self.options.contains('n') {
                    // The value is the name of another variable.
                    Some(ValueRule::Name)
                } else {
                    named.then_some(ValueRule::Name)
                }
            }
            "unset" => Some(ValueRule::Name),
            "read" | "mapfile" | "readarray" if !option_argument => Some(ValueRule::Name),
            "test" | "[" if self.options.contains("-v ") || self.options.contains("-R ") => Some(ValueRule::Name),
            "printf" if previous == "-v" => Some(ValueRule::Name),
            "wait" if self.options.contains('p') => Some(ValueRule::Name),
            _ => None,
        }
    }
}

/// Words in front of a command's name: reserved words, assignments, and
/// builtins that run the builtin behind them.
fn is_prefix(word: &str) -> bool {
    let reserved =
        ["if", "then", "elif", "else", "while", "until", "do", "!", "{", "time", "function", "command", "builtin"];
    reserved.contains(&word) || word.starts_with('-') || word.split_once('=').is_some_and(|(name, _)| is_assigned(name))
}

fn is_assigned(name: &str) -> bool {
    is_identifier(name.split(['[', '+']).next().unwrap_or(name))
}

fn is_identifier(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
