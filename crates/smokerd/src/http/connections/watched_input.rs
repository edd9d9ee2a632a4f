//! A stream whose end of input is noticed while a request waits.
//!
//! The HTTP library reads nothing while a request is being answered, since a client may close its side of the
//! connection after it has sent the request. A request that waits for long has to know that its client may be gone.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::http::connections::activity::ConnectionActivity;

/// The stream, for the HTTP library.
#[derive(Debug)]
pub(crate) struct WatchedInput<S>(Arc<Mutex<Input<S>>>);

/// Reads ahead while a request waits. It has to be polled in the same task as the stream, which is woken for both.
#[derive(Debug)]
pub(crate) struct InputWatch<S>(Arc<Mutex<Input<S>>>);

#[derive(Debug)]
struct Input<S> {
    stream: S,
    /// What has been read while a request waited.
    ahead: Ahead,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ahead {
    Nothing,
    /// The first byte of the next request.
    Byte(u8),
    /// The client has closed its side.
    End,
}

/// Watches the input of a stream.
pub(crate) fn watched<S>(stream: S) -> (WatchedInput<S>, InputWatch<S>) {
    let input = Arc::new(Mutex::new(Input { stream, ahead: Ahead::Nothing }));
    (WatchedInput(Arc::clone(&input)), InputWatch(input))
}

impl<S: AsyncRead + Unpin> InputWatch<S> {
    /// Reports the end of the input to the connection's requests that wait. Never returns.
    pub(crate) async fn report(self, activity: &ConnectionActivity) {
        let mut is_woken = false;
        std::future::poll_fn(|context| {
            let mut input = lock(&self.0);
            if activity.is_waiting() {
                is_woken = false;
                if input.ahead == Ahead::Nothing && input.read_ahead(context).is_ready() && input.ahead == Ahead::End {
                    activity.report_input_end();
                }
            } else if input.ahead != Ahead::Nothing && !is_woken {
                // The library, which has not been told of what was read here, has to read once more.
                is_woken = true;
                context.waker().wake_by_ref();
            }
            Poll::<()>::Pending
        })
        .await;
    }
}

impl<S: AsyncRead + Unpin> Input<S> {
    fn read_ahead(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut byte = [0];
        let mut buffer = ReadBuf::new(&mut byte);
        // After an error no request follows either.
        let _ = std::task::ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer));
        self.ahead = buffer.filled().first().map_or(Ahead::End, |byte| Ahead::Byte(*byte));
        Poll::Ready(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WatchedInput<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut input = lock(&self.0);
        match input.ahead {
            Ahead::Nothing => Pin::new(&mut input.stream).poll_read(context, buffer),
            Ahead::Byte(byte) => {
                input.ahead = Ahead::Nothing;
                buffer.put_slice(&[byte]);
                Poll::Ready(Ok(()))
            }
            Ahead::End => Poll::Ready(Ok(())),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WatchedInput<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut lock(&self.0).stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut lock(&self.0).stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut lock(&self.0).stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut lock(&self.0).stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        lock(&self.0).stream.is_write_vectored()
    }
}

fn lock<S>(input: &Mutex<Input<S>>) -> MutexGuard<'_, Input<S>> {
    input.lock().unwrap_or_else(PoisonError::into_inner)
}
