//! What the command line asks for.

use smoker_trust::access::client_lines::SameKey;

/// One of the commands for identities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum IdentityRequest {
    /// Print the pin of this host.
    Show,
    /// Add this line to `authorized_clients`.
    Authorize(String, SameKey),
    /// List the lines of `authorized_clients`.
    ListClients,
    /// Remove the lines of this name or pin from `authorized_clients`, and the token of this name.
    Withdraw(String),
    /// Make a token of this name.
    AddToken {
        name: String,
        /// The options of its line: `role=read expires=90d category=system`.
        options: String,
    },
    /// List all tokens.
    ListTokens,
    /// Remove the token of this name.
    RemoveToken(String),
}
