//! `Check: time`: how far the clock of this host is from that of NTP servers (RFC 5905).

use std::time::{SystemTime, UNIX_EPOCH};

use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::checks::fan_out::{self, Deadline};
use crate::checks::network::endpoint::{self, Endpoint};
use crate::checks::network::udp;
use crate::measure::declaration::Measure;
use crate::measure::thresholds::Thresholds;
use crate::parameters::Parameters;
use crate::report::{Component, Report};
use crate::spec::{Absence, ParameterSpec, ParameterType, Spec};
use crate::unit::Unit;

/// The port of NTP.
const PORT: u16 = 123;

/// Seconds from 1900, where NTP begins to count, to 1970.
const TO_1970: f64 = 2_208_988_800.0;

const MEASURES: &[Measure] = &[
    Measure {
        name: "Offset",
        unit: Unit::Seconds,
        meaning: "by how much the two clocks differ, whichever is fast",
        warn: Some("> 500ms"),
        error: Some("> 5s"),
    },
    Measure {
        name: "Delay",
        unit: Unit::Seconds,
        meaning: "the time that the answer was on its way",
        warn: None,
        error: None,
    },
    Measure {
        name: "Stratum",
        unit: Unit::Number,
        meaning: "how many servers are between it and a clock",
        warn: None,
        error: None,
    },
];

const SERVERS: ParameterType = ParameterType::Custom {
    form: "`host` or `host:port`, or list of them",
    read: |name, value| endpoint::verify(name, value, Some(PORT)),
};

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec {
        name: "Servers",
        accepts: SERVERS,
        absence: Absence::FailsWithoutOther,
        meaning: "NTP servers; the port is 123 where none is named",
    },
    ParameterSpec {
        name: "Server",
        accepts: SERVERS,
        absence: Absence::FailsWithoutOther,
        meaning: "as `Servers`, for one",
    },
    ParameterSpec::warn(MEASURES),
    ParameterSpec::error(MEASURES),
];

/// What the page shows.
pub(crate) const EXAMPLE: &str = "\
Clock:
  Check: time
  Server: 127.0.0.1
  Warn: \"> 10s\"
  Error: \"> 60s\"
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec::check(
        "time",
        "compares the clock of this host with those of NTP servers",
        "a component for each server",
        PARAMETERS,
    )
}

/// Runs the check.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let texts = parameters.required_targets("Servers", "Server")?;
    let servers: Option<Vec<_>> = texts.iter().map(|text| Endpoint::parse(text, Some(PORT))).collect();
    let servers = servers.ok_or("Servers has to be hosts: correct it in the configuration")?;
    let thresholds = Thresholds::of(parameters, MEASURES)?;
    let deadline = Deadline::of(request.timeout, servers.len());
    let look = move |server: &Endpoint| {
        let mut component = Component::new(&server.text);
        match ask(server, deadline) {
            Err(reason) => component.error(&reason),
            Ok(answer) => {
                component.number(&thresholds, "Offset", answer.offset.abs());
                component.number(&thresholds, "Delay", answer.delay);
                component.number(&thresholds, "Stratum", answer.stratum);
                component.fact(if answer.offset < 0.0 { "this host is fast" } else { "this host is slow" });
            }
        }
        component
    };
    let mut report = Report::default();
    for (server, found) in fan_out::each(&servers, deadline, look) {
        report.add(found.unwrap_or_else(|| Component::failed(server.text, &deadline.passed())));
    }
    report.findings()
}

#[derive(Debug, PartialEq)]
struct Answer {
    /// By how many seconds the server is ahead.
    offset: f64,
    delay: f64,
    stratum: f64,
}

fn ask(server: &Endpoint, deadline: Deadline) -> Result<Answer, String> {
    let sent = now();
    let mut packet = [0; 48];
    // No warning, version 4, a client.
    packet[0] = 0b00_100_011;
    packet[40..48].copy_from_slice(&to_ntp(sent));
    let answer = udp::ask(server, &packet, deadline)?;
    read(&answer, &packet[40..48], sent, now())
}

fn read(answer: &[u8], mark: &[u8], sent: f64, received: f64) -> Result<Answer, String> {
    let Some(answer) = answer.get(..48).filter(|answer| answer[0] & 7 == 4) else {
        return Err("the answer is not that of an NTP server".to_owned());
    };
    if answer[24..32] != *mark {
        return Err("the answer is to another question".to_owned());
    }
    match (answer[0] >> 6, answer[1]) {
        (_, 0) => {
            let code = String::from_utf8_lossy(&answer[12..16]).into_owned();
            return Err(format!("the server refuses to answer: {code}"));
        }
        (3, _) | (_, 16..) => return Err("the server's own clock is not set by anything".to_owned()),
        _ => {}
    }
    let (at_server, left_server) = (of_ntp(&answer[32..40]), of_ntp(&answer[40..48]));
    Ok(Answer {
        offset: f64::midpoint(at_server - sent, left_server - received),
        delay: ((received - sent) - (left_server - at_server)).max(0.0),
        stratum: f64::from(answer[1]),
    })
}

/// Seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// 32 bits of seconds and 32 of their fraction.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the seconds of NTP begin again in 2036")]
fn to_ntp(seconds: f64) -> [u8; 8] {
    let whole = seconds.floor();
    let fraction = ((seconds - whole) * 4_294_967_296.0) as u32;
    let mut bytes = [0; 8];
    bytes[..4].copy_from_slice(&((whole + TO_1970) as u64 as u32).to_be_bytes());
    bytes[4..].copy_from_slice(&fraction.to_be_bytes());
    bytes
}

fn of_ntp(bytes: &[u8]) -> f64 {
    let word = |at: usize| f64::from(u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]));
    // The second era begins in 2036.
    let era = if bytes[0] < 0x80 { 4_294_967_296.0 } else { 0.0 };
    word(0) + era - TO_1970 + word(4) / 4_294_967_296.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clocks_are_compared_by_four_times() {
        let sent = 1_700_000_000.0;
        let mark = to_ntp(sent);
        let mut answer = [0; 48];
        answer[0] = 0b00_100_100;
        answer[1] = 2;
        answer[24..32].copy_from_slice(&mark);
        answer[32..40].copy_from_slice(&to_ntp(sent + 10.25));
        answer[40..48].copy_from_slice(&to_ntp(sent + 10.5));
        let found = read(&answer, &mark, sent, sent + 0.75).expect("an answer");
        assert!((found.offset - 10.0).abs() < 1e-3 && (found.delay - 0.5).abs() < 1e-3, "{found:?}");
        assert!(read(&answer[..47], &mark, sent, sent).is_err() && read(&answer, &[0; 8], sent, sent).is_err());
        answer[1] = 16;
        assert!(read(&answer, &mark, sent, sent).expect_err("not set").contains("not set"));
        answer[1] = 0;
        assert!(read(&answer, &mark, sent, sent).expect_err("refused").contains("refuses"));
        assert!((of_ntp(&to_ntp(2_200_000_000.0)) - 2_200_000_000.0).abs() < 1e-3, "beyond 2036");
    }
}
