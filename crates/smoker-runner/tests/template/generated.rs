//! Places nested at random, of which is known what has to arrive.

use std::path::Path;

use fastrand::Rng;
use smoker_model::value::Value;
use smoker_runner::template::error::FillError;
use smoker_runner::template::fill;
use smoker_tests::random::{hostile_values, property};

use crate::grammar::{Grammar, NUMBER, Piece, VARIABLES};
use crate::shell::{CANARY, PRELUDE, run, shells};
use crate::shrink::shrunk;

/// Values that are tried in one template.
const VALUES: usize = 8;

#[test]
fn nested_places_receive_exactly_the_value() {
    let shells = shells();
    let (mut tried, mut accepted) = (0, 0);
    property::check(120, |random, size| {
        let piece = Grammar(random).command(size, false);
        let values: Vec<_> = (0..VALUES).map(|_| hostile_values::random(random)).collect();
        let lines: Vec<_> = values.into_iter().filter_map(|value| Line::of(&piece, value)).collect();
        (tried, accepted) = (tried + VALUES, accepted + lines.len());
        for shell in &shells {
            check(shell, &piece, &lines);
        }
    });
    assert!(accepted * 10 > tried * 8, "only {accepted} of {tried} values were accepted, too few to prove anything");
}

#[test]
fn every_depth_of_substitution_takes_every_value() {
    let shells = shells();
    let mut random = Rng::with_seed(1);
    for depth in [1, 2, 5, 20, 40] {
        for form in ["%(P)s", "\"%(P)s\"", "'%(P)s'"] {
            let piece = Piece::in_substitutions(depth, form);
            let lines = (0..VALUES).map(|_| Line::of(&piece, hostile_values::random(&mut random)));
            let lines: Option<Vec<_>> = lines.collect();
            check(shells[depth % shells.len()], &piece, &lines.expect("no value is refused"));
        }
    }
}

/// A template with a value in it.
struct Line {
    value: String,
    script: String,
}

impl Line {
    /// `None` where the value is refused, which is a way of being safe.
    fn of(piece: &Piece, value: String) -> Option<Self> {
        let lookup = |name: &str| match name {
            "P" => Some(Value::Text(value.clone())),
            "N" => Some(Value::Int(NUMBER.into())),
            _ => None,
        };
        match fill(&piece.template, &lookup) {
            Ok(script) => Some(Self { value, script }),
            Err(FillError::Value { .. } | FillError::EndsDocument { .. } | FillError::Refused { .. }) => None,
            Err(error) => panic!("{}: {error}", piece.template),
        }
    }
}

/// Runs all lines in one process of a shell and compares what arrived.
fn check(shell: &[&str], piece: &Piece, lines: &[Line]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let expected: Vec<_> = lines.iter().map(|line| piece.expected(&line.value)).collect();
    if received(shell, lines, folder.path()) == expected && !folder.path().join(CANARY).exists() {
        return;
    }
    // Which of them is it, and how much of it?
    for line in lines {
        let fails =
            |value: &str| Line::of(piece, value.to_owned()).is_some_and(|line| failure(shell, piece, &line).is_some());
        let value = shrunk(&line.value, &fails);
        if let Some(failure) = Line::of(piece, value).and_then(|line| failure(shell, piece, &line)) {
            panic!("{failure}");
        }
    }
    panic!("{shell:?} {}: each value arrives alone, but not all of them in a row", piece.template);
}

/// What is wrong with one line.
fn failure(shell: &[&str], piece: &Piece, line: &Line) -> Option<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (Line { value, script }, expected) = (line, [piece.expected(&line.value)]);
    let received = received(shell, std::slice::from_ref(line), folder.path());
    let about = format!("{value:?} in {:?}, which became {script:?}", piece.template);
    if folder.path().join(CANARY).exists() {
        return Some(format!("{shell:?} ran {about}"));
    }
    (received != expected).then(|| format!("{shell:?} made {received:?} of {about}"))
}

fn received(shell: &[&str], lines: &[Line], folder: &Path) -> Vec<String> {
    let mut script = format!("{PRELUDE}{VARIABLES}");
    for line in lines {
        script += &line.script;
        script += "\nprintf '\\0'\n";
    }
    let output = run(shell, &script, folder).expect("an installed shell");
    let text = String::from_utf8_lossy(&output.stdout);
    let mut received: Vec<_> = text.split('\0').map(str::to_owned).collect();
    if received.last().is_some_and(String::is_empty) {
        received.pop();
    }
    received
}
