//! A response that does not end: the stream of a daemon's events.

use reqwest::Response;

use crate::transport::http_response::reason;

/// A stream of events that is open.
#[derive(Debug)]
pub struct EventStream {
    response: Response,
    /// The address of a host that is asked over TLS.
    over_tls: Option<String>,
}

impl EventStream {
    pub(super) fn new(response: Response, over_tls: Option<String>) -> Self {
        Self { response, over_tls }
    }

    /// Waits for the next bytes; none at the end.
    ///
    /// # Errors
    ///
    /// When the connection fails, with the reason.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, String> {
        let chunk = self.response.chunk().await;
        chunk.map(|chunk| chunk.map(|bytes| bytes.to_vec())).map_err(|error| reason(&error, self.over_tls.as_deref()))
    }
}
