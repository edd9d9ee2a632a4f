//! The pages of a daemon with five plugins, for hosts that are simulated.

use serde_json::{Value as Json, json};

/// The names of its plugins.
const PLUGINS: [&str; 5] = ["true", "check-1", "check-2", "check-3", "check-4"];

/// An answer with this body.
#[must_use]
pub fn answer(body: &str) -> String {
    with_status("200 OK", body)
}

/// The page about the daemon of a host with this name.
#[must_use]
pub fn about(host: &str) -> String {
    let link = |rel: &str| json!({"rel": rel, "href": format!("/{rel}"), "methods": "GET", "title": ""});
    json!({"about": {"host": host, "title": "", "links": [link("plugins"), link("processes")]}}).to_string()
}

/// The page of all plugins, some 3 KiB.
#[must_use]
pub fn plugins() -> String {
    page("lastResult", &PLUGINS)
}

/// The results of a forced run of all plugins.
#[must_use]
pub fn forced_plugins() -> String {
    page("forcedResult", &PLUGINS)
}

/// The results of a forced run of `true` alone.
#[must_use]
pub fn forced_true() -> String {
    page("forcedResult", &PLUGINS[..1])
}

/// The answer to a request for runs that does not wait for their end: where the results will be.
#[must_use]
pub fn accepted(path: &str) -> String {
    with_status("202 Accepted", &json!({"asyncTask": {"link": {"poll": path}}}).to_string())
}

fn with_status(status: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")
}

fn page(result: &str, names: &[&str]) -> String {
    let items: Vec<_> = names.iter().map(|name| item(result, name)).collect();
    json!({"plugins": {"items": items}}).to_string()
}

fn item(result: &str, name: &str) -> Json {
    json!({"plugin": {
        "name": name, "links": {"self": format!("/plugins/{name}")}, "nextRun": null,
        result: {"status": "OK", "messages": {"info": ["all is well here"], "error": [], "warn": []},
            "lastRun": "2020-01-02T03:04:05.678901", "componentResults": null, "action": null, "forced": false},
        "parameters": {"Command": "check --all", "Module": null, "Parser": null, "Interval": 60, "Timeout": 30,
            "History": 10, "uid": "default", "gid": "default", "Template": null, "Action": null},
    }})
}
