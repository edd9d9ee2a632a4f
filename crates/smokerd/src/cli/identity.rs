//! The options of the commands for identities.

use clap::Args;
use smoker_trust::access::client_lines::SameKey;

use crate::identity::identity_request::IdentityRequest;

/// Identities and tokens.
#[derive(Args, Debug)]
#[command(next_help_heading = "Identities and tokens")]
pub(super) struct IdentityArguments {
    /// Print what clients know this host by, the pin of its key; a key is made when there is none
    #[arg(long, conflicts_with_all = ["check", "stop", "reload", "foreground", "authorize", "authorized", "withdraw", "token"])]
    identity: bool,

    /// Add a line to `authorized_clients`, as `smokercli trust key` prints it, and print the pin of this host
    #[arg(long, value_name = "LINE", conflicts_with_all = ["check", "stop", "reload", "foreground", "authorized", "withdraw", "token"])]
    authorize: Option<String>,

    /// With --authorize: put the line in the place of another of the same key, which stays otherwise
    #[arg(long, requires = "authorize")]
    replace: bool,

    /// List the keys of `authorized_clients` with what each may
    #[arg(long, conflicts_with_all = ["check", "stop", "reload", "foreground", "withdraw", "token"])]
    authorized: bool,

    /// Remove the lines of this name or pin from `authorized_clients`, and the token of this name; both are refused at once
    #[arg(long, value_name = "NAME|PIN", conflicts_with_all = ["check", "stop", "reload", "foreground", "token"])]
    withdraw: Option<String>,

    /// Make a token and print it this once; or list the tokens, or remove one
    #[arg(long, value_names = ["add|list|remove", "NAME"], num_args = 1..=2, conflicts_with_all = ["check", "stop", "reload", "foreground"])]
    token: Option<Vec<String>>,

    /// With --token add: what the token may: read, run or admin
    #[arg(long, value_name = "ROLE", requires = "token")]
    role: Option<String>,

    /// With --token add: until when it counts, a date or a time from now such as 90d [default: without end]
    #[arg(long, value_name = "DATE|TIME", requires = "token")]
    expires: Option<String>,

    /// With --token add: what else limits the token, as in `authorized_clients`: 'from=10.0.0.0/8 category=system plugin=disk*'
    #[arg(long, value_name = "OPTIONS", requires = "token")]
    only: Option<String>,
}

impl IdentityArguments {
    /// What they ask for; an error is what is wrong with them.
    pub(super) fn into_request(self) -> Result<Option<IdentityRequest>, String> {
        let Self { identity, authorize, replace, authorized, withdraw, token, role, expires, only } = self;
        // The parser asks for no option that would conflict with another of the same command line.
        if replace && authorize.is_none() {
            return Err("--replace belongs to --authorize".to_owned());
        }
        let is_add = token.as_ref().and_then(|words| words.first()).is_some_and(|word| word == "add");
        if !is_add && (role.is_some() || expires.is_some() || only.is_some()) {
            return Err("--role, --expires and --only belong to --token add".to_owned());
        }
        if identity {
            return Ok(Some(IdentityRequest::Show));
        }
        if let Some(line) = authorize {
            let same_key = if replace { SameKey::Replaced } else { SameKey::Stays };
            return Ok(Some(IdentityRequest::Authorize(line, same_key)));
        }
        if authorized {
            return Ok(Some(IdentityRequest::ListClients));
        }
        if let Some(client) = withdraw {
            return Ok(Some(IdentityRequest::Withdraw(client)));
        }
        let Some(words) = token else { return Ok(None) };
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        let request = match &*words {
            ["add", name] => {
                let role = role.ok_or("--token add needs --role read, run or admin")?;
                let expires = expires.map_or_else(String::new, |expires| format!(" expires={expires}"));
                let only = only.map_or_else(String::new, |only| format!(" {only}"));
                IdentityRequest::AddToken { name: (*name).to_owned(), options: format!("role={role}{expires}{only}") }
            }
            ["list"] => IdentityRequest::ListTokens,
            ["remove", name] => IdentityRequest::RemoveToken((*name).to_owned()),
            _ => return Err("--token takes `add NAME --role ROLE`, `list` or `remove NAME`".to_owned()),
        };
        Ok(Some(request))
    }
}
