//! What an operator may want to know of a configuration, although nothing is wrong with it. `--check -v` prints it.

use smoker_config::spec::settings::DaemonSettings;

/// A sentence for each fact.
pub(crate) fn of(settings: &DaemonSettings) -> Vec<String> {
    let hosts = match &settings.allowed_hosts {
        None => {
            "allowed_hosts is not set: browsers may call the daemon by an address or by a name of this host only, other \
             clients by any name"
        }
        Some(_) => {
            "allowed_hosts is set: all clients may call the daemon by an address, by a name of this host or by one of the \
             list only"
        }
    };
    vec![hosts.to_owned()]
}
