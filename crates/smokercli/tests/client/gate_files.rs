//! The files of `smokercli gate` and `baseline`: what is read, and what is written.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fake::Fake;
use crate::gate::daemon;
use crate::run::{Done, Run, SMOKERCLI};

/// A host, and a folder for files.
struct Site {
    fake: Fake,
    folder: TempDir,
}

impl Site {
    fn of(pages: &Value) -> Self {
        Self { fake: Fake::start(pages), folder: tempfile::tempdir().expect("a folder") }
    }

    /// A call whose words name files of the folder by `@`.
    fn run(&self, line: &str) -> Done {
        let folder = format!("{}/", self.folder.path().display());
        let words = line.split(' ').map(|word| word.replace('@', &folder).replace("HOST", self.fake.address()));
        Run::of(SMOKERCLI).args(words).done()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn names(&self) -> Vec<String> {
        names(self.folder.path())
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// A host with components.
fn host() -> Value {
    let mut pages = daemon(&[("Disk", "OK"), ("Load", "OK"), ("Old", "ERROR")]);
    let components = json!({"/": {"status": "OK", "messages": null}, "/srv": {"status": "OK", "messages": null}});
    pages["forced"]["Disk"]["plugin"]["forcedResult"]["componentResults"] = components;
    pages
}

#[test]
fn what_of_a_baseline_is_not_looked_at_is_told() {
    let site = Site::of(&host());
    assert_eq!(site.run("baseline -s HOST localhost:1 -o @before.json").code, Some(3));
    let gate = "gate -s HOST --against @before.json --within 5s --every 100ms";
    for (options, parts) in [("-p Load", 4), ("--exclude-plugins Disk", 3), ("--exclude-plugins Load,Old", 2)] {
        let done = site.run(&format!("{gate} {options} -o text -o json=@report.json -o markdown=@report.md"));
        assert_eq!(done.code, Some(0), "{options}: {done:?}");
        let words = format!(
            "not looked at: {parts} plugins and components of the baseline, which the options do not select; 1 host of the baseline, which the call does not ask: localhost:1\n"
        );
        assert!(done.stdout.ends_with(&words) && done.stderr.contains(&words), "{options}: {done:?}");
        assert!(site.read("report.md").contains("not looked at: "), "{options}");
        let report: Value = serde_json::from_str(&site.read("report.json")).expect("JSON");
        assert_eq!(report["leftOut"], json!({"parts": parts, "hosts": ["localhost:1"]}), "{options}");
        assert!(report["counts"].get("gone").is_none(), "{report}");
    }
    let done = site.run("gate -s HOST --within 5s -p Load");
    assert!(done.code == Some(0) && !done.stdout.contains("not looked at"), "{done:?}");
}

#[test]
fn a_baseline_with_two_of_one_name_is_refused() {
    let site = Site::of(&host());
    assert_eq!(site.run("baseline -s HOST -o @before.json").code, Some(0));
    let text = site.read("before.json");
    let whole: Value = serde_json::from_str(&text).expect("JSON");
    let address = site.fake.address();
    let mut hosts = whole.clone();
    hosts["hosts"].as_array_mut().expect("hosts").push(whole["hosts"][0].clone());
    let mut plugins = whole.clone();
    plugins["hosts"][0]["plugins"].as_array_mut().expect("plugins").push(whole["hosts"][0]["plugins"][0].clone());
    for (text, words) in [
        (hosts.to_string(), format!("it has the host {address} ({address}) twice")),
        (plugins.to_string(), format!("it has the plugin Disk of the host {address} twice")),
        (text.replace("\"/srv\"", "\"/\""), "the name \"/\" is there twice".to_owned()),
    ] {
        assert_ne!(text, whole.to_string());
        fs::write(site.folder.path().join("twice.json"), text).expect("written");
        for line in ["gate -s HOST --against @twice.json", "diff @twice.json @before.json"] {
            let done = site.run(line);
            assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""), "{line}: {done:?}");
            assert!(done.stderr.contains(&words), "{line}: {words}: {}", done.stderr);
        }
    }
    // An odd daemon that shows two of one name makes a baseline that can be used, in which the worse one counts.
    let mut odd = host();
    odd["forced"]["Load"]["plugin"]["name"] = json!("Disk");
    odd["forced"]["Load"]["plugin"]["forcedResult"]["status"] = json!("ERROR");
    let site = Site::of(&odd);
    let done = site.run("baseline -s HOST -o @before.json");
    assert!(done.code == Some(3) && done.stderr.contains("no result of Load"), "{done:?}");
    let made: Value = serde_json::from_str(&site.read("before.json")).expect("JSON");
    let plugins = made["hosts"][0]["plugins"].as_array().expect("plugins");
    let disks: Vec<_> = plugins.iter().filter(|plugin| plugin["name"] == "Disk").collect();
    assert_eq!((disks.len(), &disks[0]["status"]), (1, &json!("ERROR")), "{made}");
    assert_eq!(site.run("diff @before.json @before.json -e -p Disk").code, Some(0));
}

/// A run may be lost although its host answers before and after it: its daemon was restarted, or gives other results.
#[test]
fn a_baseline_without_all_results_is_not_called_whole() {
    let (good, mut restarted) = (Fake::start(&daemon(&[("Web", "OK")])), daemon(&[("Web", "OK"), ("Db", "OK")]));
    (restarted["fail"], restarted["fail_at"]) = (json!("gone"), json!("poll"));
    let site = Site::of(&restarted);
    let line = format!("baseline -s {} HOST -o @before.json", good.address());
    let done = site.run(&line);
    assert_eq!(done.code, Some(3), "{done:?}");
    assert!(done.stderr.contains("no result of Web, Db: "), "{done:?}");
    assert!(
        done.stderr.contains("baseline of 2 of 2 hosts: 3 plugins, 2 of them bad; 1 host without all results"),
        "{done:?}"
    );
    assert_eq!(site.run(&format!("{line} --allow-bad 1")).code, Some(0));
    // A name that a host does not have is missing there, as for a gate.
    let site = Site::of(&daemon(&[("Web", "OK"), ("Db", "OK")]));
    let done = site.run(&format!("{line} -p Db"));
    assert_eq!(done.code, Some(3), "{done:?}");
    assert!(done.stderr.contains("WARNING: Host h: MISSING Db\n"), "{done:?}");
    let done = site.run(&format!("{line} -p Web Webb"));
    assert!(done.stderr.contains("MISSING Webb: no host has a plugin of that name; did you mean Web?"), "{done:?}");
}

/// What is excluded by a mistyped name runs, or is asked, which nobody wants.
#[test]
fn exclusions_that_fit_nothing_are_told() {
    let site = Site::of(&host());
    let told = "WARNING: --exclude-plugins Dsik: no host has a plugin of that name; did you mean Disk?\n";
    for line in [
        "-s HOST",
        "-s HOST -f -o json",
        "-s HOST -o junit",
        "baseline -s HOST -o @before.json",
        "gate -s HOST --within 1s --allow-bad 1",
        "odd -s HOST localhost:1",
    ] {
        let done = site.run(&format!("{line} --exclude-plugins Dsik Load"));
        assert!(done.stderr.contains(told), "{line}: {done:?}");
        let done = site.run(&format!("{line} --exclude-plugins Disk Load"));
        assert!(!done.stderr.contains("--exclude-plugins"), "{line}: {done:?}");
    }
    // A host that does not answer may have it.
    let done = site.run("-s localhost:1 --exclude-plugins Dsik");
    assert!(!done.stderr.contains("--exclude-plugins"), "{done:?}");
    // A command that changes hosts runs for none where it may be the wrong one.
    let roll = "roll -s HOST localhost:1 --run true{host} --dry-run";
    for (excluded, words) in [
        ("localhsot:1", "--exclude-hosts localhsot:1: no host has such a name or group; the command would run"),
        ("localhost:1,web[1-2]", "--exclude-hosts web[1-2]: no host has such a name or group; the command would run"),
        ("", "--exclude-hosts \"\": no host has such a name or group; the command would run"),
    ] {
        let done = site.run(&format!("{roll} --exclude-hosts {excluded}"));
        assert!(done.code == Some(2) && done.stderr.contains(words), "{excluded}: {done:?}");
    }
}

#[test]
fn a_report_takes_the_place_of_no_other_file_of_the_call() {
    let site = Site::of(&host());
    assert_eq!(site.run("baseline -s HOST -o @before.json").code, Some(0));
    fs::write(site.folder.path().join("hosts"), format!("{}\n", site.fake.address())).expect("written");
    // A folder of inventories with one that is elsewhere, and another folder in it that is elsewhere.
    let path = |name: &str| site.folder.path().join(name);
    fs::create_dir_all(path("inv/sub")).expect("made");
    fs::create_dir(path("elsewhere")).expect("made");
    fs::write(path("real"), format!("[web]\nweb1 smoker_host=127.0.0.1 smoker_port={}\n", site.fake.port()))
        .expect("written");
    symlink(path("real"), path("inv/web")).expect("a link");
    symlink(path("elsewhere"), path("inv/more")).expect("a link");
    let (before, requests) = (site.read("before.json"), site.fake.requests().len());
    for (line, words) in [
        ("gate -s HOST -o json=@x -o tap=@x", "twice"),
        ("gate -s HOST -o text -o json=@x -o junit=@y -o tap=@./x", "twice"),
        ("gate -s HOST --against @before.json -o json=@before.json", "--against"),
        ("gate --hosts-file @hosts -o json=@hosts", "--hosts-file"),
        ("baseline --hosts-file @hosts -o @./hosts", "--hosts-file"),
        ("baseline --inventory @hosts -o @hosts", "--inventory"),
        ("gate --inventory @inv -o text -o junit=@inv/report.xml", "would read it as an inventory"),
        ("gate --inventory @inv -o json=@inv/sub/report", "would read it as an inventory"),
        ("gate --inventory @inv -o json=@elsewhere/report.json", "would read it as an inventory"),
        ("gate --inventory @inv -o json=@real", "would read it as an inventory"),
        ("baseline --inventory @inv -o @inv/before.json", "would read it as an inventory"),
        ("roll --inventory @inv --run {host} --state @inv/record", "--state "),
        ("roll --inventory @hosts --run {host} --state @hosts", "--inventory"),
    ] {
        let done = site.run(line);
        assert_eq!(done.code, Some(2), "{line}: {done:?}");
        assert!(done.stderr.contains(words), "{line}: {}", done.stderr);
    }
    // The configuration has the groups.
    for line in ["gate -s HOST -o text=", "baseline -s HOST -o "] {
        let run = Run::of(SMOKERCLI).config("groups: {}\n");
        let path = run.home().join(".smokercli.yaml").display().to_string();
        let words: Vec<_> =
            format!("{line}{path}").split(' ').map(|word| word.replace("HOST", site.fake.address())).collect();
        let done = run.args(words).done();
        assert!(done.code == Some(2) && done.stderr.contains("the configuration"), "{line}: {done:?}");
    }
    // What the environment names, and what this user knows.
    for (line, name) in
        [("gate -s HOST -o text=token", "SMOKER_TOKEN_FILE"), ("gate -s HOST -o text=known_hosts", "smokercli trust")]
    {
        let words = line.split(' ').map(|word| word.replace("HOST", site.fake.address()));
        let run = Run::of(SMOKERCLI).env("SMOKER_TOKEN_FILE", "token").args(words);
        run.file("token", "smoker_abc\n");
        run.file(".config/smoker/known_hosts", "");
        symlink(".config/smoker/known_hosts", run.home().join("known_hosts")).expect("a link");
        let done = run.done();
        assert!(done.code == Some(2) && done.stderr.contains(&format!("over the file of {name};")), "{line}: {done:?}");
    }
    assert_eq!((site.read("before.json"), site.fake.requests().len()), (before, requests));
    assert_eq!(site.names(), ["before.json", "elsewhere", "hosts", "inv", "real"]);
    // Standard input may be a file.
    let line = format!("{SMOKERCLI} gate --inventory - -o json={0} < {0}", path("real").display());
    let done = Run::of("sh").args(["-c", &line]).done();
    assert!(done.code == Some(2) && done.stderr.contains("over the file of --inventory"), "{done:?}");
    // What no inventory is named like is not read as one.
    assert_eq!(site.run("gate --inventory @inv -p Load -o markdown=@inv/report.md --within 5s").code, Some(0));
    assert_eq!(names(&path("inv")), ["more", "report.md", "sub", "web"]);
}

#[test]
fn what_fails_or_is_interrupted_leaves_no_file() {
    let site = Site::of(&json!({"fail": "refuse"}));
    for line in [
        "baseline -s HOST -o @before.json",
        "baseline -s HOST --last -o @before.json",
        "baseline -s HOST -s localhost:1 --allow-bad 2 -o @before.json",
        "gate -s HOST --against @absent.json -o json=@report.json",
    ] {
        let done = site.run(line);
        assert_eq!(done.code, Some(1), "{line}: {done:?}");
        assert_eq!(site.names(), [""; 0], "{line}");
    }
    fs::write(site.folder.path().join("before.json"), "of yesterday").expect("written");
    let done = site.run("baseline -s HOST -o @before.json");
    assert!(
        done.stderr.contains("none of the 1 host is known") && done.stderr.contains("nothing is written"),
        "{done:?}"
    );
    assert_eq!(site.read("before.json"), "of yesterday");

    let mut slow = host();
    slow["poll_202"] = json!(1_000_000);
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let fake = Fake::start(&slow);
        let (child, home) = Run::of(SMOKERCLI).args(["baseline", "-s", fake.address(), "-o", "before.json"]).start();
        // About page, plugins, run, and its result, which does not come.
        fake.wait_for_requests(4);
        kill(Pid::from_raw(i32::try_from(child.id()).expect("a pid")), signal).expect("it runs");
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(130), "{output:?}");
        assert_eq!(names(home.path()), [""; 0], "{signal}");
    }
}

