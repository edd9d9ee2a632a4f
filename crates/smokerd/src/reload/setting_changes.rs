//! Which of the daemon's own settings a reload changes, and which of them take effect at once.

use std::fmt::Display;
use std::path::PathBuf;

use smoker_config::spec::settings::DaemonSettings;
use smoker_config::spec::settings::access_settings::AccessSettings;

/// The changed keys that take effect at once.
pub(crate) fn immediate(before: &DaemonSettings, now: &DaemonSettings) -> Vec<&'static str> {
    // A key that is missing here does not compile: it belongs to one of the lists of this file. `Runtime::apply` uses it.
    let DaemonSettings {
        bind_host: _,
        bind_port: _,
        stdin: _,
        stdout: _,
        stderr: _,
        uid: _,
        gid: _,
        nr_concurrent_plugins: _,
        max_forced_rate: _,
        pidfile: _,
        allow: _,
        allowed_hosts: _,
        access:
            AccessSettings {
                mode: _,
                local_role: _,
                state_dir: _,
                tls_cert: _,
                tls_key: _,
                tls_client_ca: _,
                tls_crl: _,
                socket: _,
            },
        show_secrets: _,
        history_memory: _,
        history_disk: _,
        durability: _,
        python: _,
        python_path: _,
        otlp: _,
        secrets: _,
    } = now;
    let differs = [
        ("nr_concurrent_plugins", before.nr_concurrent_plugins != now.nr_concurrent_plugins),
        ("max_forced_rate", before.max_forced_rate != now.max_forced_rate),
        ("allow", before.allow != now.allow),
        ("allowed_hosts", before.allowed_hosts != now.allowed_hosts),
        ("access", before.access.mode != now.access.mode),
        ("tls_cert", before.access.tls_cert != now.access.tls_cert),
        ("tls_key", before.access.tls_key != now.access.tls_key),
        ("tls_client_ca", before.access.tls_client_ca != now.access.tls_client_ca),
        ("tls_crl", before.access.tls_crl != now.access.tls_crl),
        ("local_role", before.access.local_role != now.access.local_role),
        ("show_secrets", before.show_secrets != now.show_secrets),
        ("history_memory", before.history_memory != now.history_memory),
        ("stdin", before.stdin != now.stdin),
        ("stdout", before.stdout != now.stdout),
        ("stderr", before.stderr != now.stderr),
        ("python", before.python != now.python),
        ("python_path", before.python_path != now.python_path),
        ("otlp", before.otlp != now.otlp),
    ];
    differs.into_iter().filter(|(_, differs)| *differs).map(|(key, _)| key).collect()
}

/// A warning for each key that was changed since the daemon's start and takes
/// effect at its next start only; not for a pidfile that the command line overrides.
pub(crate) fn deferred(started: &DaemonSettings, now: &DaemonSettings, overrides_pidfile: bool) -> Vec<String> {
    let keys = [
        ("bind_host", shown(Some(&started.bind_host)), shown(Some(&now.bind_host))),
        ("bind_port", shown(Some(&started.bind_port)), shown(Some(&now.bind_port))),
        ("uid", shown(started.uid.as_ref()), shown(now.uid.as_ref())),
        ("gid", shown(started.gid.as_ref()), shown(now.gid.as_ref())),
        ("state_dir", shown_path(started.access.state_dir.as_ref()), shown_path(now.access.state_dir.as_ref())),
        ("socket", shown_path(started.access.socket.as_ref()), shown_path(now.access.socket.as_ref())),
        ("durability", shown(Some(&started.durability)), shown(Some(&now.durability))),
        ("history_disk", shown(Some(&started.history_disk)), shown(Some(&now.history_disk))),
        ("pidfile", shown(Some(&started.pidfile.display())), shown(Some(&now.pidfile.display()))),
    ];
    let differs =
        |(key, before, now): &(&str, String, String)| before != now && !(overrides_pidfile && *key == "pidfile");
    let line = |(key, before, now)| {
        format!("{key} is changed to {now}, which takes effect at the next start; until then it stays {before}")
    };
    keys.into_iter().filter(differs).map(line).collect()
}

fn shown_path(path: Option<&PathBuf>) -> String {
    shown(path.map(|path| path.display()).as_ref())
}

fn shown(value: Option<&impl Display>) -> String {
    value.map_or_else(|| "not set".to_owned(), ToString::to_string)
}
