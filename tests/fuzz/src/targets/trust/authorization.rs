//! The `Authorization` header: nothing but a known token opens anything.

use smoker_trust::access::bearer;
use smoker_trust::access::tokens::{PREFIX, Tokens};

use crate::limits;
use crate::target::Target;

pub(crate) const TARGET: Target = Target {
    name: "authorization",
    about: "the Authorization header with a token",
    check,
    make: |random| random.texts(&WORDS, 6).into(),
    words: &WORDS,
    time: limits::TIME,
};

/// The token of the file below, as `printf TOKEN | openssl dgst -sha256 -binary | base64` gives its hash.
const TOKEN: &str = "smoker_test";
const FILE: &str = "token-sha256//3USFDf4ukyV7jBa83QoLeyEZ2UGiwvWRo2QY0te1ksA= role=read name=test\n";

fn check(input: &[u8]) -> String {
    let tokens = Tokens::parse(FILE);
    assert!(tokens.problems.is_empty() && tokens.tokens.len() == 1);
    match bearer::token(input) {
        Ok(token) => {
            assert!(token.starts_with(PREFIX) && token.is_ascii() && token.len() <= input.len());
            assert!(input.windows(token.len()).any(|window| window == token.as_bytes()), "{token} was not sent");
            assert_eq!(tokens.identify(token).is_ok(), token == TOKEN);
            format!("token {}", tokens.identify(token).is_ok())
        }
        Err(failure) => failure.kind().to_owned(),
    }
}

const WORDS: [&str; 16] = [
    "Bearer ", "bearer ", "BEARER ", "Basic ", "Bearer", TOKEN, "smoker_", "test", "-", "_", " ", "\t", ",", "=", "é",
    "\u{0}",
];
