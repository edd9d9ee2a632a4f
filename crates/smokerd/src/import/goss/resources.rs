//! Which check a resource of goss becomes.

use std::net::IpAddr;

use smoker_model::value::Value;

use crate::import::goss::matchers::{opposite, patterns, reader_matcher, value_matcher};
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
    // To goss they are texts, whatever they look like.
    let named = |key: &str| match attribute(key) {
        Some(Value::Text(text)) => text.clone(),
        Some(Value::Bool(is_true)) => is_true.to_string(),
        Some(Value::Int(number)) => number.to_string(),
        _ => name.to_owned(),
    };
    let mut check = |check: &str, key: &str, value: &str| {
        plugin.text("Check", check);
        plugin.text(key, value);
    };
    match section {
        "file" => {
            let path = named("path");
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
            // A socket of IPv6 that takes IPv4, too, is one of tcp6 alone there.
            let transport = if transport.ends_with('6') { transport.to_owned() } else { format!("{transport}4") };
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
            let resolve = named("resolve");
            let typed = resolve
                .split_once(':')
                .filter(|(kind, _)| !kind.is_empty() && kind.chars().all(|c| c.is_ascii_uppercase()));
            let name = match typed {
                Some(("PTR", address)) => reverse(address),
                Some((_, name)) => name.to_owned(),
                None => resolve.clone(),
            };
            check("dns", "Name", &name);
            if let Some((kind, _)) = typed {
                plugin.text("Type", kind);
            }
        }
        "matching" => return matching(attribute, plugin),
        "kernel-param" => {
            let value = attribute("value").ok_or("it has no value")?;
            let value = value_matcher(value)?;
            plugin.text("Check", "kernel");
            plugin.set("Sysctls", Value::Map(vec![(Value::Text(named("name")), value)]));
        }
        "http" => check("http", "Url", &named("url")),
        "command" => return command(name, attribute, plugin),
        _ => return Err(format!("{section} has no counterpart")),
    }
    Ok(())
}

/// The name of an address in the tree of names; what is no address is a name already.
fn reverse(address: &str) -> String {
    match address.parse() {
        Ok(IpAddr::V4(address)) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        Ok(IpAddr::V6(address)) => {
            let octets = address.octets();
            let digits = octets.iter().rev().map(|byte| format!("{:x}.{:x}.", byte & 15, byte >> 4));
            digits.collect::<String>() + "ip6.arpa"
        }
        Err(_) => address.to_owned(),
    }
}

/// How full a mount may be is what the check `disk` looks at.
pub(super) fn disk_usage(mount: &str, usage: &Value, plugin: &mut ImportedPlugin) -> Result<(), String> {
    plugin.text("Check", "disk");
    plugin.text("Mount", mount);
    let limits = [("Used", opposite(usage)?), ("Inodes", "never".to_owned())];
    let limits = limits.map(|(name, limit)| (Value::Text(name.to_owned()), Value::Text(limit)));
    plugin.set("Error", Value::Map(limits.into()));
    Ok(())
}

fn matching(attribute: &Attribute<'_>, plugin: &mut ImportedPlugin) -> Result<(), String> {
    let content = attribute("content").ok_or("it has no content")?;
    let matches = attribute("matches").ok_or("it has no matcher")?;
    let is_reader = attribute("as-reader") == Some(&Value::Bool(true));
    let matcher = match matches {
        Value::List(_) if is_reader => patterns(matches)?,
        Value::Map(_) if matches!(content, Value::Text(_)) => reader_matcher(matches)?,
        other => value_matcher(other)?,
    };
    plugin.text("Check", "value");
    plugin.set("Value", content.clone());
    plugin.set("Matches", matcher);
    Ok(())
}

fn command(name: &str, attribute: &Attribute<'_>, plugin: &mut ImportedPlugin) -> Result<(), String> {
    let command = match attribute("exec") {
        Some(Value::Text(command)) => command.clone(),
        // YAML reads `true` and `false` as values, goss as programs.
        Some(Value::Bool(is_true)) => is_true.to_string(),
        Some(_) => return Err("its exec is no text".to_owned()),
        None => name.to_owned(),
    };
    plugin.command(&command);
    plugin.text("Parser", "expect");
    if let Some(status) = attribute("exit-status").filter(|status| **status != Value::Int(0)) {
        plugin.set("ExitStatus", value_matcher(status)?);
    }
    Ok(())
}
