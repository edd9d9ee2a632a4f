//! Splits a command into its text and its `%` formats, by the rules of
//! Python's `text % mapping`
//! (<https://docs.python.org/3/library/stdtypes.html#printf-style-string-formatting>).

use crate::python_format::error::FormatError;

/// The largest width or precision, in characters.
pub const MAX_WIDTH: usize = 10_000;

/// How much of the command a message shows on each side of the place it is about.
const SPOT: usize = 24;

/// A part of a command.
#[derive(Debug)]
pub enum Piece {
    /// Text for the shell, `%%` already turned into a percent sign.
    Text(String),
    /// A place for a value.
    Hole(Directive),
}

/// One `%(Name)s` with its flags.
#[derive(Clone, Debug)]
pub struct Directive {
    /// The name between the parentheses.
    pub name: String,
    /// The flags behind it.
    pub flags: Flags,
    /// The least width, in characters; 0 when there is none.
    pub width: usize,
    /// The number behind the point.
    pub precision: Option<usize>,
    /// The type: one of `diouxXeEfFgGcrsa`.
    pub character: char,
    /// The part of the command around it, for messages.
    pub spot: String,
}

impl Directive {
    /// How messages call it.
    #[must_use]
    pub fn placeholder(&self) -> String {
        format!("%({}){}", self.name, self.character)
    }
}

/// The flags of a format, named by their character.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "Python has five independent flags")]
pub struct Flags {
    /// `#`
    pub alternate: bool,
    /// `0`
    pub zero: bool,
    /// `-`
    pub left: bool,
    /// a space
    pub blank: bool,
    /// `+`
    pub plus: bool,
}

/// Splits `command` at its formats.
///
/// # Errors
///
/// A format that Python does not know or that has no name.
pub fn parse(command: &str) -> Result<Vec<Piece>, FormatError> {
    let mut parser = Parser { command: command.chars().collect(), at: 0, start: 0 };
    let mut pieces = Vec::new();
    let mut text = String::new();
    while let Some(c) = parser.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        if parser.peek() == Some('%') {
            parser.at += 1;
            text.push('%');
            continue;
        }
        parser.start = parser.at - 1;
        pieces.push(Piece::Text(std::mem::take(&mut text)));
        pieces.push(Piece::Hole(parser.directive()?));
    }
    pieces.push(Piece::Text(text));
    Ok(pieces)
}

struct Parser {
    command: Vec<char>,
    at: usize,
    /// Where the format that is being read began.
    start: usize,
}

impl Parser {
    fn next(&mut self) -> Option<char> {
        let c = self.command.get(self.at).copied();
        self.at += usize::from(c.is_some());
        c
    }

    fn peek(&self) -> Option<char> {
        self.command.get(self.at).copied()
    }

    /// What follows a percent sign.
    fn directive(&mut self) -> Result<Directive, FormatError> {
        let name = self.name()?;
        let flags = self.flags();
        let width = self.number()?.unwrap_or(0);
        let mut precision = None;
        if self.peek() == Some('.') {
            self.at += 1;
            precision = Some(self.number()?.unwrap_or(0));
        }
        if matches!(self.peek(), Some('h' | 'l' | 'L')) {
            self.at += 1;
        }
        let Some(character) = self.next() else {
            return Err(FormatError::Incomplete { spot: self.spot() });
        };
        if !"diouxXeEfFgGcrsa".contains(character) {
            return Err(FormatError::Unsupported { character, spot: self.spot() });
        }
        match name {
            Some(name) => Ok(Directive { name, flags, width, precision, character, spot: self.spot() }),
            None => Err(FormatError::Nameless { character, spot: self.spot() }),
        }
    }

    /// The name in parentheses, which may hold balanced parentheses itself.
    fn name(&mut self) -> Result<Option<String>, FormatError> {
        if self.peek() != Some('(') {
            return Ok(None);
        }
        self.at += 1;
        let mut name = String::new();
        let mut open = 1;
        while let Some(c) = self.next() {
            match c {
                '(' => open += 1,
                ')' => open -= 1,
                _ => {}
            }
            if open == 0 {
                return Ok(Some(name));
            }
            name.push(c);
        }
        Err(FormatError::OpenName { spot: self.spot_between(self.start, self.start + 2 * SPOT) })
    }

