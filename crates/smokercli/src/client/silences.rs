//! Silences plugins of one daemon, lists its silences, or ends some.

use std::time::Duration;

use reqwest::Url;
use smoker_model::wire::silences::{ListedSilence, SilencePage, SilenceRequest, SilencesPage, WantedSilence};

use crate::client::ask_error::AskError;
use crate::client::host::{HostLinks, resolve};
use crate::client::session::Session;
use crate::transport::exchange::{FailureKind, KeepAlive, Transport};

/// How long a page may take.
const PAGE_LIMIT: Duration = Duration::from_secs(20);

/// What to do with the silences of a daemon.
#[derive(Clone, Debug)]
pub enum SilenceOrder {
    /// Make one.
    Make {
        /// How long it lasts, as `30m`.
        lasts: String,
        /// Why.
        reason: String,
        /// Who wants it.
        author: String,
        /// Of the plugins that are left alone, not of all.
        is_of_some: bool,
    },
    /// Show those that there are.
    List,
    /// End this one; none: all.
    End(Option<u64>),
}

/// Does it, and returns the silences that are made, shown or ended.
///
/// # Errors
///
/// When the daemon cannot be asked, has no silences, or refuses.
pub async fn ask<T: Transport>(
    session: &Session<'_, T>,
    links: &HostLinks,
    plugins: &[String],
    order: &SilenceOrder,
) -> Result<Vec<ListedSilence>, AskError> {
    let page = resolve(&links.about, "/silences")?;
    match order {
        SilenceOrder::Make { lasts, reason, author, is_of_some } => {
            let plugins = is_of_some.then(|| plugins.to_vec());
            let (lasts, reason, author) = (lasts.clone(), reason.clone(), Some(author.clone()));
            let body = SilenceRequest { silence: WantedSilence { plugins, filter: None, lasts, reason, author } };
            let made: SilencePage = session.post_once(&page, &body, PAGE_LIMIT).await?;
            Ok(vec![made.silence])
        }
        SilenceOrder::List => list(session, &page).await,
        SilenceOrder::End(Some(id)) => Ok(vec![end(session, &page, *id).await?]),
        SilenceOrder::End(None) => {
            let mut ended = Vec::new();
            for ListedSilence { silence, .. } in list(session, &page).await? {
                match end(session, &page, silence.id).await {
                    // Its time has come meanwhile.
                    Err(AskError::Open(error)) if error.kind == FailureKind::NotFound => {}
                    result => ended.push(result?),
                }
            }
            Ok(ended)
        }
    }
}

async fn list<T: Transport>(session: &Session<'_, T>, page: &Url) -> Result<Vec<ListedSilence>, AskError> {
    let page: SilencesPage = session.get(page, PAGE_LIMIT, KeepAlive::Yes).await?;
    Ok(page.silences)
}

async fn end<T: Transport>(session: &Session<'_, T>, page: &Url, id: u64) -> Result<ListedSilence, AskError> {
    let mut url = page.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push(&id.to_string());
    }
    let page: SilencePage = session.delete(&url, PAGE_LIMIT).await?;
    Ok(page.silence)
}
