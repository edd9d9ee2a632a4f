//! `smoker.server.plugins.mongo`: does `MongoDB` answer, are its replica set and collections whole, does it keep a record?
//!
//! # Layout
//!
//! - `bson`: the documents of the wire protocol
//! - `wire`: commands over one connection
//! - `summary`: the original's components
//! - `servers`: a component for each of several servers
//!
//! Server 3.6 is the oldest version with this protocol. There is no login, and a server that takes TLS only cannot be
//! looked at.

mod bson;
mod servers;
mod summary;
mod wire;

use serde_json::Value as Json;
use smoker_model::plugin::module::{ModuleKind, ModuleRequest};
use smoker_model::result::Findings;

use crate::checks::shipped::mongo::servers::{PORT, servers_of};
use crate::checks::shipped::mongo::summary::{CHECKS, Summary};
use crate::components;
use crate::parameters::{Parameters, wrong};
use crate::spec::{Absence, ParameterSpec, ParameterType, Spec};

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec {
        name: "Host",
        accepts: ParameterType::Text,
        absence: Absence::Default("`localhost`"),
        meaning: "the server",
    },
    ParameterSpec {
        name: "Port",
        accepts: ParameterType::Port,
        absence: Absence::Default("27017"),
        meaning: "the server's port",
    },
    ParameterSpec {
        name: "ReplicaSet",
        accepts: ParameterType::Text,
        absence: Absence::Default("any or none"),
        meaning: "the replica set that the server has to be a member of",
    },
    ParameterSpec {
        name: "ValidateCollections",
        accepts: ParameterType::Any,
        absence: Absence::Default("no"),
        meaning: "whether each collection is validated, which reads all of it",
    },
    ParameterSpec {
        name: "EmptyCollections",
        accepts: ParameterType::Any,
        absence: Absence::Default("no"),
        meaning: "whether a database without collections is a WARN",
    },
    ParameterSpec {
        name: "Checks",
        accepts: ParameterType::ChoiceList(&CHECKS),
        absence: Absence::Default("all four"),
        meaning: "what to look at, with a component for each",
    },
    ParameterSpec {
        name: "Hosts",
        accepts: ParameterType::Custom {
            form: "list of `host` or `host:port`",
            read: |_, value| servers_of(value).map(drop),
        },
        absence: Absence::Default("none"),
        meaning: "servers to look at instead of `Host` and `Port`, with a component for each",
    },
];

/// The declaration of this built-in.
pub(crate) const fn spec() -> Spec {
    Spec {
        name: "smoker.server.plugins.mongo",
        kind: ModuleKind::Plugin,
        meaning: "looks at MongoDB servers and their replica set",
        output: "the components `Connection`, `Members`, `Collections` and `Record`; with `Hosts`: one for each server",
        parameters: PARAMETERS,
        needs_child: true,
        leaves_running: false,
        is_original: true,
    }
}

/// Runs the module.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let replica_set = parameters.text("ReplicaSet")?;
    if let Some(hosts) = parameters.get("Hosts") {
        let servers = servers_of(hosts)?;
        return components::findings(servers::components(&servers, replica_set.as_deref(), request.timeout));
    }
    let checks = parameters.texts("Checks")?.unwrap_or_else(|| CHECKS.map(str::to_owned).to_vec());
    if let Some(unknown) = checks.iter().find(|check| !CHECKS.contains(&check.as_str())) {
        let expected = "a list of connection, members, collections and record";
        return Err(wrong("Checks", expected, &Json::from(unknown.clone())));
    }
    let is_set = |name: &str| parameters.get(name).is_some_and(is_true);
    let host = parameters.text("Host")?.unwrap_or_else(|| "localhost".to_owned());
    let port = parameters.port("Port", PORT)?;
    let summary = Summary {
        replica_set,
        validates: is_set("ValidateCollections"),
        warns_of_empty: is_set("EmptyCollections"),
        timeout: request.timeout,
    };
    components::findings(summary.components(&host, port, |check| checks.iter().any(|wanted| wanted == check)))
}

/// As Python does in a condition.
fn is_true(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::Bool(flag) => *flag,
        Json::Number(number) => number.as_f64() != Some(0.0),
        Json::String(text) => !text.is_empty(),
        Json::Array(items) => !items.is_empty(),
        Json::Object(members) => !members.is_empty(),
    }
}
