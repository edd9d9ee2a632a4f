//! Takes what a job reports to a plugin.

use smoker_model::plugin::PluginName;
use thiserror::Error;

use crate::results::requester::Requester;
use crate::scheduler::command::Command;
use crate::scheduler::manager::PluginManager;
use crate::scheduler::plugin_set::ForceError;
use crate::scheduler::reports::known::takes_reports;
use crate::scheduler::reports::report::{Report, keep};

/// Why a report is not taken.
#[derive(Debug, Error)]
pub(crate) enum ReportError {
    #[error("Plugin {0} not found")]
    UnknownPlugin(PluginName),
    #[error("Plugin {0} takes no results: it runs by itself; give it Check: job, without Command and Module")]
    NoJob(PluginName),
    #[error(transparent)]
    Refused(#[from] ForceError),
}

impl PluginManager {
    /// Keeps what a job reported, and has its plugin make a result of it, with all that follows a result.
    pub(crate) async fn report(
        &self,
        plugin: &PluginName,
        report: Report,
        requester: &Requester,
    ) -> Result<(), ReportError> {
        self.require_job(plugin, requester)?;
        keep(&self.0.context.runner, plugin, report).await;
        self.set().send(std::slice::from_ref(plugin), || Command::Reported(requester.clone().into()));
        Ok(())
    }

    fn require_job(&self, plugin: &PluginName, requester: &Requester) -> Result<(), ReportError> {
        let prepared = self.set().prepared_of(plugin);
        let (Some(prepared), Some(config)) = (prepared, self.state().config_of(plugin)) else {
            return Err(ReportError::UnknownPlugin(plugin.clone()));
        };
        let allowed = config.facts.check(requester.limits.as_deref());
        allowed.map_err(|failure| ForceError::OtherPlugin(failure.for_client()))?;
        if !takes_reports(prepared.spec()) {
            return Err(ReportError::NoJob(plugin.clone()));
        }
        Ok(self.take_rate(requester.address, 1)?)
    }
}
