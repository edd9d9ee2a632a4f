//! Results with what is known of their runs: choosing, pages of them, sums, and what a client has already.

use serde_json::{Value as Json, json};
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::http::{Request, Response};

/// What `a` prints, one line a run.
const ANSWERS: &str = r#"fine
{"status": "ERROR", "messages": {"info": [], "warn": [], "error": ["broken"]}}
{"status": "WARN", "messages": {"info": [], "warn": ["soon"], "error": []}}
fine
"#;

/// A daemon with two plugins: `a` has run four times, OK, ERROR, WARN and OK, and `b c/d` once between.
fn daemon() -> Daemon {
    let config = Config::new()
        .base("History: 4")
        .plugin("a", "Command: echo x >> {{DIR}}/runs; sed -n \"$(wc -l < {{DIR}}/runs)p\" {{DIR}}/answers")
        .plugin("'b c/d'", "Command: 'true'\nHistory: 1");
    let daemon = Daemon::start(config);
    std::fs::write(daemon.path("answers"), ANSWERS).expect("writable");
    for name in ["a", "a", "b c/d", "a", "a"] {
        let _ = daemon.run(name);
    }
    daemon
}

fn results(page: &Response) -> Vec<Json> {
    assert_eq!(page.status, 200, "{}", page.text());
    page.json()["results"].as_array().expect("results").clone()
}

/// Sequence, plugin and status of each result.
fn facts(page: &Response) -> Vec<(u64, String, String)> {
    let text = |json: &Json| json.as_str().expect("a text").to_owned();
    let fact = |entry: &Json| {
        let sequence = entry["sequence"].as_u64().expect("a sequence");
        (sequence, text(&entry["plugin"]), text(&entry["result"]["status"]))
    };
    results(page).iter().map(fact).collect()
}

fn sequences(page: &Response) -> Vec<u64> {
    facts(page).into_iter().map(|(sequence, ..)| sequence).collect()
}

#[test]
fn results_are_found_newest_first_page_by_page_with_what_is_known_of_their_runs() {
    let daemon = daemon();
    let all = daemon.get("/results");
    let expected = [(5, "a", "OK"), (4, "a", "WARN"), (3, "b c/d", "OK"), (2, "a", "ERROR"), (1, "a", "OK")];
    assert_eq!(
        facts(&all),
        expected.map(|(sequence, plugin, status)| (sequence, plugin.to_owned(), status.to_owned()))
    );
    assert_eq!(all.json()["nextCursor"], Json::Null);
    let newest = &results(&all)[0];
    assert_eq!(
        (&newest["trigger"], &newest["attempt"], &newest["generation"]),
        (&json!("force"), &json!(1), &json!(1))
    );
    assert!(newest["triggeredBy"].as_str().expect("a client").starts_with("127.0.0.1:"), "{newest}");
    assert!(newest["planned"].as_str() <= newest["started"].as_str(), "{newest}");
    assert!(newest["started"].as_str() <= newest["result"]["lastRunUtc"].as_str(), "{newest}");
    assert_eq!(newest["result"], daemon.plugin("a")["plugin"]["lastResult"], "the result is that of the other pages");

    // Every page by its cursor, however many there are meanwhile.
    let first = daemon.get("/results?limit=2");
    assert_eq!(sequences(&first), [5, 4]);
    let _ = daemon.run("b c/d");
    let cursor = first.json()["nextCursor"].as_str().expect("more").to_owned();
    let second = daemon.get(&format!("/results?limit=2&cursor={cursor}"));
    assert_eq!(
        (sequences(&second), &second.json()["nextCursor"]),
        (vec![2, 1], &Json::Null),
        "3 was dropped meanwhile"
    );
    assert_eq!(sequences(&daemon.get("/plugins/b%20c%2Fd/results")), [6]);
    assert_eq!(sequences(&daemon.get("/plugins/a/results/?status=warn,ERROR")), [4, 2]);
    assert_eq!(sequences(&daemon.get("/plugins/a/results?since=1h&until=0s&limit=1")), [5]);
    assert_eq!(sequences(&daemon.get("/results?until=1h")), [0; 0]);
    assert_eq!(sequences(&daemon.get("/results?since=1700000000")), [6, 5, 4, 2, 1]);
    let third = results(&all)[1]["started"].as_str().expect("a time").to_owned();
    assert_eq!(sequences(&daemon.get(&format!("/results?since={third}"))), [6, 5, 4]);
    assert_eq!(sequences(&daemon.get(&format!("/results?until={third}"))), [2, 1]);
    let head = daemon.send(&Request::new("HEAD", "/results"));
    assert_eq!((head.status, head.body.len()), (200, 0));
}

