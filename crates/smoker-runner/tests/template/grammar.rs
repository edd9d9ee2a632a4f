//! Makes lines for the shell whose placeholders stand in places nested at
//! random, and knows what such a line prints.

use fastrand::Rng;

/// The value of `%(N)s`, for places where the shell computes.
pub(crate) const NUMBER: i64 = 7;

/// What each line needs to find: a variable with a value, and one without.
pub(crate) const VARIABLES: &str = "v=val; e=; unset u;\n";

/// A piece of a template, and what the shell makes of it.
#[derive(Clone)]
pub(crate) struct Piece {
    pub(crate) template: String,
    parts: Vec<Part>,
}

#[derive(Clone)]
enum Part {
    Text(String),
    Value,
    /// `$(...)` cuts line ends.
    Cut(Vec<Part>),
}

impl Piece {
    fn new(template: &str, text: &str) -> Self {
        Self { template: template.to_owned(), parts: vec![Part::Text(text.to_owned())] }
    }

    fn value() -> Self {
        Self { template: "%(P)s".to_owned(), parts: vec![Part::Value] }
    }

    fn joined(pieces: Vec<Self>) -> Self {
        let template = pieces.iter().map(|piece| piece.template.as_str()).collect();
        Self { template, parts: pieces.into_iter().flat_map(|piece| piece.parts).collect() }
    }

    /// In a frame that changes nothing of what arrives; `{}` stands for the piece, wherever it is needed.
    fn framed(self, frame: &str) -> Self {
        Self { template: frame.replace("{}", &self.template), ..self }
    }

    /// A placeholder in a form of quotes, inside `depth` times `$(...)`.
    pub(crate) fn in_substitutions(depth: usize, form: &str) -> Self {
        let inner = Self::value().framed(&form.replace("%(P)s", "{}")).framed("pass {}");
        (0..depth).fold(inner, |inner, _| inner.substituted().framed("pass \"{}\""))
    }

    /// In `$(...)`.
    fn substituted(self) -> Self {
        // Two parentheses in a row would begin `$((...))`.
        let gap = if self.template.starts_with('(') { " " } else { "" };
        Self { template: format!("$({gap}{})", self.template), parts: vec![Part::Cut(self.parts)] }
    }

    /// What arrives with this value.
    pub(crate) fn expected(&self, value: &str) -> String {
        text_of(&self.parts, value)
    }
}

fn text_of(parts: &[Part], value: &str) -> String {
    let text = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Value => value.to_owned(),
        Part::Cut(parts) => text_of(parts, value).trim_end_matches('\n').to_owned(),
    };
    parts.iter().map(text).collect()
}

/// Makes pieces out of random numbers.
pub(crate) struct Grammar<'r>(pub(crate) &'r mut Rng);

