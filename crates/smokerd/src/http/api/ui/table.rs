//! `GET /ui/table`: all plugins as a table that needs no scripts.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use smoker_model::counted::counted;
use smoker_model::status::Status;
use smoker_model::wire::plugin::SkippedRuns;
use smoker_model::wire::silences::PluginSilence;
use smoker_page::table::{self, Head, Messages, Row, Style};

use crate::http::api::ui::page;
use crate::http::held_pages::{HeldPages, PageKey};
use crate::http::streamed_body::StreamedBody;
use crate::os::host_name::host_name;
use crate::results::json_text;
use crate::results::kept::packed_text::PackedText;
use crate::results::plugin::measures::PluginMeasures;
use crate::results::plugin::standing::Standing;
use crate::results::requester::Requester;
use crate::scheduler::manager::PluginManager;

/// All plugins that the client may see, those that are not OK first. Each row is written while the page is sent.
pub(crate) async fn show(
    State(manager): State<PluginManager>,
    State(held): State<HeldPages>,
    Extension(requester): Extension<Requester>,
) -> Response {
    let (_, mut plugins) = manager.state().measures();
    plugins.retain(|plugin| plugin.config.facts.check(requester.limits.as_deref()).is_ok());
    plugins.sort_by_key(|plugin| WORST_FIRST.iter().position(|status| *status == plugin.status));
    let now = Utc::now();
    let note = format!("{} at {}", counted(plugins.len(), "plugin"), now.format(FORM));
    let title = format!("Smoker {}", host_name());
    let head = Head { title: &title, note: &note, has_hosts: false, when: "Since", style: Style::Linked };
    let begin = table::begin(&head);
    let length: usize = plugins.iter().filter_map(|plugin| Some(plugin.last_result.as_ref()?.length())).sum();
    let rows = plugins.into_iter().map(move |plugin| table::row(&row(&plugin)));
    let pieces = std::iter::once(begin).chain(rows).chain([table::end().to_owned()]);
    page::html(StreamedBody::new(pieces, None, None).held(&held, PageKey::own(), length).into_body())
}

/// The order of the rows, as the page has it.
const WORST_FIRST: [Status; 4] = [Status::Error, Status::Unknown, Status::Warn, Status::Ok];

/// A moment without a time zone of the reader.
const FORM: &str = "%Y-%m-%d %H:%M:%S UTC";

fn row(plugin: &PluginMeasures) -> Row {
    let text = plugin.last_result.as_ref().map(PackedText::unpack).unwrap_or_default();
    let result: Shown = serde_json::from_str(&text).unwrap_or_default();
    let moment = |moment: Option<DateTime<Utc>>| moment.map_or(String::new(), |moment| moment.format(FORM).to_string());
    let component = |part: &Json| {
        let part = part.get("componentResult")?;
        let text = |key| part.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
        let messages = part.get("messages").and_then(Json::as_object).map(messages).unwrap_or_default();
        Some((text("status"), text("name"), messages))
    };
    let standing = texts_of(&plugin.standing).into_iter().map(|text| ("info".to_owned(), text));
    let components = result.components.as_ref().and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    Row {
        host: None,
        plugin: plugin.config.facts.name().to_owned(),
        status: plugin.status.as_str().to_owned(),
        when: moment(plugin.changed),
        duration: result.duration.map_or(String::new(), |seconds| format!("{seconds:.3} s")),
        next_run: json_text::local_time(&plugin.next_run)
            .map_or_else(|| "on request".to_owned(), |next| moment(Some(next))),
        messages: standing.chain(result.messages.as_ref().map(messages).unwrap_or_default()).collect(),
        components: components.iter().filter_map(component).collect(),
    }
}

/// Why the plugin does not run, and why nobody is told of its results.
fn texts_of(standing: &Standing) -> Vec<String> {
    let skipped = standing.skipped.as_deref().and_then(|text| serde_json::from_str::<SkippedRuns>(text).ok());
    let silence = standing.silence.as_deref().and_then(|text| serde_json::from_str::<PluginSilence>(text).ok());
    let mut texts = Vec::new();
    texts.extend(skipped.map(|skipped| format!("skipped: {}", skipped.reason)));
    texts.extend(
        silence.map(|silence| format!("silenced until {} by {}: {}", silence.until, silence.by, silence.reason)),
    );
    texts
}

/// What the table shows of a result.
#[derive(Default, Deserialize)]
struct Shown {
    #[serde(default)]
    messages: Option<Map<String, Json>>,
    #[serde(default, rename = "componentResults")]
    components: Option<Json>,
    #[serde(default)]
    duration: Option<f64>,
}

/// Those of `error` and `warn` first.
fn messages(levels: &Map<String, Json>) -> Messages {
    let first = ["error", "warn"].into_iter().filter_map(|level| levels.get_key_value(level));
    let others = levels.iter().filter(|(level, _)| !["error", "warn"].contains(&level.as_str()));
    let mut messages = Messages::new();
    for (level, texts) in first.chain(others) {
        let texts = texts.as_array().map(Vec::as_slice).unwrap_or_default();
        messages.extend(texts.iter().map(|text| {
            let text = text.as_str().map_or_else(|| text.to_string(), str::to_owned);
            (level.clone(), text)
        }));
    }
    messages
}
