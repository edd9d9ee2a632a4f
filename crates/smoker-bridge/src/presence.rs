//! Says that the host is there: at each connection, and every 30 seconds.

use chrono::{SecondsFormat, Utc};
use smoker_model::time::waits::spread;
use smoker_nats::presence::{EVERY, Presence};
use tokio::time::sleep;

use crate::connection::Connection;
use crate::daemon::Daemon;
use crate::settings::Settings;

/// Says so without end.
pub(crate) async fn say(mut connection: Connection, daemon: Daemon, settings: &Settings) {
    let since = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
    let subject = settings.fleet.present(&settings.name);
    loop {
        let version = daemon.version().await;
        let presence = Presence {
            name: settings.name.clone(),
            daemon: version.is_some(),
            version: version.unwrap_or_default(),
            since: since.clone(),
            groups: settings.groups.clone(),
            labels: settings.labels.clone(),
        };
        // A presence has strings only, which JSON can always have.
        let text = serde_json::to_vec(&presence).unwrap_or_default();
        if *connection.made.borrow_and_update() > 0
            && let Err(error) = connection.client.publish(subject.clone(), text.into()).await
        {
            tracing::warn!("cannot say that this host is there: {error}");
        }
        tokio::select! {
            _ = connection.made.changed() => {}
            () = sleep(spread(EVERY * 3 / 4, EVERY / 4)) => {}
        }
    }
}
