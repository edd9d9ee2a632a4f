//! How many responses are streams at a time, in all and to one client address.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::results::requester::ClientAddress;

/// The streams that are open.
#[derive(Debug)]
pub(crate) struct Streams {
    limit: usize,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    /// The clients that have some.
    of_client: HashMap<ClientAddress, usize>,
}

/// The right to a stream. Dropping it lets another client have one.
#[derive(Debug)]
pub(crate) struct StreamPermit {
    client: ClientAddress,
    streams: Arc<Streams>,
}

impl Streams {
    /// Up to `limit` streams; a client may have half of them.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, open: Mutex::default() }
    }

    /// A stream of this client. None when there are too many, or the client has half of all that there may be.
    pub(crate) fn begin(self: &Arc<Self>, client: ClientAddress) -> Option<StreamPermit> {
        let mut open = self.lock();
        let of_client = open.of_client.get(&client).copied().unwrap_or_default();
        if open.all >= self.limit || of_client >= self.limit.div_ceil(2) {
            return None;
        }
        open.all += 1;
        open.of_client.insert(client, of_client + 1);
        Some(StreamPermit { client, streams: Arc::clone(self) })
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.lock().all
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for StreamPermit {
    fn drop(&mut self) {
        let mut open = self.streams.lock();
        open.all = open.all.saturating_sub(1);
        if let Some(count) = open.of_client.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                open.of_client.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    #[test]
    fn one_client_address_leaves_half_of_the_streams_to_others() {
        let streams = Arc::new(Streams::new(5));
        let [one, other] = [1, 2].map(|n| ClientAddress::from(IpAddr::from(Ipv4Addr::new(127, 0, 0, n))));
        let mut places: Vec<_> = (0..3).map(|_| streams.begin(one).expect("a place")).collect();
        assert!(streams.begin(one).is_none(), "it has its share");
        let others: Vec<_> = (0..2).map(|_| streams.begin(other).expect("a place")).collect();
        assert!(streams.begin(other).is_none(), "there are no more");
        places.pop();
        assert!(streams.begin(one).is_some());
        drop((places, others));
        assert!(streams.lock().of_client.is_empty() && streams.lock().all == 0);
    }
}
