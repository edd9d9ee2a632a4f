//! The pages: all routes in one place.
//!
//! # Layout
//!
//! - `about`: `GET /`
//! - `plugins`: `GET /plugins` and `GET /plugins/NAME`
//! - `processes`: forced runs
//! - `silences`: spans of time in which no action follows
//! - `reload`: `POST /reload`
//! - `reports`: what jobs report to their plugins
//! - `results`: results with what is known of their runs, and their summary
//! - `events`: what happens, as a stream
//! - `metrics`: plugins and the daemon itself, for Prometheus
//! - `ui`: what browsers are shown
//! - `request/`: what the URL, the body and the headers of a request ask for
//! - `answer/`: pages that show plugins, as bytes, and why a request has failed
//! - `openapi`: what these pages are, for programs
//!
//! Pages reach plugins through the manager's handle, read snapshots of the state, and ask for reloads through a channel, nothing
//! else.

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::handler::Handler;
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use hyper::StatusCode;
use hyper::header::{ALLOW, HeaderValue};

use crate::http::api::about::Instance;
use crate::http::api::answer::error::{ApiError, POST_ONLY, READ_AND_DELETE, READ_AND_POST, READ_ONLY};
use crate::http::api::metrics::daemon_gauges::DaemonGauges;
use crate::http::api::metrics::kept::KeptMetrics;
use crate::http::api::plugins::ListCache;
use crate::http::body_budget::BodyBudget;
use crate::http::held_pages::HeldPages;
use crate::reload_requests::request::ReloadRequests;
use crate::scheduler::manager::PluginManager;

mod answer;
pub(crate) mod metrics;

mod about;
mod events;
mod openapi;
mod plugins;
mod processes;
mod reload;
mod reports;
mod request;
mod results;
mod silences;
mod ui;

/// What the pages are made from. Each request gets a copy, so it is one pointer.
#[derive(Clone)]
struct ApiState(Arc<Sources>);

struct Sources {
    manager: PluginManager,
    reloads: ReloadRequests,
    list_cache: ListCache,
    metrics: (KeptMetrics, DaemonGauges),
    bodies: BodyBudget,
    held: HeldPages,
    instance: Instance,
}

impl FromRef<ApiState> for Instance {
    fn from_ref(state: &ApiState) -> Self {
        state.0.instance.clone()
    }
}

impl FromRef<ApiState> for PluginManager {
    fn from_ref(state: &ApiState) -> Self {
        state.0.manager.clone()
    }
}

impl FromRef<ApiState> for ReloadRequests {
    fn from_ref(state: &ApiState) -> Self {
        state.0.reloads.clone()
    }
}

impl FromRef<ApiState> for ListCache {
    fn from_ref(state: &ApiState) -> Self {
        state.0.list_cache.clone()
    }
}

impl FromRef<ApiState> for (KeptMetrics, DaemonGauges) {
    fn from_ref(state: &ApiState) -> Self {
        state.0.metrics.clone()
    }
}

impl FromRef<ApiState> for BodyBudget {
    fn from_ref(state: &ApiState) -> Self {
        state.0.bodies.clone()
    }
}

impl FromRef<ApiState> for HeldPages {
    fn from_ref(state: &ApiState) -> Self {
        state.0.held.clone()
    }
}

/// All routes. A page belongs to the table, which has every path also with one slash at its end.
pub(crate) fn routes(manager: PluginManager, reloads: ReloadRequests, metrics: (KeptMetrics, DaemonGauges)) -> Router {
    let (bodies, held) = (BodyBudget::default(), HeldPages::default());
    let instance = Instance::of_this_process(metrics.1.reloads.started());
    let sources = Sources { manager, reloads, list_cache: ListCache::default(), metrics, bodies, held, instance };
    let state = ApiState(Arc::new(sources));
    let pages = [
        ("/plugins", resource(plugins::list, READ_ONLY)),
        ("/plugins/{name}", resource(plugins::show, READ_ONLY)),
        ("/plugins/{name}/results", resource(results::of_plugin, READ_AND_POST).post(reports::report)),
        ("/plugins/{name}/summary", resource(results::summary, READ_ONLY)),
        ("/plugins/{name}/explain", resource(plugins::explain, READ_ONLY)),
        ("/results", resource(results::of_all, READ_ONLY)),
        ("/events", resource(events::show::show, READ_ONLY)),
        ("/metrics", newer(resource(metrics::show::show, READ_ONLY))),
        ("/openapi.json", newer(resource(openapi::show, READ_ONLY))),
        ("/processes", resource(processes::list, READ_AND_POST).post(processes::force)),
        ("/processes/{id}", resource(processes::show, READ_ONLY)),
        ("/silences", resource(silences::list, READ_AND_POST).post(silences::make)),
        ("/silences/{id}", resource(silences::show, READ_AND_DELETE).delete(silences::end)),
        ("/reload", order(reload::reload)),
        ("/ui", newer(resource(ui::page::show, READ_ONLY))),
        ("/ui/table", newer(resource(ui::table::show, READ_ONLY))),
        ("/ui/{file}", newer(resource(ui::page::file, READ_ONLY))),
    ];
    let with_both_forms = |router: Router<ApiState>, (path, page): (&str, MethodRouter<ApiState>)| {
        router.route(path, page.clone()).route(&format!("{path}/"), page)
    };
    let root = Router::new().route("/", resource(about::show, READ_ONLY));
    let paths = pages.iter().map(|(path, _)| *path).collect::<Vec<_>>().join(", ");
    let unknown = async move |uri: hyper::Uri| unknown_path(&uri, &paths);
    pages.into_iter().fold(root, with_both_forms).fallback(unknown).with_state(state)
}

/// A route that the original's clients do not know: its errors have the standard's form.
fn newer(page: MethodRouter<ApiState>) -> MethodRouter<ApiState> {
    page.layer(map_response(answer::problem::as_problem))
}

/// GET and HEAD by the handler; OPTIONS with what is allowed; 405 for all else.
fn resource<H, T>(show: H, allowed: HeaderValue) -> MethodRouter<ApiState>
where
    H: Handler<T, ApiState>,
    T: 'static,
{
    complete(get(show), allowed)
}

/// POST by the handler; OPTIONS with what is allowed; 405 for all else.
fn order<H, T>(handler: H) -> MethodRouter<ApiState>
where
    H: Handler<T, ApiState>,
    T: 'static,
{
    complete(post(handler), POST_ONLY)
}

fn complete(methods: MethodRouter<ApiState>, allowed: HeaderValue) -> MethodRouter<ApiState> {
    let options = allowed.clone();
    methods
        .options(async move || describe(options.clone()))
        .fallback(async move || ApiError::MethodNotAllowed(allowed.clone()))
}

fn describe(allowed: HeaderValue) -> Response {
    (StatusCode::OK, [(ALLOW, allowed)]).into_response()
}

fn unknown_path(uri: &hyper::Uri, paths: &str) -> ApiError {
    ApiError::NotFound(format!("There is no page {}: there are /, {paths}", uri.path()))
}
