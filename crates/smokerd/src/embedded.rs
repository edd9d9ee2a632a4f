//! The daemon's pages without sockets and signals, for the fuzzer.

use std::net::Ipv4Addr;
use std::path::Path;

use smoker_config::config::Config;
use smoker_runner::process::containment::orphans::Reaper;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use crate::http::access::peer::Peer;
use crate::http::connections::activity::Connections;
use crate::http::connections::limiter::ConnectionLimits;
use crate::http::connections::serve::{ConnectionError, serve_connection};
use crate::http::tls::Tls;
use crate::reload_requests::request::ReloadRequests;
use crate::runtime::Runtime;
use crate::startup::configuration::{Origin, Prepared};
use crate::startup::trust::TrustedOwners;

/// The pages of a daemon, and the plugins behind them.
#[derive(Debug)]
pub struct Pages {
    runtime: Runtime,
    connections: Connections,
    /// Nothing reloads here.
    reloads: ReloadRequests,
    shutdown: CancellationToken,
}

impl Pages {
    /// Starts the plugins of this configuration in the tokio runtime that this is called in. They end when the pages are
    /// dropped.
    #[must_use]
    pub fn start(config: Config, reaper: Reaper) -> Self {
        let Config { settings, plugins, .. } = config;
        let shutdown = CancellationToken::new();
        let prepared = Prepared::new(settings, plugins, &[], &Origin::of(Path::new("/"), TrustedOwners::default()));
        let runtime = Runtime::start(prepared, Vec::new(), Tls::default(), reaper, shutdown.clone());
        let (reloads, _) = ReloadRequests::channel();
        Self { runtime, connections: Connections::new(1, 1), reloads, shutdown }
    }

    /// Answers the requests of a client on this machine, until the stream ends.
    ///
    /// # Errors
    ///
    /// When the client breaks HTTP, when the stream fails, and when a time limit passes.
    pub async fn serve_connection(&self, stream: impl AsyncRead + AsyncWrite + Unpin) -> Result<(), ConnectionError> {
        let peer = Peer::Tcp((Ipv4Addr::LOCALHOST, 1).into());
        let connection = self.connections.register();
        let router = self.runtime.router(self.reloads.clone(), ConnectionLimits::new(64));
        serve_connection(stream, peer, router, &connection, self.shutdown.clone()).await
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}
