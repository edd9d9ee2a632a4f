//! What the command line and the configuration file both have.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, ValueHint};
use serde::{Deserialize, Deserializer};

/// What the file has, too, under the same names with `_` for `-`.
#[derive(Clone, Debug, Default, Deserialize, Args)]
#[serde(deny_unknown_fields)]
pub(crate) struct Options {
    /// Addresses of NATS servers, with commas: <nats://HOST:4222>, <tls://HOST>; without it <nats://localhost:4222>
    #[arg(long, value_name = "URLS", global = true)]
    pub(crate) servers: Option<String>,
    /// The name of the fleet, the same for its hosts and clients; without it default
    #[arg(long, value_name = "NAME", global = true)]
    pub(crate) fleet: Option<String>,
    /// File with credentials: a JWT and its seed, or a seed alone
    #[arg(long, value_name = "FILE", global = true, value_hint = ValueHint::FilePath)]
    pub(crate) creds: Option<PathBuf>,
    /// File with the seed of an `NKey`
    #[arg(long, value_name = "FILE", global = true, value_hint = ValueHint::FilePath)]
    pub(crate) nkey: Option<PathBuf>,
    /// Certificates (PEM) that may sign the server's; without it those of the system
    #[arg(long, value_name = "FILE", global = true, value_hint = ValueHint::FilePath)]
    pub(crate) cacert: Option<PathBuf>,
    /// Certificate (PEM) that says which host this is, as smokercli trust nats-config --certificates makes it
    #[arg(long, value_name = "FILE", global = true, value_hint = ValueHint::FilePath)]
    pub(crate) cert: Option<PathBuf>,
    /// The key of --cert (PEM); without it in the same file
    #[arg(long, value_name = "FILE", global = true, value_hint = ValueHint::FilePath)]
    pub(crate) key: Option<PathBuf>,
    /// The name of this host in the fleet; without it the host name
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// A group whose requests this host answers; may be repeated
    #[arg(short, long = "group", value_name = "GROUP")]
    #[serde(default)]
    pub(crate) groups: Vec<String>,
    /// A label of this host, such as site=eu; may be repeated
    #[arg(long = "label", value_name = "NAME=VALUE", value_parser = label)]
    #[serde(default, deserialize_with = "labels")]
    pub(crate) labels: Vec<(String, String)>,
    /// The daemon's Unix socket; without it /run/smokerd.sock
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub(crate) socket: Option<PathBuf>,
    /// Folder that remembers which results were published; without it /var/lib/smoker-bridge
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) state_dir: Option<PathBuf>,
    /// How many requests the daemon is asked at a time; without it 16
    #[arg(long, value_name = "N")]
    pub(crate) max_requests: Option<usize>,
    /// Whether results are published; without it true
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) results: Option<bool>,
}

fn label(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

fn labels<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(String, String)>, D::Error> {
    Ok(BTreeMap::<String, String>::deserialize(deserializer)?.into_iter().collect())
}
