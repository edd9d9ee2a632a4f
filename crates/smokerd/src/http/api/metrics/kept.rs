//! The part of the page that shows plugins, kept until anything on it changes.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use smoker_model::metrics::exposition::Format;
use smoker_trust::access::grant::Grant;
use tokio::sync::Mutex;

use crate::http::api::metrics::plugin_lines::PluginLines;
use crate::http::api::metrics::plugin_page::{self, Shown};
use crate::results::kept::history::Sequence;
use crate::results::plugin::measures::PluginMeasures;
use crate::results::store::SharedState;

/// The metrics of plugins as they were last written. Nothing is kept before a client asks for the first time. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeptMetrics {
    text: Arc<Mutex<Kept>>,
    open_metrics: Arc<Mutex<Kept>>,
    left_out: Arc<AtomicU64>,
}

/// What is kept in one format.
#[derive(Debug, Default)]
struct Kept {
    newest: Option<((u64, Sequence), Bytes)>,
    plugins: HashMap<String, PluginLines>,
}

impl KeptMetrics {
    /// The metrics of the plugins that an identity with these limits may see. What has not changed is not written again.
    pub(super) async fn page(&self, state: &SharedState, format: Format, limits: Option<&Grant>) -> Bytes {
        let kept = match format {
            Format::Text => &self.text,
            Format::OpenMetrics => &self.open_metrics,
        };
        // Other clients wait until the page is written, and then have it.
        let mut kept = kept.lock().await;
        if limits.is_none()
            && let Some((version, page)) = &kept.newest
            && *version == state.measures_version()
        {
            return page.clone();
        }
        let (version, mut plugins) = state.measures();
        kept.read(&plugins, format);
        plugins.retain(|plugin| plugin.config.facts.check(limits).is_ok());
        let shown: Vec<Shown<'_>> = plugins.iter().filter_map(|plugin| kept.shown(plugin)).collect();
        let capacity = kept.newest.as_ref().map_or(0, |(_, page)| page.len() + page.len() / 8);
        let (page, left_out) = plugin_page::write(&shown, format, capacity);
        self.left_out.fetch_add(left_out as u64, Ordering::Relaxed);
        let page = Bytes::from(page);
        if limits.is_none() {
            kept.newest = Some((version, page.clone()));
        }
        page
    }

    /// How many series were left out of pages, counted again in each page that is written.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out.load(Ordering::Relaxed)
    }
}

impl Kept {
    /// Reads the results that are new.
    fn read(&mut self, plugins: &[PluginMeasures], format: Format) {
        let mut before = std::mem::take(&mut self.plugins);
        for plugin in plugins {
            let name = plugin.config.facts.name();
            let lines = before.remove(name).filter(|lines| lines.is_current(plugin));
            self.plugins.insert(name.to_owned(), lines.unwrap_or_else(|| PluginLines::of(plugin, format)));
        }
    }

    fn shown<'a>(&'a self, plugin: &'a PluginMeasures) -> Option<Shown<'a>> {
        Some((plugin, self.plugins.get(plugin.config.facts.name())?))
    }
}
