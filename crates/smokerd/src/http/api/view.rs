//! The pages that show plugins, as bytes.
//!
//! Results and parameters are written as JSON once, when they arise; a page is put together from these texts. Its
//! shape is that of `smoker_model::wire::pages`.

use bytes::Bytes;

use crate::results::snapshot::{FinishedRuns, PluginSnapshot};

/// `{"plugins": {"items": [{"plugin": P}, ...]}}`
pub(crate) fn plugin_list(plugins: &[PluginSnapshot]) -> Bytes {
    let mut page = Page::with_capacity(plugins.iter().map(size).sum());
    page.items(plugins, |page, plugin| page.plugin(plugin, None));
    page.finish()
}

/// As [`plugin_list`], each plugin with its `forcedResult`.
pub(crate) fn finished_process(runs: &FinishedRuns) -> Bytes {
    let mut page = Page::with_capacity(runs.iter().map(|(plugin, _)| 2 * size(plugin)).sum());
    page.items(runs, |page, (plugin, outcome)| page.plugin(plugin, Some(&outcome.forced)));
    page.finish()
}

/// `{"plugin": P, "results": [{"result": R}, ...]}`
pub(crate) fn plugin_with_results<T: AsRef<str>>(plugin: &PluginSnapshot, results: &[T]) -> Bytes {
    let mut page =
        Page::with_capacity(size(plugin) + results.iter().map(|text| text.as_ref().len() + 16).sum::<usize>());
    page.0.push_str("{\"plugin\": ");
    page.plugin(plugin, None);
    page.0.push_str(", \"results\": [");
    page.separated(results, |page, result| {
        page.0.push_str("{\"result\": ");
        page.0.push_str(result.as_ref());
        page.0.push('}');
    });
    page.0.push_str("]}");
    page.finish()
}

/// About how much a plugin takes on a page.
fn size(plugin: &PluginSnapshot) -> usize {
    let last = plugin.last_result.as_ref().map_or(4, |result| result.len());
    last + plugin.config.identity.len() + plugin.config.parameters.len() + 100
}

struct Page(String);

impl Page {
    fn with_capacity(bytes: usize) -> Self {
        Self(String::with_capacity(bytes + 64))
    }

    fn finish(mut self) -> Bytes {
        self.0.push('\n');
        Bytes::from(self.0)
    }

    fn items<T>(&mut self, items: &[T], write: impl Fn(&mut Self, &T)) {
        self.0.push_str("{\"plugins\": {\"items\": [");
        self.separated(items, |page, item| {
            page.0.push_str("{\"plugin\": ");
            write(page, item);
            page.0.push('}');
        });
        self.0.push_str("]}}");
    }

    fn separated<T>(&mut self, items: &[T], write: impl Fn(&mut Self, &T)) {
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.0.push_str(", ");
            }
            write(self, item);
        }
    }

    fn plugin(&mut self, plugin: &PluginSnapshot, forced_result: Option<&str>) {
        self.0.push_str("{\"lastResult\": ");
        self.0.push_str(plugin.last_result.as_deref().unwrap_or("null"));
        self.0.push_str(", ");
        self.0.push_str(&plugin.config.identity);
        self.0.push_str(", \"nextRun\": ");
        self.0.push_str(&plugin.next_run);
        self.0.push_str(", ");
        self.0.push_str(&plugin.config.parameters);
        if let Some(result) = forced_result {
            self.0.push_str(", \"forcedResult\": ");
            self.0.push_str(result);
        }
        self.0.push('}');
    }
}