/// A program that reads one of them has to see that nothing was looked at, also where it was so before.
#[test]
fn reports_for_programs_are_red_where_nothing_was_looked_at() {
    let mut pages = daemon(&[("Disk", "OK")]);
    pages["plugins"]["plugins"]["items"][0]["plugin"]["parameters"] = json!({"Category": "db"});
    let (site, other) = (Site::of(&daemon(&[("Disk", "OK")])), Fake::start(&pages));
    let done = site.run(&format!("baseline -s HOST {} --category web -o @before.json", other.address()));
    assert_eq!(done.code, Some(0), "{done:?}");
    let outputs = "-o junit=@report.xml -o tap=@report.tap -o json=@report.json";
    let line = format!("gate -s {} --category web --against @before.json --within 400ms {outputs}", other.address());
    let done = site.run(&line);
    assert_eq!(done.code, Some(3), "{done:?}");
    let junit = site.read("report.xml");
    assert!(junit.contains("tests=\"1\" failures=\"0\" errors=\"1\""), "{junit}");
    assert!(junit.contains("<error type=\"no plugin selected\""), "{junit}");
    assert!(site.read("report.tap").contains("\nnot ok 1 - "), "{}", site.read("report.tap"));
    let json: Value = serde_json::from_str(&site.read("report.json")).expect("JSON");
    assert_eq!((&json["badHosts"], &json["hosts"][0]["bad"]), (&json!(1), &json!(true)));
}

