//! Silences plugins of one daemon, lists its silences, or ends some.

use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use reqwest::Url;
use smoker_model::wire::silences::{ListedSilence, SilencePage, SilenceRequest, SilencesPage, WantedSilence};

use crate::client::ask_error::AskError;
use crate::client::fleet::Fleet;
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
        /// How long it lasts, as daemons read it: `1800s`.
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

impl Fleet {
    /// Silences the plugins that are left of every host, shows its silences, or ends some. Returns what came of each host that
    /// has some, or why it could not be asked, with its name.
    pub async fn silence<T: Transport>(
        &self,
        session: &Session<'_, T>,
        order: &SilenceOrder,
    ) -> Vec<(String, Result<Vec<ListedSilence>, String>)> {
        let needs_plugins = matches!(order, SilenceOrder::Make { is_of_some: true, .. });
        let asked = self.each_answer().into_iter().map(async |(name, answer)| {
            let outcome = match answer {
                Ok(answer) if answer.plugins.is_empty() && needs_plugins => return None,
                Ok(answer) => {
                    let plugins: Vec<_> = answer.plugins.iter().map(|plugin| plugin.name().to_owned()).collect();
                    ask(session, &answer.links, &plugins, order).await.map_err(|reason| {
                        session.observer.problem(&format!("Host {name}: {reason}"));
                        reason.to_string()
                    })
                }
                Err(reason) => Err(reason),
            };
            Some((name, outcome))
        });
        let outcomes = stream::iter(asked).buffered(session.transport.parallel());
        outcomes.filter_map(std::future::ready).collect().await
    }
}

/// Does it, and returns the silences that are made, shown or ended.
///
/// # Errors
///
/// When the daemon cannot be asked, has no silences, or refuses.
async fn ask<T: Transport>(
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
            let body = SilenceRequest {
                silence: WantedSilence { plugins, filter: None, all: !is_of_some, lasts, reason, author },
            };
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
