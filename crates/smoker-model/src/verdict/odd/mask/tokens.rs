//! Addresses and identifiers.

use crate::verdict::odd::mask::words::ends_word;

/// The longest address of IPv6, with an address of IPv4 at its end.
const LONGEST_ADDRESS: usize = 45;

/// Identifiers of this length or more are recognized by having both letters and digits of hexadecimal.
const SHORTEST_HEXADECIMAL: usize = 7;
/// Identifiers of this length or more are recognized by their changes between letters and digits.
const SHORTEST_MIXED: usize = 5;
/// How often such an identifier changes between letters and digits: `x2x7k` does, `x86` and `sha256` do not.
const CHANGES: usize = 3;

/// The end of an address of IPv4, IPv6 or a network card, with its port, its network or its zone.
pub(super) fn address(bytes: &[u8], at: usize) -> Option<usize> {
    if bytes[at] == b'[' {
        let end = ipv6(bytes, at + 1).filter(|end| bytes.get(*end) == Some(&b']'))?;
        return Some(with_port(bytes, end + 1));
    }
    let end = ipv4(bytes, at).map(|end| with_port(bytes, end));
    end.or_else(|| hardware_address(bytes, at)).or_else(|| ipv6(bytes, at)).map(|end| with_prefix(bytes, end))
}

fn digits(bytes: &[u8], at: usize) -> usize {
    at + bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn ipv4(bytes: &[u8], at: usize) -> Option<usize> {
    let mut end = at;
    for part in 0..4 {
        if part > 0 {
            end += usize::from(*bytes.get(end)? == b'.');
        }
        let next = digits(bytes, end);
        let is_byte = next > end && next - end <= 3 && (part == 0 || bytes[end - 1] == b'.');
        if !is_byte {
            return None;
        }
        end = next;
    }
    // `1.2.3.4.5` is a version.
    let goes_on = bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
    (ends_word(bytes, end) && !goes_on).then_some(end)
}

fn with_port(bytes: &[u8], end: usize) -> usize {
    if bytes.get(end) != Some(&b':') {
        return end;
    }
    let port = digits(bytes, end + 1);
    if port > end + 1 && ends_word(bytes, port) { port } else { end }
}

fn with_prefix(bytes: &[u8], end: usize) -> usize {
    if bytes.get(end) != Some(&b'/') {
        return end;
    }
    let prefix = digits(bytes, end + 1);
    if (1..=3).contains(&(prefix - end - 1)) && ends_word(bytes, prefix) { prefix } else { end }
}

/// `52:54:00:ab:cd:ef`, or the same with dashes.
fn hardware_address(bytes: &[u8], at: usize) -> Option<usize> {
    const LENGTH: usize = 17;
    let text = bytes.get(at..at + LENGTH)?;
    let separator = *text.get(2).filter(|byte| matches!(byte, b':' | b'-'))?;
    let fits = |(index, byte): (usize, &u8)| {
        if index % 3 == 2 { *byte == separator } else { byte.is_ascii_hexdigit() }
    };
    let is_one = text.iter().enumerate().all(fits);
    let end = at + LENGTH;
    (is_one && ends_word(bytes, end) && bytes.get(end) != Some(&separator)).then_some(end)
}

fn ipv6(bytes: &[u8], at: usize) -> Option<usize> {
    let is_part = |byte: &u8| byte.is_ascii_hexdigit() || *byte == b':';
    let length = bytes[at..].iter().take(LONGEST_ADDRESS + 1).take_while(|byte| is_part(byte)).count();
    let mut text = &bytes[at..at + length];
    if length > LONGEST_ADDRESS || text.split(|byte| *byte == b':').nth(2).is_none() {
        return None;
    }
    let mut end = at + length;
    let mut groups = 8;
    let last = text.iter().rposition(|byte| *byte == b':')?;
    if let Some(end_of_ipv4) = ipv4(bytes, at + last + 1) {
        // `::ffff:10.0.0.1`
        (text, end, groups) = (&text[..=last], end_of_ipv4, 6);
        if !text.ends_with(b"::") {
            text = &text[..last];
        }
    } else if text.ends_with(b":") && !text.ends_with(b"::") {
        // The colon of a sentence.
        (text, end) = (&text[..length - 1], end - 1);
    }
    if !ends_word(bytes, end) || !has_groups(text, groups) {
        return None;
    }
    Some(with_zone(bytes, end))
}

/// Whether the text is this number of groups of up to four digits, of which `::` may leave some out.
fn has_groups(text: &[u8], wanted: usize) -> bool {
    let text = String::from_utf8_lossy(text);
    let count = |part: &str| {
        if part.is_empty() {
            return Some(0);
        }
        let groups: Vec<_> = part.split(':').collect();
        groups.iter().all(|group| (1..=4).contains(&group.len())).then_some(groups.len())
    };
    match text.split_once("::") {
        Some((before, behind)) => {
            count(before).zip(count(behind)).is_some_and(|(before, behind)| before + behind < wanted)
        }
        None => count(&text) == Some(wanted),
    }
}

fn with_zone(bytes: &[u8], end: usize) -> usize {
    if bytes.get(end) != Some(&b'%') {
        return end;
    }
    end + 1 + bytes[end + 1..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count()
}

/// The end of a UUID, in either case.
pub(super) fn uuid(bytes: &[u8], at: usize) -> Option<usize> {
    const LENGTH: usize = 36;
    let text = bytes.get(at..at + LENGTH)?;
    let fits = |(index, byte): (usize, &u8)| {
        if [8, 13, 18, 23].contains(&index) { *byte == b'-' } else { byte.is_ascii_hexdigit() }
    };
    (text.iter().enumerate().all(fits) && ends_word(bytes, at + LENGTH)).then_some(at + LENGTH)
}

/// The end of a word that identifies something and says nothing: a checksum, the id of a container, the address of memory.
pub(super) fn identifier(bytes: &[u8], at: usize) -> Option<usize> {
    let length = bytes[at..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let (word, end) = (&bytes[at..at + length], at + length);
    if !ends_word(bytes, end) {
        return None;
    }
    let is_hexadecimal = |word: &[u8]| word.iter().all(u8::is_ascii_hexdigit);
    if word.len() > 2 && word.starts_with(b"0x") && is_hexadecimal(&word[2..]) {
        return Some(end);
    }
    let digits = word.iter().filter(|byte| byte.is_ascii_digit()).count();
    let has_both = digits > 0 && digits < length;
    let changes = word.windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count();
    let identifies = has_both
        && ((length >= SHORTEST_HEXADECIMAL && is_hexadecimal(word))
            || (length >= SHORTEST_MIXED && changes >= CHANGES));
    identifies.then_some(end)
}
