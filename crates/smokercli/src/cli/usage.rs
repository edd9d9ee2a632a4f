//! Errors of the command line parser.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use smoker_model::suggest;

use crate::error::ExitError;

/// The way to the help.
const HELP: &str = "For more information, try '--help'.";

/// The commands, each of which is the first word.
const COMMANDS: [&str; 8] = ["gate", "baseline", "diff", "odd", "roll", "silence", "explain", "trust"];

/// A longer command line is not repeated, in characters.
const LONGEST_SHOWN: usize = 100;

/// A command line of which a word is a command, and another option would take it: `-s web1 web2 gate` would ask a host called gate, and
/// end well without a gate. The first value of an option may have such a name.
///
/// # Errors
///
/// When there is such a word, with what to write.
pub(super) fn check_no_command(words: &[OsString]) -> Result<(), ExitError> {
    // The first one is the name of the program.
    let typed = words.get(1..).unwrap_or_default();
    let texts = typed.iter().map(|word| word.to_str().unwrap_or_default()).take_while(|word| *word != "--");
    let texts: Vec<_> = texts.collect();
    let is_swallowed = |at: &usize| !texts[at - 1].starts_with('-') && COMMANDS.contains(&texts[*at]);
    let Some(at) = (1..texts.len()).find(is_swallowed) else { return Ok(()) };
    let (before, command) = (texts[at - 1], texts[at]);
    let option = texts[..at].iter().rev().find(|word| word.starts_with('-') && **word != "-");
    let read = option.map_or_else(String::new, |option| format!("{command} was read as one more value of {option}; "));
    let rest = texts.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, word)| *word);
    let rest = rest.collect::<Vec<_>>().join(" ");
    let is_plain = rest.len() <= LONGEST_SHOWN && rest.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    let rest = if is_plain { &rest } else { "..." };
    Err(ExitError::usage(format!(
        "{read}{command} is also a command, and that has to be the first word: write smokercli {command} {rest}; where it is the name of \
         a host, a group or a plugin, write {before},{command}"
    )))
}

/// Options of other tools, with those that do the same here.
const OTHER_NAMES: [(&str, &str); 13] = [
    ("format", "-o FORMAT"),
    ("output", "-o FORMAT"),
    ("json", "-o json"),
    ("table", "-o table"),
    ("status", "--filter-status STATUS"),
    ("state", "--filter-status STATUS"),
    ("server", "-s HOST"),
    ("url", "-s URL"),
    ("port", "-s HOST:PORT"),
    ("target", "-s HOST"),
    ("check", "-p PLUGIN"),
    ("run", "-f"),
    ("follow", "--watch"),
];

/// Options that the gate alone has.
const GATE_OPTIONS: [&str; 6] = ["against", "within", "settle", "every", "strict", "fail-on"];

/// The parser's message without its `error: `, which the program writes itself; with what was probably meant, by the options of `names`
/// (without dashes), and the way to the help.
pub(super) fn usage_error(mut error: clap::Error, names: &[String]) -> ExitError {
    let typed = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(typed)) if error.kind() == ErrorKind::UnknownArgument => Some(typed.clone()),
        _ => None,
    };
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    match typed.as_deref().map(|typed| (typed, typed.strip_prefix("--"))) {
        Some((_, Some(option))) => {
            if let Some(tip) = tip_for_gate(option, &names) {
                add_tip(&mut error, tip);
            } else if let Some(near) = suggest::near(option, &names) {
                error.insert(ContextKind::SuggestedArg, ContextValue::String(format!("--{near}")));
            } else if let Some((_, same)) =
                OTHER_NAMES.iter().find(|(other, _)| *other == option && names.contains(&"hosts"))
            {
                add_tip(&mut error, format!("the option for that is {same}"));
            }
        }
        Some((word, None)) if !word.starts_with('-') => {
            if let Some(tip) = tip_for_word(word, &names) {
                add_tip(&mut error, tip);
            }
        }
        _ => {
            if let Some(tip) = tip_for_missing(&error) {
                add_tip(&mut error, tip);
            }
        }
    }
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text).trim_end();
    // The parser shows it where it has the option itself.
    let text = text.strip_suffix(HELP).unwrap_or(text).trim_end();
    ExitError::usage(format!("{text}\n\n{HELP}"))
}

