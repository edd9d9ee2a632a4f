//! Output that looks like a result, but is not one: taken for text, a plugin that says ERROR would be OK.

use std::sync::LazyLock;

use regex::Regex;
use smoker_model::value::python_json_reader::{self, ReadError};
use smoker_model::value::python_text;

/// A status as a member, in the quotes of JSON, in those of Python's `print`, or in none.
static STATUS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"["']?status["']?[ \t\r\n]*:[ \t\r\n]*["']?(OK|WARN|ERROR)\b"#).ok());

/// What terminals take for colours and the like, a byte order mark, and blanks.
static BEFORE_OBJECT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^(?:\u{feff}|[ \t\r]|\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\))*").ok()
});

/// How many times the length of the output is read at most in search of a result.
const MAX_PASSES: usize = 16;

/// Why output that looks like a result is none, with the place; nothing when it does not look like one.
///
/// It does when a line begins with an object, behind nothing but blanks, a byte order mark and terminal codes, that
/// has the member `status`.
#[must_use]
pub fn fault(stdout: &str) -> Option<String> {
    let mut budget = stdout.len().saturating_mul(MAX_PASSES);
    let last_status = STATUS.as_ref()?.find_iter(stdout).last().map_or(0, |last| last.end());
    let mut start = 0;
    for line in stdout.split_inclusive('\n') {
        let at = start + before_object(line);
        start += line.len();
        if stdout[at..].starts_with('{') && has_status(&stdout[at..], &mut budget).unwrap_or(last_status > at) {
            return Some(reason(stdout, at));
        }
    }
    None
}

/// Whether output begins as JSON does; of a text that was cut more cannot be known.
pub(crate) fn begins_as_json(stdout: &str) -> bool {
    let mut rest = python_text::strip(&stdout[before_object(stdout)..]).chars().filter(|c| !c.is_whitespace());
    match (rest.next(), rest.next()) {
        (Some('{'), Some(next)) => matches!(next, '"' | '}'),
        (Some('['), Some(next)) => matches!(next, '"' | '{' | '['),
        _ => false,
    }
}

fn before_object(line: &str) -> usize {
    BEFORE_OBJECT.as_ref().and_then(|before| before.find(line)).map_or(0, |before| before.end())
}

/// Whether an object has the member `status`; unknown for one whose quotes or brackets do not match: it counts when
/// there is a status anywhere behind its beginning.
fn has_status(text: &str, budget: &mut usize) -> Option<bool> {
    let bytes = text.as_bytes();
    let (mut depth, mut at, mut previous) = (0_usize, 0, b' ');
    while at < bytes.len() && *budget > 0 {
        *budget -= 1;
        let byte = bytes[at];
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            // An apostrophe in a text without quotes begins no other one.
            b'"' | b'\'' if byte == b'"' || matches!(previous, b'{' | b'[' | b',' | b':') => {
                let Some(length) = quoted_length(&bytes[at..], byte) else { break };
                if depth == 1 && &text[at + 1..at + length - 1] == "status" && is_name(&text[at + length..]) {
                    return Some(true);
                }
                *budget = budget.saturating_sub(length);
                at += length - 1;
            }
            _ => {}
        }
        if depth == 0 {
            // An object that is whole and has no status, or braces of another language.
            let bare = STATUS.as_ref().and_then(|status| status.find(&text[..at]));
            return Some(bare.is_some_and(|found| {
                let before = text[..found.start()].trim_end();
                before.ends_with(['{', ',']) && !before[1..].contains('{')
            }));
        }
        if !byte.is_ascii_whitespace() {
            previous = byte;
        }
        at += 1;
    }
    None
}

/// Whether a text in quotes was the name of a member.
fn is_name(behind: &str) -> bool {
    behind.trim_start().starts_with(':')
}

