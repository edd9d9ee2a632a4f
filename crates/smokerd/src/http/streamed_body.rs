//! Bodies that are written piece by piece while they are sent, so that no page is in memory as a whole.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

/// How many bytes are written at a time.
const CHUNK: usize = 16 * 1024;

/// A body out of pieces of text.
pub(crate) struct StreamedBody<I, T> {
    pieces: I,
    /// The piece that is being written, and how much of it has been.
    current: Option<(T, usize)>,
    /// How many bytes have not been written; none when the length of the whole is not known.
    left: Option<u64>,
    has_ended: bool,
    at_end: Option<Box<dyn FnOnce() + Send>>,
}

impl<I, T> StreamedBody<I, T>
where
    I: Iterator<Item = T> + Send + Unpin + 'static,
    T: AsRef<str> + Send + Unpin + 'static,
{
    /// A body of these pieces, which are `length` bytes together; none when that is not known. `at_end` is called
    /// when the last piece has been written; a client that leaves before does not see it.
    pub(crate) fn new(pieces: I, length: Option<u64>, at_end: Option<Box<dyn FnOnce() + Send>>) -> Self {
        Self { pieces, current: None, left: length, has_ended: length == Some(0), at_end }
    }

    /// The body for a response.
    pub(crate) fn into_body(self) -> Body {
        Body::new(self)
    }

    /// Writes the next bytes; none at the end.
    fn write(&mut self) -> Vec<u8> {
        let mut chunk = Vec::new();
        while chunk.len() < CHUNK {
            let Some((piece, at)) = self.current.take().or_else(|| Some((self.pieces.next()?, 0))) else { break };
            let rest = &piece.as_ref().as_bytes()[at..];
            let part = rest.len().min(CHUNK - chunk.len());
            chunk.extend_from_slice(&rest[..part]);
            if part < rest.len() {
                self.current = Some((piece, at + part));
            }
        }
        chunk
    }
}

impl<I, T> HttpBody for StreamedBody<I, T>
where
    I: Iterator<Item = T> + Send + Unpin + 'static,
    T: AsRef<str> + Send + Unpin + 'static,
{
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.has_ended {
            return Poll::Ready(None);
        }
        let chunk = self.write();
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(chunk.len() as u64);
        }
        if chunk.is_empty() || self.left == Some(0) {
            self.has_ended = true;
            if let Some(at_end) = self.at_end.take() {
                at_end();
            }
        }
        Poll::Ready((!chunk.is_empty()).then(|| Ok(Frame::data(chunk.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.has_ended
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

impl<I, T> fmt::Debug for StreamedBody<I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamedBody").field("left", &self.left).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn pieces_of_any_size_arrive_in_small_chunks_and_their_end_is_noticed() {
        let texts = ["a".repeat(3), "č".repeat(CHUNK), String::new(), "b".repeat(CHUNK)];
        let whole = texts.concat();
        for length in [Some(whole.len() as u64), None] {
            let ended = Arc::new(AtomicBool::new(false));
            let at_end = Arc::clone(&ended);
            let at_end = Box::new(move || at_end.store(true, Ordering::Relaxed));
            let mut body = StreamedBody::new(texts.clone().into_iter(), length, Some(at_end));
            assert_eq!(body.size_hint().exact(), length);
            let mut read = Vec::new();
            while let Some(frame) = body.frame().await {
                let data = frame.expect("no error").into_data().expect("data");
                assert!(data.len() <= CHUNK);
                read.extend_from_slice(&data);
                assert!(read.len() == whole.len() || !ended.load(Ordering::Relaxed));
            }
            assert_eq!(read, whole.as_bytes());
            assert!(ended.load(Ordering::Relaxed));
        }
    }
}
