//! Asks the hosts again and again.

use std::time::Duration;

use chrono::Utc;
use smokercli::fleet_page::FleetPage;
use smokercli::transport::any::AnyTransport;
use tokio::time::{Instant, sleep_until};

use crate::snapshot::{Newest, Snapshot};

/// Asks all hosts, then waits, without end. A round that takes longer than the time between two is followed by the next one at once.
pub(crate) async fn run(page: &FleetPage, transport: &AnyTransport, newest: &Newest) {
    loop {
        let next = Instant::now() + page.every();
        let answers = page.ask(transport).await;
        newest.set(Snapshot::of(answers, Utc::now()));
        // A pause between any two rounds, so that hosts which refuse at once are not asked without one.
        sleep_until(next.max(Instant::now() + PAUSE)).await;
    }
}

/// The shortest time between two rounds.
const PAUSE: Duration = Duration::from_millis(200);
