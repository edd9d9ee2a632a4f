//! Rendering, against golden files. `UPDATE_GOLDEN=1` writes them again; read the difference before keeping it.

use std::path::PathBuf;

use serde_json::value::RawValue;
use serde_json::{Value, json};
use smokercli::plugin::Plugin;
use smokercli::render::data::template::Template;
use smokercli::render::format::{Detail, Format};
use smokercli::render::layout::Layout;
use smokercli::render::{list, render};
use smokercli::report::history::PastResult;
use smokercli::report::{HostReport, Report};
use smokercli::terminal::style::Style;

fn plugin(json: &Value) -> Plugin {
    Plugin::parse(RawValue::from_string(json.to_string()).expect("JSON"))
}

fn messages(info: &[&str], warn: &[&str], error: &[&str]) -> Value {
    json!({"info": info, "error": error, "warn": warn})
}

/// Everything that is awkward: a host that could not be asked, a plugin that
/// has never run, lines and control characters in messages and names, a name
/// of 200 columns, markup, characters of two columns.
pub(crate) fn awkward() -> Report {
    let never = json!({"name": "never", "lastResult": null, "nextRun": null, "parameters": {"Command": "true"}});
    let nasty = json!({
        "name": "na\u{1b}sty\n",
        "lastResult": {
            "status": "ERROR", "lastRun": "2020-01-02T03:04:05.678", "action": null, "forced": false,
            "messages": messages(&["fine"], &[], &["first line\nsecond\tline", "\u{1b}[2J\u{1b}]0;title\u{7}\rgone\u{9b}1m \u{202e}evil"]),
            "componentResults": [
                {"componentResult": {"name": "part <&\"'>", "status": "WARN", "messages": messages(&[], &["50 % & rising"], &[])}},
                {"componentResult": {"name": "silent", "status": "ERROR", "messages": null}},
            ],
        },
        "nextRun": "2020-01-02T03:05:05.678", "parameters": {"Command": "a\u{1b}b", "Type": "smokeTest", "N": 1.0},
    });
    let long = json!({
        "name": "n".repeat(200),
        "lastResult": {"status": "OK", "lastRun": "2020-01-02T03:04:06", "messages": null, "componentResults": null},
    });
    let wide = json!({
        "name": "漢字",
        "lastResult": {"status": "WARN", "lastRun": "2020-01-02T03:04:07", "messages": messages(&[], &["ž"], &[]), "componentResults": {}},
    });
    Report::new(vec![
        HostReport::reached("web02".to_owned(), vec![plugin(&wide), plugin(&never)]),
        HostReport::unreachable("down:8086".to_owned(), "can't open resource http://down:8086/: \u{1b}gone".to_owned()),
        HostReport::reached("web01".to_owned(), vec![plugin(&nasty), plugin(&never), plugin(&long)]),
    ])
}

fn without_the_long_name() -> Report {
    let whole = awkward();
    let hosts = whole.hosts().iter().map(|host| {
        if host.error().is_some() {
            return host.clone();
        }
        let plugins = host.plugins().iter().filter(|plugin| plugin.name().len() < 100).cloned().collect();
        HostReport::reached(host.name().to_owned(), plugins)
    });
    Report::new(hosts.collect())
}

fn layout(columns: &str, sort: Option<&str>) -> Layout {
    Layout::parse(&[columns.to_owned()], sort).expect("columns")
}

/// Reports about daemons of Smoker 2 stay as they were recorded.
#[test]
fn texts_for_people_say_why_a_plugin_has_no_result_where_its_daemon_is_none_of_smoker_2() {
    let never = json!({"name": "never", "lastResult": null, "nextRun": null, "parameters": {}});
    let silent = json!({"name": "silent", "lastResult": {"status": "UNKNOWN", "messages": null}, "nextRun": null});
    let forced = json!({"name": "forced", "lastResult": null, "forcedResult": null, "nextRun": null});
    let skipped = json!({"name": "skipped", "lastResult": null, "nextRun": null,
        "skipped": {"since": "x", "parent": "Db", "reason": "Db is ERROR since 10:02"}});
    let text = |is_current: bool| {
        let plugins = [&never, &silent, &forced, &skipped].map(plugin).to_vec();
        let host = HostReport::reached("web01".to_owned(), plugins).telling_reasons(is_current);
        render(&Report::new(vec![host]), &Format::Text(Detail::Normal), Style::Plain)
    };
    for (is_current, reasons) in [(true, 4), (false, 1)] {
        let text = text(is_current);
        assert_eq!(text.matches("[error]").count(), reasons, "{text}");
        assert!(text.contains("skipped: Db is ERROR since 10:02"), "{text}");
    }
    let text = text(true);
    for reason in
        ["not run yet, and no run is planned", "has no message that says why", "the forced run left no result"]
    {
        assert!(text.contains(reason), "{text}");
    }
}

