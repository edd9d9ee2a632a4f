//! A control file as statements: words up to the next one that begins a statement. Monit does not care about lines.

/// The words that begin a statement wherever they are.
const BEGIN: [&str; 3] = ["set", "include", "check"];

/// A word with the line that it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) line: usize,
    /// Whether it was in quotes, and so is no keyword.
    pub(super) is_quoted: bool,
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    pub(super) line: usize,
    pub(super) words: Vec<Word>,
}

impl Statement {
    /// These words; their first one says the line.
    pub(super) fn of(words: &[Word]) -> Self {
        Self { line: words.first().map_or(1, |word| word.line), words: words.to_vec() }
    }

    /// A word as a keyword; empty for one in quotes, and where there is none.
    pub(super) fn word(&self, at: usize) -> &str {
        self.words.get(at).filter(|word| !word.is_quoted).map_or("", |word| word.text.as_str())
    }

    /// A word as it is written; empty where there is none.
    pub(super) fn exact(&self, at: usize) -> &str {
        self.words.get(at).map_or("", |word| word.text.as_str())
    }

    /// Where this keyword is.
    pub(super) fn find(&self, keyword: &str) -> Option<usize> {
        (0..self.words.len()).find(|at| self.word(*at) == keyword)
    }

    /// What is behind one of these keywords.
    pub(super) fn behind(&self, keywords: &[&str]) -> Option<&str> {
        let at = keywords.iter().find_map(|keyword| self.find(keyword))?;
        let next = if self.word(at + 1) == "=" { at + 2 } else { at + 1 };
        self.words.get(next).map(|word| word.text.as_str())
    }

    /// The statement on one line.
    pub(super) fn text(&self) -> String {
        self.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
    }
}

/// The statements of a file.
pub(super) fn statements(text: &str) -> Vec<Statement> {
    let mut all: Vec<Vec<Word>> = Vec::new();
    for word in words(text) {
        match all.last_mut() {
            Some(statement) if word.is_quoted || !BEGIN.contains(&word.text.as_str()) => statement.push(word),
            _ => all.push(vec![word]),
        }
    }
    all.iter().map(|words| Statement::of(words)).collect()
}

/// The words of a file, without comments. An operator is a word of its own.
fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let (mut line, mut chars) = (1, text.chars().peekable());
    let mut current = String::new();
    let end = |current: &mut String, line: usize, is_quoted: bool, words: &mut Vec<Word>| {
        if is_quoted || !current.is_empty() {
            let text = std::mem::take(current);
            let is_keyword = !is_quoted && text.chars().all(|c| c.is_ascii_alphabetic());
            let text =
                if is_keyword && BEGIN.contains(&text.to_lowercase().as_str()) { text.to_lowercase() } else { text };
            words.push(Word { text, line, is_quoted });
        }
    };
    while let Some(c) = chars.next() {
        match c {
            '\n' => {
                end(&mut current, line, false, &mut words);
                line += 1;
            }
            c if c.is_whitespace() => end(&mut current, line, false, &mut words),
            '#' if current.is_empty() => {
                while chars.peek().is_some_and(|c| *c != '\n') {
                    chars.next();
                }
            }
            '"' | '\'' if current.is_empty() => {
                let from = line;
                for inner in chars.by_ref() {
                    if inner == c {
                        break;
                    }
                    line += usize::from(inner == '\n');
                    current.push(inner);
                }
                end(&mut current, from, true, &mut words);
            }
            '<' | '>' | '=' | '!' if current.is_empty() => {
                current.push(c);
                while let Some(next) = chars.next_if_eq(&'=') {
                    current.push(next);
                }
                end(&mut current, line, false, &mut words);
            }
            c => current.push(c),
        }
    }
    end(&mut current, line, false, &mut words);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_lines_and_quotes_and_operators_stand_alone() {
        let all = statements("set daemon 5 # check x\nCHECK file \"a #b\nc\" with path /x\nif size >=5 then alert");
        assert_eq!(all.len(), 2);
        assert_eq!((all[1].line, all[1].exact(2), all[1].word(2), all[1].word(0)), (2, "a #b\nc", "", "check"));
        assert_eq!(all[1].words.last().map(|word| word.line), Some(4));
        assert_eq!(all[1].find(">="), Some(8));
    }
}
