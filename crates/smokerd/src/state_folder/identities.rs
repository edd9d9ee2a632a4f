//! Whether this host has, or has had, an identity: one whose configuration does not set `access` is authenticated from then on.

use std::path::Path;

use smoker_trust::access::authorized_clients::{self, AuthorizedClients};
use smoker_trust::access::tokens::{self, Tokens};

use crate::state_folder::marker;

/// Whether these lists of this folder, or what was noted of earlier ones, limit access. A list that cannot be read and a line that is not understood do, too.
pub(crate) fn limit_access(state_dir: &Path, clients: &AuthorizedClients, tokens: &Tokens) -> bool {
    marker::exists(state_dir) || clients.limits_access() || tokens.limits_access()
}

/// As [`limit_access`], with the lists as they are at this moment.
pub(crate) fn limit_access_now(state_dir: &Path) -> bool {
    let clients = AuthorizedClients::load(&state_dir.join(authorized_clients::FILE));
    let tokens = Tokens::load(&state_dir.join(tokens::FILE));
    limit_access(
        state_dir,
        &clients.unwrap_or_else(|_| AuthorizedClients::unreadable()),
        &tokens.unwrap_or_else(|_| Tokens::unreadable()),
    )
}
