//! The parameters of the action, from the action itself, else from its plugin.
//!
//! The templates know the fields of the result, the plugin's parameters,
//! `%(name)s`, the plugin's name, and `%(hostname)s`, this host's name.

use std::fs;
use std::time::Duration;

use nix::sys::utsname;
use serde_json::Value as Json;
use smoker_model::plugin::module::ModuleRequest;
use smoker_model::python_format;
use smoker_model::value::Value;

use crate::actions::nsca::cipher::EncryptionMethod;
use crate::actions::nsca::packet::{HOST_LENGTH, SERVICE_LENGTH};
use crate::actions::nsca::passive_check::Escaping;
use crate::os_error;
use crate::parameters::{Parameters, scalar_text, wrong};
use crate::spec::{Absence, ParameterSpec, ParameterType};

/// What the action reads, in the order of the documentation.
pub(crate) const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec {
        name: "Host",
        accepts: ParameterType::Text,
        absence: Absence::Default("`localhost`"),
        meaning: "where the NSCA daemon listens",
    },
    ParameterSpec {
        name: "Port",
        accepts: ParameterType::Port,
        absence: Absence::Default("5667"),
        meaning: "the port of the NSCA daemon",
    },
    ParameterSpec {
        name: "PasswordFile",
        accepts: ParameterType::Path,
        absence: Absence::Default("none"),
        meaning: "a file whose first line is the password; it is read as the run's user",
    },
    ParameterSpec {
        name: "Password",
        accepts: ParameterType::Secret,
        absence: Absence::Default("none"),
        meaning: "the password itself; pages and logs mask it",
    },
    ParameterSpec {
        name: "EncryptionMethod",
        accepts: ParameterType::Custom {
            form: "number or name of a method",
            read: |name, value| read_method(name, value).map(drop),
        },
        absence: Absence::Default("1, XOR"),
        meaning: "the encryption method, below",
    },
    ParameterSpec {
        name: "HostName",
        accepts: ParameterType::Text,
        absence: Absence::Default("`%(hostname)s`"),
        meaning: "the host's name in Nagios",
    },
    ParameterSpec {
        name: "ServiceName",
        accepts: ParameterType::Text,
        absence: Absence::Default("`%(name)s`"),
        meaning: "the service's name in Nagios; empty text makes it a host check",
    },
    ParameterSpec {
        name: "Escape",
        accepts: ParameterType::Boolean,
        absence: Absence::Default("false"),
        meaning: "true for NSCA daemons before 2.10.2, which write line breaks as they come",
    },
    ParameterSpec {
        name: "OutputLength",
        accepts: ParameterType::Choice(&["4096", "512"]),
        absence: Absence::Default("4096"),
        meaning: "bytes for the text; 512 for NSCA daemons before 2.9",
    },
];

/// The parameters of a run, read.
pub(crate) struct NscaSettings {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) password: Vec<u8>,
    pub(crate) method: EncryptionMethod,
    pub(crate) host_name: String,
    pub(crate) service_name: String,
    pub(crate) text_length: usize,
    pub(crate) escaping: Escaping,
    /// How long each step over the network may take: connecting, reading, writing.
    pub(crate) step_timeout: Duration,
}

impl NscaSettings {
    /// Reads the parameters of a request.
    pub(crate) fn of(request: &ModuleRequest) -> Result<Self, String> {
        let parameters = Parameters::of(request);
        let text_length = match parameters.text("OutputLength")?.as_deref() {
            None | Some("4096") => 4096,
            Some("512") => 512,
            Some(_) => return Err("OutputLength has to be 4096 or 512 (for daemons older than NSCA 2.9)".to_owned()),
        };
        let method =
            parameters.get("EncryptionMethod").map(|value| read_method("EncryptionMethod", value)).transpose()?;
        let host_name = name(request, "HostName", "%(hostname)s", HOST_LENGTH)?;
        if host_name.is_empty() {
            return Err("HostName is empty: set it to the host's name in Nagios".to_owned());
        }
        Ok(Self {
            host: parameters.text("Host")?.unwrap_or_else(|| "localhost".to_owned()),
            port: parameters.port("Port", 5667)?,
            password: password(parameters)?,
            method: method.unwrap_or(EncryptionMethod::Xor),
            host_name,
            service_name: name(request, "ServiceName", "%(name)s", SERVICE_LENGTH)?,
            text_length,
            escaping: if parameters.flag("Escape")? { Escaping::Here } else { Escaping::ByDaemon },
            step_timeout: Duration::try_from_secs_f64(request.timeout * 0.4).unwrap_or(Duration::from_secs(60)),
        })
    }
}

fn read_method(name: &str, value: &Json) -> Result<EncryptionMethod, String> {
    let text = scalar_text(value).ok_or_else(|| wrong(name, "text", value))?;
    EncryptionMethod::named(&text)
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
                .map_err(|error| format!("PasswordFile cannot be read: {}", os_error::text_about(&error, &path)))?;
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
        .map_err(|error| format!("{parameter} cannot be formatted: {error}"))?;
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
