//! Which check a resource of goss becomes, and what its attributes are called there.

use smoker_model::notation::python_text;
use smoker_model::value::Value;

use crate::import::goss::matchers::{opposite, patterns, value_matcher};
use crate::import::imported::ImportedPlugin;

/// An attribute of the resource.
type Attribute<'a> = dyn Fn(&str) -> Option<&'a Value> + 'a;

/// Names what is looked at; the error is why it cannot be.
pub(super) fn begin(
    section: &str,
    name: &str,
    attribute: &Attribute<'_>,
    plugin: &mut ImportedPlugin,
) -> Result<(), String> {
    let named = |key: &str| attribute(key).and_then(Value::as_text).unwrap_or(name).to_owned();
    let mut check = |check: &str, key: &str, value: &str| {
        plugin.text("Check", check);
        plugin.text(key, value);
    };
    match section {
        "file" => {
            let path = named("path");
            if path.starts_with('~') {
                return Err("a home folder has to be written as a path".to_owned());
            }
            check("file", "File", &path);
        }
        "package" => check("package", "Package", &named("name")),
        "service" => check("service", "Service", &named("name")),
        "user" => check("user", "User", &named("username")),
        "group" => check("group", "Group", &named("groupname")),
        "process" => check("process", "Process", &named("comm")),
        "mount" => check("mount", "Mount", &named("mountpoint")),
        "interface" => check("interface", "Interface", &named("name")),
        "port" => {
            let port = named("port");
            let (transport, port) = port.split_once(':').unwrap_or(("tcp", &port));
            if transport.ends_with('6') {
                return Err("ports of one family have no counterpart".to_owned());
            }
            check("port", "Port", &format!("{transport}/{port}"));
        }
        "addr" => {
            let address = named("address");
            let (transport, address) = address.split_once("://").ok_or("its address has no protocol")?;
            match transport {
                "tcp" => check("tcp", "Address", address),
                _ => return Err(format!("an address of {transport} says nothing without an answer")),
            }
        }
        "dns" => {
            let name = named("resolve");
            if attribute("server").is_some() || name.contains(':') {
                return Err("names are looked up as the host does, not at a server or of a type".to_owned());
            }
            check("dns", "Name", &name);
        }
        "kernel-param" => {
            let value = attribute("value").ok_or("it has no value")?;
            let value = value_matcher(value)?;
            plugin.text("Check", "kernel");
            plugin.set("Sysctls", Value::Map(vec![(Value::Text(named("name")), value)]));
        }
        "http" => check("http", "Url", &named("url")),
        "command" => {
            let command = match attribute("exec") {
                Some(Value::Text(command)) => command.clone(),
                Some(_) => return Err("its exec is no text".to_owned()),
                None => name.to_owned(),
            };
            match attribute("exit-status") {
                Some(Value::Int(0)) | None => plugin.command(&command),
                Some(Value::Int(status)) => plugin.command(&format!("({command})\n[ $? -eq {status} ]")),
                Some(_) => return Err("a matcher on its exit status has no counterpart".to_owned()),
            }
        }
        _ => return Err(format!("{section} has no counterpart")),
    }
    Ok(())
}

