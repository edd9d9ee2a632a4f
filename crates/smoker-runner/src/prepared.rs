//! A plugin with all that can be looked up before its first run.

use std::sync::Arc;

use smoker_model::plugin::{Invocation, Parameters, PluginSpec, RunAs};
use smoker_model::value::Value;
use tokio::sync::Mutex;

use crate::log_limit::LogLimit;
use crate::process::attributes::credentials::{Credentials, CredentialsError};
use crate::process::attributes::environment;
use crate::process::attributes::surroundings::Surroundings;

/// A plugin that is ready to run: accounts looked up, environment made.
#[derive(Debug)]
pub struct PreparedPlugin {
    spec: Arc<PluginSpec>,
    credentials: Result<Option<Credentials>, CredentialsError>,
    account_variables: Vec<(String, String)>,
    environment: Vec<(String, String)>,
    warnings: Vec<String>,
    lock_check: Arc<Mutex<()>>,
    tracebacks: LogLimit,
}

/// What an operator should know of the variables that a plugin's parameters become.
#[must_use]
pub fn variable_warnings(spec: &PluginSpec) -> Vec<String> {
    environment::of_plugin(spec).1
}

impl PreparedPlugin {
    /// Looks up what the plugin needs. Whatever cannot be found is an ERROR of
    /// each run, not of the load.
    #[must_use]
    pub fn new(spec: Arc<PluginSpec>) -> Self {
        let credentials = Credentials::resolve(&spec.run_as);
        let (environment, mut warnings) = environment::of_plugin(&spec);
        // Ids that make no sense are reported where they are read.
        if let Err(error) = &credentials
            && !matches!(spec.run_as, RunAs::Unusable(_))
        {
            warnings.push(format!("every run will fail: {error}"));
        }
        let account_variables = Credentials::variables_for(&spec.run_as);
        Self {
            spec,
            credentials,
            account_variables,
            environment,
            warnings,
            lock_check: Arc::default(),
            tracebacks: LogLimit::default(),
        }
    }

    /// The plugin with values that a client gives for one run. The values have been read by what the plugin declares.
    ///
    /// # Errors
    ///
    /// The first name that it does not declare: another configuration may have taken effect meanwhile.
    pub fn with_values(&self, values: &Parameters) -> Result<Self, String> {
        let mut spec = PluginSpec::clone(&self.spec);
        for (name, value) in values {
            if !spec.run_parameters.contains_key(name) {
                return Err(format!("the plugin takes no value for {name} any more"));
            }
            spec.parameters.insert(name.clone(), value.clone());
        }
        let (environment, warnings) = environment::of_plugin(&spec);
        Ok(Self {
            spec: spec.into(),
            credentials: self.credentials.clone(),
            account_variables: self.account_variables.clone(),
            environment,
            warnings,
            lock_check: Arc::clone(&self.lock_check),
            tracebacks: self.tracebacks.clone(),
        })
    }

    /// The first parameter that has no value: it has no default, and nobody gives one.
    #[must_use]
    pub fn without_value(&self) -> Option<&str> {
        let names = self.spec.run_parameters.keys();
        let value = |name: &str| self.spec.parameters.get(name).filter(|value| **value != Value::Null);
        names.map(String::as_str).find(|name| value(name).is_none())
    }

    /// The plugin's specification.
    #[must_use]
    pub fn spec(&self) -> &Arc<PluginSpec> {
        &self.spec
    }

    /// Whether both would do the same: same specification, same ids of their accounts.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.spec == other.spec && self.credentials == other.credentials
    }

    /// The account that it runs as; none for the daemon's own.
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

    /// Held during a check of the maintenance lock.
    pub(crate) fn lock_check(&self) -> Arc<Mutex<()>> {
        Arc::clone(&self.lock_check)
    }

    /// What the processes of its run, or of its action, find around them.
    pub(crate) fn surroundings<'a>(&'a self, invocation: &'a Invocation) -> Surroundings<'a> {
        Surroundings { settings: &invocation.process, account: &self.account_variables }
    }

    /// Bounds the tracebacks of its modules in the log.
    pub(crate) fn tracebacks(&self) -> &LogLimit {
        &self.tracebacks
    }

    pub(crate) fn environment(&self) -> &[(String, String)] {
        &self.environment
    }
}
