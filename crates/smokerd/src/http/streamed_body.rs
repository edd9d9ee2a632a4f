//! Bodies that are written piece by piece while they are sent, so that no page is in memory as a whole.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use crate::http::connections::activity::PageEvicted;
use crate::http::held_pages::{HeldPages, PageGuard, PageKey, PageSource};

/// How many bytes are written at a time.
const CHUNK: usize = 16 * 1024;

/// A body out of pieces.
pub(crate) struct StreamedBody<I, T> {
    pieces: Arc<Mutex<Option<Pieces<I, T>>>>,
    /// How many bytes have not been written; none when the length of the whole is not known.
    left: Option<u64>,
    has_ended: bool,
    at_end: Option<Box<dyn FnOnce() + Send>>,
    _held: Option<PageGuard>,
}

/// What has not been written.
struct Pieces<I, T> {
    next: I,
    /// The piece that is being written, and how much of it has been.
    current: Option<(T, usize)>,
}

impl<I, T> StreamedBody<I, T>
where
    I: Iterator<Item = T> + Send + Unpin + 'static,
    T: AsRef<[u8]> + Send + Unpin + 'static,
{
    /// A body of these pieces, which are `length` bytes together; none when that is not known. `at_end` is called
    /// when the last piece has been written; a client that leaves before does not see it.
    pub(crate) fn new(pieces: I, length: Option<u64>, at_end: Option<Box<dyn FnOnce() + Send>>) -> Self {
        let pieces = Arc::new(Mutex::new(Some(Pieces { next: pieces, current: None })));
        Self { pieces, left: length, has_ended: length == Some(0), at_end, _held: None }
    }

    /// The same as a page of this length that may be taken away from a slow client.
    pub(crate) fn held(self, pages: &HeldPages, key: PageKey, length: usize) -> Self {
        Self { _held: pages.hold(key, length, &self.pieces), ..self }
    }

    /// The body for a response.
    pub(crate) fn into_body(self) -> Body {
        Body::new(self)
    }
}

impl<I, T> Pieces<I, T>
where
    I: Iterator<Item = T>,
    T: AsRef<[u8]>,
{
    /// Writes the next bytes; none at the end.
    fn write(&mut self) -> Vec<u8> {
        let mut chunk = Vec::new();
        while chunk.len() < CHUNK {
            let Some((piece, at)) = self.current.take().or_else(|| Some((self.next.next()?, 0))) else { break };
            let rest = &piece.as_ref()[at..];
            let part = rest.len().min(CHUNK - chunk.len());
            chunk.extend_from_slice(&rest[..part]);
            if part < rest.len() {
                self.current = Some((piece, at + part));
            }
        }
        chunk
    }
}

impl<I: Send, T: Send> PageSource for Mutex<Option<Pieces<I, T>>> {
    fn take_away(&self) {
        let pieces = lock(self).take();
        drop(pieces);
    }
}

fn lock<T>(pieces: &Mutex<T>) -> MutexGuard<'_, T> {
    pieces.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<I, T> HttpBody for StreamedBody<I, T>
where
    I: Iterator<Item = T> + Send + Unpin + 'static,
    T: AsRef<[u8]> + Send + Unpin + 'static,
{
    type Data = Bytes;
    type Error = PageEvicted;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, PageEvicted>>> {
        if self.has_ended {
            return Poll::Ready(None);
        }
        let written = lock(&self.pieces).as_mut().map(Pieces::write);
        let Some(chunk) = written else {
            self.has_ended = true;
            return Poll::Ready(Some(Err(PageEvicted)));
        };
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

    #[tokio::test]
    async fn a_body_that_is_taken_away_breaks_off_and_does_not_end() {
        let at_end = Box::new(|| panic!("it has not ended"));
        let mut body = StreamedBody::new(["a".repeat(3 * CHUNK)].into_iter(), Some(3 * CHUNK as u64), Some(at_end));
        assert!(body.frame().await.expect("a frame").is_ok());
        body.pieces.take_away();
        assert!(body.frame().await.expect("an end").is_err());
        assert!(body.frame().await.is_none());
    }
}