#[test]
fn what_a_query_cannot_mean_is_refused_with_the_reason() {
    let daemon = Daemon::start(Config::new().plugin("a", "Command: 'true'"));
    for (query, parts) in [
        ("stauts=OK", ["stauts=OK", "did you mean status"]),
        ("status=BAD", ["status=BAD", "OK, WARN, ERROR"]),
        ("status=", ["status=:", "OK, WARN, ERROR"]),
        ("since=yesterday", ["since=yesterday", "24h"]),
        ("since=2026-11-25", ["since=2026-11-25", "2026-11-25T02:13:51Z"]),
        ("limit=0", ["limit=0", "from 1 to 1000"]),
        ("limit=1001", ["limit=1001", "from 1 to 1000"]),
        ("cursor=x", ["cursor=x", "nextCursor"]),
        ("limit=1&limit=2", ["limit=2", "twice"]),
        ("since=1h&until=2h", ["since", "until"]),
    ] {
        for path in ["/results", "/plugins/a/results"] {
            let refused = daemon.get(&format!("{path}?{query}")).expect_error(400);
            assert!(parts.iter().all(|part| refused.contains(part)), "{query}: {refused}");
        }
    }
    assert!(daemon.get("/plugins/a/summary?limit=1").expect_error(400).contains("since, until"));
    for path in ["/plugins/x/results", "/plugins/x/summary"] {
        assert_eq!(daemon.get(path).expect_error(404), "Plugin x not found");
    }
    assert_eq!(daemon.send(&Request::post("/plugins/x/summary", "{}")).status, 405);
    assert_eq!(daemon.get("/plugins/a/results").json(), json!({"results": [], "nextCursor": null}));
    let summary = daemon.get("/plugins/a/summary").json()["summary"].clone();
    assert_eq!(
        (&summary["runs"], &summary["availability"], &summary["duration"]),
        (&json!(0), &Json::Null, &Json::Null)
    );
}

#[test]
fn an_answer_without_a_limit_has_a_hundred_results() {
    let daemon = Daemon::start(Config::new().plugin("a", "Command: 'true'\nInterval: 0.01\nHistory: 1000"));
    let _ = daemon.wait_for_results("a", 101);
    let page = daemon.get("/results");
    assert_eq!((results(&page).len(), page.json()["nextCursor"].is_string()), (100, true));
    assert_eq!(results(&page)[0]["trigger"], "timer");
    assert_eq!(results(&page)[0].get("triggeredBy"), None);
}

#[test]
fn runs_are_summed_up() {
    let daemon = daemon();
    let summary = daemon.get("/plugins/a/summary?since=1h").json()["summary"].clone();
    let expected = json!({"plugin": "a", "runs": 4, "failures": 1, "warnings": 1, "availability": 0.75, "flaps": 2});
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(summary[name], *value, "{summary}");
    }
    assert_eq!(summary["longestBadSpell"]["runs"], 2, "{summary}");
    let seconds = |json: &Json| json.as_f64().unwrap_or_else(|| panic!("no seconds: {summary}"));
    let durations: Vec<_> =
        results(&daemon.get("/plugins/a/results")).iter().map(|entry| seconds(&entry["result"]["duration"])).collect();
    let longest = durations.iter().copied().fold(0.0, f64::max);
    // A little longer than the results say, which leave out actions.
    let is_near = |sum: &Json, result: f64| (result..result + 0.2).contains(&(seconds(sum) + 1e-6));
    assert!(is_near(&summary["duration"]["p95"], longest), "{summary} {durations:?}");
    assert!(is_near(&summary["duration"]["mean"], durations.iter().sum::<f64>() / 4.0), "{summary} {durations:?}");
    assert_eq!(daemon.get("/plugins/a/summary?until=1h").json()["summary"]["runs"], 0);
}

#[test]
fn a_page_that_a_client_has_is_not_sent_again_and_a_long_one_is_compressed() {
    let daemon = daemon();
    for path in ["/results", "/plugins/a/results", "/plugins/a/summary"] {
        let page = daemon.get(path);
        let tag = page.header("ETag").expect("a tag").to_owned();
        let again = daemon.send(&Request::get(path).header("If-None-Match", &format!("\"x\", {tag}")));
        assert_eq!((again.status, again.body.len(), again.header("ETag")), (304, 0, Some(&*tag)), "{path}");
        assert_eq!(daemon.send(&Request::get(path).header("If-None-Match", "W/\"0\"")).body, page.body);
    }
    let page = daemon.get("/results");
    assert_eq!((page.header("Content-Encoding"), page.header("Vary")), (None, Some("accept-encoding")));
    let compressed = daemon.send(&Request::get("/results").header("Accept-Encoding", "br, gzip"));
    assert_eq!((compressed.header("Content-Encoding"), &compressed.body[..2]), (Some("gzip"), &[0x1f, 0x8b][..]));
    assert!(compressed.body.len() < page.body.len() / 2);
    assert_eq!(gunzip(&compressed.body), page.body);
    let _ = daemon.run("a");
    let tag = page.header("ETag").expect("a tag");
    assert_eq!(daemon.send(&Request::get("/results").header("If-None-Match", tag)).status, 200, "it has changed");
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), bytes).expect("writable");
    let read = std::fs::File::open(file.path()).expect("readable");
    let output =
        std::process::Command::new("gzip").arg("-dc").stdin(read).output().expect("gzip is part of every system");
    assert!(output.status.success(), "{output:?}");
    output.stdout
}
