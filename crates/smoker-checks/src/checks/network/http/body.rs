//! The body of an answer as text: without its compression, in its encoding.

use std::io::Read;

use flate2::read::{MultiGzDecoder, ZlibDecoder};

use crate::checks::network::http::answer::{Answer, MAX_BODY};
use crate::encoding;
use crate::matchers::quote::quote;

/// The text of a body. The error says why it cannot be read: what is not in bytes that nobody understands says nothing.
pub(crate) fn text_of(answer: &Answer) -> Result<String, String> {
    let coding = answer.header("content-encoding").unwrap_or_default().to_ascii_lowercase();
    let codings = coding.split(',').map(str::trim).filter(|it| !it.is_empty() && *it != "identity");
    // The last one was applied last.
    let mut body = answer.body.clone();
    for coding in codings.rev() {
        body = match coding {
            "gzip" | "x-gzip" => whole(MultiGzDecoder::new(body.as_slice()), coding)?,
            "deflate" => whole(ZlibDecoder::new(body.as_slice()), coding)?,
            other => {
                return Err(format!("it is encoded as {}, which is not understood here", quote(other)));
            }
        };
    }
    let kind = answer.header("content-type").unwrap_or_default();
    Ok(encoding::decode(&body, charset_of(&kind).as_deref()))
}

fn whole(decoder: impl Read, coding: &str) -> Result<Vec<u8>, String> {
    let mut text = Vec::new();
    decoder.take(MAX_BODY as u64 + 1).read_to_end(&mut text).map_err(|error| format!("it is no {coding}: {error}"))?;
    if text.len() > MAX_BODY { Err("unpacked it is longer than 8 MiB".to_owned()) } else { Ok(text) }
}

/// `text/html; charset="utf-8"`.
fn charset_of(kind: &str) -> Option<String> {
    let parameters = kind.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let mut named = parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    named.next().map(|(_, value)| value.trim().trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};

    use super::*;

    fn text(headers: &[(&str, &str)], body: &[u8]) -> Result<String, String> {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        text_of(&Answer { status: 200, headers, body: body.to_vec(), is_cut: false, is_persistent: true })
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).expect("packed");
        encoder.finish().expect("packed")
    }

    #[test]
    fn a_compressed_body_is_unpacked() {
        assert_eq!(text(&[("content-encoding", "gzip")], &gzip(b"welcome")).as_deref(), Ok("welcome"));
        let twice = gzip(&gzip(b"welcome"));
        assert_eq!(text(&[("content-encoding", "gzip, x-gzip")], &twice).as_deref(), Ok("welcome"));
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(b"a").expect("packed");
        let packed = encoder.finish().expect("packed");
        assert_eq!(text(&[("content-encoding", "deflate")], &packed).as_deref(), Ok("a"));
        assert_eq!(text(&[("content-encoding", "identity")], b"a").as_deref(), Ok("a"));
    }

    #[test]
    fn what_cannot_be_unpacked_is_no_text() {
        let cut = gzip(b"welcome");
        for (coding, body) in [("gzip", &b"hello"[..]), ("gzip", &cut[..cut.len() - 8]), ("br", b"hello")] {
            assert!(text(&[("content-encoding", coding)], body).is_err(), "{coding}");
        }
        let bomb = gzip(&vec![b' '; MAX_BODY + 1]);
        assert!(text(&[("content-encoding", "gzip")], &bomb).expect_err("too long").contains("longer than 8 MiB"));
    }

    #[test]
    fn the_encoding_is_that_of_the_mark_or_of_the_head() {
        let kind = [("content-type", "text/plain; Charset=\"ISO-8859-1\"")];
        assert_eq!(text(&kind, b"caf\xe9").as_deref(), Ok("café"));
        assert_eq!(text(&[], b"\xef\xbb\xbf{}").as_deref(), Ok("{}"));
        assert_eq!(text(&[], b"\xff\xfee\0").as_deref(), Ok("e"));
    }
}
