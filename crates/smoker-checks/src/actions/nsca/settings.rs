//! The parameters of the action, from the action itself, else from its plugin.
//!
//! | parameter | meaning |
//! |---|---|
//! | `Host`, `Port` | where the NSCA daemon listens; default `localhost`, 5667 |
//! | `Password` | the shared password; default none. It shows on the daemon's pages: prefer the file |
//! | `PasswordFile` | a file whose first line is the password |
//! | `EncryptionMethod` | number or name as in `send_nsca.cfg`; default 1, XOR |
//! | `HostName` | template of the host's name in Nagios; default `%(hostname)s` |
//! | `ServiceName` | template of the service's name in Nagios; default `%(name)s`; empty: a host check |
//! | `Escape` | true for daemons before 2.10.2: line breaks and backslashes are escaped here, since such daemons do not |
//! | `OutputLength` | bytes for the text: 4096, or 512 for daemons older than NSCA 2.9 |
//!
//! The templates know the fields of the result, the plugin's parameters,
//! `%(name)s`, the plugin's name, and `%(hostname)s`, this host's name.

use std::fs;
use std::time::Duration;

use nix::sys::utsname;
use smoker_model::module::ModuleRequest;
use smoker_model::python_format;
use smoker_model::value::Value;

use crate::actions::nsca::cipher::Method;
use crate::actions::nsca::packet::{HOST_LENGTH, SERVICE_LENGTH};
use crate::actions::nsca::report::Escaping;
use crate::os_error;
use crate::parameters::{Parameters, scalar_text, wrong};

/// What the action needs to know.
pub(crate) struct Settings {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) password: Vec<u8>,
    pub(crate) method: Method,
    pub(crate) host_name: String,
    pub(crate) service_name: String,
    pub(crate) text_length: usize,
    pub(crate) escaping: Escaping,
    /// How long each step over the network may take.
    pub(crate) patience: Duration,
}

impl Settings {
    /// Reads the parameters of a request.
    pub(crate) fn of(request: &ModuleRequest) -> Result<Self, String> {
        let parameters = Parameters::of(request);
        let text_length = match parameters.text("OutputLength")?.as_deref() {
            None | Some("4096") => 4096,
            Some("512") => 512,
            Some(_) => return Err("OutputLength has to be 4096 or 512 (for daemons older than NSCA 2.9)".to_owned()),
        };
        let method = parameters.text("EncryptionMethod")?.map(|text| Method::named(&text)).transpose()?;
        let host_name = name(request, "HostName", "%(hostname)s", HOST_LENGTH)?;
        if host_name.is_empty() {
            return Err("HostName is empty: set it to the host's name in Nagios".to_owned());
        }
        Ok(Self {
            host: parameters.text("Host")?.unwrap_or_else(|| "localhost".to_owned()),
            port: parameters.port("Port", 5667)?,
            password: password(parameters)?,
            method: method.unwrap_or(Method::Xor),
            host_name,
            service_name: name(request, "ServiceName", "%(name)s", SERVICE_LENGTH)?,
            text_length,
            escaping: if parameters.flag("Escape")? { Escaping::Here } else { Escaping::ByDaemon },
            patience: Duration::try_from_secs_f64(request.timeout * 0.4).unwrap_or(Duration::from_secs(60)),
        })
    }
}

fn password(parameters: Parameters<'_>) -> Result<Vec<u8>, String> {
    match (parameters.get("Password"), parameters.text("PasswordFile")?) {
        (None, None) => Ok(Vec::new()),
        (Some(_), Some(_)) => Err("Password and PasswordFile are both set: keep one of them".to_owned()),
        // The value itself stays out of the message.
        (Some(value), None) => {
            let text =
                scalar_text(value).ok_or("Password has to be text: put quotes around it in the configuration")?;
            Ok(text.into_bytes())
        }
        (None, Some(path)) => {
            let bytes = fs::read(&path)
                .map_err(|error| format!("PasswordFile can't be read: {}", os_error::text_about(&error, &path)))?;
            let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
            Ok(line.strip_suffix(b"\r").unwrap_or(line).to_vec())
        }
    }
}

/// A name for Nagios, which must fit into the packet and must not end the
/// line that the NSCA daemon writes, nor a field of it.
fn name(request: &ModuleRequest, parameter: &str, default: &str, length: usize) -> Result<String, String> {
    let template = Parameters::of(request).text(parameter)?.unwrap_or_else(|| default.to_owned());
    let name = python_format::fill(&template, &|name| lookup(request, name))
        .map_err(|error| format!("{parameter} can't be formatted: {error}"))?;
    let shown = wrong(parameter, "text without ; and control characters", &name.clone().into());
    if name.contains(|c: char| c == ';' || c.is_control()) {
        return Err(shown);
    }
    // One byte is for the NUL behind it.
    if name.len() >= length {
        return Err(format!("{parameter} gives {} bytes, NSCA takes at most {}: shorten it", name.len(), length - 1));
    }
    Ok(name)
}

fn lookup(request: &ModuleRequest, name: &str) -> Option<Value> {
    let result = request.result.as_ref().and_then(|result| result.get(name));
    if let Some(value) = result.or_else(|| request.parameters.get(name)) {
        return Some(Value::from(value.clone()));
    }
    match name {
        "name" => Some(Value::Text(request.plugin.clone())),
        "hostname" => {
            let system = utsname::uname().ok()?;
            Some(Value::Text(system.nodename().to_string_lossy().into_owned()))
        }
        _ => None,
    }
}
