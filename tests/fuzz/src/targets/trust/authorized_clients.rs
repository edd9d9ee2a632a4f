//! `authorized_clients`: what is written back is read as the same, and a line that is not understood gives nothing.

use smoker_trust::access::authorized_clients::{AuthorizedClient, AuthorizedClients};

use crate::inputs::random::Random;
use crate::limits;
use crate::target::Target;

pub(crate) const TARGET: Target = Target {
    name: "authorized-clients",
    about: "the keys that may ask a daemon",
    check,
    make: |random| random.joined(5, "\n", line).into(),
    words: &WORDS,
    time: limits::TIME,
};

fn check(input: &[u8]) -> String {
    let text = String::from_utf8_lossy(input);
    let read = AuthorizedClients::parse(&text);
    let lines = text.lines().count();
    assert!(read.clients.len() + read.problems.len() <= lines);
    assert!(read.problems.iter().all(|problem| (1..=lines).contains(&problem.line)));
    for client in read.clients.iter().take(20) {
        assert_eq!(AuthorizedClient::parse(&client.line()).as_ref(), Ok(client), "{}", client.line());
        assert!(text.contains(&client.pin.to_string()), "{client:?} is not in the text");
        assert!(text.contains(client.grant.role.name()), "{client:?} has a role that is not in the text");
    }
    let problem = read.problems.first().map(|problem| problem.reason.clone()).unwrap_or_default();
    format!("{} {problem}", read.clients.len().min(3))
}

fn line(random: &mut Random) -> String {
    let pin = random.pick(&[PIN, OTHER]);
    match random.below(3) {
        0 => format!("{pin} role=run name={} {}", random.word(), random.texts(&WORDS, 4)),
        1 => format!("{pin} {}", random.joined(5, " ", |random| random.texts(&WORDS, 2))),
        _ => random.texts(&WORDS, 8),
    }
}

const PIN: &str = "sha256//LHDhK3oGRvkiefQnx7OOczTY5Tic/xZ6HcMOc/gmtoM=";
const OTHER: &str = "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

const WORDS: [&str; 38] = [
    PIN,
    OTHER,
    " role=run",
    " role=read",
    " role=admin",
    " name=alice",
    " name=\"a b\"",
    " expires=2027-01-31",
    " expires=2027-01-31T00:00:00.5+02:00",
    " from=10.0.0.0/8",
    " from=::1,10.0.0.1",
    " plugin=a,b*",
    " category=\"x y\"",
    " component=c",
    " type=t",
    " cert-authority",
    " subject=web1,web2",
    "role",
    "=",
    ",",
    "\"",
    "\\",
    "\\\"",
    " ",
    "\t",
    "\n",
    "\r\n",
    "#",
    "*",
    "é",
    "\u{a0}",
    "\u{202e}",
    "\u{0}",
    "90d",
    "9999-12-31",
    "sha256//",
    "/129",
    "none",
];
