//! Commands whose exit status says nothing of what they run, although it decides.

use std::sync::LazyLock;

use regex::Regex;

use crate::lint::findings::Findings;
use crate::lint::linted_plugin::LintedPlugin;

/// What makes a command succeed whatever came before.
const ALWAYS_OK: [&str; 5] = ["true", ":", "exit 0", "/bin/true", "/usr/bin/true"];

/// Programs that tell something and hardly ever fail.
const TELLING: [&str; 3] = ["echo", "printf", "logger"];

/// What can end a command before its last part, with an exit status of its own.
static MAY_END_BEFORE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?:exit|return|exec|trap|errexit|kill)\b|\bset -[a-z]*e"));

/// `[[` where a command begins.
static DOUBLE_BRACKET: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?m)(?:^|[;&|(!]|\b(?:if|elif|while|until|then|else|do)\s)\s*\[\[\s"));

/// `==` in the command `[` or `test`.
static DOUBLE_EQUALS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?m)(?:^|[;&|(!]|\b(?:if|elif|while|until|then|else|do)\s)\s*(?:\[|test)\s[^\n;&|]*\s==\s")
});

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the patterns are constants that tests compile")
}

pub(crate) fn review(plugin: &LintedPlugin<'_>, findings: &mut Findings) {
    let Some(parameter) = plugin.resolved.parameters.get("Command") else { return };
    let Some(command) = parameter.value.as_text() else { return };
    let parser = plugin.get("Parser").and_then(|parser| parser.as_text());
    for text in fault(command, parser).into_iter().chain(words_of_bash(command)) {
        let place = parameter.place.as_ref().unwrap_or(&plugin.resolved.place);
        findings.of_plugin(plugin.name, place, "exit status", &text);
    }
}

fn fault(command: &str, parser: Option<&str>) -> Option<String> {
    if let Some(start) = folded_set(command) {
        return Some(format!(
            "its Command begins with `{start}`, with which the shell runs nothing, so its exit status is always 0: behind `>` \
             lines become one; write `Command: |`, or a ; behind the option"
        ));
    }
    let lines = lines(command)?;
    let line = *lines.last()?;
    let parts = Parts::of(line)?;
    if parts.ends_in_background {
        return Some(
            "its Command goes to the background, so its exit status is always 0; remove the & at its end".to_owned(),
        );
    }
    // Another parser decides by the report.
    if !matches!(parser, None | Some("nagios")) {
        return None;
    }
    let last = parts.last.or_else(|| (lines.len() > 1).then(|| LastCommand::of_line(line)))?;
    if let Some(text) = fault_of_last(&last, command) {
        return Some(text);
    }
    (last.before == "|" && parser.is_some()).then(|| {
        let program = last.text.split_whitespace().next().unwrap_or_default();
        format!(
            "the exit status of its Command is that of {program}, the last of the pipeline, and not that of the monitoring \
             plugin, by which Parser nagios decides; keep it: out=$(...); status=$?; echo \"$out\" | {program} ...; exit \
             $status"
        )
    })
}

/// Why the last command makes the exit status always 0.
fn fault_of_last(last: &LastCommand<'_>, command: &str) -> Option<String> {
    let LastCommand { before: operator, text } = *last;
    let earlier = &command[..command.rfind(text)?];
    let is_sequence = matches!(operator, ";" | "\n");
    if !(is_sequence || operator == "||") || (is_sequence && MAY_END_BEFORE.is_match(earlier)) {
        return None;
    }
    let shown = if operator == "\n" { format!("the line `{text}`") } else { format!("`{operator} {text}`") };
    if ALWAYS_OK.contains(&text) {
        return Some(format!(
            "its Command ends with {shown}, so its exit status is always 0, whatever fails before; remove that"
        ));
    }
    let is_telling = |command: &str| TELLING.contains(&command.split_whitespace().next().unwrap_or_default());
    let can_fail =
        !is_sequence || earlier.split([';', '\n', '&', '|']).any(|part| !part.trim().is_empty() && !is_telling(part));
    // A result in JSON decides by itself, and so may what is written to standard error.
    let is_fixed = !text.contains(['{', '$', '`', '<', '>'])
        && text.split_whitespace().skip(1).any(|word| word.contains(char::is_alphabetic));
    (is_telling(text) && is_fixed && can_fail).then(|| {
        let cure = if is_sequence { format!("&& {text}") } else { format!("|| {{ {text}; exit 1; }}") };
        format!("its Command ends with {shown}, so its exit status is always 0, whatever fails before; write `{cure}`")
    })
}

/// What only bash understands, where another shell has the exit status of something else.
fn words_of_bash(command: &str) -> Option<String> {
    // What is behind << may be for another program.
    if command.contains("<<") {
        return None;
    }
    let code = without_quotes(command);
    if code.contains("&>") {
        return Some(
            "`&>` is of bash: another /bin/sh, such as Debian's, puts the command into the background, so its exit status is \
             always 0; write `> FILE 2>&1`"
                .to_owned(),
        );
    }
    if DOUBLE_BRACKET.is_match(&code) {
        return Some(
            "`[[` is of bash: another /bin/sh, such as Debian's, has no such command, and for `if` that is as good as false; \
             write `[ ... ]`"
                .to_owned(),
        );
    }
    DOUBLE_EQUALS.is_match(&code).then(|| {
        "`==` between brackets is of bash: for another /bin/sh, such as Debian's, it is an error, and for `if` that is as good as \
         false; write `=`"
            .to_owned()
    })
}

/// The command with a letter in the place of each text in quotes, and without comments.
fn without_quotes(command: &str) -> String {
    let (mut code, mut quote, mut before) = (String::new(), None, ' ');
    let mut letters = command.chars();
    while let Some(letter) = letters.next() {
        let behind = std::mem::replace(&mut before, letter);
        match quote {
            Some(open) if letter == open && open != '#' => quote = None,
            Some('"') if letter == '\\' => {
                letters.next();
            }
            Some('#') if letter == '\n' => {
                quote = None;
                code.push('\n');
            }
            Some(_) => {}
            None if letter == '\\' => {
                code.push('q');
                letters.next();
            }
            None if matches!(letter, '\'' | '"') => {
                code.push('q');
                quote = Some(letter);
            }
            None if letter == '#' && behind.is_whitespace() => quote = Some('#'),
            None => code.push(letter),
        }
    }
    code
}

/// The beginning of a command whose lines were folded into one: `set` takes the words behind its options for itself.
fn folded_set(command: &str) -> Option<String> {
    let line = command.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'))?;
    let mut words = line.split([';', '|', '&']).next()?.split_whitespace();
    let mut start = vec![words.next().filter(|word| *word == "set")?];
    while let Some(word) = words.next() {
        start.push(word);
        if !word.starts_with(['-', '+']) {
            let is_folded = start.len() > 2 && !word.starts_with('#');
            return is_folded.then(|| start.join(" "));
        }
        if ["-", "--"].contains(&word) {
            return None;
        }
        if word.ends_with('o') {
            start.extend(words.next());
        }
    }
    None
}

/// The lines that say something; none for what only a shell understands.
fn lines(command: &str) -> Option<Vec<&str>> {
    let is_said = |line: &&str| !line.is_empty() && !line.starts_with('#');
    let lines: Vec<_> = command.lines().map(str::trim).filter(is_said).collect();
    let opens_more = |line: &&str| line.ends_with(['\\', '{', '(']) || line.contains("<<") || line.starts_with("case ");
    if lines.iter().any(opens_more) || lines.iter().flat_map(|line| line.matches(['\'', '"'])).count() % 2 == 1 {
        return None;
    }
    Some(lines)
}

/// The end of a command line.
struct Parts<'a> {
    ends_in_background: bool,
    /// The last command; none when there is only one.
    last: Option<LastCommand<'a>>,
}

