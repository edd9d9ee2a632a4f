//! Requests to built-ins and what they answer.

use serde_json::{Value as Json, json};

/// A run of a plugin's module.
pub(crate) fn module(name: &str, parameters: &Json) -> Result<Json, String> {
    smoker_checks::catalogue::answer(request("plugin", name, parameters))
}

/// A run of a built-in check, which gives up early.
pub(crate) fn check(name: &str, parameters: &Json) -> Json {
    let mut request = request("check", name, parameters);
    request["timeout"] = json!(4.0);
    smoker_checks::catalogue::answer(request).expect("findings")
}

/// A parser's turn on what a command printed.
pub(crate) fn parser(name: &str, stdout: &str, exit_status: Option<i32>, parameters: &Json) -> Result<Json, String> {
    let mut request = request("parser", name, parameters);
    request["stdout"] = json!(stdout.trim());
    request["exit_status"] = json!(exit_status);
    smoker_checks::catalogue::answer(request)
}

/// An action after a result.
pub(crate) fn action(name: &str, parameters: &Json, result: &Json) -> Result<Json, String> {
    let mut request = request("action", name, &json!({"Action": parameters, "Port": "not the action's"}));
    request["result"] = result.clone();
    smoker_checks::catalogue::answer(request)
}

fn request(kind: &str, module: &str, parameters: &Json) -> Json {
    json!({
        "kind": kind, "module": module, "plugin": "checked", "forced": false, "timeout": 20.0,
        "parameters": parameters, "result": null, "stdout": "", "stderr": "", "exit_status": null,
    })
}
