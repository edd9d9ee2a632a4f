//! Questions to DNS servers and their answers (RFC 1035), with bounds.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The types of records that can be asked for.
pub(super) const TYPES: &[&str] = &["A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"];

/// Their numbers.
const NUMBERS: [u16; 10] = [1, 28, 257, 5, 15, 2, 12, 6, 33, 16];

/// The type of a record that says for which name another one stands.
const CNAME: u16 = 5;

const HEADER: usize = 12;

/// No name has more bytes, dots among them.
const LONGEST_NAME: usize = 255;

/// What a server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The records of the type; none where the name has others only.
    Records(Vec<String>),
    NoSuchName,
    /// The answer does not fit into a packet: it has to be asked for over TCP.
    Truncated,
}

/// The number of a type.
pub(super) fn number_of(kind: &str) -> Option<u16> {
    TYPES.iter().zip(NUMBERS).find(|(name, _)| **name == kind).map(|(_, number)| number)
}

/// The name under which the name of an address is found.
pub(super) fn reverse(address: IpAddr) -> String {
    match address {
        IpAddr::V4(four) => {
            let [a, b, c, d] = four.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(six) => {
            let digit = |byte: &u8| [byte & 15, byte >> 4].map(|digit| format!("{digit:x}"));
            let digits: Vec<_> = six.octets().iter().rev().flat_map(digit).collect();
            format!("{}.ip6.arpa", digits.join("."))
        }
    }
}

/// A question; `None` for what is no name.
pub(super) fn question(id: u16, name: &str, kind: u16) -> Option<Vec<u8>> {
    let mut packet = Vec::from(id.to_be_bytes());
    // A question that a server is to answer for us, one, and nothing else.
    packet.extend([1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.len() > LONGEST_NAME - 2 {
        return None;
    }
    for label in name.split('.') {
        let length = u8::try_from(label.len()).ok().filter(|length| (1..=63).contains(length))?;
        packet.push(length);
        packet.extend(label.as_bytes());
    }
    packet.push(0);
    packet.extend(kind.to_be_bytes());
    packet.extend([0, 1]);
    Some(packet)
}

/// Reads the answer to a question; the error is what is wrong with it.
pub(super) fn read(answer: &[u8], question: &[u8], kind: u16) -> Result<Answer, String> {
    let not_understood = || "the answer is not that of a DNS server".to_owned();
    let header = answer.get(..HEADER).ok_or_else(not_understood)?;
    let is_answer = header[2] & 0x80 != 0 && header[..2] == question[..2];
    let asked = answer.get(HEADER..question.len()).ok_or_else(not_understood)?;
    if !is_answer || !asked.eq_ignore_ascii_case(&question[HEADER..]) {
        return Err("the answer is to another question".to_owned());
    }
    match header[3] & 15 {
        0 if header[2] & 2 != 0 => return Ok(Answer::Truncated),
        0 => {}
        3 => return Ok(Answer::NoSuchName),
        code => return Err(format!("the server refuses to answer: {}", reason(code))),
    }
    let count = u16::from_be_bytes([header[6], header[7]]);
    let mut at = question.len();
    let mut found = Vec::new();
    // Records of other names say nothing of the one that was asked for; those of the names that it stands for do.
    let mut names = vec![name(question, HEADER).ok_or_else(not_understood)?.0.to_lowercase()];
    for _ in 0..count {
        let (owner, behind) = name(answer, at).ok_or_else(not_understood)?;
        let fields = answer.get(behind..behind + 10).ok_or_else(not_understood)?;
        let start = behind + 10;
        let end = start + usize::from(u16::from_be_bytes([fields[8], fields[9]]));
        let data = answer.get(start..end).ok_or_else(not_understood)?;
        let is_of_name = names.contains(&owner.to_lowercase());
        if is_of_name && fields[..2] == CNAME.to_be_bytes() && kind != CNAME {
            names.push(name(answer, start).ok_or_else(not_understood)?.0.to_lowercase());
        }
        if is_of_name && fields[..2] == kind.to_be_bytes() && fields[2..4] == [0, 1] {
            found.push(text(kind, answer, start, data).ok_or_else(not_understood)?);
        }
        at = end;
    }
    let (is_authoritative, is_recursive) = (header[2] & 4 != 0, header[3] & 0x80 != 0);
    if found.is_empty() && !is_authoritative && !is_recursive {
        return Err("the server knows nothing of the name and asks no other (a referral)".to_owned());
    }
    Ok(Answer::Records(found))
}

fn reason(code: u8) -> String {
    match code {
        1 => "it does not understand the question (FORMERR)".to_owned(),
        2 => "it failed (SERVFAIL)".to_owned(),
        4 => "it does not know the type (NOTIMP)".to_owned(),
        5 => "it is not for us (REFUSED)".to_owned(),
        other => format!("code {other}"),
    }
}

/// The record as text.
fn text(kind: u16, message: &[u8], start: usize, data: &[u8]) -> Option<String> {
    let word = |at: usize| Some(u16::from_be_bytes([*data.get(at)?, *data.get(at + 1)?]));
    let name_at = |at: usize| name(message, start + at).map(|(name, _)| name);
    Some(match TYPES.iter().zip(NUMBERS).find(|(_, number)| *number == kind).map(|(name, _)| *name)? {
        "A" => Ipv4Addr::from(<[u8; 4]>::try_from(data).ok()?).to_string(),
        "AAAA" => Ipv6Addr::from(<[u8; 16]>::try_from(data).ok()?).to_string(),
        "MX" => format!("{} {}", word(0)?, name_at(2)?),
        "SRV" => format!("{} {} {} {}", word(0)?, word(2)?, word(4)?, name_at(6)?),
        "TXT" => {
            let mut rest = data;
            let mut text = Vec::new();
            while let Some((length, behind)) = rest.split_first() {
                text.extend(behind.get(..usize::from(*length))?);
                rest = &behind[usize::from(*length)..];
            }
            String::from_utf8_lossy(&text).into_owned()
        }
        "CAA" => {
            let (flags, length) = (*data.first()?, usize::from(*data.get(1)?));
            let tag = String::from_utf8_lossy(data.get(2..2 + length)?).into_owned();
            format!("{flags} {tag} {}", String::from_utf8_lossy(&data[2 + length..]))
        }
        "SOA" => {
            let (server, behind) = name(message, start)?;
            let (mailbox, behind) = name(message, behind)?;
            let numbers = message.get(behind..behind + 20)?;
            let numbers =
                numbers.chunks(4).map(|four| u32::from_be_bytes([four[0], four[1], four[2], four[3]]).to_string());
            format!("{server} {mailbox} {}", numbers.collect::<Vec<_>>().join(" "))
        }
        _ => name_at(0)?,
    })
}

/// A name, with a dot behind each label, and where the message goes on behind it. Each pointer leads further to the front, so that
/// none leads around.
fn name(message: &[u8], start: usize) -> Option<(String, usize)> {
    let (mut at, mut end, mut limit) = (start, None, start);
    let mut name = String::new();
    loop {
        let length = *message.get(at)?;
        match length {
            0 => break,
            1..=63 => {
                let label = message.get(at + 1..at + 1 + usize::from(length))?;
                name.extend(label.iter().map(|byte| if byte.is_ascii_graphic() { char::from(*byte) } else { '?' }));
                name.push('.');
                at += 1 + usize::from(length);
            }
            192.. => {
                let target = usize::from(length & 63) << 8 | usize::from(*message.get(at + 1)?);
                end = end.or(Some(at + 2));
                if target >= limit {
                    return None;
                }
                (at, limit) = (target, target);
            }
            _ => return None,
        }
        if name.len() > LONGEST_NAME {
            return None;
        }
    }
    let name = if name.is_empty() { ".".to_owned() } else { name };
    Some((name, end.unwrap_or(at + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(question: &[u8], flags: [u8; 2], records: &[&[u8]]) -> Vec<u8> {
        let mut packet = question.to_vec();
        packet[2..4].copy_from_slice(&flags);
        packet[7] = u8::try_from(records.len()).expect("few");
        for record in records {
            packet.extend(*record);
        }
        packet
    }

    fn record(kind: u16, data: &[u8]) -> Vec<u8> {
        // The name is that of the question.
        let mut record = vec![192, 12];
        record.extend(kind.to_be_bytes());
        record.extend([0, 1, 0, 0, 0, 9]);
        record.extend(u16::try_from(data.len()).expect("short").to_be_bytes());
        record.extend(data);
        record
    }

    #[test]
    fn each_type_has_its_text() {
        for (kind, data, expected) in [
            ("A", &[192, 0, 2, 1][..], "192.0.2.1"),
            ("MX", &[0, 10, 1, b'm', 192, 12], "10 m.example.org."),
            ("CNAME", &[1, b'c', 0], "c."),
            ("SRV", &[0, 1, 0, 2, 1, 187, 0], "1 2 443 ."),
            ("TXT", &[2, b'a', b' ', 1, b'b'], "a b"),
            ("CAA", &[0, 5, b'i', b's', b's', b'u', b'e', b'x'], "0 issue x"),
        ] {
            let number = number_of(kind).expect("a type");
            let question = question(7, "example.org", number).expect("a name");
            let packet = answer(&question, [0x81, 0x80], &[&record(5, &[0]), &record(number, data)]);
            let found = read(&packet, &question, number);
            let Ok(Answer::Records(found)) = found else { panic!("{kind}: {found:?}") };
            assert_eq!(found.last().map(String::as_str), Some(expected), "{kind}");
        }
    }

    #[test]
    fn records_of_other_names_do_not_count_and_those_of_an_alias_do() {
        let question = question(7, "example.org", 1).expect("a name");
        let of = |owner: &[u8], kind: u16, data: &[u8]| [owner, &record(kind, data)[2..]].concat();
        let evil = of(&[4, b'e', b'v', b'i', b'l', 0], 1, &[6, 6, 6, 6]);
        let read = |records: &[&[u8]]| read(&answer(&question, [0x81, 0x80], records), &question, 1);
        assert_eq!(read(&[&evil]), Ok(Answer::Records(Vec::new())));
        let alias = record(CNAME, &[3, b'w', b'e', b'b', 0]);
        let web = of(&[3, b'W', b'e', b'b', 0], 1, &[192, 0, 2, 1]);
        assert_eq!(read(&[&alias, &web, &evil]), Ok(Answer::Records(vec!["192.0.2.1".to_owned()])));
    }

    #[test]
    fn what_is_no_answer_is_an_error_and_no_name_is_none() {
        let question = question(7, "example.org.", 1).expect("a name");
        let read = |packet: &[u8]| super::read(packet, &question, 1);
        assert_eq!(read(&answer(&question, [0x81, 0x83], &[])), Ok(Answer::NoSuchName));
        assert_eq!(read(&answer(&question, [0x83, 0x80], &[])), Ok(Answer::Truncated));
        assert_eq!(read(&answer(&question, [0x81, 0x80], &[])), Ok(Answer::Records(Vec::new())));
        assert!(read(&answer(&question, [0x81, 0x82], &[])).is_err_and(|it| it.contains("SERVFAIL")));
        assert_eq!(read(&answer(&question, [0x85, 0x00], &[])), Ok(Answer::Records(Vec::new())), "it is authoritative");
        assert!(read(&answer(&question, [0x81, 0x00], &[])).is_err_and(|it| it.contains("referral")));
        assert!(read(&question).is_err() && read(b"").is_err());
        for broken in [&record(1, &[1])[..], &[192, 12], &[192, 200, 0, 1], &[255; 30]] {
            assert!(read(&answer(&question, [0x81, 0x80], &[broken])).is_err(), "{broken:?}");
        }
    }

    #[test]
    fn names_are_those_of_the_rfc() {
        assert!(question(1, "a..b", 1).is_none() && super::question(1, &"a".repeat(64), 1).is_none());
        assert_eq!(reverse("192.0.2.1".parse().expect("an address")), "1.2.0.192.in-addr.arpa");
        assert!(reverse("2001:db8::1".parse().expect("an address")).starts_with("1.0.0.0."));
    }
}
