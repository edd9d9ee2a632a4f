//! The warm Python host: one interpreter, started at first need, that forks a
//! child for each run of a module.
//!
//! # Layout
//!
//! - `settings`: which interpreter, and where modules are looked up
//! - `sources`: the Python files that the host gets from us
//! - `start`: from an interpreter to a host that takes orders
//! - `wire`: what goes over the control socket
//! - `connection`: orders to a host, and its events to the runs
//! - `streams`: what connects us with a child
//! - `child`: a child until it gets its job
//! - `run`: the life of one run: reply, exit, deadline, cancel
//! - `job`: what a child is told to do
//! - `log`: what modules print and log goes to our log

pub mod settings;

pub(crate) mod job;
pub(crate) mod run;
pub(crate) mod sources;

mod child;
mod connection;
mod log;
mod start;
mod streams;
mod wire;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::modules::host::child::{Child, Lost};
use crate::modules::host::connection::Connection;
use crate::modules::host::settings::PythonSettings;
use crate::process::containment::reaper::Reaper;

/// What an operator can do who has no interpreter for modules.
pub(crate) const PYTHON_ADVICE: &str = "modules in Python need Python 3.6 or newer: install python3, or name an \
                                        interpreter under 'python' in the configuration";

/// Runs Python modules. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct ModuleHost(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: PythonSettings,
    reaper: Reaper,
    current: Mutex<Option<Arc<Connection>>>,
}

impl ModuleHost {
    /// A host that is started at first need.
    pub(crate) fn new(settings: PythonSettings, reaper: Reaper) -> Self {
        Self(Arc::new(Inner { settings, reaper, current: Mutex::default() }))
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
    async fn child(&self) -> Result<Child, Lost> {
        let connection = self.connection().await.map_err(Lost::ForGood)?;
        if let Some(spare) = connection.take_spare()
            && let Ok(child) = Child::of(spare, Arc::clone(&connection)).await
        {
            return Ok(child);
        }
        let ordered = connection.fork().map_err(|error| Lost::ForGood(format!("can't run a module: {error}")))?;
        Child::of(ordered, connection).await
    }

    /// Gives no more runs to a host; it ends with the last one that it has.
    async fn retire(&self, connection: &Arc<Connection>) {
        let mut current = self.0.current.lock().await;
        if current.take_if(|current| Arc::ptr_eq(current, connection)).is_some() {
            tracing::info!("the interpreter of the Python host was replaced; another host is started");
        }
    }

    /// The host that runs, or a new one. The start goes on when nobody waits
    /// for it any more, so that a short time limit does not start it in vain
    /// again and again.
    async fn connection(&self) -> Result<Arc<Connection>, String> {
        let inner = Arc::clone(&self.0);
        let connecting = async move {
            let mut current = inner.current.lock().await;
            if let Some(connection) = current.as_ref().filter(|connection| connection.death().is_none()) {
                return Ok(Arc::clone(connection));
            }
            let connection = start::start(&inner.settings, &inner.reaper).await?;
            *current = Some(Arc::clone(&connection));
            Ok(connection)
        };
        tokio::spawn(connecting).await.map_err(|error| format!("starting the Python host broke: {error}"))?
    }
}
