//! Files of goss: each resource becomes a plugin with a built-in check.
//!
//! # Layout
//!
//! - `resources`: which check a resource becomes
//! - `attributes`: what its attributes are called there
//! - `matchers`: matchers of goss in our words

mod attributes;
mod matchers;
mod resources;

use std::path::Path;

use smoker_config::foreign;
use smoker_model::value::Value;

use crate::import::imported::{Imported, ImportedPlugin};

/// Reads a gossfile.
pub(super) fn read(path: &Path, text: &str, imported: &mut Imported) -> Result<(), String> {
    if text.contains("{{") {
        return Err(format!("{} is a template: import what `goss render` prints of it", path.display()));
    }
    let Value::Map(sections) = foreign::read_as_go(path, text)? else {
        return Err(format!("{} has no resources", path.display()));
    };
    for (section, resources) in &sections {
        let section = section.as_text().unwrap_or_default();
        let Value::Map(resources) = resources else { continue };
        for (name, attributes) in resources {
            let name = smoker_model::notation::python_text::str(name);
            let line = line_of(text, section, &name);
            resource(section, &name, attributes, (path, text, line), imported);
        }
    }
    Ok(())
}

/// The line of a resource below its section.
fn line_of(text: &str, section: &str, name: &str) -> usize {
    let start =
        text.lines().position(|line| line.trim_end().trim_end_matches(':').trim_matches('"') == section).unwrap_or(0);
    below(text, start, name)
}

/// The first line from here on that has this word; the line itself where none has.
fn below(text: &str, start: usize, word: &str) -> usize {
    start + text.lines().skip(start).position(|line| line.contains(word)).unwrap_or(0) + 1
}

