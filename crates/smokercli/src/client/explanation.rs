//! Asks one daemon to explain a plugin.

use std::time::Duration;

use smoker_model::wire::explanation::{Explanation, ExplanationPage};

use crate::client::ask_error::AskError;
use crate::client::host::{HostLinks, resolve};
use crate::client::session::Session;
use crate::transport::exchange::{KeepAlive, Transport};

/// How long the page may take.
const PAGE_LIMIT: Duration = Duration::from_secs(20);

/// The explanation of a plugin.
///
/// # Errors
///
/// When the daemon cannot be asked, does not have the plugin, or is too old.
pub async fn ask<T: Transport>(
    session: &Session<'_, T>,
    links: &HostLinks,
    plugin: &str,
) -> Result<Explanation, AskError> {
    let mut url = resolve(&links.about, "/plugins")?;
    // Every URL of http has a path.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push(plugin).push("explain");
    }
    let page: ExplanationPage = session.get(&url, PAGE_LIMIT, KeepAlive::IfSmallFleet).await?;
    Ok(page.explanation)
}
