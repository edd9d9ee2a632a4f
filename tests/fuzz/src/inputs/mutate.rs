//! Kept inputs, changed a little.

use crate::inputs::fields::SEPARATOR;
use crate::inputs::random::Random;
use crate::limits;

/// Bytes that mean something to most readers.
const BYTES: &[u8] =
    b"\0\t\n\r \"#$%&'()*+,-./0123456789:;<=>?@AZ[\\]^_`az{|}~\x1b\x7f\x80\xbf\xc0\xc3\xe2\xed\xf0\xff\x1e";

/// Changes an input in one to a few places. `other` is another input, to take pieces from.
pub(crate) fn mutated(random: &mut Random, input: &[u8], other: &[u8], words: &[&str]) -> Vec<u8> {
    let mut out = input.to_vec();
    for _ in 0..=random.few(12) {
        change(random, &mut out, other, words);
    }
    out.truncate(limits::INPUT);
    out
}

fn change(random: &mut Random, out: &mut Vec<u8>, other: &[u8], words: &[&str]) {
    let at = random.below(out.len() + 1);
    let piece = piece(random, out);
    match random.below(16) {
        0 => out.insert(at, BYTES[random.below(BYTES.len())]),
        1 => out.insert(at, random.byte()),
        2 if at < out.len() => out[at] = BYTES[random.below(BYTES.len())],
        3 if at < out.len() => out[at] ^= 1 << random.below(8),
        4 | 5 => drop(out.drain(piece)),
        6 => {
            let copy = out[piece].to_vec();
            insert(out, at, &copy);
        }
        7 => {
            let moved: Vec<_> = out.drain(piece).collect();
            let at = random.below(out.len() + 1);
            insert(out, at, &moved);
        }
        8 => repeat(random, out, at, piece),
        9 => {
            let taken = crate::inputs::mutate::piece(random, other);
            out.splice(piece, other[taken].iter().copied());
        }
        10 => {
            let taken = crate::inputs::mutate::piece(random, other);
            insert(out, at, &other[taken]);
        }
        11 => {
            let number = random.number();
            out.splice(number_at(out, at), number.bytes());
        }
        12 => out.insert(at, SEPARATOR),
        13 => {
            let word = random.word();
            insert(out, at, word.as_bytes());
        }
        _ if !words.is_empty() => {
            let word = random.pick(words);
            if random.one_in(3) {
                out.splice(piece, word.bytes());
            } else {
                insert(out, at, word.as_bytes());
            }
        }
        _ => {}
    }
}

/// A piece of an input, mostly a short one.
fn piece(random: &mut Random, input: &[u8]) -> std::ops::Range<usize> {
    let start = random.below(input.len() + 1);
    let longest = if random.one_in(4) { input.len() } else { 8 };
    let end = (start + random.below(longest + 1)).min(input.len());
    start..end
}

fn insert(out: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if out.len() + bytes.len() <= limits::INPUT {
        out.splice(at..at, bytes.iter().copied());
    }
}

/// Repeats a piece: a few times, rarely so often that whatever takes more
/// than linear time shows.
fn repeat(random: &mut Random, out: &mut Vec<u8>, at: usize, piece: std::ops::Range<usize>) {
    let room = match random.below(2000) {
        0 => limits::INPUT,
        1..20 => limits::INPUT / 16,
        _ => 256,
    };
    let piece = out[piece].to_vec();
    if !piece.is_empty() {
        let times = random.below(room / piece.len() + 1);
        insert(out, at, &piece.repeat(times));
    }
}

/// The digits around a place.
fn number_at(input: &[u8], at: usize) -> std::ops::Range<usize> {
    let digits = |bytes: &mut dyn Iterator<Item = &u8>| bytes.take_while(|byte| byte.is_ascii_digit()).count();
    at - digits(&mut input[..at].iter().rev())..at + digits(&mut input[at..].iter())
}
