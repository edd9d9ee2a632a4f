//! Parser `nagios`: what a monitoring plugin printed, with its exit status.
//!
//! The format is that of the Monitoring Plugins guidelines
//! (<https://www.monitoring-plugins.org/doc/guidelines.html>): a first line
//! `TEXT | PERFORMANCE DATA`, then lines of long text, one of which may hold
//! another `|`, behind which all the rest is performance data.
//!
//! | exit status | status |
//! |---|---|
//! | 0 | OK |
//! | 1 | WARN |
//! | 2 (critical), 3 (unknown), any other, a signal | ERROR |
//!
//! The first line is a message of the level that belongs to the status; long
//! text is info. What stands behind a `|` counts as performance data only when
//! it is `LABEL=VALUE`, so rows of text stay text; what of it cannot be read is
//! a message.
//!
//! # Layout
//!
//! - `perfdata`: reads performance data
//! - `plugin_output`: tells text and performance data apart

mod perfdata;
mod plugin_output;

use crate::spec::{ParameterSpec, ParameterType, Spec};
use smoker_model::counted::{counted, is_or_are};
use smoker_model::messages::{Level, Messages};
use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;
use smoker_model::status::Status;

use crate::components::level_of;
use crate::parameters::Parameters;
use crate::parsers::nagios::plugin_output::PluginOutput;

/// More performance data than this are counted only.
const MAX_DATA: usize = 10_000;

/// The declaration of this built-in.
pub(crate) const fn spec() -> Spec {
    Spec::parser("nagios", "reads the output of monitoring plugins", "messages", &[IGNORE_TEXT])
}

/// A text that contradicts an exit status of 0 has lost it, as in a pipe.
const IGNORE_TEXT: ParameterSpec = ParameterSpec::optional(
    "IgnoreText",
    ParameterType::Boolean,
    "false",
    "true when the exit status alone decides, as behind `negate`; otherwise an exit status of 0 with a text that says WARNING, CRITICAL or UNKNOWN is a WARN",
);

/// The words by which the first line says what is wrong.
const BAD_WORDS: [&str; 3] = ["WARNING", "CRITICAL", "UNKNOWN"];

/// Reads the output.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let mut output = PluginOutput::split(&request.stdout);
    let contradiction = if Parameters::of(request).flag("IgnoreText")? { None } else { bad_word(output.summary) };
    let contradiction = contradiction.filter(|_| request.exit_status == Some(0));
    let status = match request.exit_status {
        Some(0) if contradiction.is_none() => Status::Ok,
        Some(0 | 1) => Status::Warn,
        _ => Status::Error,
    };
    let mut messages = Messages::new();
    if let Some(word) = contradiction {
        messages.add(
            Level::Warn,
            &format!("The text says {word}, and the exit status 0 that all is well: look whether it is lost, as in a pipe; IgnoreText: true leaves it at that"),
        );
    }
    // The first message is what monitoring and the log show: how the run ended, where that contradicts the text.
    match request.exit_status {
        Some(0..=3) => {}
        Some(other) => {
            messages
                .add(Level::Error, &format!("Exit status {other} is none of a monitoring plugin, which has 0 to 3"));
        }
        None => messages.add(Level::Error, "The plugin was ended by a signal"),
    }
    messages.add(level_of(status), output.summary);
    messages.add(level_of(status), &request.stderr);
    messages.add(Level::Info, &output.long_text.join("\n"));
    if !output.unread.is_empty() {
        let unread = output.unread.join(", ");
        messages.add(
            Level::Info,
            &format!("Not read of the performance data, where LABEL=VALUE;WARN;CRIT;MIN;MAX is expected: {unread}"),
        );
    }
    let left_out = output.data.len().saturating_sub(MAX_DATA);
    if left_out > 0 {
        output.data.truncate(MAX_DATA);
        messages.add(
            Level::Info,
            &format!(
                "{} of the performance data {} left out: {MAX_DATA} are kept",
                counted(left_out, "more value"),
                is_or_are(left_out)
            ),
        );
    }
    if request.exit_status == Some(3) {
        messages.add(Level::Error, "The plugin says UNKNOWN (exit status 3)");
    }
    if messages.is_empty() {
        let printed = if output.data.is_empty() { "nothing" } else { "performance data only" };
        messages.add(level_of(status), &format!("The plugin printed {printed}"));
    }
    Ok(Findings { perfdata: output.data, ..Findings::new(status, messages) })
}

