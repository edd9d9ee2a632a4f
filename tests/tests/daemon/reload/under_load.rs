//! Many reloads under load: nobody sees half of one, nothing is lost, nothing is left behind.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, ScopedJoinHandle};

use nix::sys::signal::Signal;
use serde_json::{Value as Json, json};
use smoker_tests::boot::Boot;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::http::{Request, Response};
use smoker_tests::machine::processes;
use smoker_tests::service_manager::ServiceManager;
use smoker_tests::wait;

/// A set of plugins that all say which set they are of. Half of their names are in every set.
fn set(mark: &str) -> Config {
    let body = format!("Command: 'true'\nInterval: 1h\nSet: {mark}");
    let body = if mark == "even" { format!("{body}\nEven: 1") } else { body };
    let names = (0..20).flat_map(|number| [format!("both{number}"), format!("{mark}{number}")]);
    names.fold(Config::new(), |config, name| config.plugin(&name, &body))
}

/// Takes one configuration after the other until `enough`, and returns how many it were.
fn alternate(daemon: &Daemon, manager: &ServiceManager, configs: &[Config], enough: impl Fn(usize) -> bool) -> usize {
    let mut count = 0;
    while !enough(count) {
        daemon.write(&configs[count % configs.len()]);
        daemon.signal(Signal::SIGHUP);
        let _ = manager.next_with("RELOADING");
        let ready = manager.next_with("READY");
        assert!(!ready["STATUS"].contains("refused"), "{ready:?}");
        count += 1;
    }
    count
}

/// Ends the load, also when a test fails before its own end.
struct Load<'a>(&'a AtomicBool);

impl Drop for Load<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn plugins(page: &Json) -> Vec<&Json> {
    let items = page["plugins"]["items"].as_array().unwrap_or_else(|| panic!("no items in {page}"));
    items.iter().map(|item| &item["plugin"]).collect()
}

/// Fails unless all plugins are of one set and each of those that are listed is there.
fn expect_one_set(page: &Json, count: usize) {
    let plugins = plugins(page);
    let sets: Vec<_> = plugins.iter().map(|plugin| plugin["parameters"]["Set"].as_str().expect("a set")).collect();
    assert!(sets.iter().all(|set| *set == sets[0]), "{sets:?}");
    assert_eq!(plugins.len(), count, "{page}");
    for plugin in plugins {
        assert!(plugin["nextRun"].is_string(), "each has its plan: {plugin}");
        let name = plugin["name"].as_str().expect("a name");
        assert!(name.starts_with("both") || name.starts_with(sets[0]), "{name} is none of {}", sets[0]);
    }
}

#[test]
fn a_page_and_a_request_meet_one_configuration() {
    let manager = ServiceManager::new();
    let configs = [set("odd"), set("even")];
    let daemon = Boot::of(configs[1].clone()).environment("NOTIFY_SOCKET", manager.address()).start();
    let _ = manager.next();
    let is_over = AtomicBool::new(false);
    let asked = [const { AtomicUsize::new(0) }; 3];
    let done = |at: usize| asked[at].fetch_add(1, Ordering::Relaxed);
    let post = |process: Json| daemon.send(&Request::post("/processes", json!({ "process": process }).to_string()));
    thread::scope(|threads| {
        let _load = Load(&is_over);
        let threads = [
            threads.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    expect_one_set(&daemon.get("/plugins").json(), 40);
                    done(0);
                }
            }),
            threads.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    // No configuration has both.
                    let response = post(json!({"plugins": ["both1", "odd1", "even1"]}));
                    let message = response.expect_error(500);
                    assert!(message == "Plugin odd1 not found" || message == "Plugin even1 not found", "{message}");
                    done(1);
                }
            }),
            threads.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let response = post(json!({"plugins": ["both1"], "filter": {"Even": 1}}));
                    let expected = if response.status == 202 { names_of(&daemon, &response) } else { Vec::new() };
                    assert!(expected.is_empty() || expected.len() == 41 || expected == ["both1"], "{expected:?}");
                    done(2);
                }
            }),
        ];
        alternate(&daemon, &manager, &configs, |count| {
            let has_failed = threads.iter().any(ScopedJoinHandle::is_finished);
            has_failed || (count >= 100 && asked.iter().all(|count| count.load(Ordering::Relaxed) >= 100))
        });
    });
}

