//! Groups, inventories, and which hosts of them are asked.

use std::path::Path;

use serde_json::{Value, json};
use smoker_tests::executable;

use crate::fake::Fake;
use crate::gate::daemon;
use crate::run::{Done, Run, SMOKERCLI};

const GROUPS: &str =
    "groups:\n  web: 'web[1-3]'\n  data: [db1:90]\n  prod: {hosts: edge, groups: [web, data], labels: {dc: fra}}\n";

fn listed(config: &str, arguments: &[&str]) -> Done {
    Run::of(SMOKERCLI).config(config).args([arguments, &["--list-hosts"]].concat()).done()
}

fn names(config: &str, arguments: &[&str]) -> Vec<String> {
    let done = listed(config, arguments);
    assert_eq!(done.code, Some(0), "{arguments:?}: {}", done.stderr);
    done.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn groups_of_the_configuration_are_listed_and_limited() {
    for (arguments, expected) in [
        (["-g", "web"].as_slice(), "web1 web2 web3"),
        (&["-g", "data", "web"], "db1:90 web1 web2 web3"),
        (&["-g", "prod"], "edge web1 web2 web3 db1:90"),
        (&["-g", "all", "--limit", "web*", "--exclude-hosts", "web2"], "web1 web3"),
        (&["-g", "prod", "--limit", "data"], "db1:90"),
        (&["-g", "prod", "-s", "x", "--limit", "!web", "!data"], "x edge"),
    ] {
        assert_eq!(names(GROUPS, arguments).join(" "), expected, "{arguments:?}");
    }
    let done = listed(GROUPS, &["-g", "prod", "-o", "json"]);
    let hosts: Value = serde_json::from_str(&done.stdout).expect("JSON");
    let web1 =
        json!({"host": "web1", "address": "http://web1:8086/", "groups": ["prod", "web"], "labels": {"dc": "fra"}});
    assert_eq!(hosts[1], web1);
    let long = listed(GROUPS, &["-g", "prod", "-o", "long"]).stdout;
    let row = long.lines().find(|line| line.starts_with("web1 ")).unwrap_or_else(|| panic!("{long}"));
    let cells: Vec<_> = row.split_whitespace().collect();
    assert_eq!(cells, ["web1", "http://web1:8086/", "prod,web", "dc=fra"]);
    for (arguments, code, words) in [
        (["-g", "pord"].as_slice(), 2, "did you mean prod?"),
        (&["-g", "web", "--limit", "web9"], 2, "--limit web9: none of the 3 hosts"),
        (&["-g", "web", "--exclude-hosts", "*"], 2, "leave no host"),
        (&["--limit", "web1"], 2, "none are named"),
        (&["-g", "web", "-o", "tap"], 1, "--list-hosts has no such format"),
    ] {
        let done = listed(GROUPS, arguments);
        assert_eq!(done.code, Some(code), "{arguments:?}: {done:?}");
        assert!(done.stderr.contains(words), "{arguments:?}: {}", done.stderr);
    }
    let done = listed("groups: [web]\n", &["-s", "a"]);
    assert!(done.code == Some(0) && done.stderr.contains("groups has to be a mapping"), "{done:?}");
    assert_eq!(listed("groups: [web]\n", &["-g", "web"]).code, Some(1));
}

#[test]
fn inventories_of_ansible_are_asked_as_they_are() {
    let (one, two) = (Fake::start(&daemon(&[("Disk", "OK")])), Fake::start(&daemon(&[("Disk", "OK")])));
    let run = Run::of(SMOKERCLI);
    let ini = format!(
        "[web]\nweb1 ansible_host=127.0.0.1 ansible_port=22 smoker_port={}\n[db]\ndb1 smoker_host=127.0.0.1 smoker_port={}\n",
        one.port(),
        two.port()
    );
    let ini = run.file("hosts.ini", &ini).display().to_string();
    let script = Path::new(&ini).with_file_name("dynamic");
    executable::write(
        &script,
        "#!/bin/sh\necho '{\"edge\": {\"hosts\": [\"e1\"]}, \"_meta\": {\"hostvars\": {\"e1\": {\"rack\": 3}}}}'\n",
    );
    let script = script.display().to_string();
    assert_eq!(names("", &["--inventory", &ini, "--inventory", &script]), ["db1", "e1", "web1"]);
    assert_eq!(names("", &["--inventory", &ini, "-g", "web"]), ["web1"]);
    let done = Run::of(SMOKERCLI).args(["--inventory", &ini, "-o", "json", "--color", "never"]).done();
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!((one.requests().len(), two.requests().len()), (2, 2));
    let done = Run::of(SMOKERCLI)
        .args(["gate", "--inventory", &ini, "--limit", "web", "-o", "json", "--every", "100ms"])
        .done();
    let report: Value = serde_json::from_str(&done.stdout).expect("JSON");
    assert_eq!((done.code, &report["hosts"][0]["groups"]), (Some(0), &json!(["web"])), "{done:?}");
    assert_eq!(two.requests().len(), 2, "it is not asked again");
}

/// A group that has no hosts yet, or not any more, leaves out hosts that nobody misses.
#[test]
fn a_group_without_hosts_inside_of_another_is_told() {
    let config = "groups:\n  web: [Web1, web1]\n  data: []\n  prod: {groups: [web, data]}\n";
    let done = listed(config, &["-g", "prod"]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(0), "Web1\n"), "{done:?}");
    let words = "WARNING: group prod contains 1 group without a host: data; add some, or take it out\n\
                 WARNING: 1 name of hosts is left out, since the daemon at that address has another one: web1 is Web1\n";
    assert_eq!(done.stderr, words);
    assert_eq!(listed(config, &["-g", "web", "--limit", "Web1"]).code, Some(0));
    let run = Run::of(SMOKERCLI);
    for (inventory, words) in [
        ("[prod:children]\nweb\ndata\n[web]\na\n[data]\n", "group prod contains 1 group without a host: data"),
        (
            "all: {children: {prod: {children: {web: {hosts: {a: }}, data: {children: {ungrouped: }}}}}}\n",
            "without a host: data;",
        ),
        (
            "{\"prod\": {\"children\": [\"web\", \"data\"]}, \"web\": [\"a\"], \"data\": {\"hosts\": []}}",
            "without a host: data;",
        ),
    ] {
        let file = run.file("inventory", inventory).display().to_string();
        let done = listed("", &["--inventory", &file, "-g", "prod"]);
        assert_eq!((done.code, done.stdout.as_str()), (Some(0), "a\n"), "{inventory}: {done:?}");
        assert!(done.stderr.contains(words), "{inventory}: {}", done.stderr);
    }
}

