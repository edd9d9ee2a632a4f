//! `host:port`, as checks take it.

use serde_json::Value as Json;

use crate::parameters::{Parameters, targets_of};
use crate::spec::{Absence, ParameterSpec, ParameterType};

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// As it is configured.
    pub(crate) text: String,
    /// A name or an address, without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Endpoint {
    /// Reads `host:port`, `[::1]:port`, or a host where the check knows a port.
    pub(crate) fn parse(text: &str, port: Option<u16>) -> Option<Self> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, behind) = rest.split_once(']')?;
                let port = if behind.is_empty() { port? } else { behind.strip_prefix(':')?.parse().ok()? };
                (host, port)
            }
            // An address of IPv6 without brackets has no port.
            None if text.matches(':').count() > 1 => (text, port?),
            None => match text.split_once(':') {
                Some((host, digits)) => (host, digits.parse().ok()?),
                None => (text, port?),
            },
        };
        let is_host = !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || c == '/' || c == '\0');
        (is_host && port > 0).then(|| Self { text: text.to_owned(), host: host.to_owned(), port })
    }
}

/// `Addresses` and `Address`, which have to name a port.
pub(crate) const ADDRESSES: [ParameterSpec; 2] = [
    ParameterSpec {
        name: "Addresses",
        accepts: ParameterType::Custom {
            form: "`host:port`, or list of them",
            read: |name, value| verify(name, value, None),
        },
        absence: Absence::FailsWithoutOther,
        meaning: "what to connect to",
    },
    ParameterSpec {
        name: "Address",
        accepts: ParameterType::Custom { form: "`host:port`", read: |name, value| verify(name, value, None) },
        absence: Absence::FailsWithoutOther,
        meaning: "as `Addresses`, for one",
    },
];

/// The endpoints of `Addresses` and `Address`, with this port where they name none.
pub(crate) fn endpoints(parameters: Parameters<'_>, port: Option<u16>) -> Result<Option<Vec<Endpoint>>, String> {
    let Some(texts) = parameters.targets("Addresses", "Address")? else { return Ok(None) };
    texts.iter().map(|text| parse("Addresses", text, port)).collect::<Result<_, _>>().map(Some)
}

/// For `--check`.
pub(crate) fn verify(name: &str, value: &Json, port: Option<u16>) -> Result<(), String> {
    targets_of(name, value)?.iter().try_for_each(|text| parse(name, text, port).map(drop))
}

fn parse(name: &str, text: &str, port: Option<u16>) -> Result<Endpoint, String> {
    let form = if port.is_some() { "host or host:port" } else { "host:port" };
    Endpoint::parse(text, port)
        .ok_or_else(|| format!("{name} has to be {form}, not '{text}': correct it in the configuration"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_ports() {
        for (text, port, expected) in [
            ("db:5432", None, Some(("db", 5432))),
            ("[::1]:80", None, Some(("::1", 80))),
            ("[::1]", Some(80), Some(("::1", 80))),
            ("::1", Some(80), Some(("::1", 80))),
            ("db", Some(80), Some(("db", 80))),
            ("db", None, None),
            ("db:", None, None),
            ("db:0", None, None),
            (":80", None, None),
            ("a b:80", None, None),
            ("http://a:80", None, None),
            ("[::1", Some(80), None),
        ] {
            let found = Endpoint::parse(text, port);
            assert_eq!(found.as_ref().map(|it| (it.host.as_str(), it.port)), expected, "{text}");
        }
    }
}
