//! The least role that a request needs.

use hyper::Method;
use smoker_trust::role::Role;

/// The paths that change the daemon, or what becomes known of its results.
const OF_ADMINISTRATORS: [&str; 2] = ["/reload", "/silences"];

/// A method or a path that does not exist needs what runs need, and gets its error.
pub(crate) fn of(method: &Method, path: &str) -> Role {
    let is_one_of = |paths: &[&str]| {
        paths.iter().any(|one| path.strip_prefix(one).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    };
    if method.is_safe() {
        Role::Read
    } else if [Method::POST, Method::DELETE].contains(method) && is_one_of(&OF_ADMINISTRATORS) {
        Role::Admin
    } else {
        Role::Run
    }
}
