//! The bridge from its start to its end, and the other tasks of the program.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use smoker_nats::streams;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::connection;
use crate::daemon::Daemon;
use crate::failure::Failure;
use crate::results::position::Position;
use crate::settings::{Keep, Settings, Target};
use crate::{identity, presence, requests, results, sink};

/// How long the end may be delayed by what is still to be sent.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

/// Connects a daemon until SIGINT or SIGTERM.
pub(crate) fn bridge(settings: Settings) -> Result<(), Failure> {
    identity::usable(&settings)?;
    run(async move {
        let position = if settings.results { Some(position(&settings)?) } else { None };
        let connection = connection::open(&settings).await?;
        let daemon = Daemon::at(settings.socket.clone());
        let settings = Arc::new(settings);
        let (stop, stopped) = watch::channel(false);
        let ending = {
            let settings = Arc::clone(&settings);
            tokio::spawn(async move { identity::watch(&settings).await })
        };
        let present = {
            let (connection, daemon, settings) = (connection.clone(), daemon.clone(), Arc::clone(&settings));
            tokio::spawn(async move { presence::say(connection, daemon, &settings).await })
        };
        let published = position.map(|position| {
            let (connection, daemon, settings) = (connection.clone(), daemon.clone(), Arc::clone(&settings));
            let stopped = stopped.clone();
            tokio::spawn(async move { results::publish_all(connection, daemon, &settings, position, stopped).await })
        });
        let answered = requests::answer_all(connection.client.clone(), daemon, &settings, stopped);
        let signalled = async {
            stop_signal().await;
            tracing::info!("stopping");
            // Nobody listens any more when all have ended.
            let _ = stop.send(true);
            std::future::pending::<()>().await;
        };
        let ended = tokio::select! {
            ended = answered => ended,
            () = signalled => Ok(()),
        };
        present.abort();
        ending.abort();
        let _ = stop.send(true);
        if let Some(published) = published {
            let _ = timeout(FLUSH_TIMEOUT, published).await;
        }
        let _ = timeout(FLUSH_TIMEOUT, connection.client.flush()).await;
        ended
    })
}

/// Makes the streams of a fleet where they are missing.
pub(crate) fn make_streams(settings: &Settings, keep: &Keep) -> Result<(), Failure> {
    run(async {
        let client = settings.connect.open().await.map_err(|error| Failure::new(error.to_string()))?;
        streams::create(&client, &settings.fleet, keep.per_plugin, keep.replicas)
            .await
            .map_err(|error| Failure::new(error.to_string()))
    })
}

/// Takes results out of the stream until SIGINT or SIGTERM.
pub(crate) fn sink(settings: &Settings, target: Target) -> Result<(), Failure> {
    run(async {
        let mut connection = connection::open(settings).await?;
        tokio::select! {
            ended = sink::take(&mut connection, &settings.fleet, target) => ended,
            () = stop_signal() => Ok(()),
        }
    })
}

fn position(settings: &Settings) -> Result<Position, Failure> {
    Position::open(&settings.state_dir).map_err(|error| {
        let folder = settings.state_dir.display();
        Failure::new(format!(
            "cannot use the state folder {folder}: {error}; make it writable, or name another state_dir"
        ))
    })
}

fn run(task: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("cannot set up networking: {error}")))?;
    let ended = runtime.block_on(task);
    // A name server that does not answer must not delay the exit.
    runtime.shutdown_background();
    ended
}

/// Waits for Ctrl-C or SIGTERM.
async fn stop_signal() {
    match signal(SignalKind::terminate()) {
        Ok(mut terminated) => tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated.recv() => {}
        },
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}
