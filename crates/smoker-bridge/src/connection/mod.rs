//! The connection to NATS. It comes back by itself; nothing of the bridge ends because a server is gone.
//!
//! # Layout
//!
//! - `attempts`: what is logged of attempts to connect that fail

mod attempts;

use std::sync::Arc;

use async_nats::connection::State;
use async_nats::{Client, ClientError, ConnectErrorKind, Event};
use smoker_nats::server_config::inbox_prefix;
use tokio::sync::watch;

use crate::connection::attempts::Attempts;
use crate::failure::Failure;
use crate::settings::Settings;

/// A connection, and how often it was made.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(crate) client: Client,
    /// Grows with each connection.
    pub(crate) made: watch::Receiver<u64>,
}

impl Connection {
    /// Waits until there is a connection.
    pub(crate) async fn wait(&mut self) {
        while self.client.connection_state() != State::Connected {
            if self.made.changed().await.is_err() {
                // The client is gone, and with it what would end the wait.
                std::future::pending::<()>().await;
            }
        }
    }
}

/// Connects in the background, for as long as it takes.
pub(crate) async fn open(settings: &Settings) -> Result<Connection, Failure> {
    let (count, made) = watch::channel(0);
    let count = Arc::new(count);
    let servers = settings.connect.shown_servers();
    let attempts = Arc::new(Attempts::new(settings.connect.clone()));
    let seen = Arc::clone(&attempts);
    let options = settings.connect.options().map_err(|error| Failure::new(error.to_string()))?;
    let options = options
        .retry_on_initial_connect()
        // Parts of answers wait here, so there must not be room for thousands.
        .client_capacity(32)
        // As many requests wait here, of 1 MiB each at most; those beyond are dropped.
        .subscription_capacity(256)
        .reconnect_to_server_callback(move |servers, _| {
            // The event of a failure has no more than its kind.
            seen.failed_at(&servers);
            std::future::ready(None)
        })
        // A subject of its own, so that a host may be permitted to read what is sent to itself alone.
        .custom_inbox_prefix(inbox_prefix(&settings.name))
        .event_callback(move |event| {
            log(&event, &servers, &attempts);
            if matches!(event, Event::Connected) {
                count.send_modify(|count| *count += 1);
            }
            std::future::ready(())
        });
    let client = settings.connect.open_with(options).await.map_err(|error| Failure::new(error.to_string()))?;
    Ok(Connection { client, made })
}

fn log(event: &Event, servers: &str, attempts: &Attempts) {
    match event {
        Event::Connected => {
            attempts.succeeded();
            tracing::info!("connected to {servers}");
        }
        Event::Disconnected => tracing::warn!("the connection to {servers} is lost; trying again"),
        Event::SlowConsumer(_) => tracing::warn!("requests come faster than the daemon answers; some were dropped"),
        Event::ServerError(error) => tracing::error!("the server says: {error}; look at its permissions for this host"),
        // No server has been asked yet, so none has a reason.
        Event::ClientError(ClientError::Other(kind)) if kind == &ConnectErrorKind::Dns.to_string() => {
            attempts.failed(kind);
        }
        other => tracing::debug!("{other}"),
    }
}
