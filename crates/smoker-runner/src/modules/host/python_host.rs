//! The handle of the host: starts it at first need and hands out its children.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::modules::host::child::{ChildLost, WaitingChild};
use crate::modules::host::connection::HostConnection;
use crate::modules::host::settings::PythonSettings;
use crate::modules::host::start;

/// Runs Python modules. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct PythonHost(Arc<PythonHostState>);

#[derive(Debug)]
struct PythonHostState {
    settings: PythonSettings,
    current: Mutex<Option<Arc<HostConnection>>>,
}

impl PythonHost {
    /// A host that is started at first need.
    pub(crate) fn new(settings: PythonSettings) -> Self {
        Self(Arc::new(PythonHostState { settings, current: Mutex::default() }))
    }

    /// Where Python looks modules up: the user's folders, then the interpreter's.
    ///
    /// # Errors
    ///
    /// Why no host can be had.
    pub(crate) async fn search_path(&self) -> Result<Vec<PathBuf>, String> {
        Ok(self.connection().await?.search_path().to_vec())
    }

    /// The user's own folders.
    pub(crate) fn users_path(&self) -> &[PathBuf] {
        self.0.settings.users_path()
    }

    /// A child that waits for its job: the one that was ordered ahead, or a new one.
    pub(super) async fn child(&self) -> Result<WaitingChild, ChildLost> {
        let connection = self.connection().await.map_err(ChildLost::Final)?;
        if let Some(spare) = connection.take_spare()
            && let Ok(child) = WaitingChild::of(spare, Arc::clone(&connection)).await
        {
            return Ok(child);
        }
        let ordered = connection.fork().map_err(|error| ChildLost::Final(format!("cannot run a module: {error}")))?;
        WaitingChild::of(ordered, connection).await
    }

    /// Gives no more runs to a host; it exits after the last one that it has.
    pub(super) async fn retire(&self, connection: &Arc<HostConnection>) {
        let mut current = self.0.current.lock().await;
        if current.take_if(|current| Arc::ptr_eq(current, connection)).is_some() {
            tracing::info!("the interpreter of the Python host was replaced; another host is started");
        }
    }

    /// The host that runs, or a new one. A start goes on when the run that waited
    /// for it was given up, so that a short time limit does not start hosts in
    /// vain again and again.
    async fn connection(&self) -> Result<Arc<HostConnection>, String> {
        let inner = Arc::clone(&self.0);
        let connecting = async move {
            let mut current = inner.current.lock().await;
            if let Some(connection) = current.as_ref().filter(|connection| connection.death().is_none()) {
                return Ok(Arc::clone(connection));
            }
            let connection = start::start(&inner.settings).await?;
            *current = Some(Arc::clone(&connection));
            Ok(connection)
        };
        tokio::spawn(connecting).await.map_err(|error| format!("starting the Python host panicked: {error}"))?
    }
}
