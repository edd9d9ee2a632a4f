//! Output that looks like a result, but is not one: taken for text, a plugin that says ERROR would be OK.
//!
//! # Layout
//!
//! - `members`: the members of an object that may be no JSON
//! - `visible`: what a reader sees of an output

mod members;
mod visible;

use smoker_model::notation::python_json_reader;
use smoker_model::notation::python_text;
use smoker_model::notation::read_error::ReadError;

use crate::nearly_json::members::{Budget, Kind};
use crate::nearly_json::visible::{Visible, first_unseen};

/// Why output that looks like a result is none, with the place; nothing when it does not look like one.
///
/// It does when a line begins with an object that has the member `status`, behind nothing but blanks, quotes, brackets,
/// terminal codes and characters that show nothing; and when it begins as a result does and is cut off before its end.
#[must_use]
pub fn fault(stdout: &str) -> Option<String> {
    let seen = Visible::of(stdout);
    let text = &*seen.text;
    let mut budget = Budget::of(text);
    let mut start = 0;
    // A terminal begins a line behind a carriage return, too.
    for line in text.split_inclusive(['\n', '\r']) {
        let at = start + before_object(line);
        let is_wrapped = text[start..at].contains(|c: char| !c.is_whitespace());
        let is_first = text[..start].trim().is_empty();
        start += line.len();
        if !text[at..].starts_with('{') {
            continue;
        }
        match members::kind(text, at, &mut budget) {
            Kind::Result if is_wrapped => return Some(wrapped(stdout, seen.printed_at(at))),
            Kind::Result => return Some(reason(stdout, seen.printed_at(at))),
            Kind::CutOff if is_first => {
                return Some("looks like the beginning of a result, whose end is missing".to_owned());
            }
            Kind::CutOff | Kind::Other => {}
        }
    }
    None
}

/// Whether output begins as JSON does; of a text that was cut more cannot be known.
pub(crate) fn begins_as_json(stdout: &str) -> bool {
    let seen = Visible::of(stdout);
    let mut rest = python_text::strip(&seen.text).chars().filter(|c| !c.is_whitespace());
    match (rest.next(), rest.next()) {
        (Some('{'), Some(next)) => matches!(next, '"' | '}'),
        (Some('['), Some(next)) => matches!(next, '"' | '{' | '['),
        _ => false,
    }
}

/// The length of what may stand before an object on its line: blanks, brackets, and quotes, as
/// `print(json.dumps(result).encode())` of Python puts them around it.
fn before_object(line: &str) -> usize {
    let rest = line.trim_start();
    let rest = rest.strip_prefix('b').filter(|rest| rest.starts_with(['"', '\''])).unwrap_or(rest);
    line.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || "\"'`([".contains(c)).len()
}

fn wrapped(stdout: &str, at: usize) -> String {
    let (line, _) = place(stdout, at, 0);
    format!("line {line} looks like a result, but it is inside of quotes or brackets: print the object alone")
}

