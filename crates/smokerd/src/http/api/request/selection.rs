//! Which plugins a request means: names, and a filter of parameters.

use serde_json::{Map, Value as Json};
use smoker_model::notation::python_text;
use smoker_model::value::Value;

use crate::http::api::answer::error::ApiError;
use crate::http::limits;
use crate::scheduler::plugin_set::{ForceError, Selection};

/// Reads `plugins` and `filter` of an object.
pub(crate) fn parse(object: &Map<String, Json>) -> Result<Selection, ApiError> {
    let names = parse_names(object.get("plugins").unwrap_or(&Json::Null))?;
    let filter = parse_filter(object.get("filter").unwrap_or(&Json::Null))?;
    Ok(Selection { names, filter: filter.into_iter().collect(), parameters: Vec::new() })
}

/// Reads `parameters` of an object: values for the parameters of the plugins.
pub(crate) fn parse_values(object: &Map<String, Json>) -> Result<Vec<(String, Json)>, ApiError> {
    match object.get("parameters") {
        None | Some(Json::Null) => Ok(Vec::new()),
        Some(Json::Object(values)) => Ok(values.clone().into_iter().collect()),
        Some(_) => Err(ApiError::WrongInput(Some("Element parameters have to be dictionary"))),
    }
}

/// What a client selects, shortened.
pub(crate) fn described(selection: &Selection) -> String {
    const SHOWN: usize = 20;
    let mut names: Vec<_> = selection.names.iter().take(SHOWN).map(String::as_str).collect();
    if names.len() < selection.names.len() {
        names.push("...");
    }
    let filter: Vec<_> = selection.filter.iter().take(SHOWN).map(|(name, _)| name.as_str()).collect();
    match (names.is_empty(), filter.is_empty()) {
        (true, true) => "all plugins".to_owned(),
        (_, true) => format!("plugins {}", names.join(", ")),
        (true, false) => format!("plugins by {}", filter.join(", ")),
        (false, false) => format!("plugins {}, and by {}", names.join(", "), filter.join(", ")),
    }
}

fn parse_names(plugins: &Json) -> Result<Vec<String>, ApiError> {
    match plugins {
        Json::Array(names) if names.len() > limits::NAMES => Err(ApiError::TooManyNames),
        Json::Array(names) => names.iter().map(parse_name).collect(),
        falsy if is_falsy(falsy) => Ok(Vec::new()),
        _ => Err(ApiError::WrongInput(Some("Element plugins have to be list"))),
    }
}

fn parse_name(name: &Json) -> Result<String, ApiError> {
    match name {
        Json::String(name) => Ok(name.clone()),
        Json::Array(_) | Json::Object(_) => Err(ApiError::WrongInput(Some("Elements of plugins have to be text"))),
        // The number 1 is not the name "1".
        other => Err(ApiError::Force(ForceError::UnknownPlugin(python_text::str(&Value::from(other.clone()))))),
    }
}

fn parse_filter(filter: &Json) -> Result<Map<String, Json>, ApiError> {
    match filter {
        Json::Object(filter) => Ok(filter.clone()),
        falsy if is_falsy(falsy) => Ok(Map::new()),
        _ => Err(ApiError::WrongInput(Some("Element filter have to be dictionary"))),
    }
}

fn is_falsy(json: &Json) -> bool {
    !Value::from(json.clone()).is_truthy()
}
