//! Bytes that are escaped in a text: `%2F` in addresses, `\040` in the kernel's lists of mounts.

/// The text in which each `mark` with that many digits of `radix` behind it was the byte of that number. Other marks stay; what is not UTF-8 then
/// becomes U+FFFD.
#[must_use]
pub fn unescape(text: &str, mark: u8, digits: usize, radix: u32) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let code = after.get(..digits).filter(|_| *first == mark).and_then(|code| std::str::from_utf8(code).ok());
        if let Some(byte) = code.and_then(|code| u8::from_str_radix(code, radix).ok()) {
            bytes.push(byte);
            rest = &after[digits..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A field of the kernel's lists of mounts, in which blanks and the like are a backslash and three octal digits.
#[must_use]
pub fn mount_field(field: &str) -> String {
    unescape(field, b'\\', 3, 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_bytes_come_back_and_other_marks_stay() {
        assert_eq!(mount_field(r"/a\040b\134c\011"), "/a b\\c\t");
        assert_eq!(mount_field(r"\04 \999 \"), r"\04 \999 \");
        assert_eq!(unescape("%C4%8D%41%4", b'%', 2, 16), "čA%4");
        assert_eq!(unescape("%FF", b'%', 2, 16), "\u{fffd}");
    }
}
