//! The conversation with an NSCA daemon: its greeting, our packet.
//!
//! Parts: parameters of the action as JSON; the plugin's result as JSON; the
//! daemon's greeting.

use std::io::{self, Read, Write};

use serde_json::{Value as Json, json};
use smoker_checks::actions::nsca;

use crate::inputs::fields::{Fields, joined};
use crate::inputs::random::Random;
use crate::limits;
use crate::target::Target;
use crate::targets::output;

pub(crate) const TARGET: Target = Target {
    name: "nsca",
    about: "action: packets for an NSCA daemon",
    check,
    make,
    words: &WORDS,
    time: limits::TIME,
};

/// Bytes of the daemon's greeting: the vector and the time.
const GREETING: usize = 132;

/// Where the texts of a packet lie, and how much room each has.
const HOST: (usize, usize) = (14, 64);
const SERVICE: (usize, usize) = (78, 128);
const TEXT_AT: usize = 206;

fn check(input: &[u8]) -> String {
    let fields = Fields::of(input);
    let object = |at: usize| serde_json::from_slice::<Json>(fields.bytes(at)).ok().filter(Json::is_object);
    let parameters = object(0).unwrap_or_else(|| json!({}));
    let request = json!({
        "kind": "action", "module": "smoker.plugins.nsca", "plugin": "p", "forced": false, "timeout": 10.0,
        "parameters": {"Action": parameters}, "result": object(1), "stdout": "", "stderr": "", "exit_status": null,
    });
    // The greeting may hold any byte, also the one between parts.
    let greeting = fields.rest(2).join(&0x1e);
    let mut daemon = Daemon { greeting: io::Cursor::new(greeting), packet: Vec::new() };
    match nsca::exchange(request, &mut daemon) {
        Ok(()) => {
            let Daemon { greeting, packet } = daemon;
            assert!([720, 4304].contains(&packet.len()), "{} bytes", packet.len());
            let plain = parameters["EncryptionMethod"] == json!(0) && parameters["PasswordFile"].is_null();
            if plain {
                check_packet(&packet, &greeting.into_inner());
            }
            format!("sent {} {plain}", "x".repeat(packet.len() / 1000))
        }
        Err(reason) => {
            assert!(daemon.packet.is_empty(), "either all of a packet is sent, or nothing: {reason}");
            reason
        }
    }
}

/// What the daemon reads out of a packet.
fn check_packet(packet: &[u8], greeting: &[u8]) {
    assert_eq!(packet[..2], [0, 3], "the version");
    assert_eq!(packet[8..12], greeting[GREETING - 4..GREETING], "the daemon's own time");
    assert!(packet[12] == 0 && packet[13] <= 3, "a return code");
    let mut unsummed = packet.to_vec();
    let sum: Vec<u8> = unsummed.splice(4..8, [0; 4]).collect();
    assert_eq!(sum, crc32(&unsummed).to_be_bytes(), "the checksum");
    for (at, room) in [HOST, SERVICE] {
        let name = text(&packet[at..at + room]);
        assert!(!name.contains(|c: char| c.is_control() || c == ';'), "{name:?} would end its field");
    }
    let text = text(&packet[TEXT_AT..]);
    for (number, line) in text.split('\n').enumerate() {
        assert!(!line.contains(char::is_control), "{line:?}");
        assert!(number == 0 || !line.trim_start().starts_with('['), "{line:?} would be a command of Nagios");
    }
}

/// A text up to its NUL, which has to be there.
fn text(field: &[u8]) -> &str {
    let end = field.iter().position(|byte| *byte == 0).expect("a text ends within its field");
    std::str::from_utf8(&field[..end]).expect("a text is cut between characters")
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32, byte: &u8| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ if sum & 1 == 1 { 0xedb8_8320 } else { 0 })
    };
    !bytes.iter().fold(!0, step)
}

struct Daemon {
    greeting: io::Cursor<Vec<u8>>,
    packet: Vec<u8>,
}

impl Read for Daemon {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.greeting.read(buffer)
    }
}

impl Write for Daemon {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.packet.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn make(random: &mut Random) -> Vec<u8> {
    let parameters = random.joined(5, ", ", |random| {
        let name = random.pick(&[
            "EncryptionMethod",
            "Password",
            "HostName",
            "ServiceName",
            "OutputLength",
            "Escape",
            "Port",
            "Host",
        ]);
        let value = match random.below(5) {
            0 => random.number(),
            1 => output::text(random),
            2 => random.pick(&["true", "null", "0", "1", "512", "4096", "[]"]).to_owned(),
            _ => format!("\"{}\"", random.texts(&WORDS, 3).replace('"', "")),
        };
        format!("\"{name}\": {value}")
    });
    let method = if random.one_in(3) { random.below(27) } else { 0 };
    let list = |random: &mut Random| random.joined(4, ", ", output::text);
    let messages =
        format!("{{\"info\": [{}], \"warn\": [{}], \"error\": [{}]}}", list(random), list(random), list(random));
    let status = random.pick(&["OK", "WARN", "ERROR", "UNKNOWN", "?"]);
    let components = format!("{{{}: {{\"status\": \"WARN\", \"messages\": {messages}}}}}", output::text(random));
    let result = format!("{{\"status\": \"{status}\", \"messages\": {messages}, \"componentResults\": {components}}}");
    let between = if parameters.is_empty() { "" } else { ", " };
    let greeting: String =
        (0..GREETING - usize::from(random.one_in(8))).map(|_| char::from(random.byte() & 0x7f)).collect();
    joined(&[&format!("{{\"EncryptionMethod\": {method}{between}{parameters}}}"), &result, &greeting])
}

const WORDS: [&str; 40] = [
    "%(hostname)s",
    "%(name)s",
    "%(status)s",
    "%(messages)s",
    "%(no)s",
    "%s",
    "%",
    ";",
    "\n",
    "[1] SHUTDOWN",
    "\\n",
    "\\",
    "é",
    "x",
    "\"EncryptionMethod\": 0",
    "\"EncryptionMethod\": \"3des\"",
    "\"Password\": \"p\"",
    "\"HostName\": \"h\"",
    "\"ServiceName\": \"\"",
    "\"OutputLength\": 512",
    "\"Escape\": true",
    "\"status\"",
    "\"OK\"",
    "\"messages\"",
    "\"info\"",
    "\"error\"",
    "\"warn\"",
    "\"componentResults\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "0",
    "14",
    "rijndael-256",
    "xor",
    "\u{1e}",
];
