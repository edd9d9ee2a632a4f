//! Names that a file of a plugin repeats above what the plugin runs.

use smoker_model::value::Value;

/// How many names may lie above what a plugin runs, such as `plugins:` and its own name.
const DEEPEST_REPEAT: usize = 2;

/// The names above a `Command`, `Module` or `Check` that lies deeper in a parameter: `plugins: Disk:`.
pub(crate) fn above(name: &str, value: &Value) -> Option<String> {
    names_to(name, value, DEEPEST_REPEAT)
}

fn names_to(name: &str, value: &Value, depth: usize) -> Option<String> {
    let Value::Map(entries) = value else { return None };
    if entries.iter().any(|(key, _)| matches!(key.as_text(), Some("Command" | "Module" | "Check"))) {
        return Some(format!("{name}:"));
    }
    let mut deeper = entries.iter().filter(|_| depth > 1).filter_map(|(key, value)| Some((key.as_text()?, value)));
    let names = deeper.find_map(|(key, value)| names_to(key, value, depth - 1))?;
    Some(format!("{name}: {names}"))
}
