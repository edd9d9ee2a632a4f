//! The top-level keys that are not about plugins.

pub mod access_settings;
pub mod otlp_settings;

pub(crate) mod unknown_keys;

mod hidden;

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use ipnet::IpNet;
use smoker_model::plugin::AccountId;
use smoker_model::value::Value;
use smoker_model::value::secret::Secret;

use crate::error::Fault;
use crate::keys::TOP_LEVEL;
use crate::limits::{
    DEFAULT_BIND_HOST, DEFAULT_BIND_PORT, DEFAULT_HISTORY_DISK, DEFAULT_HISTORY_MEMORY, DEFAULT_PIDFILE, DEFAULT_STREAM,
};
use crate::problem::{ProblemLog, Severity};
use crate::spec::settings::access_settings::AccessSettings;
use crate::spec::settings::hidden::read_hiding;
use crate::spec::settings::otlp_settings::OtlpSettings;
use crate::spec::values::account::{self, Accounts};
use crate::spec::values::faults::unexpanded;
use crate::spec::values::quantity;
use crate::spec::values::shown::number_or_kind;
use crate::yaml::merge::shown;
use crate::yaml::node::{Entry, find_text, kind_name};

/// The settings of the daemon itself.
#[derive(Clone, Debug, PartialEq)]
pub struct DaemonSettings {
    /// The address or name to listen on (`bind_host`).
    pub bind_host: String,
    /// The port to listen on (`bind_port`); 0 means any that is free.
    pub bind_port: u16,
    /// Where a background daemon reads its standard input from (`stdin`).
    pub stdin: PathBuf,
    /// Where a background daemon writes its standard output (`stdout`).
    pub stdout: PathBuf,
    /// Where a background daemon writes its standard error (`stderr`).
    pub stderr: PathBuf,
    /// The user that the daemon runs as (`uid`); set exactly when `gid` is.
    pub uid: Option<AccountId>,
    /// The group that the daemon runs as (`gid`); set exactly when `uid` is.
    pub gid: Option<AccountId>,
    /// How many plugins may run at a time (`nr_concurrent_plugins`); `None`: any number.
    pub nr_concurrent_plugins: Option<NonZeroUsize>,
    /// How many runs a second one client may force (`max_forced_rate`), above zero; `None`: any number.
    pub max_forced_rate: Option<f64>,
    /// The file with the daemon's process id (`pidfile`).
    pub pidfile: PathBuf,
    /// The networks whose clients are served (`allow`); `None`: all.
    pub allow: Option<Vec<IpNet>>,
    /// The names beside this host's own that requests may be for (`allowed_hosts`); `None`: browsers may use this host's
    /// own names only, other clients any name.
    pub allowed_hosts: Option<Vec<String>>,
    /// Who may use the daemon (`access` and what belongs to it).
    pub access: AccessSettings,
    /// Which clients see the secrets among the parameters (`show_secrets`).
    pub show_secrets: ShowSecrets,
    /// The bytes that all stored results may take together (`history_memory`).
    pub history_memory: usize,
    /// The bytes that the journal of results may take (`history_disk`).
    pub history_disk: usize,
    /// When a result is safe (`durability`).
    pub durability: Durability,
    /// The Python interpreter, as a path or as a mapping (`python`), not looked at here.
    pub python: Option<Value>,
    /// Folders where Python modules are looked up first (`python_path`).
    pub python_path: Vec<PathBuf>,
    /// Where metrics and results are sent (`otlp`); `None`: nowhere.
    pub otlp: Option<OtlpSettings>,
    /// What `!env` and `!file` gave the keys above, for logs and messages to hide.
    pub secrets: Vec<Secret>,
}

/// Which clients see the secrets among the parameters (`show_secrets`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShowSecrets {
    /// None.
    Never,
    /// Administrators on this machine: root and the group `smoker` over the Unix socket. A TCP connection does not prove that,
    /// not even over loopback.
    #[default]
    Local,
    /// All.
    Always,
}

/// When a result is safe from the end of the machine (`durability`); from that of the daemon it always is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Before it is shown.
    Fsync,
    /// 100 ms after it is shown.
    #[default]
    Batch,
    /// When the system writes it, which may take half a minute.
    None,
}

