//! The client's configuration file.
//!
//! # Layout
//!
//! - `nats`: what it says of a NATS server

pub mod nats;

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_yaml::{Mapping, Value};
use smoker_model::counted::counted;
use smoker_model::wire::DEFAULT_PORT;
use smoker_paths::regular;

use crate::config::nats::NatsSettings;
use crate::inventory::configured;
use crate::inventory::groups::{ALL, Inventory};

/// The values of the configuration file. Every key is optional.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientConfig {
    /// `bind_port`: the port of addresses without one, as it was written.
    pub port: String,
    /// `plugin_paths`: Python packages or folders with discovery plugins.
    pub plugin_paths: Vec<String>,
    /// `discovery_commands`: shell commands that print hosts.
    pub discovery_commands: Vec<String>,
    /// `groups`: groups of hosts; or which of its keys has to be what.
    pub groups: Result<Inventory, String>,
    /// `nats`: the NATS server of `--nats`; or which of its keys has to be what.
    pub nats: Result<NatsSettings, String>,
    /// A warning for each unknown key, each that is there twice, and a list of all hosts that has only some.
    pub warnings: Vec<String>,
}

/// All keys.
const KEYS: [&str; 5] = ["bind_port", "plugin_paths", "discovery_commands", "groups", "nats"];

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            port: DEFAULT_PORT.to_string(),
            plugin_paths: Vec::new(),
            discovery_commands: Vec::new(),
            groups: Ok(Inventory::default()),
            nats: Ok(NatsSettings::default()),
            warnings: Vec::new(),
        }
    }
}

/// Why a configuration file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ClientConfigError {
    /// It exists but cannot be read.
    #[error("cannot read {path}: {source}; make it readable or remove it")]
    Unreadable {
        /// The file.
        path: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// It is not YAML.
    #[error("{path} is not valid YAML: {source}; correct or remove it")]
    Syntax {
        /// The file.
        path: String,
        /// Where and why.
        source: serde_yaml::Error,
    },
    /// A key has a value of the wrong kind.
    #[error("{path}: {key} has to be {wanted}")]
    Kind {
        /// The file.
        path: String,
        /// The key.
        key: &'static str,
        /// What the value should be.
        wanted: &'static str,
    },
}

impl ClientConfig {
    /// Reads `$HOME/.smokercli.yaml`, or `/etc/smokercli.yaml` if that file does
    /// not exist. If neither exists, all values are defaults.
    ///
    /// # Errors
    ///
    /// When the file exists but cannot be read or is not valid.
    pub fn load() -> Result<Self, ClientConfigError> {
        for path in Self::files() {
            match regular::open(&path).and_then(io::read_to_string) {
                Ok(text) => return Self::parse(&path, &text),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(source) => return Err(ClientConfigError::Unreadable { path: path.display().to_string(), source }),
            }
        }
        Ok(Self::default())
    }

    /// Where the configuration file may be; the first that is there counts.
    pub fn files() -> impl Iterator<Item = PathBuf> {
        let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".smokercli.yaml"));
        home.into_iter().chain([PathBuf::from("/etc/smokercli.yaml")])
    }

    /// Reads the text of a configuration file; messages name `path`.
    ///
    /// # Errors
    ///
    /// When it is not valid.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ClientConfigError> {
        let name = || path.display().to_string();
        let (document, repeated) = read(text).map_err(|source| ClientConfigError::Syntax { path: name(), source })?;
        let kind = |key, wanted| ClientConfigError::Kind { path: name(), key, wanted };
        if !matches!(document, Value::Null | Value::Mapping(_)) {
            return Err(kind("the file", "a mapping such as `bind_port: 8086`"));
        }
        let texts = |key| texts(document.get(key)).ok_or_else(|| kind(key, "a list of texts"));
        let port = match document.get("bind_port") {
            None | Some(Value::Null) => DEFAULT_PORT.to_string(),
            Some(value) => port(value).ok_or_else(|| kind("bind_port", "a port number from 1 to 65535"))?,
        };
        let groups = document.get("groups").map_or_else(|| Ok(Inventory::default()), configured::read);
        let groups = groups.map_err(|problem| format!("{}: {problem}", name()));
        // A discovery plugin of the site may have a key of this name: only a call that names groups fails.
        let unusable = groups.as_ref().err().map(|problem| format!("{problem}; the groups are left out"));
        let unlisted = groups.as_ref().map_or(0, unlisted);
        let partial = (unlisted > 0).then(|| {
            let more = counted(unlisted, "host");
            format!(
                "{}: groups: all is every host of the groups, {more} more than are listed there; give that list another name if fewer are meant",
                name()
            )
        });
        let nats = document.get("nats").map_or_else(|| Ok(NatsSettings::default()), nats::read);
        let nats = nats.map_err(|problem| format!("{}: {problem}", name()));
        let unusable_nats = nats.as_ref().err().map(|problem| format!("{problem}; nats is left out"));
        Ok(Self {
            port,
            plugin_paths: texts("plugin_paths")?,
            discovery_commands: texts("discovery_commands")?,
            groups,
            nats,
            warnings: document
                .as_mapping()
                .map(|mapping| unknown_keys(path, mapping))
                .unwrap_or_default()
                .into_iter()
                .chain(repeated.iter().map(|key| format!("{}: {key} is there twice; the last one counts", name())))
                .chain(unusable)
                .chain(partial)
                .chain(unusable_nats)
                .collect(),
        })
    }
}

/// How many hosts the group of all hosts has beyond those that are listed under its name, which somebody may take for all of it.
fn unlisted(groups: &Inventory) -> usize {
    // To follow the groups takes time, and few have one of that name.
    if groups.group_names().any(|name| name == ALL) {
        groups.resolve().map_or(0, |groups| groups.unlisted())
    } else {
        0
    }
}

