//! Numbers and texts as bytes, for what is stored beside results.
//!
//! A number takes seven bits a byte, lowest first; the highest bit says that another byte follows. A text is its length
//! and its bytes.

/// Appends a number.
pub(crate) fn put_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push((number & 0x7f) as u8);
}

/// Appends a number that may be below zero: small ones of both signs are short.
pub(crate) fn put_signed(bytes: &mut Vec<u8>, number: i64) {
    put_number(bytes, ((number << 1) ^ (number >> 63)).cast_unsigned());
}

/// Appends a text.
pub(crate) fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put_number(bytes, text.len() as u64);
    bytes.extend_from_slice(text.as_bytes());
}

/// Reads what was appended, in the same order. Nothing is left to read behind an error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub(crate) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    pub(crate) fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    /// Bytes with their number before them, and all bytes behind them.
    pub(crate) fn bytes(mut self) -> Option<(&'a [u8], &'a [u8])> {
        let length = usize::try_from(self.number()?).ok()?;
        self.0.split_at_checked(length)
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        let length = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_come_back() {
        let mut bytes = Vec::new();
        let numbers = [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX];
        let signed = [0, 1, -1, 63, -64, i64::MAX, i64::MIN];
        for number in numbers {
            put_number(&mut bytes, number);
        }
        for number in signed {
            put_signed(&mut bytes, number);
        }
        put_text(&mut bytes, "č");
        let mut fields = Fields::of(&bytes);
        assert_eq!(numbers.map(|_| fields.number()), numbers.map(Some));
        assert_eq!(signed.map(|_| fields.signed()), signed.map(Some));
        assert_eq!((fields.text(), fields.byte()), (Some("č"), None));
        assert_eq!(Fields::of(&[5, b'x']).text(), None);
        assert_eq!(Fields::of(&[0xff; 20]).number(), None);
    }
}
