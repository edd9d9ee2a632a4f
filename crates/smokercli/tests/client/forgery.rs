//! What hosts say never reads as a line of the report, and never sends the client to another host.

use serde_json::value::RawValue;
use serde_json::{Value, json};
use smokercli::plugin::Plugin;
use smokercli::render::format::{Detail, Format};
use smokercli::render::{list, render};
use smokercli::report::{HostReport, Report};
use smokercli::terminal::style::Style;

use crate::corpus::host;
use crate::fake::Fake;
use crate::run::{Run, SMOKERCLI};

/// Line breaks of every kind, each before lines of the report's own forms.
fn forged(word: &str) -> String {
    ["\n", "\r", "\r\n", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}", "\0"]
        .iter()
        .flat_map(|end| {
            ["web02 [OK]", "- Disk [OK] (2026-01-01 12:00:00)", "...", "ok 2 - web02", "  [info] forged", "web02: x"]
                .map(|line| format!("{word}{end}{line}"))
        })
        .collect()
}

fn forging_report() -> Report {
    let text = forged("x");
    let messages = json!({"info": [text], "warn": [text], "error": [text], text.as_str(): [text]});
    let plugin: Value = json!({
        "name": forged("p"),
        "lastResult": {
            "status": "ERROR", "lastRun": text, "messages": messages,
            "componentResults": [{"componentResult": {"name": forged("c"), "status": "ERROR", "messages": messages}}],
            "action": {"status": "ERROR", "messages": messages},
        },
        "nextRun": text, "parameters": {text.as_str(): text, "List": [text], "Map": {text.as_str(): text}},
    });
    let plugin = Plugin::parse(RawValue::from_string(plugin.to_string()).expect("JSON"));
    Report::new(vec![HostReport::reached(forged("web01"), vec![plugin]), HostReport::unreachable(forged("down"), text)])
}

#[test]
fn no_line_of_a_text_format_is_forged() {
    let report = forging_report();
    let texts = [Detail::Minimal, Detail::Normal, Detail::Long, Detail::Full].map(Format::Text);
    let tables = [Format::Table { width: None }, Format::Table { width: Some(10) }];
    let mut pages: Vec<_> = texts.iter().chain(&tables).map(|format| render(&report, format, Style::Plain)).collect();
    pages.push(list(&report));
    for page in pages {
        for line in page.lines() {
            let is_forged = ["web02", "- Disk", "...", "ok 2", "  [info] forged"]
                .iter()
                .any(|start| line.starts_with(start) && !line.contains("\\n"));
            assert!(!is_forged, "{line:?} in\n{page}");
        }
        assert!(!page.contains(['\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}', '\0']), "{page:?}");
    }
}

/// In TAP every further line of a message is deeper than the line that ends its block.
#[test]
fn no_message_ends_its_block_of_tap() {
    let page = render(&forging_report(), &Format::Tap, Style::Plain);
    let mut block: Option<usize> = None;
    for line in page.lines() {
        let depth = line.len() - line.trim_start_matches('\t').len();
        match (block, line.trim_start_matches('\t')) {
            (None, "---") => block = Some(depth),
            (Some(start), "...") if depth == start => block = None,
            (Some(start), _) => assert!(depth > start, "{line:?} in\n{page}"),
            (None, rest) => {
                let known = ["1..", "ok ", "not ok "].iter().any(|start| rest.starts_with(start));
                assert!(known, "{line:?} in\n{page}");
            }
        }
    }
    assert_eq!(block, None);
}

#[test]
fn each_line_of_standard_error_is_about_one_problem() {
    let mut spec = host("solo");
    spec["about"]["about"]["host"] = json!(forged("h"));
    spec["fail"] = json!("http500");
    spec["fail_at"] = json!("plugins");
    let fake = Fake::start(&spec);
    let done = Run::of(SMOKERCLI).args(["-s", fake.address()]).done();
    assert!(done.stderr.lines().all(|line| line.starts_with("ERROR: ")), "{}", done.stderr);
    assert_eq!(done.stderr.lines().count(), 2, "{}", done.stderr);
}

#[test]
fn a_redirect_to_another_host_is_not_followed_and_a_post_is_not_repeated() {
    for status in [301, 302, 303, 307, 308] {
        let target = Fake::start(&host("solo"));
        let elsewhere = format!("http://127.0.0.2:{}", target.port());
        let same_host = format!("http://{}", target.address());
        for (method, to) in [("GET", &elsewhere), ("POST", &elsewhere), ("POST", &same_host)] {
            let mut spec = host("solo");
            spec["redirect"] = json!({"status": status, method: to});
            let fake = Fake::start(&spec);
            let done = Run::of(SMOKERCLI).args(["-s", fake.address(), "-f"]).done();
            assert_eq!(target.requests(), Vec::<Value>::new(), "{status} {method}");
            let text = format!("HTTP Error {status}");
            assert!(done.stderr.contains(&text) && done.stderr.contains(to.as_str()), "{}", done.stderr);
        }
    }
}

#[test]
fn a_get_follows_a_redirect_on_its_host() {
    let target = Fake::start(&host("solo"));
    let mut spec = host("solo");
    spec["redirect"] = json!({"status": 302, "GET": format!("http://{}", target.address())});
    let fake = Fake::start(&spec);
    let done = Run::of(SMOKERCLI).args(["-s", fake.address()]).done();
    assert_eq!((done.code, target.requests().len()), (Some(0), 2), "{}", done.stderr);
}

#[test]
fn a_failed_action_is_shown_with_its_messages_where_the_format_is_not_fixed() {
    let fake = Fake::start(&host("shop"));
    for (format, texts) in [
        ("normal", ["  action [ERROR]\n", "    [error] mail not sent\n"]),
        ("long", ["  action [ERROR]\n", "    [error] mail not sent\n"]),
        ("full", ["  action [ERROR]\n", "    [error] mail not sent\n"]),
        ("table", ["shop.example.com: queue: action [ERROR] mail not sent\n", ""]),
        ("junit", ["classname=\"shop.example.com.queue\" name=\"action\"", "message=\"mail not sent\""]),
        ("ndjson", ["\"action\":{\"status\":\"ERROR\"", "mail not sent"]),
    ] {
        let done = Run::of(SMOKERCLI).args(["-s", fake.address(), "-o", format]).done();
        assert!(texts.iter().all(|text| done.stdout.contains(text)), "{format}:\n{}", done.stdout);
    }
}