impl Grammar<'_> {
    /// A command that prints what is known; `size` bounds how much stands inside of it.
    pub(crate) fn command(&mut self, size: usize, nested: bool) -> Piece {
        let Some(less) = size.checked_sub(1) else {
            return Piece::value().framed("pass {}");
        };
        match self.0.u8(..if nested { 19 } else { 21 }) {
            0..5 => self.word(less).framed("pass {}"),
            5 => self.word(less).framed("printf '%%s' {}"),
            6 => self.command(less, nested).framed("( {})"),
            7 => self.command(less, nested).framed("{ {}; }"),
            8 => self.command(less, nested).framed("if true; then {}; fi"),
            9 => self.command(less, nested).framed("true && {}"),
            10 => self.command(less, nested).framed("{ {} & wait; }"),
            11 => {
                let (one, other) = (self.command(less / 2, nested), self.command(less / 2, nested));
                Piece::joined(vec![one, Piece { template: "; ".to_owned(), parts: Vec::new() }, other])
            }
            12 => self.command(less, nested).framed("{} | cat"),
            13 => self.assigned(less).framed("x={}; pass \"$x\""),
            14 => self.double_quoted(less).framed("export x=\"{}\"; pass \"$x\""),
            15 => self.word(less).framed("for i in {}; do pass \"$i\"; done"),
            16 => self.word(less).framed("f() { pass \"$1\"; }; f {}"),
            17 => self.word(less).framed("pass {} 3>&1 2>/dev/null </dev/null"),
            18 => self.word(less).framed("set -- {}; pass \"$1\" # %(P)s\n:"),
            19 => self.command(less, nested).framed("case %(P)s in %(P)s) {} ;; *) pass no ;; esac"),
            _ => self.command(less, nested).framed("cat <<'E' >/dev/null\n' \" $(\nE\n{}"),
        }
    }

    /// A word outside of quotes that is one argument.
    fn word(&mut self, size: usize) -> Piece {
        let count = self.0.usize(1..=3);
        Piece::joined((0..count).map(|_| self.part_of_word(size)).collect())
    }

    fn part_of_word(&mut self, size: usize) -> Piece {
        match self.0.u8(..12) {
            0..3 => Piece::value(),
            3 | 4 => self.single_quoted(),
            5..9 => self.double_quoted(size).framed("\"{}\""),
            9 => self.one_of(&[("abc/._", "abc/._"), (",:@+", ",:@+"), ("é", "é"), ("10", "10"), ("%%", "%")]),
            10 => {
                self.one_of(&[("\\$", "$"), ("\\'", "'"), ("\\\"", "\""), ("\\\\", "\\"), ("\\ ", " "), ("\\é", "é")])
            }
            _ => self.one_of(&[("${v}", "val"), ("\"$v\"", "val"), ("$((1+%(N)s))", "8"), ("${v#v}", "al")]),
        }
    }

    /// A word behind `x=`, where nothing is split.
    fn assigned(&mut self, size: usize) -> Piece {
        let Some(less) = size.checked_sub(1) else {
            return self.part_of_word(0);
        };
        match self.0.u8(..4) {
            0 => self.command(less, true).substituted(),
            1 => self.word(less).framed("${u:-{}}"),
            2 => self.word(less).framed("${v:+{}}"),
            _ => self.word(less),
        }
    }

    fn single_quoted(&mut self) -> Piece {
        let texts =
            [("", ""), ("a b", "a b"), ("\"", "\""), ("$(", "$("), ("`", "`"), ("\\", "\\"), ("#", "#"), ("\n", "\n")];
        let count = self.0.usize(1..=3);
        let parts = (0..count).map(|_| if self.0.bool() { Piece::value() } else { self.one_of(&texts) });
        let parts: Vec<_> = parts.collect();
        Piece::joined(parts).framed("'{}'")
    }

    /// What stands inside of double quotes.
    fn double_quoted(&mut self, size: usize) -> Piece {
        let count = self.0.usize(1..=3);
        Piece::joined((0..count).map(|_| self.part_of_quoted(size)).collect())
    }

    fn part_of_quoted(&mut self, size: usize) -> Piece {
        let texts = [
            ("a b", "a b"),
            ("'", "'"),
            (";", ";"),
            ("#", "#"),
            ("|&", "|&"),
            ("*", "*"),
            ("~", "~"),
            ("{a,b}", "{a,b}"),
            ("[a]", "[a]"),
            ("(", "("),
            (")", ")"),
            ("<>", "<>"),
            ("!", "!"),
            ("\n", "\n"),
            ("é", "é"),
            ("$ ", "$ "),
            ("\\\"", "\""),
            ("\\$", "$"),
            ("\\\\", "\\"),
            ("\\`", "`"),
            ("\\a", "\\a"),
            ("%%", "%"),
        ];
        let Some(less) = size.checked_sub(1) else {
            return if self.0.bool() { Piece::value() } else { self.one_of(&texts) };
        };
        match self.0.u8(..14) {
            0..4 => Piece::value(),
            4..6 => self.one_of(&texts),
            6..10 => self.command(less, true).substituted(),
            10 => self.default_word(less).framed("${u:-{}}"),
            11 => self.default_word(less).framed("${v:+{}}"),
            12 => self.one_of(&[("$((%(N)s * (2 - 1)))", "7"), ("$((1 - -%(N)d))", "8"), ("`echo \"l\"`", "l")]),
            _ => self.one_of(&[("${v}", "val"), ("$v ", "val "), ("$e", ""), ("${#v}", "3"), ("${v%%l}", "va")]),
        }
    }

    /// The word of `"${x:-word}"`.
    fn default_word(&mut self, size: usize) -> Piece {
        let count = self.0.usize(1..=2);
        let part = |grammar: &mut Self| match (grammar.0.u8(..6), size.checked_sub(1)) {
            (0..3, _) | (_, None) => Piece::value(),
            (3, _) => grammar.one_of(&[("a b", "a b"), (";", ";"), ("é", "é"), ("*", "*"), ("|", "|")]),
            (4, Some(less)) => grammar.command(less, true).substituted(),
            (_, Some(less)) => grammar.default_word(less).framed("${u:-{}}"),
        };
        Piece::joined((0..count).map(|_| part(self)).collect())
    }

    fn one_of(&mut self, pairs: &[(&str, &str)]) -> Piece {
        let (template, text) = pairs[self.0.usize(..pairs.len())];
        Piece::new(template, text)
    }
}
