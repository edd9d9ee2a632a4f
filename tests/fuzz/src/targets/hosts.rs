//! Host expressions of `smokercli`, such as `web[01-40].example.org:8086`.
//!
//! Parts: an expression each.

use smokercli::inventory::address::HostAddress;
use smokercli::inventory::expressions::expand;
use smokercli::inventory::file::lines;

use crate::inputs::fields::{Fields, SEPARATOR};
use crate::inputs::random::Random;
use crate::limits;
use crate::target::Target;

pub(crate) const TARGET: Target = Target {
    name: "hosts",
    about: "host expressions of smokercli",
    check,
    make: |random| random.joined(3, &char::from(SEPARATOR).to_string(), expression).into(),
    words: &SIGNS,
    time: limits::TIME,
};

/// What one command line may stand for.
const MOST: usize = 100_000;

fn check(input: &[u8]) -> String {
    let fields = Fields::of(input);
    let expressions: Vec<_> = fields.rest(0).iter().map(|part| String::from_utf8_lossy(part).into_owned()).collect();
    let addresses = expand(&expressions, "8086");
    assert!(addresses.len() <= MOST + expressions.len(), "{} addresses", addresses.len());
    for line in lines(&String::from_utf8_lossy(input)) {
        assert!(!line.is_empty() && !line.contains('#'), "{line:?} is no host");
    }
    let mut outcome = String::new();
    for address in &addresses {
        let shown = HostAddress::parse(&address.label, "1").page;
        assert!(shown.as_ref().map_or(true, |url| url.password().is_none()), "{} shows a password", address.label);
        let reason = match address.page.as_ref().map_err(ToString::to_string) {
            Ok(url) => {
                assert!(matches!(url.scheme(), "http" | "https") && url.has_host(), "{url}");
                url.scheme().to_owned()
            }
            Err(reason) => {
                assert!(!address.label.contains(":secret@"), "{} shows a password", address.label);
                reason
            }
        };
        if outcome.len() < 200 {
            outcome.push_str(&reason);
        }
    }
    outcome
}

fn expression(random: &mut Random) -> String {
    match random.below(4) {
        0 => random.texts(&SIGNS, 12),
        1 => format!("{}[{}-{}]{}", random.texts(&SIGNS, 2), random.number(), random.number(), random.texts(&SIGNS, 2)),
        2 => format!("http{}://u:secret@{}:{}/", random.pick(&["", "s"]), random.texts(&SIGNS, 2), random.number()),
        _ => format!("{}:{}", random.texts(&SIGNS, 3), random.number()),
    }
}

const SIGNS: [&str; 40] = [
    "web",
    "a",
    "[",
    "]",
    "[01-40]",
    "[1,3,5-7]",
    "[1-99999]",
    "[0-9]",
    "[9-0]",
    "[000-1]",
    "-",
    ",",
    ":",
    "::",
    "8086",
    "80",
    "0",
    "65536",
    ".",
    "..",
    "example.org",
    "127.0.0.1",
    "::1",
    "[::1]",
    "[fe80::1%eth0]",
    "http://",
    "https://",
    "ftp://",
    "u:secret@",
    "@",
    "/",
    "?",
    "#",
    "%",
    "%41",
    "\\",
    " ",
    "é",
    "xn--a",
    "localhost",
];
