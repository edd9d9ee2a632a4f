//! What the command line and the file say together.

use std::collections::BTreeMap;
use std::path::PathBuf;

use smoker_nats::connect::Connect;
use smoker_nats::presence::MAX_PRESENCE;
use smoker_nats::subject::{self, Fleet};

use crate::failure::Failure;
use crate::options::Options;

/// The bytes of groups and labels at most: a quarter of what a presence may have, since JSON writes some characters as several.
const MAX_TEXTS: usize = MAX_PRESENCE / 4;

/// A bridge, or what connects as one does.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) connect: Connect,
    pub(crate) fleet: Fleet,
    /// The name of this host.
    pub(crate) name: String,
    /// The groups whose requests it answers, without [`subject::EVERYBODY`].
    pub(crate) groups: Vec<String>,
    pub(crate) labels: BTreeMap<String, String>,
    /// The daemon's socket.
    pub(crate) socket: PathBuf,
    pub(crate) state_dir: PathBuf,
    /// Requests that the daemon is asked at a time, 1 at least.
    pub(crate) max_requests: usize,
    /// Whether results are published.
    pub(crate) results: bool,
}

/// How much the streams keep.
#[derive(Clone, Debug)]
pub(crate) struct Keep {
    pub(crate) per_plugin: i64,
    pub(crate) replicas: usize,
}

/// Where a sink puts results, and the name of its consumer.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    File { path: PathBuf, durable: String },
    Webhook { url: String, durable: String },
    Otlp { endpoint: String, ca_file: Option<PathBuf>, durable: String },
}

impl Settings {
    /// The options of the command line, behind them those of the file, behind these the defaults.
    pub(crate) fn of(line: Options, file: Options) -> Result<Self, Failure> {
        let fleet = line.fleet.or(file.fleet).unwrap_or_else(|| "default".to_owned());
        let name = line.name.or(file.name).map_or_else(host_name, Ok)?;
        let cert_and_key = match (line.cert.or(file.cert), line.key.or(file.key)) {
            (Some(cert), key) => Some((cert.clone(), key.unwrap_or(cert))),
            (None, None) => None,
            (None, Some(_)) => return Err(Failure::new("key belongs to a certificate; name its file by cert, too")),
        };
        let max_requests = line.max_requests.or(file.max_requests).unwrap_or(16);
        if !(1..=1000).contains(&max_requests) {
            return Err(Failure::new(format!("max_requests is {max_requests}; it has to be from 1 to 1000")));
        }
        let groups = if line.groups.is_empty() { file.groups } else { line.groups };
        let labels = if line.labels.is_empty() { file.labels } else { line.labels };
        let presence = groups.iter().map(String::len).chain(labels.iter().map(|(name, text)| name.len() + text.len()));
        if presence.sum::<usize>() > MAX_TEXTS {
            return Err(Failure::new(format!("groups and labels have more than {MAX_TEXTS} bytes; leave some away")));
        }
        Ok(Self {
            connect: Connect {
                servers: line.servers.or(file.servers).unwrap_or_else(|| "nats://localhost:4222".to_owned()),
                name: format!("smoker-bridge {name}"),
                creds: line.creds.or(file.creds),
                nkey: line.nkey.or(file.nkey),
                cacert: line.cacert.or(file.cacert),
                cert_and_key,
            },
            fleet: Fleet::new(&fleet),
            groups: groups.into_iter().filter(|group| group != subject::EVERYBODY).collect(),
            labels: labels.into_iter().collect(),
            socket: line.socket.or(file.socket).unwrap_or_else(|| PathBuf::from("/run/smokerd.sock")),
            state_dir: line.state_dir.or(file.state_dir).unwrap_or_else(|| PathBuf::from("/var/lib/smoker-bridge")),
            max_requests,
            results: line.results.or(file.results).unwrap_or(true),
            name,
        })
    }
}

fn host_name() -> Result<String, Failure> {
    let name = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    name.filter(|name| !name.is_empty())
        .ok_or_else(|| Failure::new("this host has no name; write name: NAME in the configuration, or --name NAME"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(yaml: &str) -> Options {
        serde_yaml::from_str(yaml).expect("options")
    }

    #[test]
    fn the_command_line_overrides_the_file() {
        let file = options("{fleet: prod, name: web1, groups: [a, all], labels: {site: eu}, servers: tls://one}");
        let settings = Settings::of(options("{name: web2}"), file.clone()).expect("settings");
        assert_eq!((settings.name.as_str(), settings.connect.servers.as_str()), ("web2", "tls://one"));
        assert_eq!(settings.groups, ["a"]);
        assert_eq!(settings.labels.get("site").map(String::as_str), Some("eu"));
        let settings = Settings::of(options("{groups: [b], cert: /c}"), file).expect("settings");
        assert_eq!(settings.groups, ["b"]);
        assert_eq!(settings.connect.cert_and_key, Some((PathBuf::from("/c"), PathBuf::from("/c"))));
    }

    #[test]
    fn what_cannot_be_used_is_said() {
        for (yaml, part) in [
            ("{fleet: a, key: /x}", "name its file by cert"),
            ("{fleet: a, max_requests: 0}", "max_requests"),
            (&format!("{{groups: ['{}']}}", "x".repeat(MAX_TEXTS + 1)), "groups and labels"),
        ] {
            let failure = Settings::of(Options::default(), options(yaml)).expect_err(yaml);
            assert!(failure.message.contains(part), "{}", failure.message);
        }
        assert!(serde_yaml::from_str::<Options>("{flet: a}").is_err());
    }
}