/// A dynamic inventory that finds nothing prints one without hosts: that is not this host.
#[test]
fn no_command_takes_an_inventory_without_hosts_for_this_host() {
    let run = Run::of(SMOKERCLI);
    let file = |name: &str, text: &str| run.file(name, text).display().to_string();
    let empty = file("empty.json", "{\"g\": {\"hosts\": []}, \"_meta\": {\"hostvars\": {}}}");
    let (sections, list) = (file("sections", "[g]\n[k:children]\ng\n"), file("list", "[\"w1\", \"w2\"]"));
    let full = file("full.ini", "[web]\nweb1\n");
    let script = Path::new(&empty).with_file_name("script");
    executable::write(
        &script,
        "#!/bin/sh\necho '{\"all\": {\"children\": [\"ungrouped\", \"web\"]}, \"web\": null}'\n",
    );
    let script = script.display().to_string();
    let touched = run.home().join("touched");
    let command = format!("touch {} # {{host}}", touched.display());
    for words in [
        "",
        "-e",
        "-f",
        "--list",
        "--list-hosts",
        "--watch",
        "-g all",
        "-s web1",
        "--limit all",
        "--exclude-hosts x",
        "gate",
        "baseline -o -",
        "odd",
        "silence",
        "explain Disk",
        "roll --dry-run --run",
        "roll --run",
    ] {
        let arguments: Vec<_> = words.split_whitespace().collect();
        let command = Some(command.as_str()).filter(|_| words.ends_with("--run"));
        let done = Run::of(SMOKERCLI).args(arguments).args(command).args(["--inventory", &empty]).done();
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{words}: {done:?}");
        let told = format!("the inventory {empty} names no host; look at what it has");
        assert!(done.stderr.contains(&told), "{words}: {}", done.stderr);
    }
    assert!(!touched.exists(), "a command has run");
    for (paths, code, told) in [
        (vec![&sections], 2, "names no host"),
        (vec![&script], 2, "names no host"),
        (vec![&full, &empty], 2, "empty.json names no host"),
        (vec![&list], 1, "an object of groups"),
    ] {
        let arguments = paths.into_iter().flat_map(|path| ["--inventory", path]);
        let done = Run::of(SMOKERCLI).args(arguments).args(["--list-hosts"]).done();
        assert_eq!((done.code, done.stdout.as_str()), (Some(code), ""), "{done:?}");
        assert!(done.stderr.contains(told), "{done:?}");
    }
}

