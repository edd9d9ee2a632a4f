//! Commands with `%(Name)s` and the values for it.
//!
//! Parts: the command; the value of `P`; that of `Q`. What a shell makes of
//! the outcome is tried with real shells in `smoker-runner/tests/template`.

use smoker_model::value::Value;
use smoker_runner::template::{error::FillError, fill};
use smoker_tests::random::shell_signs::SHELL_SIGNS;

use crate::inputs::fields::{Fields, joined};
use crate::inputs::random::Random;
use crate::limits;
use crate::target::Target;

pub(crate) const TARGET: Target = Target {
    name: "template",
    about: "commands with %(Name)s",
    check,
    make: |random| {
        let command = random.texts(&SIGNS, 40);
        joined(&[&command, &value(random), &value(random)])
    },
    words: &SIGNS,
    time: limits::TIME,
};

fn check(input: &[u8]) -> String {
    let fields = Fields::of(input);
    let command = fields.text(0);
    let lookup = |name: &str| match name {
        "P" => Some(read(&fields.text(1))),
        "Q" => Some(read(&fields.text(2))),
        "N" => Some(Value::Int(-7)),
        "L" => Some(Value::List(vec![read(&fields.text(1)), Value::Null])),
        _ => None,
    };
    match fill(&command, &lookup) {
        Ok(line) => {
            assert!(
                !command.contains('\0') && fields.bytes(1).contains(&0)
                    || !line.contains('\0')
                    || command.contains('\0')
            );
            if !command.contains('%') {
                assert_eq!(line, command, "text without placeholders stays");
            }
            assert_eq!(fill(&command, &lookup).as_ref(), Ok(&line), "twice the same");
            format!("filled {}", command.matches("%(").map(|_| 'x').collect::<String>())
        }
        Err(error) => {
            let text = error.to_string();
            assert!(!text.is_empty());
            let kind = match error {
                FillError::Refused { unsafe_context, .. } => format!("{unsafe_context:?}"),
                FillError::Value { problem, .. } => problem,
                other => other.to_string(),
            };
            format!("refused {kind}")
        }
    }
}

/// A value as the configuration could have it.
fn read(text: &str) -> Value {
    match text.as_bytes().first() {
        Some(b'#') => Value::Int(text[1..].parse().unwrap_or(i128::MIN)),
        Some(b'~') => Value::Float(text[1..].parse().unwrap_or(f64::NAN)),
        Some(b'@') => Value::Null,
        Some(b'!') => Value::Bool(true),
        _ => Value::Text(text.to_owned()),
    }
}

fn value(random: &mut Random) -> String {
    match random.below(6) {
        0 => format!("#{}", random.number()),
        1 => format!("~{}", random.number()),
        2 => random.pick(&["@", "!", "", "it's", "$(x)", "a\nb", "-n"]).to_owned(),
        3 => random.texts(&SIGNS, 6),
        _ => random.word(),
    }
}

const PLACEHOLDERS: [&str; 29] = [
    "%(P)s",
    "%(P)s",
    "%(Q)s",
    "%(P)r",
    "%(P)a",
    "%(P)c",
    "%(P)d",
    "%(P)x",
    "%(P)#o",
    "%(P)e",
    "%(P)10.3f",
    "%(P).0g",
    "%(P)-20s",
    "%(N)05d",
    "%(N)+d",
    "%(N) d",
    "%(L)s",
    "%(P).3s",
    "%(P)10000s",
    "%(P)99999s",
    "%(P)*d",
    "%(P)lld",
    "%(P",
    "%(P)",
    "%s",
    "%%",
    "%",
    "%(no)s",
    "%(a(b)c)s",
];

/// Of what commands are made.
const SIGNS: [&str; PLACEHOLDERS.len() + SHELL_SIGNS.len()] = {
    let mut signs = [""; PLACEHOLDERS.len() + SHELL_SIGNS.len()];
    let (placeholders, rest) = signs.split_at_mut(PLACEHOLDERS.len());
    placeholders.copy_from_slice(&PLACEHOLDERS);
    rest.copy_from_slice(&SHELL_SIGNS);
    signs
};
