//! The bytes on the wire: the greeting of the NSCA daemon and our packet.
//! All numbers are in network byte order; gaps are those of the C structures.

/// Bytes for the host's name, NUL included.
pub(crate) const HOST_LENGTH: usize = 64;
/// Bytes for the service's name, NUL included.
pub(crate) const SERVICE_LENGTH: usize = 128;
/// Bytes of the initialization vector.
pub(crate) const IV_LENGTH: usize = 128;

/// The version of the packet since NSCA 2.0.
const VERSION: u16 = 3;
const CRC_AT: usize = 4;
const TIMESTAMP_AT: usize = 8;
const RETURN_CODE_AT: usize = 12;
const HOST_AT: usize = 14;
const SERVICE_AT: usize = HOST_AT + HOST_LENGTH;
const TEXT_AT: usize = SERVICE_AT + SERVICE_LENGTH;

/// The first bytes that the daemon sends.
pub(crate) struct Greeting {
    pub(crate) iv: [u8; IV_LENGTH],
    /// The daemon's time; it refuses packets that do not repeat it.
    pub(crate) timestamp: u32,
}

impl Greeting {
    /// Bytes on the wire.
    pub(crate) const LENGTH: usize = IV_LENGTH + 4;

    pub(crate) fn read(bytes: &[u8; Self::LENGTH]) -> Self {
        let mut iv = [0; IV_LENGTH];
        iv.copy_from_slice(&bytes[..IV_LENGTH]);
        let mut timestamp = [0; 4];
        timestamp.copy_from_slice(&bytes[IV_LENGTH..]);
        Self { iv, timestamp: u32::from_be_bytes(timestamp) }
    }
}

/// One check result.
pub(crate) struct Packet<'a> {
    pub(crate) timestamp: u32,
    pub(crate) return_code: u16,
    pub(crate) host_name: &'a str,
    pub(crate) service_name: &'a str,
    pub(crate) text: &'a str,
    /// Bytes for the text, NUL included: 4096, before NSCA 2.9 512.
    pub(crate) text_length: usize,
}

impl Packet<'_> {
    /// Bytes of the longest packet.
    pub(crate) const MAX_LENGTH: usize = 4304;

    /// The packet before encryption. What the texts leave empty is taken from
    /// `filler`, which has [`Self::MAX_LENGTH`] bytes.
    pub(crate) fn bytes(&self, filler: &[u8]) -> Vec<u8> {
        // The structure ends at a multiple of four.
        let length = (TEXT_AT + self.text_length).next_multiple_of(4);
        let mut bytes = filler[..length].to_vec();
        let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
        put(0, &VERSION.to_be_bytes());
        put(2, &[0, 0]);
        put(CRC_AT, &[0; 4]);
        put(TIMESTAMP_AT, &self.timestamp.to_be_bytes());
        put(RETURN_CODE_AT, &self.return_code.to_be_bytes());
        for (at, text, room) in [
            (HOST_AT, self.host_name, HOST_LENGTH),
            (SERVICE_AT, self.service_name, SERVICE_LENGTH),
            (TEXT_AT, self.text, self.text_length),
        ] {
            let text = cut(text, room - 1);
            put(at, text.as_bytes());
            put(at + text.len(), &[0]);
        }
        let sum = crc32(&bytes);
        bytes[CRC_AT..CRC_AT + 4].copy_from_slice(&sum.to_be_bytes());
        bytes
    }
}

/// As much of a text as fits into `most` bytes, cut between characters and
/// not inside of an escape such as `\n`.
fn cut(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let head = &text[..text.floor_char_boundary(most)];
    let slashes = head.bytes().rev().take_while(|byte| *byte == b'\\').count();
    if slashes % 2 == 1 { &head[..head.len() - 1] } else { head }
}

/// CRC-32 as in ISO 3309 and zlib.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32, byte: &u8| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ if sum & 1 == 1 { 0xedb8_8320 } else { 0 })
    };
    !bytes.iter().fold(!0, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_well_known_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn fields_lie_where_the_c_structure_has_them() {
        let packet = Packet {
            timestamp: 0x0102_0304,
            return_code: 2,
            host_name: "h",
            service_name: "s",
            text: "t",
            text_length: 512,
        };
        let mut bytes = packet.bytes(&[0xee; Packet::MAX_LENGTH]);
        assert_eq!(bytes.len(), 720);
        let sum: Vec<u8> = bytes.splice(4..8, [0; 4]).collect();
        assert_eq!(sum, crc32(&bytes).to_be_bytes());
        assert_eq!(bytes[..14], [0, 3, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 0, 2]);
        for (at, text) in [(14, b"h\0"), (78, b"s\0"), (206, b"t\0")] {
            assert_eq!(&bytes[at..at + 2], text);
        }
        let longest = Packet { text_length: 4096, ..packet };
        assert_eq!(longest.bytes(&[0; Packet::MAX_LENGTH]).len(), Packet::MAX_LENGTH);
    }

    #[test]
    fn a_long_text_is_cut_at_a_character_and_outside_of_escapes() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("aéé", 4), "aé");
        assert_eq!(cut("a\\nb", 2), "a");
        assert_eq!(cut("a\\\\b", 3), "a\\\\");
    }
}