/// `all` is every host of the inventory whatever is listed under that name, and never one that only the configuration has.
#[test]
fn all_and_ungrouped_mean_what_they_mean_to_ansible() {
    let run = Run::of(SMOKERCLI);
    for (text, all, ungrouped) in [
        ("[all]\nh1\n[web]\nh2\n", "h1 h2", "h1"),
        ("[all:children]\nweb\n[web]\nh2\n[db]\nh3\n", "h2 h3", ""),
        ("lone\n[all:vars]\na=1\n[web]\nh1\nh2\n", "lone h1 h2", "lone"),
        ("[ungrouped]\nh1\nfree\n[web]\nh1\n", "free h1", "free"),
        ("all: {hosts: {h1: }, children: {web: {hosts: {h2: }}}}\ndb: {hosts: {h3: }}\n", "h1 h2 h3", "h1"),
        ("{\"all\": {\"hosts\": [\"h1\"]}, \"web\": {\"hosts\": [\"h2\"]}}", "h1 h2", "h1"),
    ] {
        let file = run.file("inventory", text).display().to_string();
        let asked = |arguments: &[&str]| {
            let inventory = ["--inventory", &file, "--list-hosts"];
            // The configuration has a group of the same name, and others.
            let done = Run::of(SMOKERCLI).config(GROUPS).args(inventory).args(arguments).done();
            assert!(done.code == Some(0) || done.stdout.is_empty(), "{text} {arguments:?}: {done:?}");
            let mut hosts: Vec<_> = done.stdout.lines().collect();
            hosts.sort_unstable();
            hosts.join(" ")
        };
        let sorted = |names: &str| {
            let mut names: Vec<_> = names.split_whitespace().collect();
            names.sort_unstable();
            names.join(" ")
        };
        let others: Vec<_> =
            all.split_whitespace().filter(|host| !ungrouped.split(' ').any(|it| it == *host)).collect();
        for (arguments, expected) in [
            (["-g", "all"].as_slice(), all),
            (&["--limit", "all"], all),
            (&["--limit", "*", "&all"], all),
            (&["--limit", "!all"], ""),
            (&["--exclude-hosts", "all"], ""),
            (&["-g", "ungrouped"], ungrouped),
            (&["--limit", "all", "&ungrouped"], ungrouped),
            (&["--exclude-hosts", "ungrouped"], &others.join(" ")),
            (&["-g", "prod"], ""),
        ] {
            assert_eq!(asked(arguments), sorted(expected), "{text} {arguments:?}");
        }
    }
    let file = run.file("inventory", "[web]\nh1\n").display().to_string();
    assert_eq!(names(GROUPS, &["--inventory", &file, "-g", "web"]), ["h1"], "not that of the configuration");
    assert_eq!(names("groups: {all: [a], web: [b]}\n", &["-g", "all"]), ["a", "b"]);
}

/// As for Ansible, the group of hosts without a group is there, with hosts or without, and so is any other that exists.
#[test]
fn a_group_that_exists_is_no_unknown_name_where_none_of_the_hosts_is_in_it() {
    let run = Run::of(SMOKERCLI);
    let file = run.file("inventory", "[web]\nh1\nh2\n[db]\nh3\n").display().to_string();
    let all = "h1\nh2\nh3\n";
    for (arguments, hosts, told) in [
        (["--limit", "!ungrouped"].as_slice(), Ok(all.replace("h3\n", "")), ""),
        (&["--limit", "web", "ungrouped"], Ok("h1\nh2\n".to_owned()), ""),
        (&["--limit", "!db"], Ok("h1\nh2\n".to_owned()), ""),
        (&["-g", "ungrouped", "web"], Ok("h1\nh2\n".to_owned()), ""),
        (&["--exclude-hosts", "ungrouped"], Ok("h1\nh2\n".to_owned()), ""),
        (
            &["--exclude-hosts", "db"],
            Ok("h1\nh2\n".to_owned()),
            "--exclude-hosts db: none of the hosts is in that group",
        ),
        (&["--limit", "ungrouped"], Err(2), "--limit ungrouped: each of the 2 hosts is in a group, so no host is left"),
        (&["--limit", "&ungrouped"], Err(2), "each of the 2 hosts is in a group, so no host is left"),
        (&["--limit", "db"], Err(2), "--limit db: none of the 2 hosts is in that group; --list-hosts shows them"),
        (&["--limit", "!bd"], Err(2), "--limit !bd: none of the 2 hosts has such a name or group"),
    ] {
        // Those of one group, so that another one exists and none of them is in it.
        let group: &[&str] = if arguments[0] == "-g" { &[] } else { &["-g", "web"] };
        let done = listed("", &[&["--inventory", &file], group, arguments].concat());
        let code = hosts.as_ref().err().copied().unwrap_or_default();
        assert_eq!((done.code, done.stdout), (Some(code), hosts.unwrap_or_default()), "{arguments:?}: {}", done.stderr);
        assert!(
            done.stderr.contains(told) && done.stderr.is_empty() == told.is_empty(),
            "{arguments:?}: {}",
            done.stderr
        );
    }
    for (group, code, told) in [
        ("ungrouped", 1, "group ungrouped has no host: each host is in another group"),
        ("ungroupde", 2, "unknown group \"ungroupde\"; did you mean ungrouped?"),
    ] {
        let done = listed("", &["--inventory", &file, "-g", group]);
        assert_eq!((done.code, done.stdout.as_str()), (Some(code), ""), "{group}: {done:?}");
        assert!(done.stderr.contains(told), "{group}: {done:?}");
    }
}

