//! The key `nats` of the configuration file: the NATS server of `--nats`.

use std::path::PathBuf;

use serde_yaml::Value;

/// The keys of `nats`.
const KEYS: [&str; 6] = ["url", "creds", "fleet", "ca", "cert", "key"];

/// What the configuration file says of the NATS server. Options of the command line have precedence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NatsSettings {
    /// `url`: its address.
    pub url: Option<String>,
    /// `creds`: a file with the user's credentials.
    pub creds: Option<PathBuf>,
    /// `fleet`: the name of the fleet.
    pub fleet: Option<String>,
    /// `ca`: a file with the certificates that sign the server's.
    pub ca: Option<PathBuf>,
    /// `cert`: a file with the user's certificate.
    pub cert: Option<PathBuf>,
    /// `key`: a file with the key of the certificate.
    pub key: Option<PathBuf>,
}

/// Reads the value of `nats`.
///
/// # Errors
///
/// When it is not of this form: which key has to be what.
pub(super) fn read(value: &Value) -> Result<NatsSettings, String> {
    let mapping = match value {
        Value::Null => return Ok(NatsSettings::default()),
        Value::Mapping(mapping) => mapping,
        _ => return Err("nats has to be a mapping, such as `url: nats://nats.example.org`".to_owned()),
    };
    if let Some(key) = mapping.keys().find(|key| !key.as_str().is_some_and(|key| KEYS.contains(&key))) {
        let key = serde_yaml::to_string(key).unwrap_or_default();
        return Err(format!("nats has the unknown key {}; the keys are {}", key.trim(), KEYS.join(", ")));
    }
    let text = |key: &str| match mapping.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.clone())),
        Some(_) => Err(format!("nats.{key} has to be a text")),
    };
    let path = |key| text(key).map(|text| text.map(PathBuf::from));
    Ok(NatsSettings {
        url: text("url")?,
        creds: path("creds")?,
        fleet: text("fleet")?,
        ca: path("ca")?,
        cert: path("cert")?,
        key: path("key")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(yaml: &str) -> Result<NatsSettings, String> {
        read(&serde_yaml::from_str(yaml).expect("YAML"))
    }

    #[test]
    fn all_keys_are_texts_and_optional() {
        let found = parsed("{url: 'nats://n', creds: /c, fleet: eu}").expect("valid");
        assert_eq!((found.url.as_deref(), found.fleet.as_deref()), (Some("nats://n"), Some("eu")));
        assert_eq!((found.creds, found.ca), (Some(PathBuf::from("/c")), None));
        assert_eq!(parsed(""), Ok(NatsSettings::default()));
        for (yaml, words) in [
            ("[a]", "nats has to be a mapping"),
            ("{ulr: a}", "nats has the unknown key ulr; the keys are url, creds"),
            ("{url: 5}", "nats.url has to be a text"),
            ("{fleet: ''}", "nats.fleet has to be a text"),
        ] {
            let problem = parsed(yaml).expect_err(yaml);
            assert!(problem.contains(words), "{problem}");
        }
    }
}
