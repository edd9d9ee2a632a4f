//! `GET /plugins` and `GET /plugins/NAME`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use hyper::{StatusCode, Uri};
use percent_encoding::percent_decode_str;
use smoker_model::plugin::PluginName;

use crate::http::api::error::ApiError;
use crate::http::api::view;
use crate::http::json_response;
use crate::http::limits;
use crate::results::requester::Requester;
use crate::scheduler::manager::PluginManager;

/// The page of all plugins as it was last written, with the revision of the facts that it shows. It is not written
/// again before the facts change.
#[derive(Clone, Debug, Default)]
pub(crate) struct ListCache {
    newest: Arc<Mutex<Option<(u64, Bytes)>>>,
    /// Held by the request that writes the page; other requests that find it outdated wait for that one.
    writing: Arc<tokio::sync::Mutex<()>>,
}

impl ListCache {
    async fn page(&self, manager: &PluginManager) -> Body {
        if let Some(page) = self.current(manager) {
            return page.into();
        }
        let _writer = self.writing.lock().await;
        if let Some(page) = self.current(manager) {
            return page.into();
        }
        let (revision, plugins) = manager.state().plugins();
        let page = view::plugin_list(plugins, false);
        if page.length() > limits::KEPT_PAGE {
            return page.into_body(None);
        }
        let page = page.into_bytes();
        *self.lock() = Some((revision, page.clone()));
        page.into()
    }

    fn current(&self, manager: &PluginManager) -> Option<Bytes> {
        let (revision, page) = self.lock().clone()?;
        (revision == manager.state().revision()).then_some(page)
    }

    fn lock(&self) -> MutexGuard<'_, Option<(u64, Bytes)>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All plugins in configuration order.
pub(crate) async fn list(
    State(manager): State<PluginManager>,
    State(cache): State<ListCache>,
    Extension(requester): Extension<Requester>,
) -> Response {
    let page = if requester.is_local_administrator || requester.limits.is_some() {
        let mut plugins = manager.state().plugins().1;
        plugins.retain(|plugin| plugin.config.facts.check(requester.limits.as_deref()).is_ok());
        view::plugin_list(plugins, requester.is_local_administrator).into_body(None)
    } else {
        cache.page(&manager).await
    };
    json_response::json_body(StatusCode::OK, page)
}

/// One plugin with its results.
pub(crate) async fn show(
    State(manager): State<PluginManager>,
    Extension(requester): Extension<Requester>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let name = item_name(&uri);
    match manager.state().plugin(&PluginName::from(name.as_str())) {
        Some((plugin, results)) => {
            let allowed = plugin.config.facts.check(requester.limits.as_deref());
            allowed.map_err(|failure| ApiError::Forbidden(failure.for_client()))?;
            let page = view::plugin_with_results(&plugin, results, requester.is_local_administrator);
            Ok(json_response::json_body(StatusCode::OK, page.into_body(None)))
        }
        None => Err(ApiError::NotFound(format!("Plugin {name} not found"))),
    }
}

/// The second segment of a path, decoded after the path was split, so that a name may have a slash in it. Bytes that
/// are not UTF-8 are replaced; the result is not the name of any plugin.
pub(crate) fn item_name(uri: &Uri) -> String {
    let segment = uri.path().split('/').nth(2).unwrap_or_default();
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}