/// The length of a text in quotes, with them; none when it is not closed on its line.
fn quoted_length(bytes: &[u8], quote: u8) -> Option<usize> {
    let mut at = 1;
    loop {
        match *bytes.get(at)? {
            b'\\' => at += 2,
            b'\n' => return None,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}

fn reason(stdout: &str, at: usize) -> String {
    let object = stdout[at..].trim_end();
    if let Err(error) = python_json_reader::read(object) {
        return no_json(stdout, at, &error);
    }
    let (line, _) = place(stdout, at, 0);
    let above = &stdout[..at];
    let what = if above.contains('\x1b') {
        "terminal codes or other text"
    } else if above.contains('\u{feff}') {
        "a byte order mark (U+FEFF)"
    } else {
        "other text"
    };
    format!("line {line} looks like a result, but {what} stands before it: print nothing but the result")
}

/// The reason for JSON that begins at this byte of the output.
fn no_json(stdout: &str, at: usize, error: &ReadError) -> String {
    let (line, column) = place(stdout, at, error.offset);
    format!("looks like a result, but is no JSON: line {line}, column {column}: {error}")
}

fn place(stdout: &str, at: usize, offset: usize) -> (usize, usize) {
    ReadError { reason: String::new(), offset, is_too_large: false }.place(stdout, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_result_is_told_with_its_place() {
        let no_json = |text: &str| format!("looks like a result, but is no JSON: {text}");
        let before = |line: usize, what: &str| {
            format!("line {line} looks like a result, but {what} stands before it: print nothing but the result")
        };
        let cases = [
            ("{\"status\": \"ERROR\",}", no_json("line 1, column 20: trailing comma")),
            ("\n\n  {\"status\": \"OK\",}", no_json("line 3, column 19: trailing comma")),
            ("{\n  \"status\": \"OK\"\n  \"messages\": null}\n", no_json("line 3, column 3: expected `,` or `}`")),
            ("{\"status\": OK}", no_json("line 1, column 12: expected a value")),
            ("{'status': 'ERROR', 'messages': None}", no_json("line 1, column 2: expected a name in double quotes")),
            ("{status: ERROR}", no_json("line 1, column 2: expected a name in double quotes")),
            (
                "{\"messages\": {\"error\": [\"5\" disk\"]}, \"status\": \"ERROR\"}",
                no_json("line 1, column 29: expected `,` or `]`"),
            ),
            (
                "{\"status\": \"ERROR\", \"messages\": {\"error\": [\"a",
                no_json("line 1, column 44: this text has no closing quote"),
            ),
            ("{\"status\": \"OK\"}\ndone", no_json("line 2, column 1: something follows the end of the JSON")),
            (
                "{\"status\": \"OK\"}\n{\"status\": \"ERROR\"}",
                no_json("line 2, column 1: something follows the end of the JSON"),
            ),
            ("starting\n\n{\"status\": \"OK\"}\n", before(3, "other text")),
            ("\u{feff}{\"status\": \"OK\"}", before(1, "a byte order mark (U+FEFF)")),
            ("\x1b[0m\x1b[K{\"status\": \"OK\"}", before(1, "terminal codes or other text")),
        ];
        for (text, expected) in cases {
            assert_eq!(fault(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn other_text_is_text() {
        let texts = [
            "all is well\n{see the log}",
            "result: {\"status\": \"ERROR\"}",
            "{not json",
            "{}",
            "{ echo status: OK; }; x() { y; }\n",
            "{\"level\": \"info\", \"http\": {\"status\": \"OK\"}}\n{\"level\": \"info\"}",
            "[\"status\"]\n[INFO] status: OK",
            "}{",
        ];
        for text in texts {
            assert_eq!(fault(text), None, "{text}");
        }
    }

    #[test]
    fn a_long_output_is_read_in_linear_time() {
        let open = "{\"\n".repeat(300_000);
        let started = std::time::Instant::now();
        assert_eq!(fault(&open), None);
        assert!(fault(&(open + "\"status\": \"ERROR\"")).is_some());
        assert!(started.elapsed().as_secs() < 20);
    }

    #[test]
    fn the_beginning_of_json_is_known() {
        assert!(["{\"a", " { \"a", "[{", "[[1", "\u{feff}{\"", "[\"a"].iter().all(|text| begins_as_json(text)));
        assert!(!["{a", "[INFO] x", "{", "", "text {\""].iter().any(|text| begins_as_json(text)));
    }
}
