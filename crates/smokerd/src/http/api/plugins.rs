//! `GET /plugins` and `GET /plugins/NAME`.

use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{StatusCode, Uri};
use percent_encoding::percent_decode_str;
use smoker_logging::secrets;
use smoker_model::plugin::PluginName;
use smoker_model::suggest;
use smoker_model::wire::explanation::ExplanationPage;
use smoker_model::wire::not_loaded::NOT_LOADED_HEADER;

use crate::http::api::answer::error::ApiError;
use crate::http::api::answer::view;
use crate::http::connections::activity::ConnectionActivity;
use crate::http::held_pages::{HeldPages, PageKey};
use crate::http::json_response;
use crate::http::limits;
use crate::results::requester::Requester;
use crate::scheduler::manager::PluginManager;

/// The header with the names of plugins that were not loaded.
const NOT_LOADED: HeaderName = HeaderName::from_static(NOT_LOADED_HEADER);

/// The page of all plugins as it was last written, with the revision of the facts that it shows. It is not written
/// again before the facts change.
#[derive(Clone, Debug, Default)]
pub(crate) struct ListCache {
    newest: Arc<Mutex<Option<(u64, Bytes)>>>,
    /// Held by the request that writes the page; other requests that find it outdated wait for that one.
    writing: Arc<tokio::sync::Mutex<()>>,
}

impl ListCache {
    async fn page(&self, manager: &PluginManager, held: &HeldPages, connection: ConnectionActivity) -> Body {
        if let Some((revision, page)) = self.current(manager) {
            return held.body(PageKey::Plugins(revision), page, connection);
        }
        let _writer = self.writing.lock().await;
        if let Some((revision, page)) = self.current(manager) {
            return held.body(PageKey::Plugins(revision), page, connection);
        }
        let (revision, plugins) = manager.state().plugins();
        let page = view::plugin_list(plugins, false);
        if page.length() > limits::KEPT_PAGE {
            return page.into_body(held, PageKey::Plugins(revision), None);
        }
        let page = page.into_bytes();
        *self.lock() = Some((revision, page.clone()));
        held.body(PageKey::Plugins(revision), page, connection)
    }

    fn current(&self, manager: &PluginManager) -> Option<(u64, Bytes)> {
        self.lock().clone().filter(|(revision, _)| *revision == manager.state().revision())
    }

    fn lock(&self) -> MutexGuard<'_, Option<(u64, Bytes)>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All plugins in configuration order. A header names those that were not loaded, if there are any.
pub(crate) async fn list(
    State(manager): State<PluginManager>,
    State(cache): State<ListCache>,
    State(held): State<HeldPages>,
    Extension(requester): Extension<Requester>,
    Extension(connection): Extension<ConnectionActivity>,
) -> Response {
    let page = if requester.is_local_administrator || requester.limits.is_some() {
        let (revision, mut plugins) = manager.state().plugins();
        plugins.retain(|plugin| plugin.config.facts.check(requester.limits.as_deref()).is_ok());
        let page = view::plugin_list(plugins, requester.is_local_administrator);
        page.into_body(&held, PageKey::Plugins(revision), None)
    } else {
        cache.page(&manager, &held, connection).await
    };
    let mut response = json_response::json_body(StatusCode::OK, page);
    // Which plugins a client with limits may see cannot be known of one that is not loaded.
    if requester.limits.is_none()
        && let Some(names) = manager.not_loaded()
        && let Ok(names) = HeaderValue::from_str(&names)
    {
        response.headers_mut().insert(NOT_LOADED, names);
    }
    response
}

/// One plugin with its results.
pub(crate) async fn show(
    State(manager): State<PluginManager>,
    State(held): State<HeldPages>,
    Extension(requester): Extension<Requester>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let name = item_name(&uri);
    let plugin_name = PluginName::from(name.as_str());
    let revision = manager.state().revision();
    match manager.state().plugin(&plugin_name) {
        Some((plugin, results)) => {
            let allowed = plugin.config.facts.check(requester.limits.as_deref());
            allowed.map_err(|failure| ApiError::Forbidden(failure.for_client()))?;
            let page = view::plugin_with_results(&plugin, results, requester.is_local_administrator);
            let body = page.into_body(&held, PageKey::Plugin(plugin_name, revision), None);
            Ok(json_response::json_body(StatusCode::OK, body))
        }
        None => Err(unknown(&name)),
    }
}

/// What decides when a plugin runs, and whether anybody hears of its results.
pub(crate) async fn explain(
    State(manager): State<PluginManager>,
    Extension(requester): Extension<Requester>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let name = item_name(&uri);
    let plugin_name = meant(&manager, &requester, &name)?;
    let config = manager.state().config_of(&plugin_name).ok_or_else(|| unknown(&name))?;
    config.facts.check(requester.limits.as_deref()).map_err(|failure| ApiError::Forbidden(failure.for_client()))?;
    let explanation = manager.explain(&plugin_name).await.ok_or_else(|| unknown(&name))?;
    Ok(json_response::json(StatusCode::OK, &ExplanationPage { explanation }))
}

/// The plugin of a name, or the only one whose name differs by case alone, as filters find it.
fn meant(manager: &PluginManager, requester: &Requester, name: &str) -> Result<PluginName, ApiError> {
    let plugin_name = PluginName::from(name);
    if manager.state().config_of(&plugin_name).is_some() {
        return Ok(plugin_name);
    }
    // A near name would tell a client with limits of plugins that it may not see, and so would the reason of one that is absent.
    let absent = if requester.limits.is_none() { manager.absent() } else { Vec::new() };
    if let Some((_, reason)) = absent.iter().find(|(absent, _)| *absent == plugin_name) {
        return Err(not_there(reason));
    }
    let (_, plugins) = manager.state().plugins();
    let visible = plugins.iter().filter(|plugin| plugin.config.facts.check(requester.limits.as_deref()).is_ok());
    let mut names: Vec<_> = visible.map(|plugin| plugin.config.facts.name()).collect();
    names.extend(absent.iter().map(|(absent, _)| absent.as_str()));
    let meant = suggest::of_any_case(name, &names).map_err(|near| match near {
        Some(near) => ApiError::NotFound(format!("Plugin {name} not found; did you mean {near}?")),
        None => unknown(name),
    })?;
    let reason = absent.iter().find(|(absent, _)| absent.as_str() == meant).map(|(_, reason)| reason);
    reason.map_or_else(|| Ok(PluginName::from(meant)), |reason| Err(not_there(reason)))
}

/// The configuration has this plugin, and the daemon has not.
fn not_there(reason: &str) -> ApiError {
    ApiError::NotFound(secrets::redact(reason.to_owned()))
}

/// There is no plugin of this name.
pub(crate) fn unknown(name: impl Display) -> ApiError {
    ApiError::NotFound(format!("Plugin {name} not found"))
}

/// The second segment of a path, decoded after the path was split, so that a name may have a slash in it. Bytes that
/// are not UTF-8 are replaced; the result is not the name of any plugin.
pub(crate) fn item_name(uri: &Uri) -> String {
    let segment = uri.path().split('/').nth(2).unwrap_or_default();
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}