struct LastCommand<'a> {
    /// What stands before it: `;`, `|`, `||`, `&&` or the end of a line.
    before: &'a str,
    text: &'a str,
}

impl<'a> LastCommand<'a> {
    fn of_line(line: &'a str) -> Self {
        let text = line.split(" #").next().unwrap_or_default();
        Self { before: "\n", text: text.trim_end_matches(';').trim_end() }
    }
}

impl<'a> Parts<'a> {
    /// None where quotes or brackets do not end.
    fn of(line: &'a str) -> Option<Self> {
        let bytes = line.as_bytes();
        let (mut quote, mut depth, mut at) = (None, 0_usize, 0);
        let mut last = None;
        let mut ends_in_background = false;
        while let Some(&byte) = bytes.get(at) {
            let next = bytes.get(at + 1).copied();
            let mut length = 1;
            let is_escape = byte == b'\\' && quote != Some(b'\'');
            let is_redirection = match byte {
                b'>' | b'<' => matches!(next, Some(b'&' | b'|')),
                _ => byte == b'&' && next == Some(b'>'),
            };
            match (quote, byte) {
                _ if is_escape || (quote.is_none() && is_redirection) => length = 2,
                (Some(open), byte) if open == byte => quote = None,
                (None, b'\'' | b'"' | b'`') => quote = Some(byte),
                (None, b'(' | b'{') => depth += 1,
                (None, b')' | b'}') => depth = depth.checked_sub(1)?,
                (None, b'#') if at == 0 || bytes[at - 1].is_ascii_whitespace() => break,
                (None, b'&' | b'|' | b';') if depth == 0 => {
                    length = if next == Some(byte) || (byte == b'|' && next == Some(b'&')) { 2 } else { 1 };
                    let operator = &line[at..at + length];
                    let text = line[at + length..].split(" #").next().unwrap_or_default().trim();
                    ends_in_background = operator == "&" && text.is_empty();
                    last = (!text.is_empty()).then_some((operator, text));
                }
                _ => {}
            }
            at += length;
        }
        if quote.is_some() || depth > 0 {
            return None;
        }
        let last = last.map(|(operator, text)| {
            let before = if operator.starts_with("|&") { "|" } else { operator };
            LastCommand { before, text: text.trim_end_matches(';').trim_end() }
        });
        Some(Self { ends_in_background, last })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_status_that_is_lost_is_found() {
        for (command, parser, words) in [
            ("curl -f http://localhost/ &", None, "goes to the background"),
            ("sleep 5 & # later", Some("tap"), "goes to the background"),
            ("check_disk -w 1 || true", None, "`|| true`"),
            ("a\ncurl -f x; exit 0\n# end", None, "`; exit 0`"),
            ("check_load -w 1 -c 2 | tee /tmp/x", Some("nagios"), "that of tee"),
            ("check_load 2>&1 |& head -1", Some("nagios"), "that of head"),
            ("curl -f x\ntrue\n", None, "the line `true`"),
            ("curl -f x\nexit 0 # fine", None, "the line `exit 0`"),
            ("curl -f x || echo failed", None, "write `|| { echo failed; exit 1; }`"),
            ("a && echo ok || printf 'bad\\n'", None, "`|| printf 'bad\\n'`"),
            ("curl -f x; echo done", None, "write `&& echo done`"),
            ("curl -f x\necho done", Some("nagios"), "the line `echo done`"),
            ("set -e curl -f x true", None, "begins with `set -e curl`"),
            ("set -e -o pipefail curl x | cat", Some("tap"), "begins with `set -e -o pipefail curl`"),
        ] {
            let text = fault(command, parser).unwrap_or_default();
            assert!(text.contains(words), "{command}: {text}");
        }
    }

    #[test]
    fn what_only_bash_understands_is_found() {
        for (command, words) in [
            ("check_x -w 5 &> /tmp/x", "`&>` is of bash"),
            ("curl -fs x &>/dev/null || exit 2", "`&>` is of bash"),
            ("if [[ $(date +%%u) -gt 5 ]]; then exit 1; fi", "`[[` is of bash"),
            ("a && [[ -f /x ]] && exit 1", "`[[` is of bash"),
            ("x=1\n  [[ $x = 1 ]]", "`[[` is of bash"),
            ("if [ \"$x\" == \"up\" ]; then exit 1; fi", "`==` between brackets"),
            ("! test $a == b", "`==` between brackets"),
        ] {
            let text = words_of_bash(command).unwrap_or_default();
            assert!(text.contains(words), "{command}: {text}");
        }
        for command in [
            "a > x 2>&1",
            "a 2>&1 | b",
            "grep [[:alpha:]] x",
            "grep '[[ ' x",
            "bash -c 'if [[ a == b ]]; then exit 1; fi'",
            "bash -c \"a &> b\"",
            "awk '$1 == 2 { exit 1 }' /x",
            "[ a = b ] && jq -e .x==1",
            "expr 1 == 1",
            "a # b &> c",
            "bash <<'EOF'\n[[ a ]]\nEOF",
        ] {
            assert_eq!(words_of_bash(command), None, "{command}");
        }
    }

    #[test]
    fn an_exit_status_that_counts_is_none() {
        for (command, parser) in [
            ("ps | grep x", None),
            ("prove -v t || true", Some("tap")),
            ("test -e /a && true", None),
            ("echo 'a &'", None),
            ("echo \"a | b || true\"", Some("nagios")),
            ("a & wait", None),
            ("a >/dev/null 2>&1", None),
            ("a >& b", None),
            ("a &> b", None),
            ("out=$(check | tail -1); status=$?; echo \"$out\"; exit $status", Some("nagios")),
            ("case $x in\na|b) true;;\nesac", Some("nagios")),
            ("cat <<EOF\na || true\nEOF", None),
            ("if a; then b || true\nfi", None),
            ("echo a # || true", None),
            ("echo {a,b} | cat", None),
            ("set -e\ncurl -f x\ntrue", None),
            ("curl -f x || exit 1\nexit 0", None),
            ("curl -f x || exit 1; exit 0", None),
            ("curl -f x || exit 1; echo fine", None),
            ("true", None),
            ("# a comment\ntrue", None),
            ("curl -f x || echo '{\"status\": \"ERROR\"}'", None),
            ("cat /x || echo 0", None),
            ("curl -f x || echo bad >&2", None),
            ("a=$(b); echo \"$a\"", None),
            ("echo a; echo b", None),
            ("printf a\necho b", None),
            ("curl -f x\necho done", Some("tap")),
            ("set -- a b; test $1 = a", None),
            ("set -e; a", None),
            ("set -o pipefail; a | b", None),
            ("set -e # strict\na", None),
        ] {
            assert_eq!(fault(command, parser), None, "{command}");
        }
    }
}
