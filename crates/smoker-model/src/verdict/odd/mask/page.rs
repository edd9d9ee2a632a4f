//! The masked text as it is put together.

/// What stands in the place of something that may differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placeholder {
    /// A number, or something that identifies by number.
    Number,
    /// A number of bytes.
    Size,
    /// A moment or a duration.
    Time,
    /// A network address.
    Address,
    /// A host of the fleet.
    Host,
    /// A temporary file or folder.
    Path,
}

impl Placeholder {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Number => "<n>",
            Self::Size => "<size>",
            Self::Time => "<time>",
            Self::Address => "<address>",
            Self::Host => "<host>",
            Self::Path => "<path>",
        }
    }
}

/// A text that grows.
#[derive(Debug)]
pub(super) struct Page {
    out: String,
    /// Where the line begins that is being written, and the one before.
    line: usize,
    line_before: usize,
    /// The last placeholder of the line, and where it ends.
    last: Option<(Placeholder, usize)>,
    /// Whether it stands for a number that is a word of its own.
    counts: bool,
    /// Blanks that are written when something follows on the line.
    blank: bool,
}

impl Page {
    pub(super) fn new(room: usize) -> Self {
        Self { out: String::with_capacity(room), line: 0, line_before: 0, last: None, counts: false, blank: false }
    }

    /// A placeholder. A list of several becomes one: `up 2 days, 3 hours` says what `up 5 minutes` says.
    pub(super) fn place(&mut self, placeholder: Placeholder, begins_word: bool) {
        let goes_on = self.last.is_some_and(|(_, end)| end == self.out.len()) && !self.blank;
        self.counts = placeholder == Placeholder::Number && (begins_word || (goes_on && self.counts));
        if let Some((last, end)) = self.last
            && last == placeholder
            && is_separator(&self.out[end..])
        {
            self.out.truncate(end);
            self.blank = false;
            return;
        }
        self.write_blank();
        self.out.push_str(placeholder.as_str());
        self.last = Some((placeholder, self.out.len()));
    }

    /// A word, or a part of one. Behind a number it is written without the ending of the plural: `1 user`, `3 users`.
    pub(super) fn word(&mut self, word: &str, is_whole: bool) {
        let counts = self.counts && self.blank && self.last.is_some_and(|(_, end)| end == self.out.len());
        self.write_blank();
        match singular(word).filter(|_| counts && is_whole) {
            Some((stem, ending)) => {
                self.out.push_str(stem);
                self.out.push_str(ending);
            }
            None => self.out.push_str(word),
        }
    }

    pub(super) fn character(&mut self, c: char) {
        if c == '\n' || c == '\r' {
            self.end_line();
        } else if c.is_whitespace() {
            // Columns are filled up with blanks, more beside a shorter number.
            self.blank = self.out.len() > self.line;
        } else {
            self.write_blank();
            self.out.push(c);
        }
    }

    pub(super) fn finished(mut self) -> String {
        self.end_line();
        if self.out.ends_with('\n') {
            self.out.pop();
        }
        self.out
    }

    fn write_blank(&mut self) {
        if std::mem::take(&mut self.blank) {
            self.out.push(' ');
        }
    }

    /// A list of processes or files is as long as there are some: what repeats says nothing more.
    fn end_line(&mut self) {
        self.blank = false;
        self.last = None;
        let line = &self.out[self.line..];
        let repeats = self.line > 0 && *line == self.out[self.line_before..self.line - 1];
        if line.is_empty() || repeats {
            self.out.truncate(self.line);
            return;
        }
        self.out.push('\n');
        (self.line_before, self.line) = (self.line, self.out.len());
    }
}

/// Whether two placeholders with this between them are a list.
fn is_separator(between: &str) -> bool {
    matches!(between.trim_matches(' '), "" | "," | ";" | "and" | ", and")
}

/// A word in the singular, as its beginning and an ending. Shorter words are others, such as `has`.
fn singular(word: &str) -> Option<(&str, &'static str)> {
    if word.len() < 4 || ["ss", "us", "is"].iter().any(|end| word.ends_with(end)) {
        return None;
    }
    let stem = word.strip_suffix('s')?;
    if let Some(stem) = stem.strip_suffix("ie") {
        return Some((stem, "y"));
    }
    let is_added = ["sse", "che", "she", "xe"].iter().any(|end| stem.ends_with(end));
    Some((if is_added { &stem[..stem.len() - 1] } else { stem }, ""))
}
