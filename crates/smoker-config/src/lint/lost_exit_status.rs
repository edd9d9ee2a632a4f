//! Commands whose exit status says nothing of what they run, although it decides.

use crate::lint::findings::Findings;
use crate::lint::linted_plugin::LintedPlugin;

/// What makes a command succeed whatever came before.
const ALWAYS_OK: [&str; 5] = ["true", ":", "exit 0", "/bin/true", "/usr/bin/true"];

pub(crate) fn review(plugin: &LintedPlugin<'_>, findings: &mut Findings) {
    let Some(parameter) = plugin.resolved.parameters.get("Command") else { return };
    let Some(command) = parameter.value.as_text() else { return };
    let parser = plugin.get("Parser").and_then(|parser| parser.as_text());
    if let Some(text) = fault(command, parser) {
        let place = parameter.place.as_ref().unwrap_or(&plugin.resolved.place);
        findings.of_plugin(plugin.name, place, "exit status", &text);
    }
}

fn fault(command: &str, parser: Option<&str>) -> Option<String> {
    let line = last_line(command)?;
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
    let last = parts.last?;
    if ALWAYS_OK.contains(&last.text) && matches!(last.before, "||" | ";") {
        return Some(format!(
            "its Command ends with `{} {}`, so its exit status is always 0, whatever fails before; remove that",
            last.before, last.text
        ));
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

/// The line that decides; none for what only a shell understands.
fn last_line(command: &str) -> Option<&str> {
    let is_said = |line: &&str| !line.is_empty() && !line.starts_with('#');
    let lines: Vec<_> = command.lines().map(str::trim).filter(is_said).collect();
    let opens_more = |line: &&str| line.ends_with(['\\', '{', '(']) || line.contains("<<") || line.starts_with("case ");
    if lines.iter().any(opens_more) || lines.iter().flat_map(|line| line.matches(['\'', '"'])).count() % 2 == 1 {
        return None;
    }
    lines.last().copied()
}

/// The end of a command line.
struct Parts<'a> {
    ends_in_background: bool,
    /// The last command; none when there is only one.
    last: Option<LastCommand<'a>>,
}

struct LastCommand<'a> {
    /// What stands before it: `;`, `|`, `||` or `&&`.
    before: &'a str,
    text: &'a str,
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
        ] {
            let text = fault(command, parser).unwrap_or_default();
            assert!(text.contains(words), "{command}: {text}");
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
        ] {
            assert_eq!(fault(command, parser), None, "{command}");
        }
    }
}
