//! What a NATS server sends to its clients, one after another.

/// A piece of what it sends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Frame<'a> {
    /// A message to one of the client's subscriptions.
    Message {
        /// Where answers go; empty where none is expected.
        reply: &'a str,
        /// Its headers with the line before them; empty without any.
        head: &'a [u8],
        /// What it says.
        payload: &'a [u8],
    },
    /// It wants to know whether the client is there.
    Ping,
    /// It has done all that came before the client's PING.
    Pong,
    /// It refuses something.
    Refusal(&'a str),
    /// What needs no reaction.
    Other,
}

/// The first frame of these bytes, and how many of them it takes; `None` before it is complete.
#[must_use]
pub fn first(bytes: &[u8]) -> Option<(Frame<'_>, usize)> {
    let end = bytes.iter().position(|&byte| byte == b'\n')? + 1;
    let line = std::str::from_utf8(&bytes[..end]).unwrap_or_default().trim_end();
    let mut words = line.split_ascii_whitespace();
    let name = words.next().unwrap_or_default();
    let (reply, head, all) = match name {
        "MSG" => match [words.nth(2), words.next()] {
            [Some(reply), Some(length)] => (reply, "0", length),
            [length, _] => ("", "0", length.unwrap_or_default()),
        },
        "HMSG" => match [words.nth(2), words.next(), words.next()] {
            [Some(reply), Some(head), Some(length)] => (reply, head, length),
            [head, length, _] => ("", head.unwrap_or_default(), length.unwrap_or_default()),
        },
        "PING" => return Some((Frame::Ping, end)),
        "PONG" => return Some((Frame::Pong, end)),
        "-ERR" => return Some((Frame::Refusal(line), end)),
        _ => return Some((Frame::Other, end)),
    };
    let (head, all): (usize, usize) = (head.parse().ok()?, all.parse().ok()?);
    let content = bytes.get(end..end + all)?;
    // A line's end follows.
    let whole = end + all + 2;
    (bytes.len() >= whole).then(|| (Frame::Message { reply, head: &content[..head], payload: &content[head..] }, whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_in_pieces() {
        let sent = b"MSG a.b 7 inbox.1 3\r\nabc\r\nHMSG a.b 7 13 15\r\nNATS/1.0 503 hi\r\nMSG a 1 0\r\n\r\nPING\r\n";
        let cut = |from: usize| first(&sent[from..]);
        let message = |reply, head, payload| Frame::Message { reply, head, payload };
        for length in 0..26 {
            assert_eq!(first(&sent[..length]), None, "{length}");
        }
        assert_eq!(cut(0), Some((message("inbox.1", b"", b"abc"), 26)));
        assert_eq!(cut(26), Some((message("", b"NATS/1.0 503 ", b"hi"), 35)));
        assert_eq!(cut(61), Some((message("", b"", b""), 13)));
        assert_eq!(cut(74), Some((Frame::Ping, 6)));
    }
}
