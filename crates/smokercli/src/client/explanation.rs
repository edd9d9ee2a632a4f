//! Asks one daemon to explain a plugin.

use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use smoker_model::wire::explanation::{Explanation, ExplanationPage};

use crate::client::ask_error::AskError;
use crate::client::fleet::Fleet;
use crate::client::host::{HostLinks, resolve};
use crate::client::session::Session;
use crate::transport::exchange::{KeepAlive, Transport};

/// How long the page may take.
const PAGE_LIMIT: Duration = Duration::from_secs(20);

impl Fleet {
    /// Has every host explain a plugin. Returns the explanation, or why there is none, with the name of each host.
    pub async fn explain<T: Transport>(
        &self,
        session: &Session<'_, T>,
        plugin: &str,
    ) -> Vec<(String, Result<Explanation, String>)> {
        let asked = self.each_answer().into_iter().map(async |(name, answer)| {
            let outcome = match answer {
                Ok(answer) => ask(session, &answer.links, plugin).await.map_err(|reason| {
                    session.observer.problem(&format!("Host {name}: {reason}"));
                    reason.to_string()
                }),
                Err(reason) => Err(reason),
            };
            (name, outcome)
        });
        stream::iter(asked).buffered(session.transport.parallel()).collect().await
    }
}

/// The explanation of a plugin.
///
/// # Errors
///
/// When the daemon cannot be asked, does not have the plugin, or is too old.
async fn ask<T: Transport>(session: &Session<'_, T>, links: &HostLinks, plugin: &str) -> Result<Explanation, AskError> {
    let mut url = resolve(&links.about, "/plugins")?;
    // Every URL of http has a path.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push(plugin).push("explain");
    }
    let page: ExplanationPage = session.get(&url, PAGE_LIMIT, KeepAlive::IfSmallFleet).await?;
    Ok(page.explanation)
}