/// What is wrong by the first line, which begins with the name of the service and its state: `DISK CRITICAL - free space`. A number
/// behind the word counts something: `CRITICAL: 0`.
fn bad_word(summary: &str) -> Option<&'static str> {
    let is_name = |word: &str| word != "OK" && !word.contains(|c: char| c.is_lowercase());
    let words: Vec<_> = summary.split_whitespace().collect();
    let at = words.iter().position(|word| BAD_WORDS.contains(&word.trim_matches(['[', ']', ':', '-'])))?;
    let (word, next) = (words[at], words.get(at + 1).copied().unwrap_or("-"));
    let ends_name = word.ends_with([':', '-', ']']) || next.starts_with(['-', ':']);
    let behind = at + if next.starts_with(['-', ':']) { 2 } else { 1 };
    // `0 processes` is a reason, `0, WARNING: 1` and a last `0` are counts.
    let counts = words.get(behind).is_some_and(|number| {
        let is_alone = behind + 1 == words.len() || number.ends_with([',', ';']);
        is_alone && number.trim_end_matches([',', ';']).parse::<f64>().is_ok()
    });
    let is_state = at <= 2 && words[..at].iter().all(|word| is_name(word)) && ends_name && !counts;
    BAD_WORDS.into_iter().find(|bad| is_state && word.contains(bad))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::test_request::parser;

    use super::*;

    fn read(stdout: &str, exit_status: Option<i32>) -> (Status, Json) {
        let findings = run(&parser(stdout, exit_status, json!({}))).expect("findings");
        (findings.status, Json::Object(findings.messages.expect("messages").as_json().clone()))
    }

    #[test]
    fn the_exit_status_decides_and_the_first_line_explains() {
        let warn = json!({"info": [], "error": [], "warn": ["LOAD WARNING"]});
        assert_eq!(read("LOAD WARNING", Some(1)), (Status::Warn, warn));
        let critical = json!({"info": [], "error": ["DISK CRITICAL"], "warn": []});
        assert_eq!(read("DISK CRITICAL", Some(2)), (Status::Error, critical));
        let unknown = json!({"info": [], "error": ["?", "The plugin says UNKNOWN (exit status 3)"], "warn": []});
        assert_eq!(read("?", Some(3)), (Status::Error, unknown));
        let unknown_exit = "Exit status 127 is none of a monitoring plugin, which has 0 to 3";
        assert_eq!(read("gone", Some(127)).1["error"], json!([unknown_exit, "gone"]));
        assert_eq!(read("OK - x", None).1["error"], json!(["The plugin was ended by a signal", "OK - x"]));
        assert_eq!(read("", None).1["error"], json!(["The plugin was ended by a signal"]));
        assert_eq!(
            read("", Some(0)),
            (Status::Ok, json!({"info": ["The plugin printed nothing"], "error": [], "warn": []}))
        );
    }

    #[test]
    fn a_text_that_contradicts_a_good_exit_status_is_a_warning() {
        for text in [
            "CRITICAL: http://a: Timeout after: 15 | load_time=15000",
            "PROCS WARNING: 0 processes with command name 'crond'",
            "RAID CRITICAL - Array failed (OK)",
            "UNKNOWN",
            "[CRITICAL] disk",
            "MY SQL CRITICAL - gone",
        ] {
            let (status, messages) = read(text, Some(0));
            let first = messages["warn"][0].as_str().unwrap_or_default();
            assert!(status == Status::Warn && first.starts_with("The text says "), "{text}: {messages}");
            let ignored = run(&parser(text, Some(0), json!({"IgnoreText": true}))).expect("findings");
            assert_eq!(ignored.status, Status::Ok, "{text}");
            assert_eq!(read(text, Some(2)).0, Status::Error);
        }
        for text in [
            "OK - 0 CRITICAL, 0 WARNING",
            "CRITICAL: 0, WARNING: 0",
            "0 CRITICAL, 1 OK",
            "No CRITICAL: all is well",
            "DISK OK - free space: / 3326 MB | UNKNOWN=0",
            "All services are fine; none is CRITICAL",
        ] {
            assert_eq!(read(text, Some(0)).0, Status::Ok, "{text}");
        }
    }

    #[test]
    fn long_text_and_performance_data_are_told_apart() {
        let text = "DISK OK - free space: / 3326 MB (56%); | /=2643MB;5948;5958;0;5968\n\
                    / 15272 MB (77%);\n/boot 68 MB (69%);\n\
                    /var/log 819 MB (84%); | /boot=68MB;88;93;0;98\n/home=69357MB;253404;253409;0;253414";
        let info = json!([
            "DISK OK - free space: / 3326 MB (56%);",
            "/ 15272 MB (77%);",
            "/boot 68 MB (69%);",
            "/var/log 819 MB (84%);",
        ]);
        assert_eq!(read(text, Some(0)), (Status::Ok, json!({"info": info, "error": [], "warn": []})));
    }

    fn labels(stdout: &str) -> Vec<String> {
        let findings = run(&parser(stdout, Some(0), json!({}))).expect("findings");
        findings.perfdata.into_iter().map(|datum| datum.label).collect()
    }

    #[test]
    fn performance_data_of_all_lines_are_data() {
        let text =
            "DISK OK | /=2643MB;5948;5958;0;5968\nlong | /boot=68MB;88\n'/home dirs'=69357MB;253404\n/var=1MB x=2";
        assert_eq!(labels(text), ["/", "/boot", "/home dirs", "/var", "x"]);
        assert_eq!(
            labels("OK - 2 counters|all=37\n[0] OK|first=741;900\n[1] OK|second=10;90"),
            ["all", "first", "second"]
        );
        assert_eq!(read("\u{feff}OK|a=1", Some(0)).1["info"], json!(["OK"]));
        assert_eq!(labels("OK - Used|used space=5% free space=95%"), ["used space", "free space"]);
    }

    #[test]
    fn a_bar_before_anything_else_is_text() {
        let table = "WARNING - 1 of 2|'/'=10% '/srv'=91%\n\n  Mount | Use | State\n  /srv  | 91% | WARN";
        let (_, messages) = read(table, Some(1));
        assert_eq!((&messages["warn"], labels(table).len()), (&json!(["WARNING - 1 of 2"]), 2));
        assert_eq!(messages["info"], json!(["", "Mount | Use | State", "/srv  | 91% | WARN"]));
        let quote = "CRITICAL - 'ps ax | grep foo' found 0|procs=0;1:";
        assert_eq!(read(quote, Some(2)).1["error"], json!(["CRITICAL - 'ps ax | grep foo' found 0"]));
        assert_eq!(labels(quote), ["procs"]);
        let text = "CRITICAL - query 'a | b=c' failed";
        assert_eq!(read(text, Some(2)).1["error"], json!([text]));
    }

    #[test]
    fn performance_data_that_cannot_be_read_are_reported() {
        let text = "OK|time=0.1s;high size=big";
        let reason = "Not read of the performance data, where LABEL=VALUE;WARN;CRIT;MIN;MAX is expected: warn high of time, size=big";
        assert_eq!((labels(text), &read(text, Some(0)).1["info"]), (vec!["time".to_owned()], &json!(["OK", reason])));
        let first = "OK|rta=ms;100;200 pl=100%\nlong\nmore | a=1\nb=x c=2";
        assert_eq!(labels(first), ["pl", "a", "c"]);
        assert!(read(first, Some(0)).1["info"][3].as_str().is_some_and(|note| note.ends_with(": rta=ms;100;200, b=x")));
        assert_eq!(labels("OK - all|y=z and load=1"), [""; 0]);
        let many = format!("OK|{}", "a=1 ".repeat(MAX_DATA + 3));
        let left_out = "3 more values of the performance data are left out: 10000 are kept";
        assert_eq!((labels(&many).len(), &read(&many, Some(0)).1["info"][1]), (MAX_DATA, &json!(left_out)));
    }
}
