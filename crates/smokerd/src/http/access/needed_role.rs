//! The least role that a request needs.

use hyper::Method;
use smoker_trust::role::Role;

/// The path that changes the daemon.
const RELOAD: &str = "/reload";

/// A method or a path that does not exist needs what runs need, and gets its error.
pub(crate) fn of(method: &Method, path: &str) -> Role {
    if *method == Method::POST && path.trim_end_matches('/') == RELOAD {
        Role::Admin
    } else if method.is_safe() {
        Role::Read
    } else {
        Role::Run
    }
}
