//! The files of `tls_cert`, `tls_client_ca` and `state_dir`.

use smoker_config::spec::access_settings::{Access, AccessSettings};
use smoker_trust::access::authorized_clients::{self, AuthorizedClients};
use smoker_trust::access::tokens::{self, Tokens};
use smoker_trust::authority::ClientAuthorities;
use smoker_trust::identity::own::OwnIdentity;

/// What is wrong, each with the key that it belongs to.
pub(crate) fn problems(settings: &AccessSettings) -> Vec<(&'static str, String)> {
    let mut problems = Vec::new();
    if let (Some(certificate), Some(key)) = (&settings.tls_cert, &settings.tls_key)
        && let Err(error) = OwnIdentity::from_files(certificate, key)
    {
        problems.push(("tls_cert", error.to_string()));
    }
    if let Some(certificates) = &settings.tls_client_ca {
        let read = ClientAuthorities::from_files(certificates, settings.tls_crl.as_deref());
        problems.extend(read.err().map(|error| ("tls_client_ca", error)));
    }
    if let Some(folder) = &settings.state_dir {
        let (clients, tokens) = (folder.join(authorized_clients::FILE), folder.join(tokens::FILE));
        let read = [
            AuthorizedClients::load(&clients).map(|read| (&clients, read.problems)),
            Tokens::load(&tokens).map(|read| (&tokens, read.problems)),
        ];
        for read in read {
            match read {
                Ok((path, lines)) => {
                    let text = |line| format!("{}: {line}, so it gives nobody access", path.display());
                    problems.extend(lines.iter().map(|line| ("state_dir", text(line))));
                }
                Err(error) => problems.push(("state_dir", error.to_string())),
            }
        }
    }
    if settings.mode == Some(Access::Authenticated) && settings.state_dir.is_none() {
        let text = "access is authenticated and there is no state_dir, so no other host can prove who it is, and none is answered; add \
                    `state_dir: /var/lib/smokerd`";
        problems.push(("access", text.to_owned()));
    }
    problems
}