fn check_golden(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).expect("a golden file can be written");
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(text, golden, "{name} differs");
}

#[test]
fn every_format_shows_awkward_data_as_its_golden_file_does() {
    let formats = [
        ("minimal.txt", Format::Text(Detail::Minimal)),
        ("normal.txt", Format::Text(Detail::Normal)),
        ("full.txt", Format::Text(Detail::Full)),
        ("raw.json", Format::Raw),
        ("one-line.json", Format::Json),
        ("lines.ndjson", Format::Ndjson),
        ("tap.txt", Format::Tap),
        ("tap14.txt", Format::Tap14),
        ("original.xml", Format::Xml(Box::<Template>::default())),
        ("junit.xml", Format::Junit),
        (
            "columns.txt",
            Format::Columns(layout("host,status,plugin,duration,started,next,type,message", Some("status"))),
        ),
        ("page.html", Format::Html),
        ("markdown.md", Format::Markdown),
        ("prometheus.txt", Format::Prometheus),
        ("table-wide.txt", Format::Table { width: None }),
        ("table-as-list.txt", Format::Table { width: Some(80) }),
    ];
    for (name, format) in formats {
        check_golden(name, &render(&awkward(), &format, Style::Plain));
    }
    check_golden("list.txt", &list(&awkward()));
    let table = Format::Table { width: Some(80) };
    check_golden("table.txt", &render(&without_the_long_name(), &table, Style::Plain));
    check_golden("table-colored.txt", &render(&without_the_long_name(), &table, Style::Colored));
}

#[test]
fn no_format_lets_a_terminal_control_through() {
    let formats = [
        Format::Text(Detail::Full),
        Format::Raw,
        Format::Json,
        Format::Ndjson,
        Format::Tap,
        Format::Xml(Box::<Template>::default()),
        Format::Junit,
        Format::Columns(layout("host,plugin,message", None)),
        Format::Html,
        Format::Markdown,
        Format::Prometheus,
        Format::Table { width: None },
    ];
    for format in formats {
        let text = render(&awkward(), &format, Style::Plain);
        let harmful = |c: char| (c.is_control() && c != '\n' && c != '\t') || c == '\u{202e}';
        assert!(!text.contains(harmful), "{format:?}");
    }
}

#[test]
fn rows_are_sorted_by_any_column_and_show_the_past() {
    let result = |status: &str, seconds: f64| json!({"status": status, "lastRun": "2020-01-02T03:04:06", "messages": null, "duration": seconds});
    let named = |name: &str, result: &Value| plugin(&json!({"name": name, "lastResult": result}));
    let past = [("a", "ERROR"), ("a", "WARN"), ("b", "OK"), ("a", "OK")].map(|(plugin, status)| {
        let entry = json!({"plugin": plugin, "result": {"status": status}});
        PastResult::new(entry.as_object().expect("an object").clone())
    });
    let plugins =
        vec![named("a", &result("ERROR", 0.5)), named("b", &result("OK", 10.0)), named("c", &result("OK", 2.0))];
    let report = Report::new(vec![HostReport::reached("web".to_owned(), plugins).with_past(past.to_vec())]);
    let rows = |columns: &str, sort: &str| {
        let text = render(&report, &Format::Columns(layout(columns, Some(sort))), Style::Plain);
        text.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>()
    };
    assert_eq!(rows("plugin,duration", "duration"), ["b 10.00s", "c 2.00s", "a 0.50s"]);
    assert_eq!(rows("plugin", "-plugin"), ["c", "b", "a"]);
    assert_eq!(rows("plugin,past", "status"), ["a ▁▄█", "b ▁", "c -"]);
    assert!(
        Layout::parse(&["host,state".to_owned()], None)
            .expect_err("no column")
            .contains("the columns are host, status")
    );
    assert!(Layout::parse(&[], Some("state")).expect_err("no column").starts_with("--sort: unknown column"));
}

#[test]
fn every_line_of_ndjson_is_json_with_host_and_status() {
    let text = render(&awkward(), &Format::Ndjson, Style::Plain);
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 6);
    assert!(lines.iter().all(|line| line["host"].is_string() && line["status"].is_string()));
    assert_eq!(lines[2]["error"], "can't open resource http://down:8086/: \u{1b}gone");
    assert_eq!(lines[3]["lastResult"]["messages"]["error"][0], "first line\nsecond\tline");
}
