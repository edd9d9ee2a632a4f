//! `Retries`, `RetryInterval`, `FlapThreshold`, `DependsOn`, `OnParentBad`, `After` and `SerialGroup`.
//!
//! These names were parameters of the user's own before they meant something: a value that cannot be meant for the key leaves
//! the plugin as it is. Whether the named plugins exist is looked at when all are known (`spec/relations.rs`).

use std::collections::HashSet;

use smoker_model::plugin::{OnParentBad, PluginName, RunRules};
use smoker_model::value::Value;

use crate::spec::values::added_keys::{AddedKeys, Warning};
use crate::spec::values::quantity;
use crate::spec::values::shown::shown;

/// Reads the keys of a plugin into its rules.
pub(crate) fn read<'a>(get: impl Fn(&str) -> Option<&'a Value>, rules: &mut RunRules) -> Vec<Warning> {
    let mut keys = AddedKeys::of(get);
    rules.retries = keys.read("Retries", |value| whole_number(value, 1, 1000));
    rules.retry_interval = keys.read("RetryInterval", quantity::time_above_zero);
    rules.flap_threshold = keys
        .read("FlapThreshold", |value| whole_number(value, 1, 100).map(|percent| u8::try_from(percent).unwrap_or(100)));
    rules.depends_on = keys.read("DependsOn", names).unwrap_or_default();
    rules.on_parent_bad = keys
        .read("OnParentBad", |value| match value.as_text() {
            Some(text) if text.eq_ignore_ascii_case("skip") => Ok(OnParentBad::Skip),
            Some(text) if text.eq_ignore_ascii_case("run") => Ok(OnParentBad::Run),
            _ => Err(format!("has to be run or skip, not {}", shown(value))),
        })
        .unwrap_or_default();
    rules.after = keys.read("After", names).unwrap_or_default();
    rules.serial_group = keys.read("SerialGroup", |value| match value.as_text() {
        Some(name) if !name.is_empty() => Ok(name.into()),
        _ => Err(format!("has to be a name, not {}", shown(value))),
    });
    keys.into_warnings()
}

fn whole_number(value: &Value, least: u32, most: u32) -> Result<u32, String> {
    let number = if let Value::Int(number) = value { u32::try_from(*number).ok() } else { None };
    let number = number.filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| format!("has to be a whole number from {least} to {most}, not {}", shown(value)))
}

/// A name of a plugin, or a list of them.
fn names(value: &Value) -> Result<Vec<PluginName>, String> {
    let one = std::slice::from_ref(value);
    let items = if let Value::List(items) = value { items.as_slice() } else { one };
    let name = |item: &Value| {
        let name = item.as_text().filter(|name| !name.is_empty());
        name.map(PluginName::from).ok_or_else(|| {
            format!(
                "has to be the name of a plugin, or a list of names, not {}{}",
                shown(item),
                if std::ptr::eq(item, value) { "" } else { " in a list" }
            )
        })
    };
    let mut names = items.iter().map(name).collect::<Result<Vec<PluginName>, _>>()?;
    let mut seen = HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    Ok(names)
}