impl std::fmt::Display for Durability {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Fsync => "fsync",
            Self::Batch => "batch",
            Self::None => "none",
        })
    }
}

/// Reads all settings. Each key that makes no sense is one fault.
pub(crate) fn read(entries: &[Entry], problems: &mut ProblemLog) -> Result<DaemonSettings, Vec<Fault>> {
    let mut keys = Keys { entries, faults: Vec::new() };
    let (uid, gid) = keys.accounts();
    let settings = DaemonSettings {
        bind_host: keys.read("bind_host", host).unwrap_or_else(|| DEFAULT_BIND_HOST.to_owned()),
        bind_port: keys.read("bind_port", port).unwrap_or(DEFAULT_BIND_PORT),
        stdin: keys.file("stdin", DEFAULT_STREAM, problems),
        stdout: keys.file("stdout", DEFAULT_STREAM, problems),
        stderr: keys.file("stderr", DEFAULT_STREAM, problems),
        uid,
        gid,
        nr_concurrent_plugins: keys.read("nr_concurrent_plugins", concurrency).flatten(),
        max_forced_rate: keys.read("max_forced_rate", rate),
        pidfile: keys.file("pidfile", DEFAULT_PIDFILE, problems),
        allow: keys.read("allow", networks),
        allowed_hosts: keys.read("allowed_hosts", host_names),
        access: AccessSettings {
            mode: keys.read("access", access_settings::access),
            local_role: keys.read("local_role", access_settings::local_role).unwrap_or_default(),
            state_dir: keys.read("state_dir", state_dir).flatten(),
            socket: keys.read("socket", access_settings::absolute_path),
            tls_cert: keys.read("tls_cert", access_settings::absolute_path),
            tls_key: keys.read("tls_key", access_settings::absolute_path),
            tls_client_ca: keys.read("tls_client_ca", access_settings::absolute_path),
            tls_crl: keys.read("tls_crl", access_settings::absolute_path),
        },
        show_secrets: keys.read("show_secrets", show_secrets).unwrap_or_default(),
        history_memory: keys.read("history_memory", quantity::bytes).unwrap_or(DEFAULT_HISTORY_MEMORY),
        history_disk: keys.read("history_disk", quantity::bytes).unwrap_or(DEFAULT_HISTORY_DISK),
        durability: keys.read("durability", durability).unwrap_or_default(),
        python: keys.read("python", |value| Ok(value.clone())),
        python_path: keys.read("python_path", paths).unwrap_or_default(),
        otlp: keys.otlp(),
        secrets: secrets(entries),
    };
    if let (Some([]), Some(entry)) = (settings.allow.as_deref(), find_text(entries, "allow")) {
        problems.add(Severity::Warning, &entry.place, "allow is an empty list, so no client is served".to_owned());
    }
    for key in ["access", "local_role", "allow"] {
        if let Some(entry) = find_text(entries, key).filter(|entry| entry.value.is_null()) {
            let text = format!("{key} has no value, which is as if it were not there; write one, or remove the line");
            problems.add(Severity::Warning, &entry.place, text);
        }
    }
    for (key, needed) in
        [("tls_cert", "tls_key"), ("tls_key", "tls_cert"), ("tls_client_ca", "state_dir"), ("tls_crl", "tls_client_ca")]
    {
        keys.require(key, needed);
    }
    if keys.faults.is_empty() { Ok(settings) } else { Err(keys.faults) }
}

struct Keys<'a> {
    entries: &'a [Entry],
    faults: Vec<Fault>,
}

