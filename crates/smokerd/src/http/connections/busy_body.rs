//! A response body that keeps its connection busy until it has been sent.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use crate::http::connections::activity::ActiveRequest;

/// The body of a response, together with the request that it answers. A handler ends before its body
/// is sent: a body that is streamed may take long, and its connection must not be evicted meanwhile.
/// hyper drops the body behind its last frame, or when the client is gone.
#[derive(Debug)]
pub(crate) struct BusyBody {
    body: Body,
    _request: ActiveRequest,
}

impl BusyBody {
    pub(crate) fn new(body: Body, request: ActiveRequest) -> Self {
        Self { body, _request: request }
    }
}

impl HttpBody for BusyBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
