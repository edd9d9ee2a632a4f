//! One record as bytes.
//!
//! All numbers are little-endian:
//!
//! | bytes | content |
//! |---|---|
//! | 0..3 | the marker |
//! | 3 | the version of this layout, 1. Another one has the same header and checksum, so that each version finds the records of all |
//! | 4..8 | the length of tag and payload |
//! | 8..10 | the length of the tag |
//! | 10..12 | a check of the header: the checksum of bytes 0..10 and 12..20, both halves combined by XOR |
//! | 12..20 | the sequence number |
//! | 20..24 | the checksum (CRC-32) of bytes 0..20, tag and payload |
//! | 24.. | tag and payload |
//!
//! The check of the header rules out nearly all false markers before their bodies are read.

use crc32fast::Hasher;
use thiserror::Error;

/// How many bytes tag and payload of a record may have together.
pub const MAX_BODY: usize = 64 << 20;

/// The bytes of a record before its tag.
pub const HEADER: usize = 24;

/// The begin of a record. Texts in UTF-8 never have its first byte.
pub(crate) const MARKER: [u8; 3] = [0xff, b'S', b'J'];

const VERSION: u8 = 1;

/// What has a larger number was not written by this journal: numbers have to go on behind it.
pub const MAX_SEQUENCE: u64 = u64::MAX / 4;

/// A record that is not taken.
#[derive(Debug, Error)]
#[error(
    "a record of {0} bytes is too large for the journal, which takes {MAX_BODY} bytes with up to 65535 for the tag"
)]
pub struct TooLarge(pub usize);

/// A record among the bytes of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decoded {
    pub(crate) sequence: u64,
    pub(crate) tag: usize,
    /// Tag and payload.
    pub(crate) body: usize,
    /// Whether tag and payload are those of this version. One of a later version is kept for that, and not read.
    pub(crate) is_known: bool,
}

/// Why there is no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoRecord {
    /// The bytes are the begin of a record.
    Incomplete,
    Damaged,
}

impl Decoded {
    /// The bytes of the whole record.
    pub(crate) fn size(self) -> usize {
        HEADER + self.body
    }
}

/// Appends a record to `buffer`. The payload is what its parts are together.
///
/// # Errors
///
/// When the record is too large; nothing is appended then.
pub fn encode(buffer: &mut Vec<u8>, sequence: u64, tag: &[u8], payload: &[&[u8]]) -> Result<(), TooLarge> {
    let body = tag.len() + payload.iter().map(|part| part.len()).sum::<usize>();
    let (Ok(tag_length), Ok(length), true) = (u16::try_from(tag.len()), u32::try_from(body), body <= MAX_BODY) else {
        return Err(TooLarge(body));
    };
    let mut header = [0; HEADER];
    header[..3].copy_from_slice(&MARKER);
    header[3] = VERSION;
    header[4..8].copy_from_slice(&length.to_le_bytes());
    header[8..10].copy_from_slice(&tag_length.to_le_bytes());
    header[12..20].copy_from_slice(&sequence.to_le_bytes());
    let check = header_check(&header);
    header[10..12].copy_from_slice(&check.to_le_bytes());
    let mut checksum = Hasher::new();
    checksum.update(&header[..20]);
    checksum.update(tag);
    for part in payload {
        checksum.update(part);
    }
    header[20..].copy_from_slice(&checksum.finalize().to_le_bytes());
    buffer.reserve(HEADER + body);
    buffer.extend_from_slice(&header);
    buffer.extend_from_slice(tag);
    for part in payload {
        buffer.extend_from_slice(part);
    }
    Ok(())
}

/// The sequence number in a header, if it is one. The rest of its record may be damaged.
pub(crate) fn sequence_of(header: &[u8; HEADER]) -> Option<u64> {
    decode_header(header).map(|record| record.sequence)
}

/// The record at the begin of `bytes`.
pub(crate) fn decode(bytes: &[u8]) -> Result<Decoded, NoRecord> {
    let Some(header) = bytes.first_chunk::<HEADER>() else {
        let begin = bytes.len().min(MARKER.len());
        return Err(if bytes[..begin] == MARKER[..begin] { NoRecord::Incomplete } else { NoRecord::Damaged });
    };
    let record = decode_header(header).ok_or(NoRecord::Damaged)?;
    let Some(body) = bytes.get(HEADER..record.size()) else { return Err(NoRecord::Incomplete) };
    let mut checksum = Hasher::new();
    checksum.update(&header[..20]);
    checksum.update(body);
    if checksum.finalize().to_le_bytes() == header[20..] { Ok(record) } else { Err(NoRecord::Damaged) }
}

fn decode_header(header: &[u8; HEADER]) -> Option<Decoded> {
    let is_header =
        header[..3] == MARKER && header[3] >= VERSION && header[10..12] == header_check(header).to_le_bytes();
    if !is_header {
        return None;
    }
    let body = u32::from_le_bytes(*header[4..].first_chunk()?) as usize;
    let tag = usize::from(u16::from_le_bytes(*header[8..].first_chunk()?));
    let sequence = u64::from_le_bytes(*header[12..].first_chunk()?);
    let is_record = tag <= body && body <= MAX_BODY && sequence <= MAX_SEQUENCE;
    is_record.then_some(Decoded { sequence, tag, body, is_known: header[3] == VERSION })
}

/// Makes a record one of another version, whose layout is the same. For tests.
#[cfg(test)]
pub(crate) fn set_version(record: &mut [u8], version: u8) {
    record[3] = version;
    if let Some(header) = record.first_chunk::<HEADER>() {
        let check = header_check(header);
        record[10..12].copy_from_slice(&check.to_le_bytes());
    }
    let mut checksum = Hasher::new();
    checksum.update(&record[..20]);
    checksum.update(&record[HEADER..]);
    record[20..HEADER].copy_from_slice(&checksum.finalize().to_le_bytes());
}

fn header_check(header: &[u8; HEADER]) -> u16 {
    let mut checksum = Hasher::new();
    checksum.update(&header[..10]);
    checksum.update(&header[12..20]);
    let [a, b, c, d] = checksum.finalize().to_le_bytes();
    u16::from_le_bytes([a ^ c, b ^ d])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(sequence: u64, tag: &[u8], payload: &[&[u8]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode(&mut bytes, sequence, tag, payload).expect("it is small");
        bytes
    }

    #[test]
    fn a_record_comes_back_and_any_changed_bit_is_noticed() {
        let bytes = encoded(7, b"tag", &[b"pay", b"load"]);
        assert_eq!(decode(&bytes), Ok(Decoded { sequence: 7, tag: 3, body: 10, is_known: true }));
        assert_eq!(&bytes[HEADER..], b"tagpayload");
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&damaged).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn the_begin_of_a_record_is_incomplete() {
        let bytes = encoded(7, b"tag", &[b"payload"]);
        for length in 1..bytes.len() {
            assert_eq!(decode(&bytes[..length]), Err(NoRecord::Incomplete), "{length}");
        }
        assert_eq!(decode(b"x"), Err(NoRecord::Damaged));
    }

    #[test]
    fn what_is_too_large_is_refused() {
        let mut buffer = Vec::new();
        assert!(encode(&mut buffer, 1, &vec![0; 1 << 16], &[]).is_err());
        let half = vec![0; MAX_BODY / 2 + 1];
        assert!(encode(&mut buffer, 1, b"", &[&half, &half]).is_err());
        assert!(buffer.is_empty());
    }
}
