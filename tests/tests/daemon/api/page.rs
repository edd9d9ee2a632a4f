//! The page for browsers: who gets it, what it may do, and a real browser that uses it.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use smoker_tests::boot::Boot;
use smoker_tests::cli;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::http::{Request, Response};

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

const DISK: &str = r#"{"status": "WARN", "messages": {"info": [], "warn": ["91% used"], "error": []},
 "componentResults": {"/": {"status": "OK", "messages": {"info": ["27% used"], "warn": [], "error": []}},
 "/srv": {"status": "WARN", "messages": {"info": [], "warn": ["91% used"], "error": []}}}}"#;

/// A megabyte that a browser, a terminal or a reader could be taken in by.
fn hostile() -> String {
    let begin =
        "<script>window.pwned = 1</script><img src=x onerror=alert(1)><b>bold</b> \u{202e}txt \u{1b}[2J </td></table>";
    begin.to_owned() + &"x".repeat(1 << 20)
}

fn config() -> Config {
    Config::new()
        .base("MaxOutput: 4M")
        .plugin("fine", "Command: echo well\nType: smokeTest\nInterval: 1h\nSplay: 0")
        .plugin("disk", "Category: system\nComponent: storage\nCommand: cat {{DIR}}/disk")
        .plugin("hostile", "Command: cat {{DIR}}/hostile; exit 1")
        .plugin("changes", "Category: shop\nCommand: '! grep . {{DIR}}/changes'")
        .plugin("quiet", "Command: 'true'")
}

fn daemon(config: Config) -> Daemon {
    let mut daemon = Boot::of(config).prepare();
    for (name, text) in [("disk", DISK), ("hostile", &hostile()), ("changes", "")] {
        fs::write(daemon.path(name), text).expect("writable");
    }
    daemon.try_start().expect("it starts");
    daemon
}

fn with_results(config: Config) -> Daemon {
    let daemon = daemon(config);
    for name in ["fine", "disk", "hostile", "changes"] {
        let _ = daemon.run(name);
    }
    daemon
}

fn expect_policy(page: &Response) {
    let policy = page.header("Content-Security-Policy").expect("a policy");
    for part in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("-inline") && !policy.contains("-eval"), "{policy}");
    assert_eq!(page.header("X-Content-Type-Options"), Some("nosniff"));
}

#[test]
fn browsers_get_the_page_and_everybody_else_what_they_got_before() {
    let daemon = daemon(config());
    let ask = |path: &str, accept: &str| daemon.send(&Request::get(path).header("Accept", accept));
    for accept in ["text/html", "application/json", "*/*"] {
        let root = ask("/", accept);
        assert_eq!((root.status, root.content_type()), (200, "application/json"), "{accept}");
    }
    let page = ask("/", BROWSER);
    assert_eq!((page.status, page.content_type()), (200, "text/html; charset=utf-8"));
    expect_policy(&page);
    for path in ["/ui", "/ui/"] {
        let same = ask(path, "*/*");
        assert_eq!(same.text(), page.text());
        expect_policy(&same);
    }
    // It has its two files, and nothing of the plugins.
    let text = page.text();
    assert!(!text.contains("disk") && text.contains("<noscript>") && text.contains("href=\"/ui/table\""), "{text}");
    let mut size = text.len();
    let files: Vec<_> = text.split('"').filter(|part| part.starts_with("/ui/page-")).collect();
    assert_eq!(files.len(), 2);
    for (file, kind) in files.iter().zip(["text/css", "text/javascript"]) {
        let file = daemon.get(file);
        assert_eq!((file.status, file.content_type()), (200, &*format!("{kind}; charset=utf-8")));
        assert!(file.header("Cache-Control").is_some_and(|value| value.contains("immutable")));
        expect_policy(&file);
        size += file.body.len();
    }
    assert!(size <= 40_000, "{size}");
    let missing = daemon.get("/ui/page.js");
    assert_eq!((missing.status, missing.content_type()), (404, "application/problem+json"));
    assert!(
        missing.json()["detail"].as_str().is_some_and(|detail| detail.contains("/ui/page.js")),
        "{}",
        missing.text()
    );
    assert_eq!(daemon.send(&Request::post("/ui", "{}")).status, 405);
    assert_eq!(daemon.send(&Request::new("HEAD", "/ui")).status, 200);
    let elsewhere = Request::get("/ui").header("Host", "evil.example").header("User-Agent", "Mozilla/5.0");
    assert_eq!(daemon.send(&elsewhere).status, 403);
}

