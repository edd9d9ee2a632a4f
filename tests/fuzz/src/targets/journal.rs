//! Segments of the journal, as a damaged disk may give them back.

use smoker_journal::record::{HEADER, encode};
use smoker_journal::segments::content::entries_of;

use crate::inputs::random::Random;
use crate::limits;
use crate::target::Target;

pub(crate) const TARGET: Target =
    Target { name: "journal", about: "segments of the journal", check, make, words: &["SJ"], time: limits::TIME };

fn check(input: &[u8]) -> String {
    let (entries, others) = entries_of(input.to_vec());
    let (mut bytes, mut at) = (others, 0);
    for entry in &entries {
        bytes += HEADER + entry.tag().len() + entry.payload().len();
        let mut again = Vec::new();
        encode(&mut again, entry.sequence(), entry.tag(), &[entry.payload()]).expect("it was a record");
        let place = input[at..].windows(again.len()).position(|part| part == again);
        at += place.expect("a record that the segment does not have") + again.len();
    }
    assert_eq!(bytes, input.len(), "each byte is of one record or of none");
    format!("{} {}", entries.len().min(5), others > 0)
}

fn make(random: &mut Random) -> Vec<u8> {
    let mut bytes = Vec::new();
    for sequence in 0..random.few(30) {
        let payload = random.word().repeat(random.few(40));
        encode(&mut bytes, sequence as u64, random.word().as_bytes(), &[payload.as_bytes()]).expect("it is small");
        if random.one_in(4) {
            let at = random.below(bytes.len());
            match random.below(3) {
                0 => bytes.truncate(at),
                1 => bytes[at] = random.byte(),
                _ => bytes.insert(at, random.byte()),
            }
        }
    }
    bytes
}
