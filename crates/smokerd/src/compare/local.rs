//! The runs here, one after the other and without a schedule.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value as Json};
use smoker_model::occasion::Occasion;
use smoker_model::plugin::{Parameters, PluginSpec};
use smoker_model::result::PluginResult;
use smoker_model::wire::result::ComponentShape;
use smoker_runner::context::RunKind;
use smoker_runner::modules::host::settings::PythonSettings;
use smoker_runner::prepared::PreparedPlugin;
use smoker_runner::process::attributes::credentials::Credentials;

use crate::results::json_text;
use crate::scheduler::actions::{Acting, check_and_act};
use crate::service::privileges;
use crate::standalone::{self, Outcome};

/// How much longer than the longest `Timeout` the other daemon may take, since it need not run all at once.
const SPARE_TIME: Duration = Duration::from_secs(300);

/// A `Timeout` beyond a day is none to wait for.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// The plugins of the configuration.
pub(crate) struct Local {
    pub(crate) plugins: Vec<LocalPlugin>,
    python: PythonSettings,
}

/// A plugin of the configuration.
pub(crate) struct LocalPlugin {
    prepared: PreparedPlugin,
    pub(crate) has_action: bool,
    pub(crate) runs_action: bool,
}

impl LocalPlugin {
    pub(crate) fn name(&self) -> &str {
        self.prepared.spec().name.as_str()
    }

    pub(crate) fn parameters(&self) -> &Parameters {
        &self.prepared.spec().parameters
    }
}

impl Local {
    /// Takes the account of the daemon. Actions are left out unless they are wanted: they tell others twice.
    pub(crate) fn prepare(
        plugins: Vec<PluginSpec>,
        python: PythonSettings,
        credentials: Option<&Credentials>,
        with_action: bool,
    ) -> Result<Self, String> {
        if let Some(credentials) = credentials {
            privileges::drop_privileges(credentials).map_err(|error| error.to_string())?;
        }
        let prepare = |mut spec: PluginSpec| {
            let has_action = !spec.actions.is_empty();
            if !with_action {
                spec.actions.clear();
            }
            let prepared = PreparedPlugin::new(Arc::new(spec));
            LocalPlugin { prepared, has_action, runs_action: has_action && with_action }
        };
        Ok(Self { plugins: plugins.into_iter().map(prepare).collect(), python })
    }

    /// How long these plugins may take in another daemon.
    pub(crate) fn limit(&self, names: &[String]) -> Duration {
        let named = self.plugins.iter().filter(|plugin| names.iter().any(|name| name == plugin.name()));
        let longest = named.map(|plugin| plugin.prepared.spec().invocation.timeout.duration.min(LONGEST)).max();
        longest.unwrap_or_default() + SPARE_TIME
    }

    /// Runs these plugins and gives their results as pages show forced ones.
    pub(crate) async fn run(&self, plugins: impl Iterator<Item = &LocalPlugin>) -> Result<Vec<Json>, String> {
        let run = standalone::run(self.python.clone(), "this comparison", async |runner, cancel| {
            let mut results = Vec::new();
            for plugin in plugins {
                let run = runner.begin(&plugin.prepared, RunKind::Forced, cancel);
                let occasion = |result: &PluginResult| Occasion::of_result(&plugin.prepared.spec().name, result, None);
                let acted = check_and_act(run, |_| Acting::OfRun, occasion).await;
                let text = json_text::to_text(&acted.result.on_wire(ComponentShape::Mapping));
                results.push(serde_json::from_str(&text).unwrap_or_default());
            }
            results
        });
        let Outcome { results, was_interrupted } = run.await.map_err(|error| error.to_string())?;
        if was_interrupted { Err("ended by a signal before all plugins were run".to_owned()) } else { Ok(results) }
    }
}

/// Parameters as pages show them, secrets included.
pub(crate) fn as_json(parameters: &Parameters) -> Map<String, Json> {
    serde_json::from_str(&json_text::to_text(parameters)).unwrap_or_default()
}
