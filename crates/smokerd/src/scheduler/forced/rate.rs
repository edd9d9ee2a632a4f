//! The bound on the runs a second that one client may force (`max_forced_rate`).

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::results::requester::ClientAddress;

/// How many clients are remembered. Beyond it the one with the most left is forgotten.
const MAX_CLIENTS: usize = 4096;

/// A token bucket for each client address. A client may force the runs of one second at once; a request for more
/// is taken when the bucket is full, and leaves it empty for as long as those runs take at this rate.
#[derive(Debug, Default)]
pub(crate) struct ForcedRate {
    /// Runs a second; none: no bound.
    rate: Option<f64>,
    clients: HashMap<ClientAddress, Bucket>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// Runs that may be forced; below zero after a request for more than the bucket holds.
    tokens: f64,
    at: Instant,
}

impl ForcedRate {
    /// Changes the rate; the buckets keep what they hold.
    pub(crate) fn set(&mut self, rate: Option<f64>) {
        self.rate = rate;
        if rate.is_none() {
            self.clients = HashMap::new();
        }
    }

    /// Takes `runs` runs of a client.
    ///
    /// # Errors
    ///
    /// The time after which the same request is taken.
    pub(crate) fn take(&mut self, client: ClientAddress, runs: u32, now: Instant) -> Result<(), Duration> {
        let Some(rate) = self.rate else { return Ok(()) };
        let size = rate.max(1.0);
        let full = Bucket { tokens: size, at: now };
        let mut bucket = self.clients.get(&client).map_or(full, |bucket| bucket.refilled(rate, size, now));
        let missing = f64::from(runs).min(size) - bucket.tokens;
        if missing > 0.0 {
            return Err(Duration::try_from_secs_f64(missing / rate).unwrap_or(Duration::MAX));
        }
        bucket.tokens -= f64::from(runs);
        if self.clients.len() >= MAX_CLIENTS && !self.clients.contains_key(&client) {
            self.forget(rate, size, now);
        }
        self.clients.insert(client, bucket);
        Ok(())
    }

    /// Forgets the clients whose buckets are full, and at least the one with the most in it.
    fn forget(&mut self, rate: f64, size: f64, now: Instant) {
        self.clients.retain(|_, bucket| bucket.refilled(rate, size, now).tokens < size);
        if self.clients.len() >= MAX_CLIENTS {
            let tokens = |bucket: &Bucket| bucket.refilled(rate, size, now).tokens;
            let most = self.clients.iter().max_by(|(_, one), (_, other)| tokens(one).total_cmp(&tokens(other)));
            let most = most.map(|(client, _)| *client);
            most.and_then(|client| self.clients.remove(&client));
        }
    }
}

impl Bucket {
    fn refilled(self, rate: f64, size: f64, now: Instant) -> Self {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        Self { tokens: (self.tokens + passed * rate).min(size), at: now }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn client(number: u32) -> ClientAddress {
        IpAddr::from(Ipv4Addr::from_bits(number)).into()
    }

    fn limited(rate: f64) -> ForcedRate {
        let mut limited = ForcedRate::default();
        limited.set(Some(rate));
        limited
    }

    #[test]
    fn a_client_beyond_its_rate_is_told_when_to_ask_again_and_others_are_not_refused() {
        let now = Instant::now();
        let mut limited = limited(2.0);
        assert_eq!(limited.take(client(1), 2, now), Ok(()));
        assert_eq!(limited.take(client(1), 1, now), Err(SECOND / 2));
        assert_eq!(limited.take(client(2), 2, now), Ok(()));
        assert_eq!(limited.take(client(1), 1, now + SECOND / 2), Ok(()));
        limited.set(None);
        assert_eq!(limited.take(client(1), 1000, now), Ok(()));
    }

    #[test]
    fn a_request_for_many_runs_is_taken_once_and_its_runs_count() {
        let now = Instant::now();
        let mut limited = limited(10.0);
        assert_eq!(limited.take(client(1), 100, now), Ok(()));
        assert_eq!(limited.take(client(1), 1, now + 9 * SECOND), Err(SECOND / 10));
        assert_eq!(limited.take(client(1), 100, now + 9 * SECOND), Err(SECOND));
        assert_eq!(limited.take(client(1), 100, now + 10 * SECOND), Ok(()));
    }

    #[test]
    fn the_clients_that_are_remembered_are_bounded() {
        let now = Instant::now();
        let mut limited = limited(1.0);
        let many = u32::try_from(MAX_CLIENTS).expect("a small number");
        for number in 0..2 * many {
            assert_eq!(limited.take(client(number), 1, now), Ok(()));
        }
        assert_eq!(limited.clients.len(), MAX_CLIENTS);
    }
}
