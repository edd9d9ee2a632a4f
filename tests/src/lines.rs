//! Looks for lines in what a program said.

/// Fails the test unless one line of the text has all of these words.
#[track_caller]
pub fn expect_line(text: &str, words: &[&str]) {
    let found = text.lines().any(|line| words.iter().all(|word| line.contains(word)));
    assert!(found, "no line with {words:?} in:\n{text}");
}
