//! `smokercli odd`: who answers otherwise than most, and what these hosts have in common.

use serde_json::{Map, Value, json};

use crate::fake::Fake;
use crate::run::{Done, Run, SMOKERCLI};

/// A host with these plugins, each with its result.
fn host(name: &str, plugins: &[(&str, Value)]) -> Value {
    let item = |(name, result): &(&str, Value)| {
        let parameters = json!({"Command": "check", "Interval": 60});
        json!({"plugin": {"name": name, "links": {"self": format!("/plugins/{name}")}, "nextRun": null,
                          "parameters": parameters, "lastResult": result}})
    };
    let items: Vec<_> = plugins.iter().map(item).collect();
    let forced = |plugin: &(&str, Value)| {
        let mut item = item(plugin);
        item["plugin"]["forcedResult"] = plugin.1.clone();
        (plugin.0.to_owned(), item)
    };
    let forced: Map<_, _> = plugins.iter().map(forced).collect();
    let links = json!([{"rel": "plugins", "href": "/plugins"}, {"rel": "processes", "href": "/processes"}]);
    json!({"about": {"about": {"host": name, "links": links}}, "plugins": {"plugins": {"items": items}}, "forced": forced})
}

fn result(status: &str, level: &str, text: &str) -> Value {
    let mut messages = json!({"info": [], "warn": [], "error": []});
    if !text.is_empty() {
        messages[level] = json!([text]);
    }
    json!({"status": status, "messages": messages, "componentResults": null, "lastRun": "2026-01-01T00:00:00"})
}

fn with_components(status: &str, components: &[(&str, Value)]) -> Value {
    let part = |(name, result): &(&str, Value)| json!({"componentResult": {"name": name, "status": result["status"], "messages": result["messages"]}});
    let mut whole = result(status, "info", "");
    whole["componentResults"] = components.iter().map(part).collect();
    whole
}

/// Host `number` of a fleet whose texts differ in all that may differ; hosts 3 and 9 have a problem.
fn web(number: usize) -> Value {
    let name = format!("web{number:02}.example.org");
    let is_bad = [3, 9].contains(&number);
    let state = if is_bad { "mounted ro" } else { "mounted rw" };
    let srv = result(if is_bad { "ERROR" } else { "OK" }, if is_bad { "error" } else { "info" }, state);
    let mounts =
        [("/", result("OK", "info", &format!("{number}% used at 2026-11-{number:02}T10:00:00Z"))), ("/srv", srv)];
    let uptime = if number.is_multiple_of(2) {
        format!("up {number} days, 3:0{}", number % 6)
    } else {
        format!("up {number} min")
    };
    let up =
        format!("web{number:02} {uptime}, {number} users, pid {}, took {number}ms, from 10.0.0.{number}", 7 * number);
    let kernel = if is_bad { "5.10.0-8" } else { "6.1.0-18" };
    let uname = format!("Linux web{number:02} {kernel} #1 SMP x86_64");
    host(
        &name,
        &[
            ("fsmount", with_components(if is_bad { "ERROR" } else { "OK" }, &mounts)),
            ("uptime", result("OK", "info", &up)),
            ("Uname", result("OK", "info", &uname)),
        ],
    )
}

/// A fleet and the options that name it.
struct Fleet {
    fakes: Vec<Fake>,
    config: String,
}

impl Fleet {
    fn of(hosts: impl IntoIterator<Item = Value>) -> Self {
        Self::grouped(hosts, &[3, 9], ", labels: {rack: r7}")
    }

    /// All hosts are in the group `web`, those with these numbers in `canary`, too, of which more may be said.
    fn grouped(hosts: impl IntoIterator<Item = Value>, canaries: &[usize], more: &str) -> Self {
        let fakes: Vec<_> = hosts.into_iter().map(|host| Fake::start(&host)).collect();
        let of = |wanted: &dyn Fn(usize) -> bool| {
            let wanted = fakes.iter().enumerate().filter(|(number, _)| wanted(number + 1));
            wanted.map(|(_, fake)| format!("'{}'", fake.address())).collect::<Vec<_>>().join(", ")
        };
        let (all, canary) = (of(&|_| true), of(&|number| canaries.contains(&number)));
        let config = format!("groups:\n  web: [{all}]\n  canary: {{hosts: [{canary}]{more}}}\n");
        Self { fakes, config }
    }

