//! Programs that ask for a reload and wait for what becomes of it.

use std::io;
use std::time::Duration;

use nix::unistd::geteuid;
use tokio::net::{UnixListener, UnixStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::control::reload_command::REQUEST;
use crate::control::reload_socket;
use crate::reload_requests::request::{ReloadRequests, RequestedBy};

/// How long sending or reading a message may take: both are short.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long to wait when connections cannot be accepted, as when descriptors are short.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Asks for a reload and sends the outcome to the program. When there is none, the end of the connection says so.
async fn serve(stream: UnixStream, requests: ReloadRequests) {
    if !matches!(timeout(MESSAGE_TIMEOUT, asks(&stream)).await, Ok(Ok(true))) {
        return;
    }
    let Ok(outcome) = requests.ask(RequestedBy::Program) else { return };
    let Ok(report) = outcome.await else { return };
    let text = match serde_json::to_vec(&*report) {
        Ok(text) => text,
        Err(error) => return tracing::error!("cannot write what became of the reload: {error}"),
    };
    if !matches!(timeout(MESSAGE_TIMEOUT, send(&stream, &text)).await, Ok(Ok(()))) {
        tracing::info!("a program that asked for a reload did not wait for the outcome");
    }
}

async fn send(stream: &UnixStream, mut text: &[u8]) -> io::Result<()> {
    while !text.is_empty() {
        stream.writable().await?;
        match stream.try_write(text) {
            Ok(count) => text = &text[count..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Takes requests until the daemon stops. Where there is no such socket, `--reload` sends SIGHUP.
pub(crate) fn listen(requests: ReloadRequests, shutdown: CancellationToken) {
    match reload_socket::listen().and_then(UnixListener::from_std) {
        Ok(listener) => {
            tokio::spawn(async move {
                tokio::select! {
                    () = accept_all(listener, requests) => {}
                    () = shutdown.cancelled() => {}
                }
            });
        }
        Err(error) => tracing::info!("--reload will not be told what becomes of a reload: {error}"),
    }
}

async fn accept_all(listener: UnixListener, requests: ReloadRequests) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) if is_allowed(&stream) => {
                tokio::spawn(serve(stream, requests.clone()));
            }
            Ok(_) => {}
            Err(error) => {
                tracing::info!("cannot take a request for a reload: {error}");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Whether the other process could send SIGHUP as well.
fn is_allowed(stream: &UnixStream) -> bool {
    stream.peer_cred().is_ok_and(|peer| peer.uid() == 0 || peer.uid() == geteuid().as_raw())
}

/// Whether it asks. One that only looks for the daemon does not.
async fn asks(stream: &UnixStream) -> io::Result<bool> {
    let mut message = [0; REQUEST.len()];
    loop {
        stream.readable().await?;
        match stream.try_read(&mut message) {
            Ok(count) => return Ok(message[..count] == *REQUEST),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}