/// The plugins of a process that was just begun.
fn names_of(daemon: &Daemon, response: &Response) -> Vec<String> {
    let path = response.header("Location").expect("a process has a place").trim_start_matches('/').to_owned();
    let page = daemon.get("/processes").json();
    let processes = page.as_array().expect("a list");
    let process = processes.iter().find(|process| process["href"] == path.as_str());
    let names = process.unwrap_or_else(|| panic!("no {path}"))["plugins"].as_array().expect("a list");
    names.iter().map(|name| name.as_str().expect("a name").to_owned()).collect()
}

/// What a daemon occupies: kilobytes of memory, threads, open files.
fn occupied(pid: i32) -> (usize, usize, usize) {
    let status = processes::status(pid).expect("it runs");
    let number = |name: &str| status[name].split(' ').next().and_then(|text| text.parse().ok()).expect("a number");
    let files = fs::read_dir(format!("/proc/{pid}/fd")).expect("it runs").count();
    (number("VmRSS"), number("Threads"), files)
}

#[test]
#[cfg(target_os = "linux")]
fn a_thousand_reloads_under_load_leave_nothing_behind() {
    let manager = ServiceManager::new();
    let body = |more: &str| format!("Command: echo {more}\nInterval: 0.5\nHistory: 3\nText: {}", "x".repeat(200));
    // Every reload adds, changes, removes and keeps some.
    let config = |number: usize| {
        let config = Config::new().top(&format!("nr_concurrent_plugins: {}", 4 + number));
        let config = (0..10).fold(config, |config, plugin| config.plugin(&format!("stays{plugin}"), &body("stays")));
        let config = config.plugin("changes", &body(&format!("change{number}")));
        (0..10).fold(config, |config, plugin| config.plugin(&format!("comes{number}and{plugin}"), &body("goes")))
    };
    let configs: Vec<_> = (0..4).map(config).collect();
    let daemon = Boot::of(configs[3].clone()).environment("NOTIFY_SOCKET", manager.address()).start();
    let _ = manager.next();
    daemon.run("stays1").expect_ok(&["stays"]);
    let (_, threads_before, files_before) = occupied(daemon.pid());
    let is_over = AtomicBool::new(false);
    let forced = AtomicUsize::new(0);
    thread::scope(|threads| {
        let load = Load(&is_over);
        let loads: Vec<_> = (0..2)
            .map(|_| {
                threads.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        let process = daemon.force(&["stays1", "changes"]);
                        let outcomes = daemon.finish(&process);
                        outcomes[0].1.expect_ok(&["stays"]);
                        assert_eq!((outcomes.len(), outcomes[1].1.status()), (2, "OK"));
                        assert_eq!(daemon.get("/plugins").status, 200);
                        forced.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        let has_failed = || loads.iter().any(ScopedJoinHandle::is_finished);
        // The kept processes, 1000 of them, and what the allocator keeps are there after the first part.
        alternate(&daemon, &manager, &configs, |count| {
            has_failed() || (count >= 400 && forced.load(Ordering::Relaxed) > 1000)
        });
        let before = occupied(daemon.pid());
        let begun = forced.load(Ordering::Relaxed);
        alternate(&daemon, &manager, &configs, |count| has_failed() || count >= 1000);
        let after = occupied(daemon.pid());
        drop(load);
        if has_failed() {
            return;
        }
        assert!(forced.load(Ordering::Relaxed) > begun, "there was load meanwhile");
        println!("memory (kB), threads, files: {before:?}, 1000 reloads later {after:?}");
        assert!(after.0 <= before.0 + 2048, "memory in kB: {} and later {}", before.0, after.0);
    });
    // Scheduled runs come and go, each with a few files.
    wait::until("what the load held to be given back", || {
        let (_, threads, files) = occupied(daemon.pid());
        (threads <= threads_before + 1 && files <= files_before + 8).then_some(())
    });
    daemon.run("stays1").expect_ok(&["stays"]);
}