    fn odd(&self, arguments: &[&str]) -> Done {
        let run = Run::of(SMOKERCLI).config(&self.config);
        run.args(["odd", "-g", "web"]).args(arguments.iter().copied()).done()
    }
}

#[test]
fn hosts_that_differ_are_named_with_what_they_have_in_common() {
    let fleet = Fleet::of((1..=12).map(web));
    let done = fleet.odd(&[]);
    let line = "fsmount: 10 alike; web03.example.org, web09.example.org differ: /srv: mounted ro [ERROR]\n  the 10: /srv: mounted rw [OK]\n";
    assert!(done.stdout.contains(line), "{}", done.stdout);
    // 1 of the 66 ways to choose 2 of 12 hosts.
    let fact = "  group canary: 2 of the 2 that differ, 0 of the 10 alike (p = 0.015)\n  label rack=r7: 2 of the 2";
    assert!(done.stdout.contains(fact), "{}", done.stdout);
    assert!(done.stdout.contains("Uname: Linux <host> 5.10.0-8 #1 SMP x86_64: 2 of the 2"), "{}", done.stdout);
    // Nothing else differs: neither the plugin's status, which the component explains, nor numbers, times and names.
    assert_eq!(done.stdout.matches(" alike; ").count(), 1, "{}", done.stdout);
    assert!(done.stdout.ends_with("12 hosts; plugins and components alike: 3, not alike: 1\n"), "{}", done.stdout);
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
    assert_eq!(fleet.odd(&["-e"]).code, Some(69));
    let alike = "12 hosts; plugins and components alike: 1, not alike: 0\n";
    let uptime = fleet.odd(&["-e", "-p", "uptime"]);
    assert_eq!((uptime.code, uptime.stdout.as_str()), (Some(0), alike));
    assert_eq!(fleet.odd(&["-p", "Uname", "--error"]).stdout, alike);
    let long = fleet.odd(&["-o", "long"]).stdout;
    assert!(
        long.contains("- 2 hosts on web03.example.org, web09.example.org [ERROR]\n    [error] mounted ro\n"),
        "{long}"
    );
    assert!(long.contains("web[10-12].example.org"), "{long}");
    let json: Value = serde_json::from_str(&fleet.odd(&["-o", "json"]).stdout).expect("JSON");
    assert_eq!(json["odd"][0]["differ"][0]["hosts"], json!(["web03.example.org", "web09.example.org"]));
    assert_eq!(json["odd"][0]["facts"][0]["differ"], json!([2, 2]));
    assert_eq!((&json["alike"], &json["hosts"]), (&json!(3), &json!(12)));
    let forced = fleet.odd(&["-f", "-p", "fsmount"]);
    assert!(forced.stdout.contains(line), "{}", forced.stdout);
    assert!(fleet.fakes.iter().all(|fake| fake.requests().iter().any(|request| request["method"] == "POST")));
}

/// What is skipped because of a plugin is told with that one.
#[test]
fn consequences_are_folded_under_their_cause() {
    let web = |number: usize| {
        let is_bad = [3, 4].contains(&number);
        let db = if is_bad { result("ERROR", "error", "no answer") } else { result("OK", "info", "fine") };
        let fine = result("OK", "info", "fine");
        let mut host = host(&format!("web{number}"), &[("App", fine.clone()), ("Db", db), ("Web", fine)]);
        for place in [0, 2].into_iter().filter(|_| is_bad) {
            let reason = format!("Db is ERROR since 10:0{number}");
            let skipped = json!({"since": "2026-11-29T10:00:00Z", "parent": "Db", "reason": reason});
            host["plugins"]["plugins"]["items"][place]["plugin"]["skipped"] = skipped;
        }
        host
    };
    let fleet = Fleet::grouped((1..=5).map(web), &[1], "");
    let cause = "Db: 3 alike; web3, web4 differ: no answer [ERROR]\n  the 3: fine [OK]\n  skipped because of it: App, Web on web3, web4\n";
    let count = "5 hosts; plugins and components alike: 0, not alike: 1\n";
    assert_eq!(fleet.odd(&[]).stdout, format!("{cause}{count}"));
    // Also where the states that are wanted are those of what is skipped.
    assert_eq!(fleet.odd(&["--unknown"]).stdout, format!("{cause}{count}"));
    let json: Value = serde_json::from_str(&fleet.odd(&["-o", "json"]).stdout).expect("JSON");
    let skipped = json!([{"plugin": "App", "hosts": ["web3", "web4"]}, {"plugin": "Web", "hosts": ["web3", "web4"]}]);
    assert_eq!((&json["odd"][0]["skippedBecauseOfIt"], json["odd"].as_array().map(Vec::len)), (&skipped, Some(1)));
    let alone = fleet.odd(&["-p", "App"]).stdout;
    assert!(alone.starts_with("App: 3 alike; web3, web4 differ: skipped: Db is ERROR since "), "{alone}");
}