/// Nobody knows how a plugin is whose configuration is broken.
#[test]
fn a_plugin_that_is_not_loaded_is_told_in_every_report() {
    let mut pages = daemon(&[("Disk", "OK")]);
    pages["not_loaded"] = json!("1; We%20b");
    let site = Site::of(&pages);
    let formats = ["minimal", "text", "long", "table", "json", "raw", "junit", "tap", "markdown", "github", "gitlab"];
    let outputs: Vec<_> = formats.iter().map(|format| format!(" -o {format}=@{format}")).collect();
    let line = format!("gate -s HOST --within 60s --fail-on review{}", outputs.concat());
    let done = site.run(&line);
    assert_eq!(done.code, Some(4), "{done:?}");
    for format in formats {
        let text = site.read(format);
        let is_json = ["json", "raw"].contains(&format);
        let word = if is_json { "\"We b\"" } else { "1 plugin is not loaded (We b)" };
        assert!(text.contains(word), "{format}: {text}");
    }
    let json: Value = serde_json::from_str(&site.read("json")).expect("JSON");
    assert_eq!((&json["needsReview"], &json["hosts"][0]["notLoaded"]["count"]), (&json!(true), &json!(1)));
    // One that the call does not mean is none of its business.
    for options in ["-p Disk", "--exclude-plugins We\u{a0}b"] {
        let line = format!("gate -s HOST --within 60s --fail-on review {options}");
        let words = line.split(' ').map(|word| word.replace("HOST", site.fake.address()).replace('\u{a0}', " "));
        let done = Run::of(SMOKERCLI).args(words).done();
        assert_eq!(done.code, Some(0), "{options}: {done:?}");
    }
}

#[test]
fn a_message_without_end_is_cut_but_for_programs() {
    let mut pages = daemon(&[("Disk", "ERROR")]);
    pages["forced"]["Disk"]["plugin"]["forcedResult"]["messages"]["error"] = json!(["é".repeat(100_000)]);
    let site = Site::of(&pages);
    for format in ["text", "long", "table", "markdown", "junit", "tap", "github", "gitlab"] {
        let done = site.run(&format!("gate -s HOST --within 300ms --every 100ms --no-progress -o {format}"));
        assert!(done.code == Some(3) && done.stdout.len() < 5_000, "{format}: {}", done.stdout.len());
        assert!(done.stdout.contains("éé ...") || format == "gitlab", "{format}: {}", done.stdout);
    }
    let done = site.run("gate -s HOST --within 300ms --every 100ms --no-progress -o json");
    assert!(done.stdout.len() > 200_000, "{}", done.stdout.len());
}