#[test]
fn folders_in_the_folder_of_an_inventory_are_read() {
    let run = Run::of(SMOKERCLI);
    run.file("inv/a", "[g]\na1\n");
    run.file("inv/sub/x", "[g]\nsub1\n");
    run.file("inv/group_vars/g", "not: [one\n");
    run.file("inv/b.txt", "[g]\nlost1\n");
    let folder = run.home().join("inv").display().to_string();
    let done = listed("", &["--inventory", &folder]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(0), "a1\nsub1\n"), "{done:?}");
    assert!(done.stderr.contains("WARNING: left out of the inventory") && done.stderr.contains(": b.txt;"), "{done:?}");
}

/// An empty text names nothing, and is never taken for everything.
#[test]
fn an_empty_text_is_no_host_no_group_and_no_pattern() {
    for (arguments, code) in [
        (["-s", ""].as_slice(), 2),
        (&["-g", ""], 2),
        (&["-g", "web", "--limit", ""], 2),
        (&["-g", "web", "--limit", "!"], 2),
        (&["-g", "web", "--limit", "&"], 2),
        (&["-g", "web", "--exclude-hosts", "!web1"], 2),
        (&["--inventory", ""], 2),
    ] {
        let gate = [&["gate", "--within", "200ms", "--no-progress"], arguments].concat();
        let done = Run::of(SMOKERCLI).config(GROUPS).args(gate).done();
        assert_eq!((done.code, done.stdout.as_str()), (Some(code), ""), "{arguments:?}: {done:?}");
    }
    let done = listed(GROUPS, &["-g", "web", "--exclude-hosts", ""]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(0), "web1\nweb2\nweb3\n"), "{done:?}");
    assert!(done.stderr.contains("WARNING: --exclude-hosts"), "{done:?}");
}

#[test]
fn shells_complete_groups_and_hosts() {
    let complete = |what: &str| {
        let run = Run::of(SMOKERCLI).config(GROUPS);
        run.file(".ssh/config", "Host jump *.lan\n");
        run.args(["--complete", what]).done().stdout
    };
    assert_eq!(complete("groups"), "data\nprod\nweb\n");
    assert_eq!(complete("hosts"), "db1:90\nedge\njump\nweb1\nweb2\nweb3\n");
}

/// The plugin of a site that was written before there were groups.
const PLUGIN: &str = "from smoker.client.plugins import HostDiscoveryPluginBase, SpecificArgument\n\n\nclass HostDiscoveryPlugin(HostDiscoveryPluginBase):\n    \
    arguments = [SpecificArgument('-g', '--group', dest='group', metavar='NAME', help='Hosts of a group')]\n\n    \
    def get_hosts(self, args):\n        return ['%s-host' % args.group] if args.group else None\n";

#[test]
fn the_option_of_a_discovery_plugin_keeps_its_name_in_every_command() {
    let with_plugin = |arguments: &[&str]| {
        let run = Run::of(SMOKERCLI);
        run.file("site/groups.py", PLUGIN);
        let config = format!("plugin_paths: ['{}']\n{GROUPS}", run.home().join("site").display());
        run.config(&config).args(arguments).done()
    };
    let done = with_plugin(&["-g", "blue", "--list-hosts"]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(0), "blue-host\n"), "{done:?}");
    let done = with_plugin(&["--smokercli-group", "data", "--list-hosts"]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(0), "db1:90\n"), "{done:?}");
    let done = with_plugin(&["gate", "-g", "blue", "--within", "200ms", "--no-progress"]);
    assert!(done.code == Some(3) && done.stdout.contains("blue-host: silent"), "{done:?}");
}
