//! What is logged of attempts to connect: they go on for as long as a server is gone, so each reason is logged once.

use std::sync::{Mutex, PoisonError};

use async_nats::Server;
use smoker_nats::connect::Connect;

/// The reasons that are remembered at most; a server that is gone has one or two.
const MAX_REASONS: usize = 8;

/// The reasons for which there was no connection since the last one.
#[derive(Debug)]
pub(crate) struct Attempts {
    connect: Connect,
    said: Mutex<Vec<String>>,
}

impl Attempts {
    /// None yet.
    pub(crate) fn new(connect: Connect) -> Self {
        Self { connect, said: Mutex::default() }
    }

    /// Logs why the last attempt has failed at these servers.
    pub(crate) fn failed_at(&self, servers: &[Server]) {
        servers.iter().filter_map(|server| server.last_error.as_deref()).for_each(|reason| self.failed(reason));
    }

    /// Logs why the last attempt has failed, in the library's words.
    pub(crate) fn failed(&self, words: &str) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.len() < MAX_REASONS && !said.iter().any(|known| known == words) {
            said.push(words.to_owned());
            let (servers, reason) = (self.connect.shown_servers(), self.connect.explained(words));
            tracing::warn!("cannot connect to {servers}: {reason}; trying again");
        }
    }

    /// From a connection on, each reason is logged again.
    pub(crate) fn succeeded(&self) {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_remembered_until_there_is_a_connection() {
        let attempts = Attempts::new(Connect::default());
        let said = || attempts.said.lock().expect("no panic").len();
        for (words, expected) in [("one", 1), ("one", 1), ("two", 2)] {
            attempts.failed(words);
            assert_eq!(said(), expected, "{words}");
        }
        (0..100).for_each(|number| attempts.failed(&number.to_string()));
        assert_eq!(said(), MAX_REASONS);
        attempts.succeeded();
        assert_eq!(said(), 0);
    }
}
