//! `known_hosts`: what is written back is read as the same, and only hosts of the text are known.

use smoker_trust::known_hosts::{KnownHost, KnownHosts};

use crate::inputs::random::Random;
use crate::limits;
use crate::target::Target;

pub(crate) const TARGET: Target = Target {
    name: "known-hosts",
    about: "the daemons that smokercli knows",
    check,
    make: |random| random.joined(5, "\n", line).into(),
    words: &WORDS,
    time: limits::TIME,
};

fn check(input: &[u8]) -> String {
    let text = String::from_utf8_lossy(input);
    let read = KnownHosts::parse(&text);
    let lines = text.lines().count();
    assert!(read.hosts.len() + read.problems.len() <= lines);
    assert!(read.problems.iter().all(|found| (1..=lines).contains(&found.problem.line)));
    for host in read.hosts.iter().take(20) {
        assert_eq!(KnownHost::parse(&host.line()).as_ref(), Ok(host), "{}", host.line());
        assert!(text.contains(&host.pin.to_string()), "{host:?} is not in the text");
        if let Some((name, port)) = host.host.rsplit_once(':').filter(|_| !host.is_authority) {
            let port = port.parse().expect("a port");
            let trust = read.of(name, port).expect("its own line");
            assert!(trust.pins.contains(&host.pin) || host.host != format!("{name}:{port}"));
        }
    }
    let is_any = read.hosts.iter().any(|host| host.is_authority);
    assert!(is_any || read.of("unheard-of.example", 1).is_none());
    let problem = read.problems.first().map(|found| found.problem.reason.clone()).unwrap_or_default();
    format!("{} {problem}", read.hosts.len().min(3))
}

fn line(random: &mut Random) -> String {
    match random.below(3) {
        0 => format!("{}:{} {PIN}", random.texts(&WORDS, 2), random.number()),
        1 => format!("@cert-authority {} {PIN}", random.texts(&WORDS, 2)),
        _ => random.texts(&WORDS, 6),
    }
}

const PIN: &str = "sha256//LHDhK3oGRvkiefQnx7OOczTY5Tic/xZ6HcMOc/gmtoM=";

const WORDS: [&str; 22] = [
    PIN,
    "web1",
    "web1:8086",
    "WEB1:8086",
    "[::1]:8086",
    "[fe80::1%eth0]:1",
    "*.example.org",
    "*",
    "@cert-authority",
    "@revoked",
    "sha256//",
    ":",
    "0",
    "65536",
    " ",
    "\t",
    "\n",
    "\r\n",
    "#",
    "é",
    "İ:1",
    "\u{0}",
];
