//! The clients of other hosts that ask over plain http and prove nothing, for the command that is about to refuse them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use smoker_trust::storage::text_file;

/// The name of the file in the daemon's state folder.
const FILE: &str = "plain_clients";

/// How many clients are remembered. Beyond it the one that asked longest ago is forgotten.
const MAX_CLIENTS: usize = 256;

/// A client that asks often is written this often.
const INTERVAL: TimeDelta = TimeDelta::minutes(10);

/// How long a client is remembered.
const DAY: TimeDelta = TimeDelta::days(1);

/// When each client asked last. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct PlainClients {
    path: PathBuf,
    seen: Arc<Mutex<HashMap<IpAddr, DateTime<Utc>>>>,
}

impl PlainClients {
    /// Those that a daemon with this state folder has noted in the last day.
    pub(crate) fn in_folder(state_dir: &Path) -> Self {
        let path = state_dir.join(FILE);
        // Clients that cannot be read are noted again when they ask.
        let seen = text_file::read(&path).ok().flatten().map_or_else(HashMap::new, |text| parse(&text, Utc::now()));
        Self { path, seen: Arc::new(Mutex::new(seen)) }
    }

    /// The clients, in the order of their addresses.
    pub(crate) fn addresses(&self) -> Vec<IpAddr> {
        let mut addresses: Vec<_> = self.lock().keys().copied().collect();
        addresses.sort_unstable();
        addresses
    }

    /// Notes that a client has asked. The file is written by a thread of its own, when there is something new.
    pub(crate) fn note(&self, client: IpAddr) {
        let (client, now) = (client.to_canonical(), Utc::now());
        {
            let mut seen = self.lock();
            if seen.get(&client).is_some_and(|last| now - *last < INTERVAL) {
                return;
            }
            seen.retain(|_, last| now - *last < DAY);
            let oldest = seen.iter().min_by_key(|(_, last)| **last).map(|(client, _)| *client);
            if let Some(oldest) = oldest.filter(|_| seen.len() >= MAX_CLIENTS) {
                seen.remove(&oldest);
            }
            seen.insert(client, now);
        }
        let clients = self.clone();
        tokio::task::spawn_blocking(move || {
            // The newest text, in whichever order the threads come to it.
            if let Err(error) = text_file::edit(&clients.path, |_| Ok((to_text(&clients.lock()), ()))) {
                tracing::debug!("{error}");
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, DateTime<Utc>>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn to_text(seen: &HashMap<IpAddr, DateTime<Utc>>) -> String {
    let mut lines: Vec<_> = seen
        .iter()
        .map(|(client, last)| format!("{client} {}\n", last.to_rfc3339_opts(SecondsFormat::Secs, true)))
        .collect();
    lines.sort_unstable();
    lines.concat()
}

fn parse(text: &str, now: DateTime<Utc>) -> HashMap<IpAddr, DateTime<Utc>> {
    let line = |line: &str| {
        let (client, last) = line.split_once(' ')?;
        Some((client.parse().ok()?, last.parse::<DateTime<Utc>>().ok()?))
    };
    text.lines().filter_map(line).filter(|(_, last)| now - *last < DAY).take(MAX_CLIENTS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn another_process_reads_the_clients_of_the_last_day() {
        let folder = tempfile::tempdir().expect("a folder");
        let clients = PlainClients::in_folder(folder.path());
        let address = |last: u8| IpAddr::from([10, 0, 0, last]);
        for last in [2, 1, 2] {
            clients.note(address(last));
        }
        assert_eq!(clients.addresses(), [address(1), address(2)]);
        let now = Utc::now();
        let seen = HashMap::from([(address(1), now), (address(3), now - DAY)]);
        assert_eq!(parse(&to_text(&seen), now).into_keys().collect::<Vec<_>>(), [address(1)]);
        assert!(parse("rubbish\n10.0.0.1 yesterday\n", now).is_empty());
    }
}