    fn flags(&mut self) -> Flags {
        let mut flags = Flags::default();
        loop {
            match self.peek() {
                Some('#') => flags.alternate = true,
                Some('0') => flags.zero = true,
                Some('-') => flags.left = true,
                Some(' ') => flags.blank = true,
                Some('+') => flags.plus = true,
                _ => return flags,
            }
            self.at += 1;
        }
    }

    fn number(&mut self) -> Result<Option<usize>, FormatError> {
        if self.peek() == Some('*') {
            self.at += 1;
            return Err(FormatError::Star { spot: self.spot() });
        }
        let mut number = None;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            self.at += 1;
            let value = number.unwrap_or(0) * 10 + digit as usize;
            if value > MAX_WIDTH {
                return Err(FormatError::TooWide { spot: self.spot(), limit: MAX_WIDTH });
            }
            number = Some(value);
        }
        Ok(number)
    }

    /// The part of the command around the format, for a message.
    fn spot(&self) -> String {
        self.spot_between(self.start.saturating_sub(SPOT), self.at + SPOT)
    }

    fn spot_between(&self, from: usize, to: usize) -> String {
        let to = to.min(self.command.len());
        let mut spot = String::from("`");
        if from > 0 {
            spot.push('…');
        }
        spot.extend(self.command[from..to].iter().map(|c| if c.is_control() { ' ' } else { *c }));
        if to < self.command.len() {
            spot.push('…');
        }
        spot.push('`');
        spot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(command: &str) -> Vec<String> {
        let pieces = parse(command).expect("a good command");
        pieces
            .into_iter()
            .filter_map(|piece| match piece {
                Piece::Hole(directive) => Some(directive.name),
                Piece::Text(_) => None,
            })
            .collect()
    }

    #[test]
    fn a_name_ends_at_its_own_parenthesis() {
        assert_eq!(names("%(a)s %(b (c) d)s %()s"), ["a", "b (c) d", ""]);
    }

    #[test]
    fn only_two_percent_signs_in_a_row_are_one() {
        let pieces = parse("100%%%%(a)s%%").expect("a good command");
        assert!(matches!(&pieces[..], [Piece::Text(text)] if text == "100%%(a)s%"), "{pieces:?}");
        for command in ["100%5%", "100% %", "100%(a)%"] {
            assert!(matches!(parse(command), Err(FormatError::Unsupported { character: '%', .. })), "{command}");
        }
    }

    #[test]
    fn mistakes_are_shown_with_their_spot() {
        let cases = [
            ("date +%Y", "unsupported format character 'Y' behind the percent sign in `date +%Y`: write `%%`"),
            ("echo 100%", "unfinished format at the end of `echo 100%`"),
            ("echo %(a)", "unfinished format at the end of `echo %(a)`"),
            ("echo %(Timeout", "unfinished parameter name in `…%(Timeout`"),
            ("date +%s", "format without a parameter name in `date +%s`: write `%(Name)s`"),
            ("echo %(a)*d", "`*` in `echo %(a)*d`"),
            ("echo %(a).*f", "`*` in `echo %(a).*f`"),
            ("echo %(a)10001s", "in `echo %(a)10001s` is over 10000"),
            ("echo %(a).99999999999999999999s", "is over 10000"),
            ("echo %(a)lld", "unsupported format character 'l'"),
        ];
        for (command, expected) in cases {
            let message = parse(command).expect_err(command).to_string();
            assert!(message.contains(expected), "{command}: {message}");
        }
    }

    #[test]
    fn a_long_command_is_shown_only_around_the_mistake() {
        let command = format!("{}\n%Q{}", "a".repeat(100), "b".repeat(100));
        let message = parse(&command).expect_err("a stray percent sign").to_string();
        assert!(message.contains(&format!("`…{} %Q{}…`", "a".repeat(23), "b".repeat(24))), "{message}");
    }
}
