//! Which check a resource of goss becomes.

use smoker_model::value::Value;

use crate::import::goss::matchers::value_matcher;
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
