//! Words of command lines for shells.

/// A word of a command line for the shell on the host.
pub(super) fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_word_reaches_the_shell_whole() {
        let word = "it's \"$HOME\" `id` \\";
        let output = Command::new("sh").args(["-c", &format!("printf %s {}", quoted(word))]).output().expect("sh");
        assert_eq!(String::from_utf8_lossy(&output.stdout), word);
    }
}