impl Keys<'_> {
    /// Reads one key; null counts as absent. The reader's error goes on after the key's name.
    fn read<T>(&mut self, key: &str, reader: impl Fn(&Value) -> Result<T, String>) -> Option<T> {
        debug_assert!(TOP_LEVEL.contains(&key), "{key} would be reported as unknown");
        let entry = find_text(self.entries, key)?;
        let value = entry.value.to_value();
        if value == Value::Null {
            return None;
        }
        match read_hiding(&value, reader) {
            Ok(read) => Some(read),
            Err(reason) => {
                self.faults.push(Fault::at(&entry.place, &format!("{key} {reason}")));
                None
            }
        }
    }

    /// `otlp`, whose own keys have places of their own.
    fn otlp(&mut self) -> Option<OtlpSettings> {
        let entry = find_text(self.entries, "otlp").filter(|entry| !entry.value.is_null())?;
        otlp_settings::read(entry).map_err(|faults| self.faults.extend(faults)).ok()
    }

    /// A key that means nothing without another one.
    fn require(&mut self, key: &str, needed: &str) {
        let is_set = |key: &str| find_text(self.entries, key).filter(|entry| !entry.value.is_null());
        if let (Some(entry), None) = (is_set(key), is_set(needed)) {
            self.faults.push(Fault::at(&entry.place, &format!("{key} needs {needed}; set both, or none of them")));
        }
    }

    /// A file that the original did not look at, or in the background only: with a value that cannot be meant for it the
    /// daemon starts all the same. The original had no `!env` and `!file`.
    fn file(&mut self, key: &str, default: &str, problems: &mut ProblemLog) -> PathBuf {
        debug_assert!(TOP_LEVEL.contains(&key), "{key} would be reported as unknown");
        let Some(entry) = find_text(self.entries, key) else { return default.into() };
        let value = entry.value.to_value();
        if value.has_secret() || value == Value::Null {
            return self.read(key, path).unwrap_or_else(|| default.into());
        }
        let read = match value.as_text().and_then(unexpanded::variable) {
            Some(found) => Err(format!("has a value that is not expanded: {found}")),
            None => path(&value),
        };
        read.unwrap_or_else(|reason| {
            problems.add(Severity::Warning, &entry.place, format!("{key} {reason}; the default, {default}, is used"));
            default.into()
        })
    }

    fn accounts(&mut self) -> (Option<AccountId>, Option<AccountId>) {
        let entries = ["uid", "gid"].map(|key| find_text(self.entries, key));
        let [uid, gid] = entries.map(|entry| entry.map(|entry| entry.value.to_value()));
        let pair = Value::List([uid, gid].map(|value| value.unwrap_or(Value::Null)).into());
        let both = |pair: &Value| match pair {
            Value::List(pair) => account::both(pair.first(), pair.get(1)),
            _ => Ok(Accounts::Neither),
        };
        match read_hiding(&pair, both) {
            Ok(Accounts::Neither) => (None, None),
            Ok(Accounts::Both(user, group)) => (Some(user), Some(group)),
            Err(reason) => {
                let key = if reason.starts_with("gid") { entries[1] } else { entries[0] };
                self.faults.extend(key.map(|entry| Fault::at(&entry.place, &reason)));
                (None, None)
            }
        }
    }
}

/// The secrets of the daemon's own keys.
fn secrets(entries: &[Entry]) -> Vec<Secret> {
    let is_own = |entry: &&Entry| {
        let name = entry.name.as_text().unwrap_or_default();
        TOP_LEVEL.contains(&name) && !["plugins", "templates", "actions"].contains(&name)
    };
    let mut found = Vec::new();
    for entry in entries.iter().filter(is_own) {
        entry.value.to_value().for_each_tagged(&mut |secret| found.push(secret.clone()));
    }
    found
}

fn host(value: &Value) -> Result<String, String> {
    match value.as_text().map(str::trim) {
        // As Python binds it.
        Some("") => Ok("0.0.0.0".to_owned()),
        Some(host) => Ok(host.to_owned()),
        None => Err(format!("has to be an address or a name, not {}", kind_name(value))),
    }
}

fn port(value: &Value) -> Result<u16, String> {
    let refuse = |shown: &str| format!("has to be a port number from 0 to 65535, not {shown}");
    match value {
        Value::Int(number) => u16::try_from(*number).map_err(|_| refuse(&number.to_string())),
        Value::Text(text) => text.trim().parse().map_err(|_| refuse(&format!("'{text}'"))),
        other => Err(refuse(&number_or_kind(other))),
    }
}

