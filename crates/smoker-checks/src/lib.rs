//! The checks, parsers and actions that come with Smoker, under the names
//! that the original gave them, without Python.
//!
//! # Layout
//!
//! - `catalogue`: which built-ins exist and what runs each of them
//! - `parameters`: a built-in's parameters, read with messages that name the wrong one
//! - `components`: findings that consist of components
//! - `checks`: modules that look at something
//! - `parsers`: what a command printed becomes findings
//! - `actions`: what may follow a result
//! - `os_error`: system errors in Python's words
//! - `shown`: JSON values in messages

#![forbid(unsafe_code)]

pub mod actions;

mod catalogue;
mod checks;
mod components;
mod os_error;
mod parameters;
mod parsers;
mod shown;
#[cfg(test)]
mod test_request;

use serde_json::Value as Json;
use smoker_model::result::{ComponentShape, Findings};
use smoker_model::timestamp::Timestamp;

pub use crate::catalogue::Builtin;
use smoker_model::module::{ModuleKind, ModuleRequest};

/// The built-in of this kind and name.
#[must_use]
pub fn find(kind: ModuleKind, name: &str) -> Option<Builtin> {
    catalogue::find(kind, name).map(|entry| entry.builtin)
}

/// Runs a built-in here and now. `None`: there is no such built-in.
///
/// The error is the reason, without a prefix.
#[must_use]
pub fn run(request: &ModuleRequest) -> Option<Result<Findings, String>> {
    let entry = catalogue::find(request.kind, &request.module)?;
    Some((entry.run)(request))
}

/// Runs the built-in that a request asks for, both as JSON: the request with
/// the fields that the module protocol has, the answer with `status`,
/// `messages` and `componentResults`.
///
/// # Errors
///
/// The built-in's reason, or what is wrong with the request.
pub fn answer(request: Json) -> Result<Json, String> {
    let request: ModuleRequest =
        serde_json::from_value(request).map_err(|error| format!("the request is not one: {error}"))?;
    let name = &request.module;
    let findings = run(&request).unwrap_or_else(|| Err(format!("there is no built-in {name}")))?;
    let result = findings.into_result(Timestamp::now(), request.forced);
    let mut answer = serde_json::to_value(result.on_wire(ComponentShape::Plain)).map_err(|error| error.to_string())?;
    if let Some(answer) = answer.as_object_mut() {
        answer.retain(|name, _| ["status", "messages", "componentResults"].contains(&name.as_str()));
    }
    Ok(answer)
}
