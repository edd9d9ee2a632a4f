//! A plugin with all that can be looked up before its first run.

use std::sync::Arc;

use smoker_model::plugin::PluginSpec;
use tokio::sync::Mutex;

use crate::process::credentials::{Credentials, CredentialsError};
use crate::process::environment;

/// A plugin that is ready to run: accounts looked up, environment made.
#[derive(Debug)]
pub struct PreparedPlugin {
    spec: Arc<PluginSpec>,
    credentials: Result<Option<Credentials>, CredentialsError>,
    environment: Vec<(String, String)>,
    warnings: Vec<String>,
    lock_look: Arc<Mutex<()>>,
}

impl PreparedPlugin {
    /// Looks up what the plugin needs. Whatever cannot be found is an ERROR of
    /// each run, not of the load.
    #[must_use]
    pub fn new(spec: Arc<PluginSpec>) -> Self {
        let credentials = Credentials::resolve(&spec.run_as);
        let (environment, mut warnings) = environment::of_plugin(&spec);
        if let Err(error) = &credentials {
            warnings.push(format!("every run will fail: {error}"));
        }
        Self { spec, credentials, environment, warnings, lock_look: Arc::default() }
    }

    /// What the configuration says of the plugin.
    #[must_use]
    pub fn spec(&self) -> &Arc<PluginSpec> {
        &self.spec
    }

    /// Whether both would do the same: the configuration says the same of them,
    /// and so does the system of their accounts.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.spec == other.spec && self.credentials == other.credentials
    }

    /// As whom it runs.
    ///
    /// # Errors
    ///
    /// The reason for which it cannot run.
    pub fn credentials(&self) -> &Result<Option<Credentials>, CredentialsError> {
        &self.credentials
    }

    /// What an operator should know before the first run.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Held while somebody looks for the maintenance lock.
    pub(crate) fn lock_look(&self) -> Arc<Mutex<()>> {
        Arc::clone(&self.lock_look)
    }

    pub(crate) fn environment(&self) -> &[(String, String)] {
        &self.environment
    }
}
