//! Checks of Sensu: JSON of Sensu Core, YAML and JSON of Sensu Go.

use std::path::Path;

use smoker_config::foreign;
use smoker_model::value::Value;

use crate::import::imported::{Imported, ImportedPlugin};

/// What a check means elsewhere, and why it is not taken.
const ELSEWHERE: [(&str, &str); 16] = [
    ("round_robin", "each host runs its plugins"),
    ("stdin", "write Stdin by hand"),
    ("cron", "write Cron by hand"),
    ("handlers", "what follows a result is an Action"),
    ("handler", "what follows a result is an Action"),
    ("subscribers", "a plugin belongs to the host that has its file"),
    ("subscriptions", "a plugin belongs to the host that has its file"),
    ("occurrences", "write Retries by hand"),
    ("low_flap_threshold", "write FlapThreshold by hand"),
    ("high_flap_threshold", "write FlapThreshold by hand"),
    ("ttl", "it has no counterpart"),
    ("proxy_entity_name", "it has no counterpart"),
    ("runtime_assets", "install what the command needs"),
    ("env_vars", "write Env by hand"),
    ("output_metric_format", "performance data of monitoring plugins are read, other formats are not"),
    ("hooks", "it has no counterpart"),
];

/// What says nothing that a plugin would have to do.
const SILENT: [&str; 3] = ["standalone", "type", "metadata"];

/// Reads a file. Documents of YAML with `---` between them are read one by one.
pub(super) fn read(path: &Path, text: &str, imported: &mut Imported) -> Result<(), String> {
    let mut start = 0;
    for document in text.split("\n---") {
        let line = 1 + text[..start].matches('\n').count();
        start = (start + document.len() + 4).min(text.len());
        let document = document.trim_start_matches("---").trim();
        if document.is_empty() {
            continue;
        }
        let value = foreign::read(path, document)?;
        if let Some(Value::Map(checks)) = member(&value, "checks") {
            for (name, check) in checks {
                take(name.as_text().unwrap_or_default(), check, path, line, imported);
            }
        } else if let (Some(spec), Some(metadata)) = (member(&value, "spec"), member(&value, "metadata")) {
            let name = member(metadata, "name").and_then(Value::as_text).unwrap_or_default();
            match member(&value, "type").and_then(Value::as_text) {
                Some("CheckConfig") => take(name, spec, path, line, imported),
                other => imported.leave(path, line, name, &format!("{} is no check", other.unwrap_or("it"))),
            }
        } else {
            imported.leave(path, line, document.lines().next().unwrap_or_default(), "it has no checks");
        }
    }
    Ok(())
}

fn take(name: &str, check: &Value, path: &Path, line: usize, imported: &mut Imported) {
    let Some(command) = member(check, "command").and_then(Value::as_text) else {
        return imported.leave(path, line, name, "the check has no command");
    };
    // Tokens are filled in by the server, from what it knows of the host.
    if command.contains(":::") || command.contains("{{") {
        return imported.leave(path, line, name, "its command has tokens: write what they stand for");
    }
    let mut plugin = ImportedPlugin::new(name, path, line);
    plugin.command(command);
    plugin.text("Parser", "nagios");
    let Value::Map(members) = check else { return };
    let is_published = member(check, "publish") != Some(&Value::Bool(false));
    for (key, value) in members {
        let key = key.as_text().unwrap_or_default();
        let is_set = !matches!(value, Value::Null) && value.is_truthy();
        match (key, value) {
            ("interval", Value::Int(_)) if is_set && is_published => plugin.set("Interval", value.clone()),
            ("timeout", Value::Int(_)) if is_set => plugin.set("Timeout", value.clone()),
            ("publish", Value::Bool(false)) => {
                imported.leave(path, line, &format!("{name}: publish"), "it ran on request only: it has no Interval");
            }
            ("command" | "publish", _) | ("interval", Value::Int(_)) => {}
            _ if SILENT.contains(&key) || !is_set => {}
            _ => {
                let reason =
                    ELSEWHERE.iter().find(|(its, _)| *its == key).map_or("it has no counterpart", |(_, it)| it);
                imported.leave(path, line, &format!("{name}: {key}"), reason);
            }
        }
    }
    imported.add(plugin, path);
}

fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let Value::Map(members) = value else { return None };
    members.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_of_both_generations_are_read() {
        let mut imported = Imported::default();
        let core = r#"{"checks": {"cpu": {"command": "check-cpu.rb -w 80", "interval": 60, "handlers": ["default"]}}}"#;
        read(Path::new("core.json"), core, &mut imported).expect("imported");
        let go = "---\ntype: CheckConfig\napi_version: core/v2\nmetadata:\n  name: disk\nspec:\n  command: check-disk {{ .x }}\n\
                  ---\ntype: CheckConfig\nmetadata: {name: http}\nspec:\n  command: check-http -t 5%\n  interval: 30\n  timeout: 10\n";
        read(Path::new("go.yaml"), go, &mut imported).expect("imported");
        let names: Vec<_> = imported.plugins.iter().map(|plugin| plugin.name.as_str()).collect();
        assert_eq!(names, ["cpu", "http"]);
        assert_eq!(imported.plugins[1].parameters[0].1, Value::Text("check-http -t 5%%".to_owned()));
        assert_eq!(
            imported.plugins[1].parameters[2..],
            [("Interval".to_owned(), Value::Int(30)), ("Timeout".to_owned(), Value::Int(10))]
        );
        let left: Vec<_> = imported.untaken.iter().map(|untaken| untaken.text.as_str()).collect();
        assert_eq!(left, ["cpu: handlers", "disk"]);
    }
}
