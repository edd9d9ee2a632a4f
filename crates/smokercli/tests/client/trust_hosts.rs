//! The hosts of the commands of `smokercli trust`.

use std::fs;

use tempfile::TempDir;

use crate::trust::{Daemon, config, fake_ssh, in_home};

#[test]
fn hosts_of_an_inventory_are_added() {
    let (home, daemon) = (TempDir::new().expect("a folder"), Daemon::start());
    let path = fake_ssh(home.path(), &format!("echo \"$*\" >> \"$HOME/called\"; echo '{}'", daemon.pin));
    let write = |name: &str, text: &str| fs::write(home.path().join(name), text).expect("writable");
    let inventory = "[web]\nweb1 ansible_host=192.0.2.7\nweb2\nweb3\n[db]\ndb1\n";
    write("hosts.ini", inventory);
    write(".smokercli.yaml", "groups: {prod: [web8, web9]}\n");
    let inventory = home.path().join("hosts.ini").display().to_string();
    let called = |words: &[&str], hosts: &[&str]| {
        write("called", "");
        let done = in_home(home.path(), &[&["trust", "add", "--via", "ssh"], words].concat()).env("PATH", &path).done();
        let lines = fs::read_to_string(home.path().join("called")).expect("it is there");
        assert_eq!(lines.lines().count(), hosts.len(), "{lines} {done:?}");
        assert!(hosts.iter().all(|host| lines.contains(host)), "{lines}");
        done
    };
    let of_group = ["--inventory", &inventory, "-g", "web", "--exclude-hosts", "web3"];
    assert_eq!(called(&of_group, &["192.0.2.7", "web2"]).code, Some(0));
    assert_eq!(called(&["-g", "prod", "--limit", "web9"], &["web9"]).code, Some(0));
    let known = config(home.path(), "known_hosts");
    assert!(["192.0.2.7:8086", "web2:8086", "web9:8086"].iter().all(|host| known.contains(host)), "{known}");
    let done = called(&[], &[]);
    assert!(
        done.code == Some(2) && done.stderr.contains("no host is named; name some by -s HOST, -g GROUP"),
        "{done:?}"
    );
}
