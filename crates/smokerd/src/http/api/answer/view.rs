//! The pages that show plugins, as pieces of text.
//!
//! Results and parameters are written as JSON once, when they arise; a page is put together from these texts while it
//! is sent. Its shape is that of `smoker_model::wire::pages`.

use std::cell::OnceCell;
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;

use crate::http::held_pages::{HeldPages, PageKey};
use crate::http::streamed_body::StreamedBody;
use crate::results::kept::packed_text::PackedText;
use crate::results::plugin::config_fields::ConfigFields;
use crate::results::plugin::snapshot::{FinishedRuns, PluginSnapshot};
use crate::results::processes::process::ForcedOutcome;

/// A page as pieces of text.
pub(crate) struct Page {
    pieces: Box<dyn Iterator<Item = Piece> + Send>,
    length: usize,
}

/// A piece of a page. What the state has is shared with it.
pub(crate) enum Piece {
    Literal(&'static str),
    Text(Arc<str>),
    /// A result, and its text once it is written.
    Result(PackedText, OnceCell<String>),
    Identity(Arc<ConfigFields>),
    /// As administrators of this machine see them, or as all clients do.
    Parameters(Arc<ConfigFields>, bool),
}

/// `{"plugins": {"items": [{"plugin": P}, ...]}}`
pub(crate) fn plugin_list(plugins: Vec<PluginSnapshot>, is_administrator: bool) -> Page {
    items(plugins, move |plugin| plugin_pieces(plugin, None, is_administrator))
}

/// As [`plugin_list`], each plugin with its `forcedResult`.
pub(crate) fn finished_process(runs: FinishedRuns, is_administrator: bool) -> Page {
    items(runs, move |(plugin, outcome): &(PluginSnapshot, ForcedOutcome)| {
        plugin_pieces(plugin, Some(&outcome.forced), is_administrator)
    })
}

/// `{"plugin": P, "results": [{"result": R}, ...]}`
pub(crate) fn plugin_with_results(plugin: &PluginSnapshot, results: Vec<PackedText>, is_administrator: bool) -> Page {
    let plugin = plugin.clone();
    let result =
        |result: &PackedText| [Piece::Literal("{\"result\": "), Piece::result(result), Piece::Literal("}")].into_iter();
    Page::default()
        .literal("{\"plugin\": ")
        .then(vec![plugin], move |plugin| plugin_pieces(plugin, None, is_administrator))
        .literal(", \"results\": [")
        .then(results, result)
        .literal("]}\n")
}

/// `{"results": [ENTRY, ...` and `end`. Of an entry there are the members before its result, and the result.
pub(crate) fn result_list(entries: Vec<(Arc<str>, Arc<str>)>, end: Arc<str>) -> Page {
    let entry = |(members, result): &(Arc<str>, Arc<str>)| {
        [Piece::Text(Arc::clone(members)), Piece::Text(Arc::clone(result)), Piece::Literal("}")].into_iter()
    };
    Page::default().literal("{\"results\": [").then(entries, entry).text(end)
}

fn items<T, P>(items: Vec<T>, pieces: impl Fn(&T) -> P + Send + 'static) -> Page
where
    T: Send + 'static,
    P: Iterator<Item = Piece> + Send + 'static,
{
    let item = move |item: &T| {
        let begin = std::iter::once(Piece::Literal("{\"plugin\": "));
        begin.chain(pieces(item)).chain(std::iter::once(Piece::Literal("}")))
    };
    Page::default().literal("{\"plugins\": {\"items\": [").then(items, item).literal("]}}\n")
}

/// A plugin's JSON object.
fn plugin_pieces(
    plugin: &PluginSnapshot,
    forced_result: Option<&PackedText>,
    is_administrator: bool,
) -> impl Iterator<Item = Piece> + use<> {
    let last_result = plugin.last_result.as_ref().map_or(Piece::Literal("null"), Piece::result);
    let forced_result = forced_result.map(|result| [Piece::Literal(", \"forcedResult\": "), Piece::result(result)]);
    let standing = plugin.standing.members().flat_map(|(name, text)| {
        [Piece::Literal(", \""), Piece::Literal(name), Piece::Literal("\": "), Piece::Text(text)]
    });
    let pieces = [
        Piece::Literal("{\"lastResult\": "),
        last_result,
        Piece::Literal(", "),
        Piece::Identity(Arc::clone(&plugin.config)),
        Piece::Literal(", \"nextRun\": "),
        Piece::Text(Arc::clone(&plugin.next_run)),
        Piece::Literal(", "),
        Piece::Parameters(Arc::clone(&plugin.config), is_administrator),
    ];
    pieces.into_iter().chain(forced_result.into_iter().flatten()).chain(standing).chain([Piece::Literal("}")])
}

impl Default for Page {
    /// An empty page.
    fn default() -> Self {
        Self { pieces: Box::new(std::iter::empty()), length: 0 }
    }
}

impl Page {
    fn literal(self, text: &'static str) -> Self {
        Self { length: self.length + text.len(), pieces: Box::new(self.pieces.chain([Piece::Literal(text)])) }
    }

    /// The pieces of each item, with commas between the items.
    fn then<T, P>(self, items: Vec<T>, pieces: impl Fn(&T) -> P + Send + 'static) -> Self
    where
        T: Send + 'static,
        P: Iterator<Item = Piece> + Send + 'static,
    {
        const SEPARATOR: &str = ", ";
        let texts: usize = items.iter().flat_map(&pieces).map(|piece| piece.length()).sum();
        let length = self.length + texts + items.len().saturating_sub(1) * SEPARATOR.len();
        let separated = items.into_iter().enumerate().flat_map(move |(at, item)| {
            let separator = (at > 0).then_some(Piece::Literal(SEPARATOR));
            separator.into_iter().chain(pieces(&item))
        });
        Self { length, pieces: Box::new(self.pieces.chain(separated)) }
    }

    /// This text alone.
    pub(crate) fn of_text(text: Arc<str>) -> Self {
        Self::default().text(text)
    }

    fn text(self, text: Arc<str>) -> Self {
        self.then(vec![text], |text| std::iter::once(Piece::Text(Arc::clone(text))))
    }

    /// How many bytes it has.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// The page, written while its pieces are read.
    pub(crate) fn into_pieces(self) -> impl Iterator<Item = Piece> + Send {
        self.pieces
    }

    /// The page as a whole, in memory.
    pub(crate) fn into_bytes(self) -> Bytes {
        let mut text = String::with_capacity(self.length);
        self.pieces.for_each(|piece| text.push_str(piece.text()));
        text.into()
    }

    /// The page, written while it is sent. `at_end` is called when all of it has been written.
    pub(crate) fn into_body(self, held: &HeldPages, key: PageKey, at_end: Option<Box<dyn FnOnce() + Send>>) -> Body {
        let Self { pieces, length } = self;
        StreamedBody::new(pieces, Some(length as u64), at_end).held(held, key, length).into_body()
    }
}

impl Piece {
    fn result(result: &PackedText) -> Self {
        Self::Result(result.clone(), OnceCell::new())
    }

    /// How many bytes it has.
    fn length(&self) -> usize {
        match self {
            Self::Result(result, _) => result.length(),
            other => other.text().len(),
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Literal(text) => text,
            Self::Text(text) => text,
            Self::Result(result, text) => text.get_or_init(|| result.unpack()),
            Self::Identity(config) => &config.identity,
            Self::Parameters(config, is_administrator) => config.parameters_for(*is_administrator),
        }
    }
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        self.text().as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use serde::Serialize;
    use serde::de::DeserializeOwned;
    use serde_json::{Value as Json, json};
    use smoker_config::spec::settings::ShowSecrets;
    use smoker_model::result::Findings;
    use smoker_model::time::moment::Moment;
    use smoker_model::time::timestamp::Timestamp;
    use smoker_model::wire::pages::{PluginPage, PluginsPage};
    use smoker_model::wire::plugin::{Plugin, RunResult};
    use smoker_model::wire::result::ComponentShape;

    use super::*;
    use crate::results::json_text;
    use crate::results::plugin::standing::{Attempt, Standing, skipped};

    fn config() -> Arc<ConfigFields> {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let text = "templates: {BasePlugin: {}}\nplugins:\n  a/b č: {Command: x, Interval: 1h, Type: [1, {b: null}]}\n";
        std::fs::write(file.path(), text).expect("writable");
        let config = smoker_config::config::load(file.path(), |_| None).expect("it is valid");
        Arc::new(ConfigFields::of(&config.plugins[0], ShowSecrets::Never))
    }

    fn result(shape: ComponentShape) -> PackedText {
        let Json::Object(findings) = json!({
            "status": "WARN",
            "messages": {"info": ["up"], "warn": ["91% used"], "error": []},
            "componentResults": {"/srv": {"status": "WARN", "messages": {"info": [], "warn": ["91%"], "error": []}}},
        }) else {
            panic!("not an object")
        };
        let result = Findings::parse(findings).expect("findings").into_result(Moment::now(), true);
        json_text::to_text(&result.on_wire(shape)).as_str().into()
    }

    /// The type has every member of the page, in the same place.
    fn expect_same<T: DeserializeOwned + Serialize + Debug>(page: Page) -> T {
        let length = page.length();
        let page = page.into_bytes();
        assert_eq!(page.len(), length);
        let typed: T = serde_json::from_slice(&page).expect("a page of this type");
        let json: Json = serde_json::from_slice(&page).expect("JSON");
        assert_eq!(serde_json::to_value(&typed).expect("JSON"), json);
        typed
    }

    #[test]
    fn pages_have_the_shape_of_the_wire_types() {
        let (listed, mapped) = (result(ComponentShape::List), result(ComponentShape::Mapping));
        let standing = Standing::default();
        let never_run = PluginSnapshot { config: config(), last_result: None, next_run: "null".into(), standing };
        let next_run = json_text::to_text(&Timestamp::now()).into();
        let silence = r#"{"id": 1, "by": "ann", "reason": "deploy", "until": "2026-11-30T12:00:00Z"}"#;
        let skipped = Some(skipped(chrono::DateTime::UNIX_EPOCH, "Db", "Db is ERROR since 10:02"));
        let attempt = Some(Attempt { number: 1, is_bad: true, is_soft: true });
        let standing = Standing { attempt, is_flapping: true, skipped, silence: Some(silence.into()) };
        let has_run = PluginSnapshot { last_result: Some(listed.clone()), next_run, standing, ..never_run.clone() };

        let page: PluginsPage<Plugin> = expect_same(plugin_list(vec![never_run.clone(), has_run.clone()], false));
        let [first, second] = &page.plugins.items[..] else { panic!("two plugins") };
        assert_eq!((&*first.plugin.name, &first.plugin.last_result), ("a/b č", &None));
        assert!(second.plugin.next_run.is_some());
        assert_eq!((second.plugin.state.as_deref(), second.plugin.attempt), (Some("soft"), Some(1)));
        assert_eq!(second.plugin.skipped.as_ref().map(|skipped| &*skipped.parent), Some("Db"));
        assert_eq!(second.plugin.silence.as_ref().map(|silence| silence.id), Some(1));

        let page: PluginPage<Plugin, RunResult> =
            expect_same(plugin_with_results(&has_run, vec![listed.clone(), listed], false));
        assert_eq!(page.results.len(), 2);

        let outcome = ForcedOutcome { forced: mapped, last: None };
        let page: PluginsPage<Plugin> = expect_same(finished_process(vec![(never_run, outcome)], false));
        let forced = page.plugins.items[0].plugin.forced_result.as_ref().expect("the forced result");
        assert_eq!((&*forced.status, forced.forced), ("WARN", true));
    }
}
