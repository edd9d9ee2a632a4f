//! The lines of a list that people edit: comments, lines that are not understood, and lines that are removed.

/// A line that gives nothing, because it is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct LineProblem {
    /// Its number, from 1 on.
    pub line: usize,
    /// What is wrong, and what helps.
    pub reason: String,
}

/// The lines of a text that are neither empty nor comments, with their numbers.
pub fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    numbered.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// A text without the lines that are not kept.
#[must_use]
pub fn kept(text: &str, mut is_kept: impl FnMut(&str) -> bool) -> String {
    let mut kept = String::new();
    for line in text.lines().filter(|line| is_kept(line)) {
        kept.push_str(line);
        kept.push('\n');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_empty_lines_are_left_out() {
        let found: Vec<_> = lines("# a\n\n  b \n\t#c\nd").collect();
        assert_eq!(found, [(3, "b"), (5, "d")]);
    }
}
