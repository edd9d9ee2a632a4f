//! What the log says of runs: changes of status, runs and actions that failed. It follows the broadcast of records.

use std::collections::HashMap;

use smoker_model::messages::Level;
use smoker_model::plugin::{NOTHING_TO_RUN, PluginName};
use smoker_model::result::{ActionResult, PluginResult};
use smoker_model::run_record::{RunRecord, RunState};
use smoker_model::status::Status;
use smoker_runner::log_limit::LogLimit;
use tokio_util::sync::CancellationToken;

use crate::results::events::{Event, Received, Subscription};

/// A message is cut behind this many characters: the result has the whole.
const MAX_MESSAGE: usize = 500;

/// Logs runs until the daemon stops.
pub(crate) async fn follow(mut runs: Subscription, shutdown: CancellationToken) {
    let mut plugins = HashMap::<PluginName, PluginLog>::new();
    loop {
        let event = tokio::select! {
            biased;
            event = runs.next() => event,
            // What runs say when they are ended is no news.
            () = shutdown.cancelled() => return,
        };
        match event {
            Received::Event(Event::Record { record, previous, .. }) => {
                let RunState::Finished(run) = &record.state else { continue };
                if run.is_interrupted {
                    // It says nothing of what it checked, so it is no change.
                    tracing::info!("Plugin {}: {}", record.plugin, message(&run.result));
                } else {
                    plugins.entry(record.plugin.clone()).or_default().record(&record, previous, &run.result);
                }
            }
            Received::Event(Event::Started(_) | Event::Reloaded(_) | Event::Silence(_) | Event::GivenUp(_)) => {}
            Received::Lagged(count) => {
                tracing::warn!(
                    "{count} results or starts of runs are not looked at for the log, which could not keep up"
                );
            }
        }
    }
}

/// What is known of one plugin.
#[derive(Default)]
struct PluginLog {
    limit: LogLimit,
}

impl PluginLog {
    /// `before` is the status before the run, also that of a daemon before this one.
    fn record(&mut self, record: &RunRecord, before: Option<Status>, result: &PluginResult) {
        let plugin = &record.plugin;
        if result.is_fault && self.limit.admits(plugin) {
            tracing::error!("Plugin {plugin}: {}", shortened(fault(result)));
        }
        if before.unwrap_or(Status::Ok) != result.status && self.limit.admits(plugin) {
            let from = before.map_or("not run yet", Status::as_str);
            let (to, message) = (result.status, message(result));
            if to == Status::Ok {
                tracing::info!("Plugin {plugin}: {from} -> {to}: {message}");
            } else {
                tracing::warn!("Plugin {plugin}: {from} -> {to}: {message}");
            }
        }
        match &result.action {
            Some(ActionResult::Ran(runs)) => {
                for run in runs.iter().filter(|run| run.result.status == Status::Error) {
                    if self.limit.admits(plugin) {
                        let name = run.name.as_deref().map(|name| format!(" {name}")).unwrap_or_default();
                        let message = message(&run.result);
                        if message == NOTHING_TO_RUN {
                            tracing::error!("Plugin {plugin}: no Action Command or Module to execute!");
                        } else if run.result.is_fault {
                            tracing::error!("Plugin {plugin}: action{name} failed: {message}");
                        } else {
                            tracing::warn!("Plugin {plugin}: action{name} failed: {message}");
                        }
                    }
                }
            }
            Some(ActionResult::Reported(action))
                if action.get("status").is_some_and(|it| it == Status::Error.as_str()) =>
            {
                if self.limit.admits(plugin) {
                    tracing::warn!("Plugin {plugin}: the action that it reports failed");
                }
            }
            Some(ActionResult::Reported(_)) | None => {}
        }
    }
}

fn message(result: &PluginResult) -> String {
    shortened(result.reason().unwrap_or_else(|| "without a message".to_owned()))
}

/// The error that is the daemon's own: behind what the command printed, when it is a limit or a parser that failed.
fn fault(result: &PluginResult) -> String {
    let is_own =
        |text: &&str| ["Parser run failed: ", "Execution timeout after "].iter().any(|own| text.starts_with(own));
    let errors = result.messages.iter().flat_map(|messages| messages.level(Level::Error));
    errors.filter(is_own).last().map_or_else(|| message(result), str::to_owned)
}

fn shortened(message: String) -> String {
    match message.char_indices().nth(MAX_MESSAGE) {
        Some((end, _)) => format!("{}...", &message[..end]),
        None => message,
    }
}