/// Reads YAML, and the keys at its top that are there twice: the last one counts, as in the original.
fn read(text: &str) -> Result<(Value, Vec<String>), serde_yaml::Error> {
    match serde_yaml::from_str(text) {
        Ok(document) => Ok((document, Vec::new())),
        // The library refuses a mapping for that.
        Err(error) => match serde_yaml::from_str(text) {
            Ok(LastWins { mapping, repeated }) if !repeated.is_empty() => Ok((Value::Mapping(mapping), repeated)),
            _ => Err(error),
        },
    }
}

/// A mapping in which a key may be there twice.
struct LastWins {
    mapping: Mapping,
    repeated: Vec<String>,
}

impl<'de> Deserialize<'de> for LastWins {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(LastWinsVisitor)
    }
}

struct LastWinsVisitor;

impl<'de> Visitor<'de> for LastWinsVisitor {
    type Value = LastWins;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a mapping")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut entries: M) -> Result<LastWins, M::Error> {
        let (mut mapping, mut repeated) = (Mapping::new(), Vec::new());
        while let Some((key, value)) = entries.next_entry::<Value, Value>()? {
            let name = key.as_str().map(str::to_owned);
            if mapping.insert(key, value).is_some() {
                repeated.extend(name);
            }
        }
        Ok(LastWins { mapping, repeated })
    }
}

fn unknown_keys(path: &Path, mapping: &Mapping) -> Vec<String> {
    let written =
        |key: &Value| serde_yaml::to_string(key).map_or_else(|_| "?".to_owned(), |text| text.trim().to_owned());
    let names = mapping.keys().map(|key| key.as_str().map_or_else(|| written(key), str::to_owned));
    let unknown = names.filter(|name| !KEYS.contains(&name.as_str()));
    unknown.map(|name| format!("{}: unknown key {name}; the keys are {}", path.display(), KEYS.join(", "))).collect()
}

/// A port, as a number or as text.
fn port(value: &Value) -> Option<String> {
    let port = match value {
        Value::Number(port) => port.to_string(),
        Value::String(port) => port.trim().to_owned(),
        _ => return None,
    };
    port.parse::<u16>().is_ok_and(|number| number > 0).then_some(port)
}

/// A list of texts, or one text alone; absent and null are an empty list.
fn texts(value: Option<&Value>) -> Option<Vec<String>> {
    match value {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::String(text)) => Some(vec![text.clone()]),
        Some(Value::Sequence(items)) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ClientConfig, String> {
        ClientConfig::parse(Path::new("/etc/smokercli.yaml"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn every_key_is_optional_and_a_port_is_a_number_or_text() {
        assert_eq!(parse("").expect("empty"), ClientConfig::default());
        assert_eq!(parse("bind_port: 1\n").expect("number").port, "1");
        assert_eq!(parse("bind_port: '2'\nplugin_paths:\n").expect("text").port, "2");
        assert_eq!(parse("plugin_paths: [a, b.c]\n").expect("list").plugin_paths, ["a", "b.c"]);
    }

    #[test]
    fn the_example_has_the_defaults() {
        assert_eq!(parse(include_str!("../../../../etc/smokercli.yaml")), Ok(ClientConfig::default()));
    }

    #[test]
    fn groups_that_cannot_be_used_are_a_warning() {
        let config = parse("groups: {web: {hsots: [a]}}").expect("a warning only");
        assert_eq!(
            config.groups,
            Err("/etc/smokercli.yaml: groups: web has the unknown key hsots; the keys are hosts, groups, labels"
                .to_owned())
        );
        assert!(config.warnings[0].ends_with("; the groups are left out"), "{:?}", config.warnings);
    }

    #[test]
    fn a_list_of_all_hosts_that_has_only_some_is_a_warning() {
        let warnings = |text: &str| parse(text).expect("valid").warnings;
        let told = warnings("groups: {all: [a], web: [b, c]}");
        assert!(matches!(&*told, [told] if told.contains("2 hosts more than are listed there")), "{told:?}");
        for whole in ["all: {labels: {dc: fra}}, web: [b]", "all: [b, '@db'], web: [b], db: [c]", "web: [b]"] {
            assert_eq!(warnings(&format!("groups: {{{whole}}}")), [""; 0], "{whole}");
        }
    }

    #[test]
    fn problems_name_the_file_and_the_key() {
        assert_eq!(
            parse("plugin_paths: {a: 1}").expect_err("kind"),
            "/etc/smokercli.yaml: plugin_paths has to be a list of texts"
        );
        for port in ["abc", "0", "65536", "-1", "8086.5", "'80 86'", "[8086]", "true", "''"] {
            assert_eq!(
                parse(&format!("bind_port: {port}")).expect_err(port),
                "/etc/smokercli.yaml: bind_port has to be a port number from 1 to 65535"
            );
        }
        assert_eq!(
            parse("bind_prot: 1").expect("a warning only").warnings,
            [
                "/etc/smokercli.yaml: unknown key bind_prot; the keys are bind_port, plugin_paths, discovery_commands, groups, nats"
            ]
        );
        assert!(parse("5: 6").expect("a warning only").warnings[0].contains("unknown key 5;"));
        let repeated = parse("bind_port: 1\nbind_port: 8087\n").expect("a warning only");
        assert_eq!(repeated.port, "8087");
        assert_eq!(repeated.warnings, ["/etc/smokercli.yaml: bind_port is there twice; the last one counts"]);
        assert!(parse("a: [").expect_err("syntax").starts_with("/etc/smokercli.yaml is not valid YAML: "));
    }
}
