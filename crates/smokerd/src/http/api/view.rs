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

#[cfg(test)]
mod tests {
    use std::fmt::Debug;
    use std::sync::Arc;

    use serde::Serialize;
    use serde::de::DeserializeOwned;
    use serde_json::{Value as Json, json};
    use smoker_model::result::{ComponentShape, Findings};
    use smoker_model::timestamp::Timestamp;
    use smoker_model::wire::pages::{PluginPage, PluginsPage};
    use smoker_model::wire::plugin::{Plugin, RunResult};

    use super::*;
    use crate::results::config_fields::ConfigFields;
    use crate::results::json_text;
    use crate::results::processes::ForcedOutcome;

    fn config() -> Arc<ConfigFields> {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let text = "templates: {BasePlugin: {}}\nplugins:\n  a/b č: {Command: x, Interval: 1h, Type: [1, {b: null}]}\n";
        std::fs::write(file.path(), text).expect("writable");
        let config = smoker_config::config::load(file.path()).expect("it is valid");
        Arc::new(ConfigFields::of(&config.plugins[0]))
    }

    fn result(shape: ComponentShape) -> Arc<str> {
        let Json::Object(findings) = json!({
            "status": "WARN",
            "messages": {"info": ["up"], "warn": ["91% used"], "error": []},
            "componentResults": {"/srv": {"status": "WARN", "messages": {"info": [], "warn": ["91%"], "error": []}}},
        }) else {
            panic!("not an object")
        };
        let result = Findings::parse(findings).expect("findings").into_result(Timestamp::now(), true);
        json_text::to_text(&result.on_wire(shape)).into()
    }

    /// The type has every member of the page, in the same place.
    fn expect_same<T: DeserializeOwned + Serialize + Debug>(page: &Bytes) -> T {
        let typed: T = serde_json::from_slice(page).expect("a page of this type");
        let json: Json = serde_json::from_slice(page).expect("JSON");
        assert_eq!(serde_json::to_value(&typed).expect("JSON"), json);
        typed
    }

    #[test]
    fn pages_have_the_shape_of_the_wire_types() {
        let (listed, mapped) = (result(ComponentShape::List), result(ComponentShape::Mapping));
        let never_run = PluginSnapshot { config: config(), last_result: None, next_run: "null".into() };
        let next_run = json_text::to_text(&Timestamp::now()).into();
        let has_run = PluginSnapshot { last_result: Some(Arc::clone(&listed)), next_run, ..never_run.clone() };

        let page: PluginsPage<Plugin> = expect_same(&plugin_list(&[never_run.clone(), has_run.clone()]));
        let [first, second] = &page.plugins.items[..] else { panic!("two plugins") };
        assert_eq!((&*first.plugin.name, &first.plugin.last_result), ("a/b č", &None));
        assert!(second.plugin.next_run.is_some());

        let page: PluginPage<Plugin, RunResult> = expect_same(&plugin_with_results(&has_run, &[&listed, &listed]));
        assert_eq!(page.results.len(), 2);

        let outcome = ForcedOutcome { forced: mapped, last: None };
        let page: PluginsPage<Plugin> = expect_same(&finished_process(&vec![(never_run, outcome)]));
        let forced = page.plugins.items[0].plugin.forced_result.as_ref().expect("the forced result");
        assert_eq!((&*forced.status, forced.forced), ("WARN", true));
    }
}
