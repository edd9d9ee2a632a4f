//! Fills the names of hosts into a command of the user.

/// What stands for one host in a command.
pub(super) const HOST: &str = "{host}";
/// What stands for all hosts of a batch, or all bad ones, with commas between them.
pub(super) const HOSTS: &str = "{hosts}";
/// What stands for all hosts whose command has begun, with commas between them.
pub(super) const TOUCHED: &str = "{touched}";

/// Whether a command has this placeholder. `${host}` is a variable of the shell.
pub(super) fn has(command: &str, placeholder: &str) -> bool {
    places(command, placeholder).next().is_some()
}

/// The command with the text, as a word of the shell, in the place of the placeholder.
pub(super) fn filled(command: &str, placeholder: &str, text: &str) -> String {
    let mut filled = String::with_capacity(command.len());
    let mut end = 0;
    for at in places(command, placeholder) {
        filled.push_str(&command[end..at]);
        filled.push_str(&word(text));
        end = at + placeholder.len();
    }
    filled + &command[end..]
}

fn places<'a>(command: &'a str, placeholder: &'a str) -> impl Iterator<Item = usize> {
    command.match_indices(placeholder).map(|(at, _)| at).filter(|at| !command[..*at].ends_with('$'))
}

/// Whether no shell takes anything of the name for something else, also within quotes or on another machine.
pub(super) fn is_plain(name: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '%');
    !name.is_empty() && name.chars().all(is_plain) && !name.starts_with('-')
}

/// The text as one word of the shell.
fn word(text: &str) -> String {
    let is_word = text.split(',').all(is_plain);
    if is_word { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_of_the_shell() {
        for (command, host, expected) in [
            ("ssh {host} deploy", "web1.example.org", "ssh web1.example.org deploy"),
            ("{host} {host}", "::1", "::1 ::1"),
            ("echo ${host} {hosts}", "a", "echo ${host} {hosts}"),
            ("echo {host}", "a;rm -rf b", "echo 'a;rm -rf b'"),
            ("echo {host}", "it's", "echo 'it'\\''s'"),
            ("echo '{host}'", "a", "echo 'a'"),
        ] {
            assert_eq!(filled(command, HOST, host), expected);
        }
        assert!(has("ssh {host}", HOST) && !has("ssh ${host}", HOST) && !has("ssh {hosts}", HOST));
        assert_eq!(filled("ansible -l {hosts}", HOSTS, "a,b"), "ansible -l a,b");
        for (name, expected) in [
            ("web-1_x.example.org", true),
            ("fe80::1%eth0", true),
            ("kůň", true),
            ("", false),
            ("-oProxyCommand=x", false),
            ("a b", false),
            ("$(reboot)", false),
            ("a'b", false),
            ("a\nb", false),
        ] {
            assert_eq!(is_plain(name), expected, "{name}");
        }
    }
}