#[test]
fn the_page_shows_what_is_printed() {
    let host = |number: usize| {
        let name = format!("web{number:02}");
        let is_bad = [7, 31].contains(&number);
        let (status, level, state, kernel) =
            if is_bad { ("ERROR", "error", "ro", "5.10.0-8") } else { ("OK", "info", "rw", "6.1.0-18") };
        let mounts =
            [("/", result("OK", "info", "mounted rw")), ("/srv", result(status, level, &format!("mounted {state}")))];
        let uname = format!("Linux {name} {kernel}-amd64 #1 SMP x86_64");
        let load = format!("load average 0.{number}");
        let plugins = [
            ("fsmount", with_components(status, &mounts)),
            ("Load", result("OK", "info", &load)),
            ("Uname", result("OK", "info", &uname)),
        ];
        self::host(&name, &plugins)
    };
    let fleet = Fleet::grouped((1..=39).map(host), &[7, 31], "");
    let page = include_str!("../../../../docs/odd.md");
    let (_, shown) = page.split_once("$ smokercli odd -g prod\n").expect("an example");
    let (shown, _) = shown.split_once("```").expect("its end");
    assert_eq!(fleet.odd(&[]).stdout, shown);
}

/// Every line of the help and of the man page that begins with `smokercli odd` can be typed.
#[test]
fn the_examples_of_the_help_are_understood() {
    let fleet = Fleet::of((1..=3).map(web));
    let help = Run::of(SMOKERCLI).args(["odd", "--help"]).done().stdout;
    let man = include_str!("../../../../docs/man/smokercli.1").replace(".Dl ", "");
    let is_example = |line: &&str| line.trim().starts_with("smokercli odd ");
    let examples: Vec<_> = help.lines().chain(man.lines()).filter(is_example).collect();
    assert!(examples.len() >= 3, "{examples:?}");
    for example in examples {
        let hosts = format!("-s {} {}", fleet.fakes[0].address(), fleet.fakes[1].address());
        let line = example.trim().replace("-g prod", &hosts).replace("-s 'web[01-40]'", &hosts);
        let done = Run::of(SMOKERCLI).args(line.split_whitespace().skip(1)).done();
        assert!(done.code == Some(0) && done.stdout.contains("2 hosts"), "{example}: {done:?}");
    }
}

#[test]
fn silent_hosts_are_alike_with_none() {
    // Nobody listens at this address.
    let closed = [web(3), web(4)].map(|mut host| {
        host["fail"] = "refuse".into();
        Fake::start(&host)
    });
    let closed = closed.each_ref().map(Fake::address);
    let (one, two) = (Fake::start(&web(1)), Fake::start(&web(2)));
    let hosts = [one.address(), two.address(), closed[0], closed[1]];
    let odd = |more: &[&str]| Run::of(SMOKERCLI).args(["odd", "-s"]).args(hosts).args(more.iter().copied()).done();
    let done = odd(&[]);
    for address in closed {
        assert!(done.stdout.contains(&format!("{address} is silent: ")), "{}", done.stdout);
    }
    assert!(
        done.stdout.ends_with("4 hosts, 2 silent; plugins and components alike: 5, not alike: 0\n"),
        "{}",
        done.stdout
    );
    assert_eq!((done.code, odd(&["-e"]).code), (Some(0), Some(69)));
    let done = Run::of(SMOKERCLI).args(["odd", "-s", one.address(), closed[0]]).done();
    assert_eq!((done.code, done.stderr.contains("1 of 2 hosts answered")), (Some(1), true), "{done:?}");
    let done = Run::of(SMOKERCLI).args(["odd", "-s", one.address()]).done();
    assert!(done.code == Some(2) && done.stderr.contains("is the only one"), "{done:?}");
}

