//! Looks for a result in a stream whose middle is not kept.

/// A name that is longer is not `status`, with room for blanks.
const MAX_NAME: usize = 32;

/// Whether a line of a stream begins with an object that has the member `status`. It keeps no more of the stream than a name.
#[derive(Debug, Default)]
pub(crate) struct ResultScan {
    place: Place,
    /// How many brackets of the object are open.
    depth: usize,
    /// The quote of the text that is open.
    quote: Option<u8>,
    is_escaped: bool,
    /// Whether nothing but blanks stands before this place on its line.
    is_line_start: bool,
    /// The last byte that is no blank.
    previous: u8,
    /// What stands behind the last comma or bracket, without quotes.
    name: Vec<u8>,
    has_result: bool,
}

#[derive(Clone, Copy, Debug, Default)]
enum Place {
    /// Behind nothing but blanks, quotes and brackets.
    #[default]
    LineStart,
    Line,
    Object,
}

impl ResultScan {
    /// Takes the next bytes of the stream.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let (Some((byte, behind)), false) = (rest.split_first(), self.has_result) {
            match self.place {
                Place::LineStart => {
                    self.begin(*byte);
                    rest = behind;
                }
                Place::Line => {
                    let Some(end) = rest.iter().position(|byte| is_line_end(*byte)) else { return };
                    self.place = Place::LineStart;
                    rest = &rest[end + 1..];
                }
                Place::Object => {
                    self.take(*byte);
                    rest = behind;
                }
            }
        }
    }

    /// Whether there was one so far.
    pub(crate) fn has_result(&self) -> bool {
        self.has_result
    }

    fn begin(&mut self, byte: u8) {
        if byte == b'{' {
            *self = Self { place: Place::Object, depth: 1, previous: byte, ..Self::default() };
        } else if !byte.is_ascii_whitespace() && !b"\"'`([".contains(&byte) {
            self.place = Place::Line;
        }
    }

    fn take(&mut self, byte: u8) {
        if let Some(quote) = self.quote {
            let is_end = byte == quote && !self.is_escaped;
            if is_end || byte == b'\n' {
                self.quote = None;
                self.is_line_start = !is_end;
                if !is_end {
                    self.name.clear();
                }
            } else {
                self.add(byte);
            }
            self.is_escaped = byte == b'\\' && !self.is_escaped;
            return;
        }
        match byte {
            // No JSON: the object before it was none.
            b'{' if self.is_line_start && self.depth == 1 && self.previous != b':' => return self.begin(byte),
            b'{' | b'[' => {
                self.depth += 1;
                self.name.clear();
            }
            b'}' | b']' => {
                self.depth -= 1;
                self.name.clear();
                if self.depth == 0 {
                    self.place = Place::Line;
                }
            }
            b',' => self.name.clear(),
            b':' | b'=' => {
                self.has_result = self.depth == 1 && self.name.trim_ascii() == b"status";
                self.name.clear();
            }
            // An apostrophe in a text without quotes begins no other one.
            b'"' => self.quote = Some(byte),
            b'\'' if matches!(self.previous, b'{' | b'[' | b',' | b':') => self.quote = Some(byte),
            _ => self.add(byte),
        }
        self.is_line_start = is_line_end(byte) || (self.is_line_start && byte.is_ascii_whitespace());
        if !byte.is_ascii_whitespace() {
            self.previous = byte;
        }
    }

    fn add(&mut self, byte: u8) {
        if self.name.len() < MAX_NAME {
            self.name.push(byte);
        }
    }
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_with_a_status_at_the_beginning_of_a_line_is_found() {
        let long = format!("x\n{{\n\"pad\": [\n{}\"a\"],\n\"status\": \"ERROR\"}}", "{\"zz\": 1},\n".repeat(200));
        let cases = [
            ("x\n{\n\"status\":\"ERROR\",\n\"pad\":[", true),
            (&long, true),
            ("x\r  {\"a\": {\"b\": \"}\\\"\"}, \"status\" : 1", true),
            ("(b\nx\n['{'status': 'OK'}", true),
            ("{status=OK}", true),
            ("{not json\n{\"status\":", true),
            ("{\"a\": \"no end\n\"status\":", true),
            ("x {\"status\": \"OK\"}", false),
            ("{\"a\": {\"status\": \"OK\"}}\nstatus: OK", false),
            ("{\"a\": \"status: OK\"}", false),
            ("{ echo status: OK; }", false),
            ("{}\n\"status\": 1", false),
        ];
        for (text, expected) in cases {
            for chunk in [1, 7, text.len()] {
                let mut scan = ResultScan::default();
                text.as_bytes().chunks(chunk).for_each(|bytes| scan.push(bytes));
                assert_eq!(scan.has_result(), expected, "{text}");
            }
        }
    }
}
