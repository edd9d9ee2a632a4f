//! Whether this host has, or has had, an identity: one whose configuration does not set `access` is authenticated from then on.

use std::path::Path;

use smoker_trust::access::authorized_clients::{self, AuthorizedClients};
use smoker_trust::access::tokens::{self, Tokens};

use crate::state_folder::marker;

/// Whether the lists of this folder, or what was noted of earlier ones, limit access. A list that cannot be read and a line that is not understood do, too.
pub(crate) fn limit_access(state_dir: &Path) -> bool {
    let clients = AuthorizedClients::load(&state_dir.join(authorized_clients::FILE));
    let tokens = Tokens::load(&state_dir.join(tokens::FILE));
    marker::exists(state_dir)
        || clients.map_or(true, |clients| clients.limits_access())
        || tokens.map_or(true, |tokens| tokens.limits_access())
}
