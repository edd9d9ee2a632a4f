//! Parts of the daemon for programs that want them without the rest: without
//! sockets, signals and log files, in a runtime of their own.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use smoker_config::config::Config;
use smoker_runner::process::containment::orphans::Reaper;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use crate::http::api::guard::Connection;
use crate::http::idle::Connections;
use crate::http::server;
use crate::runtime::Runtime;
use crate::startup::configuration::{Origin, Prepared};

/// The pages of a daemon, and the plugins behind them.
#[derive(Debug)]
pub struct Pages {
    runtime: Runtime,
    connections: Connections,
    shutdown: CancellationToken,
}

impl Pages {
    /// The plugins of this configuration live from now on, in the runtime
    /// that this is called in, until the pages are dropped.
    #[must_use]
    pub fn begin(config: Config, reaper: Reaper) -> Self {
        let Config { settings, plugins, .. } = config;
        let shutdown = CancellationToken::new();
        let prepared = Prepared::new(settings, plugins, &Origin::of(Path::new("/")));
        let runtime = Runtime::start(prepared, Vec::new(), reaper, shutdown.clone());
        Self { runtime, connections: Connections::new(), shutdown }
    }

    /// Answers the requests of a client on this machine, up to the end of the stream.
    ///
    /// # Errors
    ///
    /// What the HTTP of the client broke.
    pub async fn converse(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let local = SocketAddr::from((Ipv4Addr::LOCALHOST, self.runtime.settings().bind_port));
        let connection = Connection { peer: (Ipv4Addr::LOCALHOST, 1).into(), local };
        let member = self.connections.enter();
        server::converse(stream, connection, self.runtime.router(), &member, self.shutdown.clone()).await
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}