#[test]
fn the_table_needs_no_scripts_and_what_plugins_print_stays_text() {
    let daemon = with_results(config());
    let page = daemon.get("/ui/table");
    assert_eq!((page.status, page.content_type()), (200, "text/html; charset=utf-8"));
    expect_policy(&page);
    let text = page.text();
    for part in ["91% used", "2 components, 1 of them not OK", "on request", "▲ WARN", "&lt;script&gt;", "? UNKNOWN"]
    {
        assert!(text.contains(part), "{part} is not in {}", &text[..text.len().min(20_000)]);
    }
    // All of its times are of one clock, and say so.
    let fine = text.split("<bdi>fine</bdi>").nth(1).and_then(|rest| rest.split("</tr>").next()).expect("a row");
    assert_eq!(fine.matches(" UTC</td>").count(), 2, "{fine}");
    assert!(!text.contains("<script") && !text.contains("<img") && !text.contains(['\u{202e}', '\u{1b}']));
    assert!(text.len() < 200_000, "a long message is cut");
    let place = |part: &str| text.find(part).unwrap_or_else(|| panic!("no {part}"));
    assert!(place("hostile") < place("quiet") && place("quiet") < place("disk") && place("disk") < place("fine"));
}

#[test]
fn the_page_needs_no_identity_and_what_it_shows_does() {
    let mut daemon = Boot::of(config().top("state_dir: '{{DIR}}/state'\nlocal_role: none")).prepare();
    daemon.try_start().expect("it starts");
    for path in ["/ui", "/ui/"] {
        assert_eq!(daemon.get(path).status, 200);
    }
    assert_eq!(daemon.send(&Request::get("/").header("Accept", BROWSER)).status, 200);
    for path in ["/", "/ui/table", "/plugins", "/events", "/ui/x"] {
        assert_eq!(daemon.get(path).status, 401, "{path}");
    }
}

/// Runs a scenario of the browser at this address. The folder of the daemon gets the pictures.
pub(crate) fn look(scenario: &str, address: SocketAddr, daemon: &Daemon, tokens: &str) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/smoker-page/browser/look.mjs");
    let mut node = Command::new("node");
    node.arg(script).args([scenario, &format!("http://{address}")]).arg(daemon.path("")).arg(tokens);
    let output = cli::run_within(&mut node, Duration::from_secs(300));
    assert_eq!(output.code, 0, "{}\n{}", output.text(), daemon.log());
    if let Some(folder) = std::env::var_os("SMOKER_TESTS_PICTURES") {
        for name in ["page-light.png", "page-dark.png", "page-phone.png", "fleet.png"] {
            if daemon.path(name).exists() {
                fs::copy(daemon.path(name), Path::new(&folder).join(name)).expect("a picture");
            }
        }
    }
}

#[test]
#[cfg_attr(not(has_browser), ignore = "needs chromium and `npm ci` in crates/smoker-page")]
fn a_browser_shows_plugins_live_and_everybody_can_use_it() {
    let daemon = with_results(config());
    look("page", daemon.address(), &daemon, "");
}

#[test]
#[cfg_attr(not(has_browser), ignore = "needs chromium and `npm ci` in crates/smoker-page")]
fn a_browser_logs_in_with_a_token_and_silences_a_plugin() {
    let mut daemon = Boot::of(config().top("state_dir: '{{DIR}}/state'\nlocal_role: none")).prepare();
    let token = |name, role| {
        let arguments = ["-c", "{{DIR}}/smokerd.yaml", "--token", "add", name, "--role", role];
        let added = cli::smokerd(&daemon.sandbox, &arguments);
        added.expect_code(0);
        added.stdout.trim().to_owned()
    };
    let tokens = [token("desk", "read"), token("boss", "admin")].join(",");
    daemon.try_start().expect("it starts");
    look("login", daemon.address(), &daemon, &tokens);
}

/// What a page goes through with real daemons: rows of `trouble.mjs`.
fn trouble(scenario: &str, with: Config, other: &str) {
    let mut daemon = Boot::of(with).environment("SMOKER_TESTS_HEARTBEAT", "300").prepare();
    fs::write(daemon.path("changes"), "").expect("writable");
    fs::write(daemon.path("odd"), ODD).expect("writable");
    daemon.try_start().expect("it starts");
    for name in ["fine", "changes"] {
        let _ = daemon.run(name);
    }
    look(scenario, daemon.address(), &daemon, other);
}