fn path(value: &Value) -> Result<PathBuf, String> {
    match value.as_text() {
        Some(text) if !text.is_empty() => Ok(text.into()),
        Some(_) => Err("is empty; write the path of a file, or remove the key".to_owned()),
        None => Err(format!("has to be the path of a file, not {}", kind_name(value))),
    }
}

fn paths(value: &Value) -> Result<Vec<PathBuf>, String> {
    one_or_many(value).into_iter().map(|item| path(&item)).collect()
}

fn concurrency(value: &Value) -> Result<Option<NonZeroUsize>, String> {
    match value {
        Value::Bool(limited) => Ok(limited.then_some(NonZeroUsize::MIN)),
        Value::Int(number) if *number <= 0 => Ok(None),
        Value::Int(number) => Ok(usize::try_from(*number).ok().and_then(NonZeroUsize::new)),
        Value::Text(text) => Err(format!("has to be a whole number, not the text '{text}'")),
        other => Err(format!("has to be a whole number, not {}", number_or_kind(other))),
    }
}

fn rate(value: &Value) -> Result<f64, String> {
    let how = "has to be a number of runs a second above 0";
    match value {
        Value::Int(_) | Value::Float(_) => {
            let rate = value.as_number().filter(|rate| *rate > 0.0 && rate.is_finite());
            rate.ok_or_else(|| format!("{how}, not {}; leave it out for no bound", shown(value)))
        }
        Value::Text(text) => Err(format!("{how}, not the text '{text}'")),
        other => Err(format!("{how}, not {}", kind_name(other))),
    }
}

fn networks(value: &Value) -> Result<Vec<IpNet>, String> {
    one_or_many(value).iter().map(network).collect()
}

/// One network, or one address as the network that holds nothing else.
fn network(value: &Value) -> Result<IpNet, String> {
    let how = "has to be a list of networks or addresses, such as [127.0.0.1, 10.0.0.0/8, '::1']";
    let Some(text) = value.as_text().map(str::trim) else {
        return Err(format!("{how}; {} is none", shown(value)));
    };
    let single = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse::<IpNet>().or_else(|_| single()).map_err(|_| format!("{how}; {text} is none"))
}

fn show_secrets(value: &Value) -> Result<ShowSecrets, String> {
    match value {
        Value::Bool(false) => Ok(ShowSecrets::Never),
        Value::Bool(true) => Ok(ShowSecrets::Always),
        Value::Text(text) if text == "local" => Ok(ShowSecrets::Local),
        other => Err(format!("has to be false, local or true, not {}", shown(other))),
    }
}

fn state_dir(value: &Value) -> Result<Option<PathBuf>, String> {
    match value.as_text() {
        Some("none") => Ok(None),
        Some(text) if text.starts_with('/') => Ok(Some(text.into())),
        Some(text) => Err(format!("has to be the absolute path of a folder, or none, not '{text}'")),
        None => Err(format!("has to be the absolute path of a folder, or none, not {}", kind_name(value))),
    }
}

fn durability(value: &Value) -> Result<Durability, String> {
    match value.as_text() {
        Some("fsync") => Ok(Durability::Fsync),
        Some("batch") => Ok(Durability::Batch),
        Some("none") => Ok(Durability::None),
        _ => Err(format!("has to be fsync, batch or none, not {}", shown(value))),
    }
}

fn host_names(value: &Value) -> Result<Vec<String>, String> {
    one_or_many(value).iter().map(host_name).collect()
}

/// A name as a `Host` header has it, without port.
fn host_name(value: &Value) -> Result<String, String> {
    let how = "has to be a list of host names without port, such as [smoker.example.org]";
    let Some(text) = value.as_text().map(str::trim) else {
        return Err(format!("{how}; {} is none", shown(value)));
    };
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    if text.strip_suffix('.').unwrap_or(text).split('.').all(label) {
        Ok(text.to_owned())
    } else if text.is_ascii() {
        Err(format!("{how}; {text} is none"))
    } else {
        Err(format!("{how}; write {text} in ASCII as browsers send it (xn--...)"))
    }
}

fn one_or_many(value: &Value) -> Vec<Value> {
    match value {
        Value::List(items) => items.clone(),
        one => vec![one.clone()],
    }
}
