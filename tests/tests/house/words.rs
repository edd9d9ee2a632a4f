//! Refused words are in no source, message, script or page. Recordings are left out, which `quoted.txt` lists.

use crate::repository;

/// Everything in the repository that somebody reads.
const READ: [&str; 15] = [
    ".ci",
    ".deny.toml",
    ".github",
    "CONTRIBUTING.md",
    "Cargo.toml",
    "LICENSE",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "clippy.toml",
    "crates",
    "docs",
    "etc",
    "rc.d",
    "tests",
];

/// The lines of a list, without its comments.
fn list(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// A line, read on into the next.
struct Line {
    text: String,
    lower: String,
    /// How much of the text is of the line itself.
    length: usize,
}

impl Line {
    fn new(line: &str, next: &str) -> Self {
        let line = line.trim_end();
        let next = next.trim_start().trim_start_matches(['/', '!', '#', '*']).trim_start();
        let text = format!("{line} {next}");
        Self { lower: text.to_lowercase(), text, length: line.len() }
    }

    /// Whether it has the word as a whole: identifiers as they are written, others in any case.
    fn has_word(&self, word: &str) -> bool {
        let is_identifier = word.contains(|c: char| c == '_' || c.is_uppercase());
        let text = if is_identifier { &self.text } else { &self.lower };
        let is_part = |c: char| c.is_alphanumeric() || (is_identifier && c == '_');
        text.match_indices(word).any(|(at, _)| {
            let (before, behind) = (&text[..at], &text[at + word.len()..]);
            at < self.length && !before.ends_with(is_part) && !behind.starts_with(is_part)
        })
    }
}

#[test]
fn no_refused_word_is_used() {
    let refused: Vec<_> = list(include_str!("refused_words.txt")).collect();
    let left_out: Vec<_> = list(include_str!("quoted.txt")).collect();
    let is_left_out = |path: &String| left_out.iter().any(|left_out| path.starts_with(left_out));
    let mut found = Vec::new();
    for path in READ.into_iter().flat_map(repository::files).filter(|path| !is_left_out(path)) {
        let bytes = repository::bytes(&path);
        let Ok(text) = str::from_utf8(&bytes) else { continue };
        let lines: Vec<_> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let line = Line::new(line, lines.get(at + 1).copied().unwrap_or_default());
            let words = refused.iter().filter(|word| line.has_word(word));
            found.extend(words.map(|word| format!("{path}:{}: {word}", at + 1)));
        }
    }
    assert!(
        found.is_empty(),
        "use the term of the field instead (tests/tests/house/refused_words.txt):\n{}",
        found.join("\n")
    );
}

/// What the original writes, which stays as it is.
const OF_THE_ORIGINAL: [&str; 9] = [
    "can't find resource",
    "can't initialize parser",
    "can't initialize plugin module",
    "can't load module",
    "can't load parser",
    "can't load response as JSON",
    "can't open resource",
    "output can't be parsed",
    "Timeout parameter can't be 0",
];

#[test]
fn the_full_form_of_cannot_is_used_but_in_the_messages_of_the_original() {
    let left_out = ["crates/smokercli/tests/corpus", "tests/tests/house/words.rs"];
    let left_out: Vec<_> = list(include_str!("quoted.txt")).chain(left_out).collect();
    let mut found = Vec::new();
    for path in READ.into_iter().flat_map(repository::files) {
        let bytes = repository::bytes(&path);
        let Ok(text) = str::from_utf8(&bytes) else { continue };
        if left_out.iter().any(|left_out| path.starts_with(left_out)) {
            continue;
        }
        let is_short = |line: &str| line.contains("can't") && !OF_THE_ORIGINAL.iter().any(|it| line.contains(it));
        let short = text.lines().enumerate().filter(|(_, line)| is_short(line));
        found.extend(short.map(|(at, _)| format!("{path}:{}", at + 1)));
    }
    assert!(found.is_empty(), "write cannot: {found:#?}");
}

#[test]
fn whole_words_are_found() {
    for (line, next, word) in [
        ("Whoever asks", "", "whoever"),
        ("/// there are so", "    /// many of them", "so many"),
        ("load_anew()", "", "anew"),
        ("struct Births;", "", "Births"),
    ] {
        assert!(Line::new(line, next).has_word(word), "{line}");
    }
    for (line, next, word) in [
        ("renewed", "", "anew"),
        ("births", "", "Births"),
        ("take_only", "", "take_on"),
        ("nothing here", "whoever", "whoever"),
    ] {
        assert!(!Line::new(line, next).has_word(word), "{line}");
    }
}