fn of_trouble() -> Config {
    Config::new().plugin("fine", "Command: echo well").plugin("changes", "Command: '! grep . {{DIR}}/changes'")
}

/// What no program should give as a result.
const ODD: &str = r#"{"status": "OK", "messages": {"info": ["a\udb40\udc41b\u202e"], "warn": [], "error": []},
 "componentResults": {"__proto__": {"status": "OK", "messages": null}, "": {"status": "OK", "messages": null},
  "a.component.for.which.somebody.has.taken.a.lot.of.time.and.no.blanks.either": {"status": "WARN", "messages": null}},
 "perfdata": [null, "x", [], {"label": "a", "value": 1}]}"#;

#[test]
#[cfg_attr(not(has_browser), ignore = "needs chromium and `npm ci` in crates/smoker-page")]
fn a_connection_that_dies_in_silence_is_made_again_to_a_daemon_that_has_lost_its_memory() {
    let mut other = Boot::of(of_trouble()).prepare();
    fs::write(other.path("changes"), "broken").expect("writable");
    other.try_start().expect("it starts");
    trouble("silence", of_trouble(), &format!("http://{}", other.address()));
}

#[test]
#[cfg_attr(not(has_browser), ignore = "needs chromium and `npm ci` in crates/smoker-page")]
fn results_are_on_the_page_also_where_a_proxy_keeps_the_stream_back() {
    trouble("buffered", of_trouble(), "");
}

#[test]
#[cfg_attr(not(has_browser), ignore = "needs chromium and `npm ci` in crates/smoker-page")]
fn pages_that_nobody_sees_leave_the_connections_to_the_others() {
    trouble("unseen", of_trouble(), "");
}

#[test]
#[cfg_attr(not(has_browser), ignore = "needs chromium and `npm ci` in crates/smoker-page")]
fn an_older_answer_does_not_hide_a_newer_result() {
    trouble("order", of_trouble(), "");
}

#[test]
#[cfg_attr(not(has_browser), ignore = "needs chromium and `npm ci` in crates/smoker-page")]
fn a_burst_of_changes_is_told_whole_and_an_interrupted_run_says_nothing() {
    trouble("burst", of_trouble().plugin("soft", "Command: 'true'"), "");
}

#[test]
#[cfg_attr(not(has_browser), ignore = "needs chromium and `npm ci` in crates/smoker-page")]
fn an_odd_result_harms_no_page() {
    let long = "a.name.of.a.plugin.for.which.somebody.has.taken.a.lot.of.time.and.no.blanks";
    let config = of_trouble().plugin("odd", "Command: cat {{DIR}}/odd").plugin(long, "Command: 'true'");
    trouble("odd", config, "");
}

#[test]
#[cfg_attr(not(has_browser), ignore = "needs chromium and `npm ci` in crates/smoker-page")]
fn the_page_asks_for_what_events_do_not_say() {
    let often = "Interval: 1\nSplay: 0";
    let config = of_trouble()
        .plugin("soft", &format!("{often}\nRetries: 1000\nRetryInterval: 1\nCommand: '! grep . {{{{DIR}}}}/changes'"))
        .plugin("parent", "Command: '! grep . {{DIR}}/changes'")
        .plugin("child", &format!("{often}\nDependsOn: [parent]\nCommand: 'true'"));
    trouble("standing", config, "");
}

#[test]
#[cfg_attr(not(has_browser), ignore = "needs chromium and `npm ci` in crates/smoker-page")]
fn who_has_no_mouse_keeps_the_place_and_what_is_open_goes_on() {
    trouble("focus", of_trouble(), "");
}

#[test]
#[cfg_attr(not(has_browser), ignore = "needs chromium and `npm ci` in crates/smoker-page")]
fn a_browser_that_listens_for_hours_keeps_little() {
    let daemon = with_results(config());
    look("hour", daemon.address(), &daemon, "");
}

#[test]
#[cfg_attr(not(has_node_modules), ignore = "needs `npm ci` in crates/smoker-page")]
fn the_built_files_are_those_of_the_sources() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/smoker-page");
    let output = cli::run(Command::new("npm").args(["run", "--silent", "compare"]).current_dir(folder));
    assert_eq!(output.code, 0, "{}", output.text());
}