/// Takes an attribute; the error is why it is not.
pub(super) fn take(section: &str, key: &str, value: &Value, plugin: &mut ImportedPlugin) -> Result<(), String> {
    let is_empty = matches!(value, Value::Null) || matches!(value, Value::List(items) if items.is_empty());
    // What names the resource has been taken.
    let names = ["name", "path", "port", "address", "username", "groupname", "comm", "mountpoint", "resolve", "url"];
    if is_empty
        || matches!(key, "title" | "meta" | "skip" | "exec")
        || (names.contains(&key) && (section, key) != ("http", "username"))
    {
        return Ok(());
    }
    let words = python_text::str(value);
    let mut set = |name: &str, value: Value| {
        plugin.set(name, value);
        Ok(())
    };
    match (section, key) {
        (_, "timeout") => {
            let seconds = value.as_number().ok_or("it is no number")? / 1000.0;
            set("Timeout", Value::Float(seconds.max(1.0)))
        }
        ("file" | "user" | "group", "exists") => set("Exists", value.clone()),
        ("mount", "exists") => set("Mounted", value.clone()),
        ("interface", "exists") if *value == Value::Bool(true) => set("Up", Value::Null),
        ("file", "mode") if value.as_text().is_some() => set("Mode", Value::Text(format!("{words:0>4}"))),
        ("file", "owner") if value.as_text().is_some() => set("Owner", value.clone()),
        ("file", "group") if value.as_text().is_some() => set("Group", value.clone()),
        ("file", "sha256") if value.as_text().is_some() => set("Sha256", value.clone()),
        ("file", "linked-to") if value.as_text().is_some() => set("Target", value.clone()),
        ("file", "contains" | "contents") => {
            let matcher = patterns(value)?;
            set("Contains", matcher)
        }
        ("file", "size") => {
            let bad = opposite(value)?;
            set("Error", Value::Map(vec![(Value::Text("Size".to_owned()), Value::Text(bad))]))
        }
        ("file", "filetype") => match words.as_str() {
            "file" => set("Kind", Value::Text("file".to_owned())),
            "directory" => set("Kind", Value::Text("folder".to_owned())),
            "symlink" => set("Kind", Value::Text("link".to_owned())),
            "socket" | "pipe" => set("Kind", Value::Text(words)),
            "character-device" | "block-device" => set("Kind", Value::Text("device".to_owned())),
            _ => Err(format!("the kind {words} has no counterpart")),
        },
        ("package", "installed") => set("Installed", value.clone()),
        ("package", "versions") => match value {
            Value::List(versions) if versions.iter().all(|it| it.as_text().is_some()) => {
                set("Version", Value::Map(vec![(Value::Text("Or".to_owned()), Value::List(versions.clone()))]))
            }
            Value::Map(_) => {
                let matcher = value_matcher(value)?;
                set("Version", matcher)
            }
            _ => Err("its versions are not understood".to_owned()),
        },
        ("port", "listening") => set("Listening", value.clone()),
        ("service", "enabled") => set("Enabled", value.clone()),
        ("service", "running") => {
            let states = if *value == Value::Bool(true) { vec!["active"] } else { vec!["inactive", "failed"] };
            set("State", Value::List(states.into_iter().map(|state| Value::Text(state.to_owned())).collect()))
        }
        ("user", "uid") if matches!(value, Value::Int(_)) => set("UserId", value.clone()),
        ("user", "gid") if matches!(value, Value::Int(_)) => set("PrimaryGroup", Value::Text(words)),
        ("user", "groups") if matches!(value, Value::List(_)) => set("Groups", value.clone()),
        ("user", "home") if value.as_text().is_some() => set("Home", value.clone()),
        ("user", "shell") if value.as_text().is_some() => set("Shell", value.clone()),
        ("user", "username") => Ok(()),
        ("group", "gid") if matches!(value, Value::Int(_)) => set("GroupId", value.clone()),
        ("process", "running") if *value == Value::Bool(true) => Ok(()),
        ("process", "running") => {
            set("Error", Value::Map(vec![(Value::Text("Count".to_owned()), Value::Text("> 0".to_owned()))]))
        }
        ("mount", "opts") => set("Options", value.clone()),
        ("mount", "source") if value.as_text().is_some() => set("Source", value.clone()),
        ("mount", "filesystem") if value.as_text().is_some() => set("Types", value.clone()),
        ("interface", "addrs") if matches!(value, Value::List(_)) => {
            let bare = |address: &Value| {
                Value::Text(python_text::str(address).split('/').next().unwrap_or_default().to_owned())
            };
            let Value::List(addresses) = value else { return Ok(()) };
            set("Addresses", Value::List(addresses.iter().map(bare).collect()))
        }
        ("interface", "mtu") => {
            let bad = opposite(value)?;
            set("Error", Value::Map(vec![(Value::Text("Mtu".to_owned()), Value::Text(bad))]))
        }
        ("addr", "reachable") => set("Open", value.clone()),
        ("dns", "resolvable" | "resolveable") => set("Exists", value.clone()),
        ("dns", "addrs") if matches!(value, Value::List(_)) => set("Addresses", value.clone()),
        ("kernel-param", "value") => Ok(()),
        ("http", "status") if matches!(value, Value::Int(_)) => set("Status", value.clone()),
        ("http", "allow-insecure") => set("Verify", Value::Bool(*value != Value::Bool(true))),
        ("http", "no-follow-redirects") => {
            if *value == Value::Bool(true) {
                set("Redirects", Value::Int(0))
            } else {
                Ok(())
            }
        }
        ("http", "method") => set("Method", value.clone()),
        ("http", "request-body") => set("Body", value.clone()),
        ("http", "username") => set("User", value.clone()),
        ("http", "password") => set("Password", value.clone()),
        ("http", "body") => {
            let matcher = patterns(value)?;
            set("Contains", matcher)
        }
        ("http", "request-headers") => {
            let headers = headers_of(value)?;
            set("Headers", Value::Map(headers))
        }
        ("http", "header" | "headers") => {
            let headers = headers_of(value)?;
            set("AnswerHeaders", Value::Map(headers))
        }
        ("command", "exit-status") => Ok(()),
        (_, _) => Err("it has no counterpart".to_owned()),
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
