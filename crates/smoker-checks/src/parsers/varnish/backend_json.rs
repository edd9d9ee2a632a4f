//! `backend.list -j`: a list whose objects hold the backends by name.
//!
//! ```text
//! [3, ["backend.list", "-j"], 1795401347.495,
//!   {"boot.good": {"type": "backend", "admin_health": "probe", "probe_message": [4, 4, "healthy"], ...}}]
//! ```

use serde_json::{Map, Value as Json};

use crate::json_output;
use crate::parsers::varnish::backend::Backend;

/// The backends of all objects in the list; none when the text is no such list.
pub(crate) fn parse(text: &str) -> Result<Vec<Backend>, String> {
    let Ok(Json::Array(items)) = json_output::read(text) else {
        return Ok(Vec::new());
    };
    let objects = items.iter().filter_map(Json::as_object);
    objects.flatten().map(|(name, backend)| read(name, backend)).collect()
}

fn read(name: &str, backend: &Json) -> Result<Backend, String> {
    let unknown = || format!("backend {name} has no probe_message with a state");
    let backend: &Map<_, _> = backend.as_object().ok_or_else(unknown)?;
    let admin = backend.get("admin_health").and_then(Json::as_str).unwrap_or_default();
    match backend.get("probe_message") {
        Some(Json::String(state)) => {
            let (state, probes) =
                state.split_once(' ').map_or((&**state, None), |(state, probes)| (state, Some(probes)));
            Ok(Backend::judged(name, admin, state, probes))
        }
        Some(Json::Array(parts)) => {
            let state = parts.iter().find_map(Json::as_str).ok_or_else(unknown)?;
            let counts: Vec<_> = parts.iter().filter_map(Json::as_u64).collect();
            let probes = match counts[..] {
                [good, all] => Some(format!("{good}/{all}")),
                _ => None,
            };
            Ok(Backend::judged(name, admin, state, probes.as_deref()))
        }
        _ => Err(unknown()),
    }
}
