//! Asks the daemon over its socket.
//!
//! # Layout
//!
//! - `answer`: an answer as it comes
//! - `kept`: connections that wait for the next request

pub(crate) mod answer;
mod kept;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::daemon::answer::Answer;
use crate::daemon::kept::Kept;
use crate::head::Request;

/// How long the bridge itself waits for what it asks.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// The bytes of an answer that the bridge reads for itself at most.
const MAX_OWN_ANSWER: u64 = 1024 * 1024;

/// A daemon on this host.
#[derive(Clone, Debug)]
pub(crate) struct Daemon {
    pub(crate) socket: PathBuf,
    kept: Arc<Kept>,
}

impl Daemon {
    /// The one that listens at this socket, sooner or later.
    pub(crate) fn at(socket: PathBuf) -> Self {
        Self { socket, kept: Arc::default() }
    }

    /// A connection of its own, on which this request was sent.
    pub(crate) async fn send(&self, request: &[u8]) -> io::Result<UnixStream> {
        let mut stream = UnixStream::connect(&self.socket).await?;
        stream.write_all(request).await?;
        Ok(stream)
    }

    /// Sends a request of a client, and gives its answer as it begins.
    pub(crate) async fn ask(&self, request: &Request) -> io::Result<Answer> {
        if !request.may_share_connection {
            return Answer::alone(UnixStream::connect(&self.socket).await?, &request.bytes).await;
        }
        // The daemon may have closed it meanwhile. Such a request changes nothing, so it can be sent again.
        if let Some(stream) = self.kept.take()
            && let Ok(answer) = Answer::shared(stream, &request.bytes).await
        {
            return Ok(answer);
        }
        Answer::shared(UnixStream::connect(&self.socket).await?, &request.bytes).await
    }

    /// Keeps the connection of an answer for the next request, if it was read to its end and another one may follow.
    pub(crate) fn keep(&self, answer: Answer) {
        if let Some(stream) = answer.into_shared() {
            self.kept.put(stream);
        }
    }

    /// Closes, without end, the connections that no request has used for a while.
    pub(crate) async fn close_idle(&self) {
        self.kept.close_idle().await;
    }

    /// The daemon's version, if it answers.
    pub(crate) async fn version(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Document {
            info: Info,
        }
        #[derive(Deserialize)]
        struct Info {
            version: String,
        }
        let body = timeout(ANSWER_TIMEOUT, self.get("/openapi.json")).await.ok()?.ok()?;
        serde_json::from_slice::<Document>(&body).ok().map(|document| document.info.version)
    }

    /// The body of a page. HTTP/1.0, so that it comes as it is.
    async fn get(&self, path: &str) -> io::Result<Vec<u8>> {
        let stream = self.send(format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(MAX_OWN_ANSWER).read_to_end(&mut answer).await?;
        let head = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").map(|at| at + 4);
        match head {
            Some(head) if answer.starts_with(b"HTTP/1.") && answer.get(9..12) == Some(b"200") => {
                Ok(answer.split_off(head))
            }
            _ => Err(io::Error::other("the daemon does not answer with 200")),
        }
    }
}
