//! What the attributes of a resource of goss are called in the check that it becomes.

use smoker_model::notation::python_text;
use smoker_model::value::Value;

use crate::import::goss::matchers::{opposite, patterns, value_matcher};
use crate::import::imported::ImportedPlugin;

/// Parameters of the plugin; the error is why an attribute is not taken.
type Taken = Result<Option<(&'static str, Value)>, String>;

/// Attributes that name the resource, which has been taken.
const NAMES: [&str; 10] =
    ["name", "path", "port", "address", "username", "groupname", "comm", "mountpoint", "resolve", "url"];

/// Attributes that are true or false.
pub(super) const BOOLEANS: [&str; 11] = [
    "exists",
    "enabled",
    "running",
    "installed",
    "listening",
    "reachable",
    "resolvable",
    "resolveable",
    "allow-insecure",
    "no-follow-redirects",
    "as-reader",
];

/// What a value means where nothing but true or false can be meant, by a matcher, too; older versions of goss read `yes` and
/// `on` so.
pub(super) fn as_boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(is_true) => Some(*is_true),
        Value::Text(word) => match word.to_lowercase().as_str() {
            "yes" | "on" | "true" => Some(true),
            "no" | "off" | "false" => Some(false),
            _ => None,
        },
        Value::Map(entries) => match entries.as_slice() {
            [(key, value)] if key.as_text() == Some("equal") => as_boolean(value),
            [(key, value)] if key.as_text() == Some("not") => as_boolean(value).map(|it| !it),
            _ => None,
        },
        _ => None,
    }
}

