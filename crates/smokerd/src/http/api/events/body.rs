//! The body of a response whose text comes while it is being sent.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame};
use tokio::sync::mpsc::Receiver;

/// Sends what comes through a channel, and ends with it.
#[derive(Debug)]
pub(super) struct EventBody(Receiver<Bytes>);

impl EventBody {
    pub(super) fn new(receiver: Receiver<Bytes>) -> Self {
        Self(receiver)
    }

    /// The body for a response.
    pub(super) fn into_body(self) -> Body {
        Body::new(self)
    }
}

impl HttpBody for EventBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|chunk| chunk.map(|chunk| Ok(Frame::data(chunk))))
    }
}
