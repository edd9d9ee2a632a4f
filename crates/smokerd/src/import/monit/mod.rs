//! A control file of Monit: each check becomes a plugin, and so does each of its tests, with the same limits.
//!
//! # Layout
//!
//! - `statements`: the file as statements of words
//! - `entry`: one `check` with its tests
//! - `subject`: what it looks at; `test`: the plugin of a test
//! - `conditions`: what a test compares
//! - `connection`: tests of ports, protocols and sockets

use std::fs;
use std::path::{Path, PathBuf};

use crate::import::imported::Imported;
use crate::import::monit::entry::Entry;
use crate::import::monit::statements::{Statement, statements};
use crate::import::source_file::text_of;

mod conditions;
mod connection;
mod entry;
mod statements;
mod subject;
mod test;

/// How long a cycle of Monit takes unless `set daemon` says it, in seconds.
const CYCLE: i128 = 30;

/// How deep files may include each other.
const DEEPEST: usize = 10;

/// A file and those that it includes.
pub(super) fn read(path: &Path, imported: &mut Imported) -> Result<(), String> {
    let mut all = Vec::new();
    read_file(path, DEEPEST, &mut all, imported)?;
    let cycle = all.iter().rev().find_map(|(_, statement)| cycle_of(statement)).unwrap_or(CYCLE);
    for (path, statement) in &all {
        match statement.word(0) {
            "check" => Entry::read(path, statement, cycle, imported),
            "set" if cycle_of(statement).is_some() => {}
            _ => imported.leave(path, statement.line, &statement.text(), "it is a setting of Monit itself"),
        }
    }
    Ok(())
}

fn read_file(
    path: &Path,
    depth: usize,
    all: &mut Vec<(PathBuf, Statement)>,
    imported: &mut Imported,
) -> Result<(), String> {
    for statement in statements(&text_of(path)?) {
        if statement.word(0) != "include" {
            all.push((path.to_owned(), statement));
            continue;
        }
        let deeper = depth.checked_sub(1).ok_or("files include each other too deep")?;
        let read = included(path, statement.exact(1))
            .and_then(|files| files.iter().try_for_each(|file| read_file(file, deeper, all, imported)));
        if let Err(reason) = read {
            imported.leave(path, statement.line, &statement.text(), &reason);
        }
    }
    Ok(())
}

/// The files that a path with `*` in its last part stands for.
fn included(from: &Path, pattern: &str) -> Result<Vec<PathBuf>, String> {
    let path = from.parent().unwrap_or(Path::new("")).join(pattern);
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
        return Err("it names no file".to_owned());
    };
    if !name.contains('*') {
        return Ok(vec![path]);
    }
    let entries = fs::read_dir(folder).map_err(|error| format!("{} cannot be read: {error}", folder.display()))?;
    let parts: Vec<_> = name.split('*').collect();
    let fits =
        |name: &str| name.starts_with(parts[0]) && name.ends_with(parts[parts.len() - 1]) && !name.starts_with('.');
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut files: Vec<_> = names.filter(|name| fits(name)).map(|name| folder.join(name)).collect();
    files.retain(|file| file.is_file());
    files.sort();
    Ok(files)
}

/// The seconds of `set daemon 60`.
fn cycle_of(statement: &Statement) -> Option<i128> {
    let is_daemon = statement.word(0) == "set" && statement.word(1) == "daemon";
    is_daemon.then(|| statement.exact(2).parse().ok()).flatten().filter(|seconds| *seconds > 0)
}

#[cfg(test)]
mod tests {
    use smoker_model::value::Value;

    use super::*;
    use crate::import::monit::subject::text;

