//! Requests for the tests of the built-ins.

use serde_json::{Map, Value as Json};

use smoker_model::plugin::module::{ModuleKind, ModuleRequest};

/// A run of a plugin's module with these parameters.
pub(crate) fn plugin(module: &str, parameters: Json) -> ModuleRequest {
    let parameters = match parameters {
        Json::Object(parameters) => parameters,
        _ => Map::new(),
    };
    ModuleRequest {
        kind: ModuleKind::Plugin,
        module: module.to_owned(),
        plugin: "checked".to_owned(),
        forced: true,
        timeout: 10.0,
        parameters,
        result: None,
        stdout: String::new(),
        stderr: String::new(),
        exit_status: None,
        remembered: None,
        known: None,
    }
}

/// A parser's turn on this output.
pub(crate) fn parser(stdout: &str, exit_status: Option<i32>, parameters: Json) -> ModuleRequest {
    let request = plugin("parser", parameters);
    ModuleRequest { kind: ModuleKind::Parser, stdout: stdout.trim().to_owned(), exit_status, ..request }
}