fn add_tip(error: &mut clap::Error, tip: String) {
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
}

/// Where words belong that are missing: a list in front of them has taken them.
fn tip_for_missing(error: &clap::Error) -> Option<String> {
    let Some(ContextValue::Strings(missing)) = error.get(ContextKind::InvalidArg) else { return None };
    let words: Vec<_> = missing.iter().filter(|name| name.starts_with('<')).map(String::as_str).collect();
    let come = if words.len() == 1 { "comes" } else { "come" };
    let is_missing = error.kind() == ErrorKind::MissingRequiredArgument && !words.is_empty();
    is_missing
        .then(|| format!("{} {come} first, since an option such as -s takes all words behind it", words.join(" ")))
}

/// Where an option of the gate belongs on the command line of a roll, which has the options of `names`.
fn tip_for_gate(option: &str, names: &[&str]) -> Option<String> {
    let is_of_gate = GATE_OPTIONS.contains(&option) && names.contains(&"gate") && !names.contains(&option);
    is_of_gate.then(|| format!("it is an option of the gate, which --gate takes without dashes: --gate '{option} ...'"))
}

/// What a word that belongs to no option was probably meant for, where the options are these.
fn tip_for_word(word: &str, names: &[&str]) -> Option<String> {
    let is_option = |name: &&&str| name.eq_ignore_ascii_case(word);
    if let Some(option) = names.iter().find(is_option) {
        return Some(format!("it is an option: --{option}"));
    }
    if names.contains(&"history") && ["status", "show", "get", "ls"].contains(&word) {
        return Some("the last results are shown by smokercli alone: smokercli -s HOST".to_owned());
    }
    if let Some(command) = suggest::near(word, &COMMANDS) {
        return Some(format!("the command is the first word: smokercli {command}"));
    }
    names.contains(&"hosts").then(|| format!("a host is named by an option: -s {word}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_no_value_of_an_option_with_several() {
        let check = |line: &str| {
            let words: Vec<_> = line.split(' ').map(OsString::from).collect();
            check_no_command(&words).map_err(|error| error.message)
        };
        for line in ["smokercli -s web1 web2 gate", "smokercli -g prod baseline -o x", "smokercli -f -p Web odd -e"] {
            assert!(
                check(line).is_err_and(|told| told.contains(" is also a command, and that has to be the first word")),
                "{line}"
            );
        }
        let told = check("smokercli -s web1 web2 gate --settle 2").expect_err("a command");
        assert_eq!(
            told,
            "gate was read as one more value of -s; gate is also a command, and that has to be the first word: write smokercli gate -s web1 \
             web2 --settle 2; where it is the name of a host, a group or a plugin, write web2,gate"
        );
        assert!(check("smokercli web1 gate").is_err_and(|told| told.contains("write smokercli gate web1; where")));
        let long = format!("smokercli -s {} gate", "x".repeat(200));
        assert!(check(&long).is_err_and(|told| told.contains("write smokercli gate ...; where")));
        for line in [
            "smokercli",
            "smokercli -s gate",
            "smokercli -s a,gate",
            "smokercli -s gate:8086",
            "smokercli -p X -- gate",
        ] {
            assert_eq!(check(line), Ok(()), "{line}");
        }
    }

    #[test]
    fn a_word_is_an_option_a_command_or_a_host() {
        let tip = |word| tip_for_word(word, &["history", "help", "hosts"]).unwrap_or_default();
        for (word, meant) in [
            ("history", "--history"),
            ("help", "--help"),
            ("gaet", "smokercli gate"),
            ("baselin", "smokercli baseline"),
            ("silence", "smokercli silence"),
            ("status", "smokercli -s HOST"),
            ("web1", "-s web1"),
            ("127.0.0.1:8086", "-s 127.0.0.1:8086"),
        ] {
            assert!(tip(word).ends_with(meant), "{word}: {}", tip(word));
        }
        assert_eq!(tip_for_word("web1", &["state-dir"]), None);
    }
}
