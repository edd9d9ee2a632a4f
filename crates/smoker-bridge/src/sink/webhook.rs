//! Posts results to an address, in their order. One that is not taken is posted again, so a receiver may get a result twice: its number says so.

use std::time::{Duration, Instant};

use smoker_checks::actions::push::Pusher;
use tokio::task::spawn_blocking;

use crate::sink::recent::Recent;
use crate::sink::taken::Taken;

/// How long a receiver may take. The server gives a result again after 30 s.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A receiver of results.
#[derive(Debug)]
pub(super) struct Webhook {
    url: String,
    newest: Recent,
}

impl Webhook {
    /// The receiver at this address.
    pub(super) fn new(url: String) -> Self {
        Self { url, newest: Recent::default() }
    }

    /// Posts each; the first that is not taken ends it.
    pub(super) async fn post(&mut self, results: &[Taken]) -> Result<(), String> {
        for result in results {
            if self.newest.has(&result.place) {
                continue;
            }
            let (url, body) = (self.url.clone(), result.json.clone());
            let headers = vec![
                ("Content-Type".to_owned(), "application/json".to_owned()),
                ("Smoker-Message".to_owned(), result.place.sequence.to_string()),
            ];
            let reply = spawn_blocking(move || {
                let end = Instant::now() + TIMEOUT;
                Pusher::new(&url, headers, ("ca_file", None), false)?.post(&body, end)
            });
            let reply = reply.await;
            let reply =
                reply.map_err(|error| error.to_string())?.map_err(|reason| format!("{}: {reason}", self.url))?;
            if !(200..300).contains(&reply.status) {
                return Err(format!("{} answers with the status {}", self.url, reply.status));
            }
            self.newest.add(result.place.clone());
        }
        Ok(())
    }
}
