//! What the command line asks for.

/// One of the commands for identities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum IdentityRequest {
    /// Print the pin of this host.
    Show,
    /// Add this line to `authorized_clients`.
    Authorize(String),
    /// Make a token of this name.
    AddToken {
        name: String,
        /// The options of its line: `role=read expires=90d`.
        options: String,
    },
    /// List all tokens.
    ListTokens,
    /// Remove the token of this name.
    RemoveToken(String),
}
