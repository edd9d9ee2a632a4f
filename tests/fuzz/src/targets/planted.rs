//! Targets with a bug each, by which the harness shows that it finds bugs.
//! They are not among all targets.

use std::time::Duration;

use crate::inputs::random::Random;
use crate::limits;
use crate::target::Target;
use crate::trial::processor_time;

/// What an input of these targets may take.
const TIME: Duration = Duration::from_millis(200);

pub(crate) static ALL: [Target; 5] = [
    Target { check: |input| bug(input, || panic!("planted")), ..planted("planted-panic") },
    Target { check: |input| bug(input, slow), ..planted("planted-slow") },
    Target { check: |input| bug(input, large), ..planted("planted-large") },
    Target { check: |input| bug(input, overflow), ..planted("planted-overflow") },
    Target { check: |input| bug(input, hang), ..planted("planted-hang") },
];

const fn planted(name: &'static str) -> Target {
    Target { name, about: "has a bug", check: |_| String::new(), make, words: &["key", "value"], time: TIME }
}

/// The bug sits where only a reader that is fed with what it knows gets to:
/// behind a mapping of numbers, in its third entry.
fn bug(input: &[u8], strike: impl Fn()) -> String {
    let text = String::from_utf8_lossy(input);
    let entries = text.split('\n').map(|line| line.split_once(": "));
    let keys = entries.map_while(|entry| entry.filter(|(_, value)| value.parse::<i32>().is_ok())).map(|(key, _)| key);
    let keys: Vec<_> = keys.take(3).collect();
    if let [_, "value", "key"] = keys[..] {
        strike();
    }
    let known = keys.iter().map(|key| if ["value", "key"].contains(key) { *key } else { "other" });
    known.collect::<Vec<_>>().join(" ")
}

fn slow() {
    let start = processor_time();
    while processor_time().saturating_sub(start) < TIME * 3 / 2 {
        std::hint::black_box(start);
    }
}

fn large() {
    drop(std::hint::black_box(vec![1_u8; 2 * limits::MEMORY]));
}

fn overflow() {
    std::hint::black_box(endless(1));
}

fn endless(depth: u64) -> u64 {
    let page = std::hint::black_box([depth; 512]);
    if page[0] == 0 { 0 } else { endless(depth + 1) + page[1] }
}

fn hang() {
    loop {
        std::thread::park();
    }
}

fn make(random: &mut Random) -> Vec<u8> {
    random.joined(4, "\n", |random| format!("{}: {}", random.word(), random.number())).into()
}
