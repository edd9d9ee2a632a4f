//! The pages behind the access checks and the access log.

use axum::middleware::{from_fn, from_fn_with_state};

use crate::http::access::authorize::{AccessControl, authorize};
use crate::http::access::log::access_log;
use crate::http::api;
use crate::scheduler::manager::PluginManager;

/// What a connection is served from; outside of this room nobody needs to know the library that it comes from.
pub(crate) type Router = axum::Router;

/// All pages. The access log also has the requests that are refused.
pub(crate) fn router(manager: PluginManager, access: AccessControl) -> Router {
    api::routes(manager).layer(from_fn_with_state(access, authorize)).layer(from_fn(access_log))
}