fn resource(
    section: &str,
    name: &str,
    attributes: &Value,
    (path, text, line): (&Path, &str, usize),
    imported: &mut Imported,
) {
    let whole = format!("{section}: {name}");
    let Value::Map(attributes) = attributes else {
        return imported.leave(path, line, &whole, "it has no attributes");
    };
    let attribute =
        |wanted: &str| attributes.iter().find(|(key, _)| key.as_text() == Some(wanted)).map(|(_, value)| value);
    if attribute("skip").and_then(attributes::as_boolean) == Some(true) {
        return imported.leave(path, line, &whole, "goss skips it");
    }
    let mut plugin = ImportedPlugin::new(&format!("{section}-{name}"), path, line);
    if let Err(reason) = resources::begin(section, name, &attribute, &mut plugin) {
        return imported.leave(path, line, &whole, &reason);
    }
    for (key, value) in attributes {
        let key = key.as_text().unwrap_or_default();
        if let Err(reason) = attributes::take(section, key, value, &mut plugin) {
            imported.leave(path, below(text, line, &format!("{key}:")), &format!("{whole}: {key}"), &reason);
            if attributes::BOOLEANS.contains(&key) {
                // Without it the plugin could say the opposite.
                return;
            }
        }
    }
    if section == "service" && attribute("running").is_none() {
        plugin.set("State", attributes::any_state());
    }
    if section == "interface" {
        plugin.set("Up", Value::Null);
    }
    imported.add(plugin, path);
    if let ("mount", Some(usage)) = (section, attribute("usage")) {
        let mut plugin = ImportedPlugin::new(&format!("{section}-{name}-usage"), path, line);
        match resources::disk_usage(name, usage, &mut plugin) {
            Ok(()) => imported.add(plugin, path),
            Err(reason) => imported.leave(path, line, &format!("{whole}: usage"), &reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One resource of each kind with the attributes that goss' own files have, four spaces before each.
    const FILE: &str = r#"command:
  echo hello:
    exit-status: 0
    stdout: [hello]
    stderr: []
  no-such-program:
    exit-status: 127
    stderr: [not found]
  other:
    exec: true
file:
  /etc/passwd:
    exists: true
    mode: '0644'
    owner: root
    group: root
    filetype: file
    contains: [root]
  /srv/hello:
    md5: 7c9bb14b3bf178e82c00c2a4398c93cd
    sha256: 7f78ce27859049f725936f7b52c6e25d774012947d915e7b394402cfceb70c4c
  /srv/none:
    exists: false
    contains: []
  /dev/random:
    filetype: character-device
package:
  tree:
    installed: true
    versions: [1.8.0]
  none:
    installed: false
addr:
  tcp://a.test:22:
    reachable: false
    timeout: 1000
port:
  tcp:9999:
    listening: false
    ip: []
service:
  web:
    enabled: true
    running: true
user:
  web:
    exists: true
    uid: 33
    gid: 33
    groups: [web]
    home: /var/www
    shell: /usr/sbin/nologin
group:
  web:
    exists: true
    gid: 33
dns:
  MX:a.test:
    resolvable: true
    addrs: [10 mail.a.test.]
    timeout: 2000
    server: 192.0.2.53:53
process:
  web:
    running: true
kernel-param:
  kernel.ostype:
    value: Linux
mount:
  /:
    exists: true
    opts: [rw, nosuid]
    source: tmpfs
    filesystem: tmpfs
    usage: {and: [{lt: 25}, {gt: 0}]}
interface:
  eth0:
    exists: true
    addrs: {contain-element: {have-prefix: '172.17'}}
    mtu: 1500
http:
  https://a.test/headers:
    status: 200
    allow-insecure: false
    no-follow-redirects: true
    timeout: 5000
    request-headers: ['Foo: bar']
    header: ['Content-Type: application/json']
    body: ['"Foo": "bar"']
    username: web
    password: secret
    proxy: http://proxy.test
matching:
  text:
    content: some string
    matches: {match-regexp: some str}
  list:
    content: [2]
    matches: {contain-element: 2}
  mapping:
    content: {foo: bar, baz: bing}
    matches: {and: [{have-key-with-value: {foo: bar}}, {have-key: baz}]}
"#;

    #[test]
    fn nine_of_ten_attributes_are_taken() {
        let mut imported = Imported::default();
        read(Path::new("goss.yaml"), FILE, &mut imported).expect("imported");
        let attributes = FILE.lines().filter(|line| line.starts_with("    ")).count();
        let left: Vec<_> = imported.untaken.iter().map(|untaken| untaken.text.as_str()).collect();
        assert!(left.len() * 10 <= attributes, "{} of {attributes}: {left:#?}", left.len());
        assert_eq!(left, ["file: /srv/hello: md5", "http: https://a.test/headers: proxy"]);
    }

    #[test]
    fn words_mean_what_they_mean_to_goss() {
        let text = "process:\n  on: {running: yes}\n  off: {running: no}\n  0x10: {running: true}\n\
                    command:\n  yes: {exit-status: 0, stdout: [on, 12:30, 1e3, true]}\n  a: {exec: true, skip: yes}\n\
                    matching:\n  m: {content: yes, matches: \"yes\"}\nfile:\n  /a: {exists: no}\n";
        let mut imported = Imported::default();
        read(Path::new("goss.yaml"), text, &mut imported).expect("imported");
        let of = |name: &str| {
            let plugin = imported.plugins.iter().find(|plugin| plugin.name == name).expect("a plugin");
            plugin
                .parameters
                .iter()
                .map(|(key, value)| format!("{key}={}", smoker_model::notation::python_text::str(value)))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(of("process-on"), "Check=process Process=on");
        assert_eq!(of("process-off"), "Check=process Process=off Error={'Count': '> 0'}");
        assert_eq!(of("process-0x10"), "Check=process Process=0x10");
        assert_eq!(
            of("command-yes"),
            "Command=yes Parser=expect Stdout=[{'Contains': 'on'}, {'Contains': '12:30'}, '1000', 'true']"
        );
        assert_eq!(of("matching-m"), "Check=value Value=yes Matches={'Equals': 'yes'}");
        assert_eq!(of("file-/a"), "Check=file File=/a Exists=False");
        assert_eq!(imported.untaken.len(), 1, "goss skips command a");
    }

    #[test]
    fn what_is_true_or_false_keeps_its_meaning() {
        let text = "process:\n  a: {running: {equal: true}}\n  b: {running: {not: true}}\n  c: {running: {gt: 1}}\n\
                    service:\n  d: {running: {equal: true}}\n  e: {enabled: true}\ninterface:\n  f: {exists: false}\n  \
                    g: {addrs: {contain-element: 10.0.0.1/8}}\ndns:\n  PTR:192.0.2.1: {resolvable: true}\n";
        let mut imported = Imported::default();
        read(Path::new("goss.yaml"), text, &mut imported).expect("imported");
        let of = |name: &str, key: &str| {
            let plugin = imported.plugins.iter().find(|plugin| plugin.name == name).expect("a plugin");
            let value = plugin.parameters.iter().find(|(its, _)| its == key).map(|(_, value)| value);
            value.map(smoker_model::notation::python_text::str)
        };
        assert_eq!(of("process-a", "Error"), None);
        assert_eq!(of("process-b", "Error").as_deref(), Some("{'Count': '> 0'}"));
        assert_eq!(of("service-d", "State").as_deref(), Some("['active']"));
        assert!(of("service-e", "State").is_some_and(|states| states.contains("'inactive'")));
        assert_eq!(of("interface-g", "Up").as_deref(), Some("None"));
        assert_eq!(of("interface-g", "Addresses").as_deref(), Some("{'Element': {'Equals': '10.0.0.1'}}"));
        assert_eq!(of("dns-PTR:192.0.2.1", "Name").as_deref(), Some("1.2.0.192.in-addr.arpa"));
        let left: Vec<_> = imported.untaken.iter().map(|untaken| untaken.text.as_str()).collect();
        assert_eq!(left, ["process: c: running", "interface: f: exists"]);
        assert_eq!(imported.plugins.len(), 6, "what could say the opposite is no plugin");
    }

    #[test]
    fn what_is_no_gossfile_is_refused() {
        for text in ["file:\n  {{.}}:\n    exists: true\n", "[a]", "a: [", "5"] {
            assert!(read(Path::new("goss.yaml"), text, &mut Imported::default()).is_err(), "{text}");
        }
    }
}
