//! `MaxMemory`, `MaxProcesses`, `Nice`, `WorkDir`, `Umask`, `Env` and `NoNewPrivileges`.
//!
//! These names were parameters of the user's own before they meant something:
//! a value that cannot be meant for the key leaves the plugin as it is.

use std::path::PathBuf;

use smoker_model::notation::python_text;
use smoker_model::plugin::process_settings::ProcessSettings;
use smoker_model::plugin::{AccountId, RunAs};
use smoker_model::value::Value;

use crate::limits::DEFAULT_MAX_PROCESSES;
use crate::spec::values::added_keys::{AddedKeys, Warning};
use crate::spec::values::quantity;
use crate::yaml::node::kind_name;

/// Reads the keys of a plugin or an action.
pub(crate) fn read<'a>(get: impl Fn(&str) -> Option<&'a Value>, run_as: &RunAs) -> (ProcessSettings, Vec<Warning>) {
    let mut keys = AddedKeys::of(get);
    let settings = ProcessSettings {
        max_memory: keys.read("MaxMemory", memory),
        max_processes: keys.read("MaxProcesses", number_above_zero).or_else(|| default_max_processes(run_as)),
        nice: keys.read("Nice", nice),
        work_dir: keys.read("WorkDir", absolute_path),
        umask: keys.read("Umask", umask),
        env: keys.read("Env", variables).unwrap_or_default(),
        no_new_privileges: keys.read("NoNewPrivileges", switch).unwrap_or_default(),
    };
    (settings, keys.into_warnings())
}

/// Root's processes are not bounded: they could undo it.
fn default_max_processes(run_as: &RunAs) -> Option<u64> {
    let RunAs::Account { user, .. } = run_as else { return None };
    let is_root = match user {
        AccountId::Number(number) => *number == 0,
        AccountId::Name(name) => name == "root",
    };
    (!is_root).then_some(DEFAULT_MAX_PROCESSES)
}

/// With less, in bytes, no program starts: a threshold of the plugin's own is meant, or a number without its unit.
const LEAST_MEMORY: usize = 1024 * 1024;

fn memory(value: &Value) -> Result<u64, String> {
    match quantity::bytes(value)? {
        bytes if bytes < LEAST_MEMORY => {
            let unit = if bytes == 1 { "byte" } else { "bytes" };
            Err(format!("is {bytes} {unit}, with which no program starts (for a limit write a unit, such as {bytes}M)"))
        }
        bytes => Ok(bytes as u64),
    }
}

fn number_above_zero(value: &Value) -> Result<u64, String> {
    match value {
        Value::Int(number) if *number > 0 => Ok(u64::try_from(*number).unwrap_or(u64::MAX)),
        other => Err(format!("has to be a whole number above 0, not {}", shown(other))),
    }
}

fn nice(value: &Value) -> Result<i32, String> {
    let number = if let Value::Int(number) = value { i32::try_from(*number).ok() } else { None };
    let number = number.filter(|number| (-20..=19).contains(number));
    number.ok_or_else(|| format!("has to be a whole number from -20 to 19, not {}", shown(value)))
}

fn absolute_path(value: &Value) -> Result<PathBuf, String> {
    let text = value.as_text().filter(|text| text.starts_with('/') && !text.contains('\0'));
    text.map(PathBuf::from).ok_or_else(|| format!("has to be an absolute path, not {}", shown(value)))
}

/// YAML 1.1 reads `022` as an octal number; quoted, it is read here.
fn umask(value: &Value) -> Result<u32, String> {
    if let Value::Int(number) = value
        && let Some(meant) = octal_meant(*number)
    {
        return Err(format!("has to be an octal number: {number} is decimal (0{number:o}); write 0{meant:o}"));
    }
    let number = match value {
        Value::Int(number) => u32::try_from(*number).ok(),
        Value::Text(text) => u32::from_str_radix(text.strip_prefix("0o").unwrap_or(text), 8).ok(),
        _ => None,
    };
    let number = number.filter(|number| *number <= 0o777);
    number.ok_or_else(|| format!("has to be an octal number such as 022 or 0077, not {}", shown(value)))
}

/// The mask that was meant by a number that is a mask by its digits, and makes no sense by its value.
fn octal_meant(number: i128) -> Option<i128> {
    let meant = i128::from_str_radix(&number.to_string(), 8).ok()?;
    (is_sensible(meant) && !is_sensible(number)).then_some(meant)
}

/// Whether a mask leaves others no more than the group, the group no more than the owner, and nobody the right to write
/// what they cannot read.
fn is_sensible(mask: i128) -> bool {
    let [owner, group, others] = [mask >> 6, mask >> 3 & 7, mask & 7];
    let writes_blindly = |digit: i128| digit & 0b110 == 0b100;
    (0..=0o777).contains(&mask)
        && owner & group == owner
        && group & others == group
        && ![owner, group, others].into_iter().any(writes_blindly)
}

fn variables(value: &Value) -> Result<Vec<(String, String)>, String> {
    let Value::Map(entries) = value else { return Err(format!("has to be a mapping, not {}", shown(value))) };
    entries.iter().map(|(name, value)| variable(name, value)).collect()
}

fn variable(name: &Value, value: &Value) -> Result<(String, String), String> {
    let is_name = |text: &&str| !text.is_empty() && !text.contains(['=', '\0']);
    let name = name.as_text().filter(is_name).ok_or_else(|| {
        format!("has to map names of variables to values, and {} is no such name", python_text::repr(name))
    })?;
    match value {
        value if value.exposed_text().is_some_and(|text| text.contains('\0')) => {
            Err(format!("has a NUL in the value of {name}"))
        }
        Value::Text(_) | Value::Secret(_) | Value::Int(_) | Value::Float(_) | Value::Bool(_) => {
            Ok((name.to_owned(), python_text::str(&value.exposed())))
        }
        other => Err(format!("has to map names to texts or numbers, and {name} is {}", kind_name(other))),
    }
}

fn switch(value: &Value) -> Result<bool, String> {
    match value {
        Value::Bool(on) => Ok(*on),
        other => Err(format!("has to be true or false, not {}", shown(other))),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::List(_) | Value::Map(_) => kind_name(value).to_owned(),
        Value::Text(text) => format!("'{text}'"),
        other => python_text::str(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_without_its_zero_is_refused_where_it_cannot_be_meant() {
        for (number, words) in
            [(77, "77 is decimal (0115); write 077"), (177, "(0261); write 0177"), (777, "write 0777")]
        {
            let refused = umask(&Value::Int(number)).expect_err("decimal");
            assert!(refused.contains(words), "{refused}");
        }
        for mask in [0, 0o2, 0o7, 0o22, 0o26, 0o27, 0o33, 0o37, 0o77, 0o111, 0o177, 0o277, 0o777] {
            assert_eq!(umask(&Value::Int(mask.into())), Ok(mask));
        }
        assert_eq!(umask(&Value::Text("77".to_owned())), Ok(0o77));
    }
}