fn reason(stdout: &str, at: usize) -> String {
    let object = stdout[at..].trim_end();
    let (line, _) = place(stdout, at, 0);
    if let Err(error) = python_json_reader::read(object) {
        if object.trim_end_matches('\0').contains('\0') {
            return format!("line {line} looks like a result, but NUL characters are in it, as in UTF-16: print UTF-8");
        }
        return no_json(stdout, at, &error);
    }
    let what = match first_unseen(&stdout[..at]) {
        Some('\x1b') => "terminal codes or other text".to_owned(),
        Some('\u{feff}') => "a byte order mark (U+FEFF)".to_owned(),
        Some(unseen) => format!("an invisible character (U+{:04X})", u32::from(unseen)),
        None => "other text".to_owned(),
    };
    format!("line {line} looks like a result, but {what} comes before it: print nothing but the result")
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
    fn what_looks_like_a_result_is_reported_with_its_place() {
        let no_json = |text: &str| format!("looks like a result, but is no JSON: {text}");
        let before = |line: usize, what: &str| {
            format!("line {line} looks like a result, but {what} comes before it: print nothing but the result")
        };
        let cases = [
            ("{\"status\": \"ERROR\",}", no_json("line 1, column 20: trailing comma")),
            ("\n\n  {\"status\": \"OK\",}", no_json("line 3, column 19: trailing comma")),
            ("{\n  \"status\": \"OK\"\n  \"messages\": null}\n", no_json("line 3, column 3: expected `,` or `}`")),
            ("{\"status\": OK}", no_json("line 1, column 12: expected a value")),
            (r#"{"\u0073tatus":"ERROR","x":[1,]}"#, no_json("line 1, column 31: trailing comma")),
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
            ("10%\r100%\r{\"status\": \"OK\"}", before(1, "other text")),
            ("\u{200b}{\"status\": \"OK\"}", before(1, "an invisible character (U+200B)")),
            ("\0{\"status\": \"OK\"}", before(1, "an invisible character (U+0000)")),
            ("\x1b[1m{\x1b[0m\"status\": \"OK\"}", no_json("line 1, column 6: expected a name in double quotes")),
            ("{\"status\"=>\"ERROR\"}", no_json("line 1, column 10: expected `:`")),
            ("{:status => \"ERROR\"}", no_json("line 1, column 2: expected a name in double quotes")),
            ("{status=ERROR, messages=null}", no_json("line 1, column 2: expected a name in double quotes")),
            (
                "{\u{201c}status\u{201d}: \u{201c}OK\u{201d}}",
                no_json("line 1, column 2: expected a name in double quotes"),
            ),
            ("{\\\"status\\\": \\\"ERROR\\\"}", no_json("line 1, column 2: expected a name in double quotes")),
            ("{&quot;status&quot;: &quot;ERROR&quot;}", no_json("line 1, column 2: expected a name in double quotes")),
        ];
        for (text, expected) in cases {
            assert_eq!(fault(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_result_inside_of_quotes_or_brackets_is_none() {
        let result = "{\"status\": \"ERROR\"}";
        let encoded = serde_json::Value::from(result).to_string();
        for text in [&format!("b'{result}'"), &format!("'{result}'"), &encoded, &format!("[{result},]")] {
            let reason = "line 1 looks like a result, but it is inside of quotes or brackets: print the object alone";
            assert_eq!(fault(text).as_deref(), Some(reason), "{text}");
        }
    }

    #[test]
    fn a_result_in_another_encoding_is_none() {
        let result = "{\"status\": \"ERROR\"}";
        let bytes: Vec<u8> = result.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let reason = "line 1 looks like a result, but NUL characters are in it, as in UTF-16: print UTF-8";
        assert_eq!(fault(&String::from_utf8_lossy(&bytes)).as_deref(), Some(reason));
        let marked = [&[0xff, 0xfe], &*bytes].concat();
        assert_eq!(fault(&String::from_utf8_lossy(&marked)).as_deref(), Some(reason));
    }

    #[test]
    fn no_beginning_of_a_result_is_text() {
        let results = [
            r#"{"messages": {"info": [], "warn": [], "error": ["a \"b\" 50%", "}"]}, "status": "ERROR"}"#,
            "{\n  \"componentResults\": {\n    \"a\": {\"status\": \"OK\", \"messages\": null}\n  },\n  \"status\": \"ERROR\"\n}",
            r#"{"status": "ERROR", "messages": null}"#,
        ];
        for result in results {
            // `{` alone and an unfinished first name are any text's.
            let name = result.find(':').expect("a member");
            for end in name + 1..result.len() {
                assert!(fault(&result[..end]).is_some(), "{}", &result[..end]);
            }
        }
        assert!(fault("{\"sta").is_some());
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
            "{\"a\": 1",
            "{\"broken",
            "[\"messages\"",
            "see above\n{\"messages\": [",
            "('status: OK', {})",
            "\u{200b}\x1b[0m",
        ];
        for text in texts {
            assert_eq!(fault(text), None, "{text}");
        }
    }

    #[test]
    fn a_long_output_is_read_in_linear_time() {
        let open = "{\"\n".repeat(100_000);
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
