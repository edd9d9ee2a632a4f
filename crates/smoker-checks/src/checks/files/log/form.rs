//! Whether a file is text, as a log is.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// What a file has in it. In what is no text no pattern is ever found, which would be good for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Packed,
    Utf16,
    Journal,
}

impl Form {
    /// By the first bytes of a file.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let mut head = Vec::new();
        File::open(path)?.take(512).read_to_end(&mut head)?;
        Ok(match head.as_slice() {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Self::Utf16,
            // gzip, compress, bzip2, xz, zstd, lz4, zip.
            [0x1f, 0x8b | 0x9d, ..]
            | [b'B', b'Z', b'h', ..]
            | [0xfd, b'7', b'z', ..]
            | [0x28, 0xb5, 0x2f, 0xfd, ..]
            | [0x04, 0x22, 0x4d, 0x18, ..]
            | [b'P', b'K', 3, 4, ..] => Self::Packed,
            [b'L', b'P', b'K', b'S', b'H', b'H', b'R', b'H', ..] => Self::Journal,
            head if has_every_second_zero(head) => Self::Utf16,
            _ => Self::Text,
        })
    }
}

/// Whether text of UTF-16 begins so, without the mark that it should have.
fn has_every_second_zero(head: &[u8]) -> bool {
    let of = |at: usize| head.chunks_exact(2).map(move |pair| pair[at]);
    let count = |at: usize| of(at).filter(|byte| *byte == 0).count();
    let (pairs, zeros) = (head.len() / 2, [count(0), count(1)]);
    pairs >= 4 && zeros.iter().any(|zeros| zeros * 10 > pairs * 9) && zeros.iter().any(|zeros| zeros * 10 < pairs)
}
