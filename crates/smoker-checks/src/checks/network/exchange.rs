//! What is sent on a connection, and what is expected to come back.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use crate::checks::network::connection::{Limited, TimedStream, reason};
use crate::matchers::matcher::{Matcher, PlainText};
use crate::matchers::quote::quote;
use crate::parameters::Parameters;
use crate::report::Component;
use crate::spec::{ParameterSpec, ParameterType};

/// No answer is read that is longer.
const LONGEST: usize = 64 * 1024;

/// An answer that is as it should be, and of which more could change that, is at its end when nothing more has come for so long.
const QUIET: Duration = Duration::from_millis(300);

/// `Send` and `Expect`.
pub(super) const SEND: ParameterSpec = ParameterSpec::optional(
    "Send",
    ParameterType::Text,
    "nothing",
    "what to send; `\"PING\\r\\n\"` in double quotes has ends of lines",
);

pub(super) const EXPECT: ParameterSpec = ParameterSpec::optional(
    "Expect",
    ParameterType::Custom {
        form: "[matcher](#matchers)",
        read: |name, value| Matcher::of(name, value, PlainText::Contained).map(drop),
    },
    "nothing is read",
    "what the answer should be; it is read until it is, or until the connection ends; with `Not` and its like until nothing more comes for 300 ms",
);

/// What is said on a connection.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    pub(super) send: Option<String>,
    pub(super) expect: Option<Matcher>,
}

impl Exchange {
    /// Reads `Send` and `Expect`.
    pub(super) fn of(parameters: Parameters<'_>) -> Result<Self, String> {
        let expect = parameters.get("Expect");
        let expect = expect.map(|value| Matcher::of("Expect", value, PlainText::Contained)).transpose()?;
        Ok(Self { send: parameters.text("Send")?, expect })
    }

    /// Sends and reads. What comes back is when the answer was there.
    pub(super) fn over(&self, stream: &mut TimedStream<impl Limited>, component: &mut Component) -> Instant {
        if let Some(text) = &self.send
            && let Err(error) = stream.write_all(text.as_bytes()).and_then(|()| stream.flush())
        {
            component.error(&format!("cannot send: {}", reason(&error)));
            return Instant::now();
        }
        let Some(matcher) = &self.expect else { return Instant::now() };
        let mut answer = Vec::new();
        let mut buffer = [0; 4096];
        let mut answered = None;
        let last = stream.end();
        let end = loop {
            match stream.read(&mut buffer) {
                Ok(0) => break "the connection was closed".to_owned(),
                Ok(count) => answer.extend_from_slice(&buffer[..count]),
                Err(error) => break reason(&error),
            }
            let is_good = matcher.fault(&String::from_utf8_lossy(&answer)).is_none();
            answered = is_good.then(Instant::now);
            if is_good && matcher.holds_for_more() {
                break String::new();
            }
            if answer.len() > LONGEST {
                break format!("it is longer than {LONGEST} bytes");
            }
            // What it should not be may be what comes next.
            stream.end_at(if is_good { last.min(Instant::now() + QUIET) } else { last });
        };
        let text = String::from_utf8_lossy(&answer);
        if let Some(answered) = answered {
            component.fact(format!("answered {}", quote(&text)));
            return answered;
        }
        // Nothing is no answer, whatever it should not be.
        let fault = matcher.fault(&text).unwrap_or_else(|| "wanted an answer, got none".to_owned());
        component.error(&format!("{fault} ({end})"));
        Instant::now()
    }
}
