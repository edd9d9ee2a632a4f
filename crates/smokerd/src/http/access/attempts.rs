//! Failed attempts of each client to prove an identity: bad tokens and bad handshakes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::results::requester::ClientAddress;

/// How many failed attempts a client has in [`PERIOD`].
const ALLOWED: u32 = 20;
const PERIOD: Duration = Duration::from_secs(60);

/// Handshakes of a client that has failed too often begin this long after each other, as long as few wait: beyond
/// [`MAX_DELAY`] the bound on connections bounds them. None is refused: others at the same address may have good keys.
const PAUSE: Duration = Duration::from_millis(50);

/// No handshake waits longer.
const MAX_DELAY: Duration = Duration::from_secs(2);

/// How many clients are remembered. Beyond it the one whose period ends first is forgotten.
const MAX_CLIENTS: usize = 4096;

/// Failed attempts by client address. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attempts(Arc<Mutex<HashMap<ClientAddress, Period>>>);

/// The minute from a client's first failed attempt on.
#[derive(Clone, Copy, Debug)]
struct Period {
    since: Instant,
    failed: u32,
    /// When the last attempt that had to wait begins.
    last_start: Instant,
}

impl Attempts {
    /// Counts a failed attempt.
    ///
    /// # Errors
    ///
    /// The seconds until the next attempt is looked at, for a client that has failed too often.
    pub(crate) fn count(&self, client: ClientAddress) -> Result<(), u64> {
        self.count_at(client, Instant::now())
    }

    fn count_at(&self, client: ClientAddress, now: Instant) -> Result<(), u64> {
        let mut clients = self.lock();
        if clients.len() >= MAX_CLIENTS && !clients.contains_key(&client) {
            clients.retain(|_, period| now.saturating_duration_since(period.since) < PERIOD);
            let oldest = clients.iter().min_by_key(|(_, period)| period.since).map(|(client, _)| *client);
            if let Some(oldest) = oldest.filter(|_| clients.len() >= MAX_CLIENTS) {
                clients.remove(&oldest);
            }
        }
        let period = clients.entry(client).or_insert(Period::new(now));
        if now.saturating_duration_since(period.since) >= PERIOD {
            *period = Period::new(now);
        }
        period.failed = period.failed.saturating_add(1);
        if period.failed <= ALLOWED { Ok(()) } else { Err(rest(*period, now)) }
    }

    /// How long the client's next attempt has to wait; nothing unless it has failed too often.
    pub(crate) fn delay(&self, client: ClientAddress) -> Duration {
        self.delay_at(client, Instant::now())
    }

    fn delay_at(&self, client: ClientAddress, now: Instant) -> Duration {
        let mut clients = self.lock();
        let period = clients
            .get_mut(&client)
            .filter(|period| period.failed >= ALLOWED && now.saturating_duration_since(period.since) < PERIOD);
        let Some(period) = period else { return Duration::ZERO };
        period.last_start = (period.last_start.max(now) + PAUSE).min(now + MAX_DELAY);
        period.last_start - now
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ClientAddress, Period>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Period {
    fn new(now: Instant) -> Self {
        Self { since: now, failed: 0, last_start: now }
    }
}

/// The seconds until the period ends, at least 1.
fn rest(period: Period, now: Instant) -> u64 {
    PERIOD.saturating_sub(now.saturating_duration_since(period.since)).as_secs() + 1
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    #[test]
    fn twenty_attempts_in_a_minute_are_looked_at_for_each_client() {
        let attempts = Attempts::default();
        let client = |number: u32| ClientAddress::from(IpAddr::from(number.to_be_bytes()));
        let now = Instant::now();
        for _ in 0..ALLOWED {
            assert_eq!(attempts.count_at(client(1), now), Ok(()));
        }
        assert_eq!(attempts.count_at(client(1), now + Duration::from_secs(20)), Err(41));
        let waits = [0; 3].map(|_| attempts.delay_at(client(1), now));
        assert_eq!(waits, [PAUSE, 2 * PAUSE, 3 * PAUSE]);
        assert!((0..1000).all(|_| attempts.delay_at(client(1), now) <= MAX_DELAY));
        assert_eq!((attempts.count_at(client(2), now), attempts.delay_at(client(2), now)), (Ok(()), Duration::ZERO));
        assert_eq!(attempts.delay_at(client(1), now + PERIOD), Duration::ZERO);
        assert_eq!(attempts.count_at(client(1), now + PERIOD), Ok(()));
        for number in 0..3 * MAX_CLIENTS {
            let _ = attempts.count_at(client(u32::try_from(number).expect("small")), now);
        }
        assert!(attempts.lock().len() <= MAX_CLIENTS);
    }
}
