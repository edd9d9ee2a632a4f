//! The program that a command line begins with, as far as a shell is not needed to tell.

/// The program of a command, and the script that it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FirstWord<'a> {
    pub(crate) program: &'a str,
    /// The whole path of a script, where the program is an interpreter.
    pub(crate) script: Option<&'a str>,
}

/// What a shell runs itself.
const OF_THE_SHELL: &[&str] = &[
    "!", ".", ":", "[", "[[", "alias", "bg", "break", "builtin", "case", "cd", "command", "continue", "declare",
    "dirs", "do", "done", "echo", "elif", "else", "esac", "eval", "exec", "exit", "export", "false", "fc", "fg", "fi",
    "for", "function", "getopts", "hash", "if", "in", "jobs", "kill", "let", "local", "popd", "printf", "pushd", "pwd",
    "read", "readonly", "return", "select", "set", "shift", "shopt", "source", "test", "then", "time", "times", "trap",
    "true", "type", "typeset", "ulimit", "umask", "unalias", "unset", "until", "wait", "while", "{",
];

/// Programs whose first argument is a script.
const INTERPRETERS: [&str; 12] =
    ["sh", "bash", "dash", "ksh", "zsh", "python", "python2", "python3", "perl", "ruby", "php", "node"];

/// Programs that run the program behind their options.
const WRAPPERS: &[Wrapper] = &[
    Wrapper { name: "env", with_value: &["-u"], arguments: 0 },
    Wrapper { name: "flock", with_value: &["-w", "-E"], arguments: 1 },
    Wrapper { name: "ionice", with_value: &["-c", "-n"], arguments: 0 },
    Wrapper { name: "nice", with_value: &["-n"], arguments: 0 },
    Wrapper { name: "nohup", with_value: &[], arguments: 0 },
    Wrapper { name: "setsid", with_value: &[], arguments: 0 },
    Wrapper { name: "stdbuf", with_value: &["-i", "-o", "-e"], arguments: 0 },
    Wrapper { name: "timeout", with_value: &["-k", "-s"], arguments: 1 },
];

struct Wrapper {
    name: &'static str,
    /// Options whose value is the next word.
    with_value: &'static [&'static str],
    /// How many words stand before the program.
    arguments: usize,
}

impl Wrapper {
    /// What stands behind its own words; none where that is not certain.
    fn wrapped<'a>(&self, mut text: &'a str) -> Option<&'a str> {
        let mut arguments = 0;
        loop {
            let (first, behind) = word(text);
            let is_assignment = self.name == "env" && first.contains('=') && !first.starts_with("PATH=");
            if first.is_empty() || first.contains(SPECIAL) && !is_assignment {
                return None;
            }
            if first.starts_with('-') && arguments == 0 {
                let is_short = first.len() == 2 && !self.with_value.contains(&first);
                if is_short && ["-S", "-C", "-c"].contains(&first) {
                    // A line, a folder or a command of its own.
                    return None;
                }
                text = behind.trim_start();
                if self.with_value.contains(&first) {
                    text = word(text).1.trim_start();
                }
                continue;
            }
            if !is_assignment && arguments == self.arguments {
                return Some(text);
            }
            arguments += usize::from(!is_assignment);
            text = behind.trim_start();
        }
    }
}

/// Signs with which a word means something else than it says.
const SPECIAL: [char; 17] = ['$', '`', '\'', '"', '\\', '*', '?', '[', ']', '{', '}', '~', '!', '(', ')', '#', '='];

/// None where the first word is the shell's own, or only a shell can tell.
pub(crate) fn of(line: &str) -> Option<FirstWord<'_>> {
    let first = line.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'))?;
    let rest = without_assignments(first.strip_prefix("exec ").map_or(first, str::trim_start))?;
    let (program, behind) = word(rest);
    if program.is_empty() || program.contains(SPECIAL) || OF_THE_SHELL.contains(&program) {
        return None;
    }
    let is_option = program.starts_with(['-', '+']);
    let is_redirection = behind.starts_with(['<', '>']) && program.bytes().all(|byte| byte.is_ascii_digit());
    if is_option || is_redirection {
        return None;
    }
    let behind = behind.trim_start();
    if behind.starts_with('(') {
        // It is the name of a function.
        return None;
    }
    let base = program.rsplit('/').next().unwrap_or_default();
    if let Some(wrapper) = WRAPPERS.iter().find(|wrapper| wrapper.name == base) {
        return match wrapper.wrapped(behind) {
            Some(wrapped) => of(wrapped),
            None => Some(FirstWord { program, script: None }),
        };
    }
    let (argument, _) = word(behind);
    let is_script = INTERPRETERS.contains(&base) && argument.starts_with('/') && !argument.contains(SPECIAL);
    Some(FirstWord { program, script: is_script.then_some(argument) })
}

/// What stands behind leading `NAME=value`s; none where only a shell can tell.
fn without_assignments(mut text: &str) -> Option<&str> {
    loop {
        let (first, behind) = word(text);
        let Some((name, value)) = first.split_once('=') else { return Some(text) };
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_name || name == "PATH" || value.contains(SPECIAL) {
            return None;
        }
        text = behind.trim_start();
    }
}

/// The first word, and what stands behind it.
fn word(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| c.is_whitespace() || ";|&<>(".contains(c)).unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_named_where_that_is_certain() {
        let program = |line| of(line).map(|found| found.program);
        for (line, expected) in [
            ("uptime", "uptime"),
            ("# x\n  /usr/bin/df -h | grep x", "/usr/bin/df"),
            ("LANG=C A_B=2 exim -bpc", "exim"),
            ("exec nice ls", "ls"),
            ("nice -n 5 /opt/x -a", "/opt/x"),
            ("timeout -k 3 --foreground 10 /opt/x | cat", "/opt/x"),
            ("/usr/bin/env -i A=b nice x", "x"),
            ("flock -n /run/lock x", "x"),
            ("timeout 5", "timeout"),
            ("env -S 'a b'", "env"),
            ("env \"$A\" x", "env"),
            ("ls;cd /", "ls"),
        ] {
            assert_eq!(program(line), Some(expected), "{line}");
        }
        for line in [
            "",
            "# x",
            "echo a",
            "if x; then y; fi",
            "$CHECK a",
            "\"/opt/x\"",
            "f() { x; }; f",
            "PATH=/opt x",
            "A=$B x",
            "~/x",
            "[ -f x ]",
            "(cd /; x)",
            "{ x; }",
            "! x",
            "A=b",
            "while x; do y; done",
            "exec 2>&1\nx",
            "2>/dev/null x",
            "exec -a name x",
        ] {
            assert_eq!(program(line), None, "{line}");
        }
        assert_eq!(of("python3 /opt/x.py -a").and_then(|found| found.script), Some("/opt/x.py"));
        assert_eq!(of("nice python3 /opt/x.py").and_then(|found| found.script), Some("/opt/x.py"));
        assert_eq!(of("python3 -m x").and_then(|found| found.script), None);
        assert_eq!(of("ls /opt/x.py").and_then(|found| found.script), None);
    }
}