/// Takes an attribute; the error is why it is not.
pub(super) fn take(section: &str, key: &str, value: &Value, plugin: &mut ImportedPlugin) -> Result<(), String> {
    let is_empty = matches!(value, Value::Null) || matches!(value, Value::List(items) if items.is_empty());
    let value = &match value {
        value if BOOLEANS.contains(&key) && !is_empty => {
            Value::Bool(as_boolean(value).ok_or("it is neither true nor false")?)
        }
        value => value.clone(),
    };
    let is_name = NAMES.contains(&key) && (section, key) != ("http", "username");
    if is_empty || is_name || matches!(key, "title" | "meta" | "skip" | "exec") {
        return Ok(());
    }
    let taken = match (section, key) {
        // Records of other types than addresses are texts.
        ("dns", "addrs") => {
            let is_typed = plugin.parameters.iter().any(|(name, _)| name == "Type");
            list(if is_typed { "Records" } else { "Addresses" }, value)
        }
        ("mount", "vfs-opts" | "opts") => {
            let Some((_, mut options)) = list("Options", value)? else { return Ok(()) };
            if let (Value::List(all), Some((_, Value::List(earlier)))) =
                (&mut options, plugin.parameters.iter().find(|(name, _)| name == "Options"))
            {
                all.extend(earlier.iter().cloned());
            }
            Ok(Some(("Options", options)))
        }
        (_, "timeout") => {
            let seconds = value.as_number().ok_or("it is no number")? / 1000.0;
            Ok(Some(("Timeout", Value::Float(seconds.max(1.0)))))
        }
        ("file", _) => of_file(key, value),
        ("user" | "group" | "process" | "service" | "package", _) => of_host(section, key, value),
        ("http", _) => of_http(key, value),
        _ => of_rest(section, key, value),
    };
    if let Some((name, value)) = taken? {
        plugin.set(name, value);
    }
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "each arm gives a result")]
fn set(name: &'static str, value: Value) -> Taken {
    Ok(Some((name, value)))
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// A value that has to be text, as it is.
fn plain(name: &'static str, value: &Value) -> Taken {
    value.as_text().map(|it| Some((name, text(it)))).ok_or_else(|| "a matcher has no counterpart here".to_owned())
}

fn list(name: &'static str, value: &Value) -> Taken {
    match value {
        Value::List(items) if items.iter().all(|item| item.as_text().is_some()) => set(name, value.clone()),
        _ => Err("a matcher has no counterpart here".to_owned()),
    }
}

/// A condition that is an ERROR where goss's own does not hold.
fn limit(measure: &str, value: &Value) -> Taken {
    set("Error", Value::Map(vec![(text(measure), Value::Text(opposite(value)?))]))
}

fn unknown() -> Taken {
    Err("it has no counterpart".to_owned())
}

fn of_file(key: &str, value: &Value) -> Taken {
    match key {
        "exists" => set("Exists", value.clone()),
        "mode" => match value.as_text() {
            Some(mode) => set("Mode", Value::Text(format!("{mode:0>4}"))),
            None => unknown(),
        },
        "owner" => plain("Owner", value),
        "group" => plain("Group", value),
        "sha256" => plain("Sha256", value),
        "sha512" => plain("Sha512", value),
        "linked-to" => plain("Target", value),
        "contains" | "contents" => set("Contains", patterns(value)?),
        "size" => limit("Size", value),
        "filetype" => match value.as_text().unwrap_or_default() {
            "directory" => set("Kind", text("folder")),
            "symlink" => set("Kind", text("link")),
            "character-device" | "block-device" => set("Kind", text("device")),
            kind @ ("file" | "socket" | "pipe") => set("Kind", text(kind)),
            other => Err(format!("the kind {other} has no counterpart")),
        },
        _ => unknown(),
    }
}

/// The states in which a service does not run.
const STOPPED: [&str; 6] = ["inactive", "failed", "not-found", "activating", "deactivating", "masked"];

/// All states: of a service of which goss is not asked whether it runs.
pub(super) fn any_state() -> Value {
    states(&["active", "reloading", "inactive", "failed", "not-found", "activating", "deactivating", "masked"])
}

fn states(names: &[&str]) -> Value {
    Value::List(names.iter().map(|state| text(state)).collect())
}

fn of_host(section: &str, key: &str, value: &Value) -> Taken {
    let is_true = *value == Value::Bool(true);
    match (section, key) {
        ("user" | "group", "exists") => set("Exists", value.clone()),
        ("user", "uid") if matches!(value, Value::Int(_)) => set("UserId", value.clone()),
        ("user", "gid") if matches!(value, Value::Int(_)) => set("PrimaryGroup", Value::Text(python_text::str(value))),
        ("user", "groups") => list("Groups", value),
        ("user", "home") => plain("Home", value),
        ("user", "shell") => plain("Shell", value),
        ("group", "gid") if matches!(value, Value::Int(_)) => set("GroupId", value.clone()),
        ("process", "running") if is_true => Ok(None),
        ("process", "running") => set("Error", Value::Map(vec![(text("Count"), text("> 0"))])),
        ("service", "enabled") => set("Autostart", value.clone()),
        ("service", "running") => set("State", states(if is_true { &["active"] } else { &STOPPED })),
        ("package", "installed") => set("Installed", value.clone()),
        ("package", "versions") => match value {
            Value::List(versions) if versions.iter().all(|it| it.as_text().is_some()) => {
                set("Version", Value::Map(vec![(text("Or"), Value::List(versions.clone()))]))
            }
            Value::Map(_) => set("Version", value_matcher(value)?),
            _ => Err("its versions are not understood".to_owned()),
        },
        _ => unknown(),
    }
}

fn of_http(key: &str, value: &Value) -> Taken {
    let is_true = *value == Value::Bool(true);
    match key {
        "status" if matches!(value, Value::Int(_)) => set("Status", value.clone()),
        "allow-insecure" => set("Verify", Value::Bool(!is_true)),
        "no-follow-redirects" if is_true => set("Redirects", Value::Int(0)),
        "no-follow-redirects" => Ok(None),
        "method" => plain("Method", value),
        "request-body" => plain("Body", value),
        "username" => plain("User", value),
        "password" => plain("Password", value),
        "ca-file" => plain("CaFile", value),
        "certificate-file" => plain("ClientCert", value),
        "key-file" => plain("ClientKey", value),
        "body" => set("Contains", patterns(value)?),
        "request-headers" => set("Headers", Value::Map(headers_of(value)?)),
        "header" | "headers" => set("AnswerHeaders", Value::Map(headers_of(value)?)),
        _ => unknown(),
    }
}

fn of_rest(section: &str, key: &str, value: &Value) -> Taken {
    match (section, key) {
        ("mount", "exists") => set("Mounted", value.clone()),
        ("mount", "source") => plain("Source", value),
        ("mount", "filesystem") => plain("Types", value),
        ("interface", "exists") if *value == Value::Bool(true) => Ok(None),
        ("interface", "mtu") => limit("Mtu", value),
        ("interface", "addrs") => match value {
            Value::List(addresses) => {
                let bare = |address: &Value| text(python_text::str(address).split('/').next().unwrap_or_default());
                set("Addresses", Value::List(addresses.iter().map(bare).collect()))
            }
            Value::Map(_) => set("Addresses", value_matcher(&without_prefix_lengths(value))?),
            _ => unknown(),
        },
        ("port", "ip") => list("Addresses", value),
        ("port", "listening") => set("Listening", value.clone()),
        ("addr", "reachable") => set("Open", value.clone()),
        ("dns", "resolvable" | "resolveable") => set("Exists", value.clone()),
        ("dns", "server") => plain("Server", value),
        ("command", "stdout") => set("Stdout", output_matcher(value)?),
        ("command", "stderr") => set("Stderr", output_matcher(value)?),
        // Others read these; a plugin of its own looks at the usage of a mount.
        ("kernel-param", "value")
        | ("command", "exit-status")
        | ("matching", "content" | "matches" | "as-reader")
        | ("mount", "usage") => Ok(None),
        _ => unknown(),
    }
}

/// Addresses have the length of their prefix there, and none here.
fn without_prefix_lengths(value: &Value) -> Value {
    match value {
        Value::Text(address) => text(address.split('/').next().unwrap_or_default()),
        Value::List(items) => Value::List(items.iter().map(without_prefix_lengths).collect()),
        Value::Map(entries) => {
            Value::Map(entries.iter().map(|(key, value)| (key.clone(), without_prefix_lengths(value))).collect())
        }
        other => other.clone(),
    }
}

/// A text is the whole of what is printed, a list has patterns.
fn output_matcher(value: &Value) -> Result<Value, String> {
    match value {
        Value::Text(_) => value_matcher(value),
        other => patterns(other),
    }
}

/// `Name: value` of each line.
fn headers_of(value: &Value) -> Result<Vec<(Value, Value)>, String> {
    let Value::List(lines) = value else { return Err("its headers are not understood".to_owned()) };
    let each = lines.iter().map(|line| {
        let (name, value) = line.as_text().and_then(|line| line.split_once(':')).ok_or("a header has no value")?;
        if name.starts_with(['/', '!']) {
            return Err("patterns of headers have no counterpart".to_owned());
        }
        Ok((Value::Text(name.trim().to_owned()), Value::Text(value.trim().to_owned())))
    });
    each.collect()
}