#[test]
fn hosts_of_one_name_are_told_apart() {
    let of = |status: &str| host("vm", &[("Disk", result(status, "error", "full"))]);
    let fleet = Fleet::of([of("ERROR"), of("OK"), of("OK"), host("db", &[("Disk", result("OK", "error", "full"))])]);
    let done = fleet.odd(&["-o", "json"]);
    let json: Value = serde_json::from_str(&done.stdout).expect("JSON");
    let names = |group: &Value| -> Vec<String> {
        let names = group["hosts"].as_array().into_iter().flatten().filter_map(Value::as_str);
        names.map(|name| name.split(':').next().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(names(&json["odd"][0]["differ"][0]), ["vm (127.0.0.1"], "{json}");
    assert_eq!(names(&json["odd"][0]["reference"]), ["vm (127.0.0.1", "vm (127.0.0.1", "db"], "{json}");
}

#[test]
fn ties_and_plugins_of_some_hosts_are_told_as_what_they_are() {
    let say = |text: &str| result("OK", "info", text);
    let fleet = Fleet::of([
        host("a", &[("tie", say("x")), ("own", say("žluťoučký")), ("some", say("")), ("new", Value::Null)]),
        host("b", &[("tie", say("x")), ("own", say("kůň")), ("some", say("")), ("new", Value::Null)]),
        host("c", &[("tie", say("y")), ("own", say("\u{1b}[31mred")), ("some", say("")), ("new", Value::Null)]),
        host("d", &[("tie", say("y")), ("own", say(&"long ".repeat(500))), ("new", say(""))]),
    ]);
    let done = fleet.odd(&[]);
    for line in [
        "tie: a tie of 2 hosts each; a, b: x [OK]\n",
        "tie: a tie of 2 hosts each; c, d: y [OK]\n",
        "own: all 4 differ; a: žluťoučký [OK]\n",
        "own: all 4 differ; c: \\x1b[31mred [OK]\n",
        "some: 3 alike; d differs: no such plugin\n",
        "new: 3 alike; d differs: no message [OK]\n  the 3: it has not run [UNKNOWN]\n",
    ] {
        assert!(done.stdout.contains(line), "{line}{}", done.stdout);
    }
    assert!(done.stdout.lines().all(|line| line.chars().count() < 250), "{}", done.stdout);
    assert!(fleet.odd(&["-p", "nosuch"]).stderr.contains("ERROR: No plugins found"));
    let wrong = fleet.odd(&["-o", "junit"]);
    assert!(wrong.code == Some(1) && wrong.stderr.contains("normal, long, json, raw"), "{wrong:?}");
}

#[test]
fn collapsed_reports_show_hosts_that_look_alike_once() {
    let fleet = Fleet::of((1..=12).map(web));
    let collapsed = |more: &[&str]| {
        let run = Run::of(SMOKERCLI).config(&fleet.config).env("COLUMNS", "300");
        run.args(["-g", "web", "--collapse"]).args(more.iter().copied()).done()
    };
    let done = collapsed(&[]);
    let heads: Vec<_> = done.stdout.lines().filter(|line| line.contains(" hosts")).collect();
    assert_eq!(heads.len(), 2, "{}", done.stdout);
    assert!(
        heads[0]
            .starts_with("web01.example.org,web02.example.org,web[04-08].example.org,web[10-12].example.org (10 hosts"),
        "{heads:?}"
    );
    assert!(heads[1].starts_with("web03.example.org,web09.example.org (2 hosts)"), "{heads:?}");
    assert_eq!(done.stdout.matches("mounted ro").count(), 1, "{}", done.stdout);
    let table = collapsed(&["-o", "table"]).stdout;
    assert_eq!(table.lines().count(), 3, "{table}");
    // What is shown decides: the long format has texts that differ in numbers.
    let long = collapsed(&["-o", "long"]).stdout;
    assert!(long.contains("(10 hosts like web01.example.org)"), "{long}");
    let wrong = collapsed(&["-o", "json"]);
    assert!(wrong.code == Some(2) && wrong.stderr.contains("--collapse"), "{wrong:?}");
}