    const FILE: &str = r#"
set daemon 60 with start delay 120
set httpd port 2812
include conf.d/*.cfg
check system $HOST
    if loadavg (5min) > 4 for 3 cycles then alert
    if memory usage > 75% then alert
    if cpu usage (wait) > 20% then alert
check process nginx with pidfile /var/run/nginx.pid  # the web
    start program = "/etc/init.d/nginx start" with timeout 60 seconds
    if failed host www.test port 443 protocol https request "/x" and status = 200 with timeout 5 seconds for 2 cycles then restart
    if cpu > 80% for 5 cycles then restart
check process worker matching "^worker --fast"
    if totalmem > 200 MB then alert
    every 2 cycles
check filesystem rootfs with path /
    if space usage > 90% then alert
    if inode free < 5% then alert
check file passwd with path /etc/passwd
    if failed permission 644 then alert
    if failed uid root then alert
    if timestamp > 15 minutes then alert
    if size > 100 KB then alert
    if changed checksum then alert
check host gateway with address 10.0.0.1
    if failed ping count 3 then alert
    if failed port 25 protocol smtp then alert
check program sync with path "/usr/local/bin/sync --now 5%" with timeout 30 seconds
    every "* 8-19 * * 1-5"
    if status != 0 then alert
check network lan with interface eth0
    if link down then alert
"#;

    #[test]
    fn checks_and_their_tests_become_plugins_with_the_same_limits() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("conf.d")).expect("a folder");
        let path = folder.path().join("monitrc");
        fs::write(&path, FILE).expect("a file");
        let more = "check directory spool with path /var/spool\n if exists then alert\n";
        fs::write(folder.path().join("conf.d/a.cfg"), more).expect("a file");
        let mut imported = Imported::default();
        read(&path, &mut imported).expect("imported");
        let get = |plugin: &str, key: &str| {
            let plugin = imported.plugins.iter().find(|it| it.name == plugin).unwrap_or_else(|| panic!("no {plugin}"));
            plugin.parameters.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone())
        };
        let limit = |name: &str, condition: &str| Some((text(name), text(condition)));
        let limits = |plugin: &str, all: &[Option<(Value, Value)>]| {
            assert_eq!(get(plugin, "Error"), Some(Value::Map(all.iter().flatten().cloned().collect())), "{plugin}");
        };
        let names: Vec<_> = imported.plugins.iter().map(|plugin| plugin.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "spool",
                "system-load",
                "system-memory",
                "system-cpu",
                "nginx",
                "nginx-443",
                "worker",
                "worker-memory",
                "rootfs-space",
                "rootfs-inode",
                "passwd",
                "passwd-permission",
                "passwd-owner",
                "passwd-age",
                "passwd-size",
                "gateway-ping",
                "gateway-25",
                "sync",
                "lan",
            ]
        );
        limits("system-load", &[limit("Load5", "> 4")]);
        assert_eq!(get("system-load", "Retries"), Some(Value::Int(3)));
        assert_eq!(get("system-load", "Interval"), Some(Value::Int(60)));
        limits("system-memory", &[limit("Used", "> 75%")]);
        limits("system-cpu", &[limit("IoWait", "> 20%"), limit("Used", "never")]);
        assert_eq!(get("nginx-443", "Url"), Some(text("https://www.test:443/x")));
        assert_eq!((get("nginx-443", "Status"), get("nginx-443", "Timeout")), (Some(text("200")), Some(Value::Int(5))));
        assert_eq!(get("worker", "Arguments"), Some(text("/^worker --fast/")));
        limits("worker-memory", &[limit("Memory", "> 200M"), limit("Count", "never")]);
        assert_eq!(get("worker-memory", "Interval"), Some(Value::Int(120)));
        limits("rootfs-space", &[limit("Used", "> 90%"), limit("Inodes", "never")]);
        limits("rootfs-inode", &[limit("Inodes", "> 95%"), limit("Used", "never")]);
        assert_eq!(get("passwd-permission", "Mode"), Some(text("0644")));
        limits("passwd-age", &[limit("Age", "> 15m")]);
        limits("passwd-size", &[limit("Size", "> 100K")]);
        assert_eq!(get("gateway-ping", "Packets"), Some(Value::Int(3)));
        assert_eq!(
            (get("sync", "Command"), get("sync", "Interval")),
            (Some(text("/usr/local/bin/sync --now 5%%")), None)
        );
        assert_eq!((get("sync", "Cron"), get("sync", "Timeout")), (Some(text("* 8-19 * * 1-5")), Some(Value::Int(30))));
        assert_eq!(get("spool", "Exists"), Some(Value::Bool(false)));
        let left: Vec<_> = imported.untaken.iter().map(|untaken| untaken.line).collect();
        assert_eq!(left, [3, 10, 11, 12, 24], "{:#?}", imported.untaken);
    }

    #[test]
    fn what_should_not_be_there_and_exit_statuses_keep_their_meaning() {
        let text_of = "check process a matching \"x y\"\n if exist then alert\ncheck process b matching b\n if not exist for 3 cycles then alert\n\
                       check filesystem c path /c\n if does not exist then alert\ncheck process d pidfile /d.pid\n if exist then alert\n\
                       check program e path \"/bin/e\"\n if status = 1 then alert\ncheck program f path \"/bin/f\"\n if status > 0 for 2 cycles then alert\n\
                       check system s\n if cpu(wait) > 20% then alert\n";
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("monitrc");
        fs::write(&path, text_of).expect("a file");
        let mut imported = Imported::default();
        read(&path, &mut imported).expect("imported");
        let of = |name: &str| {
            let plugin =
                imported.plugins.iter().find(|plugin| plugin.name == name).unwrap_or_else(|| panic!("no {name}"));
            let all = plugin.parameters.iter().filter(|(key, _)| !matches!(key.as_str(), "Interval" | "Timeout"));
            let shown = all.map(|(key, value)| format!("{key}={}", smoker_model::notation::python_text::str(value)));
            shown.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(of("a"), "Check=process Process=* Arguments=/x y/ Error={'Count': '> 0'}");
        assert_eq!(of("b"), "Check=process Process=* Arguments=/b/ Retries=3");
        assert_eq!(of("c"), "Check=mount Mount=/c");
        assert_eq!(of("e"), "Command=/bin/e Parser=expect ExitStatus={'And': [{'Not': {'Number': '== 1'}}]}");
        assert_eq!(of("f"), "Command=/bin/f Retries=2");
        assert_eq!(of("s-cpu"), "Check=cpu Error={'IoWait': '> 20%', 'Used': 'never'}");
        assert!(imported.plugins.iter().all(|plugin| plugin.name != "d"), "its file says that it should be there");
    }

    #[test]
    fn what_is_no_control_file_harms_nothing() {
        for text in [
            "check",
            "check process",
            "check process a",
            "if then if",
            "check file a with path",
            "{}\"",
            "check host x if",
        ] {
            let folder = tempfile::tempdir().expect("a folder");
            fs::write(folder.path().join("monitrc"), text).expect("a file");
            let mut imported = Imported::default();
            read(&folder.path().join("monitrc"), &mut imported).expect("read");
            assert!(imported.plugins.is_empty() && !imported.untaken.is_empty(), "{text}: {imported:?}");
        }
    }
}
