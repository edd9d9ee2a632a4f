//! What a hostile daemon tells `smokercli`: the JSON of its plugins, in every format.
//!
//! Parts: the host's name; its page of plugins; the name of a second host;
//! why that one could not be asked; filters, a line each.

use serde_json::Value as Json;
use serde_json::value::RawValue;
use smoker_model::status::Status;
use smoker_model::wire::pages::PluginsPage;
use smokercli::exit_code::fail_on::FailOn;
use smokercli::filter::{Filter, FilterMode, ParameterTest};
use smokercli::nagios;
use smokercli::plugin::Plugin;
use smokercli::render::data::template::Template;
use smokercli::render::format::{Detail, Format};
use smokercli::render::{list, render};
use smokercli::report::{HostReport, Report, distinct_names};
use smokercli::terminal::sanitize::is_harmful;
use smokercli::terminal::style::{Paint, RESET, Style};

use crate::inputs::fields::{Fields, joined};
use crate::inputs::random::Random;
use crate::limits;
use crate::target::Target;
use crate::targets::output::text;
use crate::targets::shape::shape;
use crate::targets::xml;

pub(crate) const TARGET: Target = Target {
    name: "page",
    about: "smokercli: pages of a hostile daemon, in all formats",
    check,
    make,
    words: &WORDS,
    time: limits::TIME,
};

fn check(input: &[u8]) -> String {
    let fields = Fields::of(input);
    let plugins = match plugins(fields.bytes(1)) {
        Ok(plugins) => plugins,
        Err(reason) => return reason,
    };
    check_filters(&fields.text(4), &plugins);
    check_nagios(&plugins);
    check_verdict(&plugins);
    let (one, other) = (fields.text(0), fields.text(2));
    let names = distinct_names([(&*one, "127.0.0.1:1"), (&*other, "127.0.0.1:2")].into_iter());
    let [one, other] = <[String; 2]>::try_from(names).expect("a name for each host");
    assert_ne!(one, other, "each host has a name of its own");
    let lost = HostReport::unreachable(other, fields.text(3).into_owned());
    check_formats(&Report::new(vec![HostReport::reached(one, plugins.clone()), lost]));
    let states: String = plugins.iter().take(3).map(|plugin| plugin.status().as_str()).collect();
    let first = plugins.first().map(|plugin| Json::Object(plugin.view().into_json())).unwrap_or_default();
    format!("{states} {} {}", shape(&first["lastResult"]), shape(&first["forcedResult"]))
}

/// The plugins of a page, read as the client does.
pub(crate) fn plugins(page: &[u8]) -> Result<Vec<Plugin>, String> {
    let page: PluginsPage<Box<RawValue>> = serde_json::from_slice(page).map_err(|error| error.to_string())?;
    let plugins = page.plugins.items.into_iter().map(|item| item.plugin);
    Ok(plugins.flat_map(|json| [Plugin::parse(json.clone()), Plugin::parse_forced(json)]).collect())
}

fn check_filters(text: &str, plugins: &[Plugin]) {
    let tests: Vec<_> = text.lines().filter_map(ParameterTest::parse).collect();
    let keep = Filter { tests, ..Filter::default() };
    let drop = Filter { mode: FilterMode::Drop, ..keep.clone() };
    let names = Filter { names: text.lines().map(str::to_owned).collect(), ..Filter::default() };
    let resolved = names.resolve_names(&plugins.iter().map(Plugin::name));
    assert!(names.names.is_empty() || !resolved.names.is_empty(), "a list of names does not turn into none");
    for plugin in plugins {
        if !keep.tests.is_empty() {
            assert_ne!(keep.selects(plugin), drop.selects(plugin), "--exclude is the opposite");
        }
        let _ = resolved.selects(plugin);
    }
}

fn check_nagios(plugins: &[Plugin]) {
    let (text, code) = nagios::verdict(plugins);
    let words = ["OK: ", "WARNING: ", "CRITICAL: ", "UNKNOWN: "];
    assert!(text.starts_with(words[usize::from(code)]), "exit code {code} of {text}");
    let all_ok = !plugins.is_empty() && plugins.iter().all(|plugin| plugin.status() == Status::Ok);
    assert_eq!(code == nagios::judge::OK, all_ok, "exit code {code} of {text}");
    check_terminal("nagios", &text);
}

/// What is not understood is never OK.
fn check_verdict(plugins: &[Plugin]) {
    let report = Report::new(vec![HostReport::reached("h".to_owned(), plugins.to_vec())]);
    let is_bad = |plugin: &Plugin| plugin.status() == Status::Error || !plugin.is_readable();
    assert_eq!(FailOn::exitcode().fails(&report, 1), plugins.iter().any(is_bad), "the verdict of -e");
}

/// What holds for every format, whatever the daemon told.
pub(crate) fn check_formats(report: &Report) {
    for detail in [Detail::Minimal, Detail::Normal, Detail::Long, Detail::Full] {
        check_terminal("text", &render(report, &Format::Text(detail), Style::Plain));
        check_terminal("text", &without_colours(&render(report, &Format::Text(detail), Style::Colored)));
    }
    for width in [None, Some(40)] {
        check_terminal("table", &without_colours(&render(report, &Format::Table { width }, Style::Colored)));
    }
    check_terminal("tap", &render(report, &Format::Tap, Style::Plain));
    check_terminal("list", &list(report));
    for format in [Format::Json, Format::Raw] {
        let text = render(report, &format, Style::Plain);
        check_terminal("json", &text);
        let json: Json = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert_eq!(json.as_object().map(serde_json::Map::len), Some(report.hosts().len()));
    }
    for line in render(report, &Format::Ndjson, Style::Plain).lines() {
        check_terminal("ndjson", line);
        serde_json::from_str::<Json>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
    for format in [Format::Junit, Format::Xml(Box::<Template>::default())] {
        let text = render(report, &format, Style::Plain);
        check_terminal("xml", &text);
        xml::check(&text);
    }
}

/// A terminal shows the text and does nothing else.
fn check_terminal(format: &str, text: &str) {
    let harmful = text.find(|c: char| c != '\n' && c != '\t' && is_harmful(c));
    assert!(harmful.is_none(), "{format} has {:?}", text[harmful.unwrap_or_default()..].chars().next());
}

fn without_colours(text: &str) -> String {
    let paints = [Paint::Gold, Paint::Gray, Paint::Green, Paint::Yellow, Paint::Red, Paint::Magenta, Paint::Blue];
    paints.iter().fold(text.replace(RESET, ""), |text, paint| text.replace(paint.code(), ""))
}

fn make(random: &mut Random) -> Vec<u8> {
    let page = page(random);
    let filters = random.joined(3, "\n", |random| {
        format!("{} {}", random.pick(&["Type", "a", "N", ""]), random.pick(&["1", "True", "x", ""]))
    });
    joined(&[&random.word(), &page, &random.word(), &random.word(), &filters])
}

/// A page of plugins.
pub(crate) fn page(random: &mut Random) -> String {
    let items = random.joined(4, ", ", |random| format!("{{\"plugin\": {}}}", plugin(random)));
    format!("{{\"plugins\": {{\"items\": [{items}]}}}}")
}

fn plugin(random: &mut Random) -> String {
    let parameters = random.joined(4, "", |random| format!(", {}: {}", text(random), value(random, 2)));
    let name = if random.one_in(12) { value(random, 1) } else { text(random) };
    let mut optional = |member: &str, rarity, make: fn(&mut Random) -> String| {
        if random.one_in(rarity) { format!(", \"{member}\": {}", make(random)) } else { String::new() }
    };
    let (next, forced) = (optional("nextRun", 2, moment), optional("forcedResult", 4, result));
    let result = result(random);
    format!("{{\"name\": {name}, \"lastResult\": {result}, \"parameters\": {{\"N\": 1{parameters}}}{next}{forced}}}")
}

fn result(random: &mut Random) -> String {
    if random.one_in(6) {
        return value(random, 1);
    }
    let status = random.pick(&["\"OK\"", "\"WARN\"", "\"ERROR\"", "\"UNKNOWN\"", "\"FINE\"", "null", "1"]);
    let components = match random.below(4) {
        0 => "null".to_owned(),
        1 => format!("{{{}: {}}}", text(random), component(random)),
        _ => {
            format!("[{}]", random.joined(3, ", ", |random| format!("{{\"componentResult\": {}}}", component(random))))
        }
    };
    let (messages, moment) = (messages(random), moment(random));
    format!(
        "{{\"status\": {status}, \"lastRun\": {moment}, \"messages\": {messages}, \"componentResults\": {components}}}"
    )
}

fn component(random: &mut Random) -> String {
    let status = random.pick(&["\"OK\"", "\"WARN\"", "\"ERROR\"", "\"?\""]);
    format!("{{\"name\": {}, \"status\": {status}, \"messages\": {}}}", value(random, 0), messages(random))
}

fn messages(random: &mut Random) -> String {
    if random.one_in(6) {
        return value(random, 1);
    }
    format!(
        "{{{}}}",
        random.joined(4, ", ", |random| {
            let level = random.pick(&["\"info\"", "\"warn\"", "\"error\"", "\"\\u001b[2J\"", "\"debug\""]);
            let texts = if random.one_in(5) { value(random, 1) } else { format!("[{}]", random.joined(3, ", ", text)) };
            format!("{level}: {texts}")
        })
    )
}

fn moment(random: &mut Random) -> String {
    random
        .pick(&[
            "null",
            "\"2026-01-02T03:04:05.678901\"",
            "\"2026-01-02T03:04:05+02:00\"",
            "\"T\"",
            "\".\"",
            "\"\\u001b\"",
            "1",
            "\"2026-01-02Té3:04:05\"",
        ])
        .to_owned()
}

fn value(random: &mut Random, depth: usize) -> String {
    match (random.below(6), depth.checked_sub(1)) {
        (0, Some(less)) => format!("[{}]", random.joined(3, ", ", |random| value(random, less))),
        (1, Some(less)) => {
            format!("{{{}}}", random.joined(3, ", ", |random| format!("{}: {}", text(random), value(random, less))))
        }
        (2 | 3, _) => random.pick(&["null", "true", "0", "-1.5", "1e300", "1e999", "18446744073709551616"]).to_owned(),
        _ => text(random),
    }
}

const WORDS: [&str; 46] = [
    "\"plugins\"",
    "\"items\"",
    "{\"plugin\": {",
    "\"name\"",
    "\"lastResult\"",
    "\"forcedResult\"",
    "\"status\"",
    "\"messages\"",
    "\"componentResults\"",
    "\"componentResult\"",
    "\"parameters\"",
    "\"lastRun\"",
    "\"nextRun\"",
    "\"links\"",
    "\"info\"",
    "\"warn\"",
    "\"error\"",
    "\"OK\"",
    "\"WARN\"",
    "\"ERROR\"",
    "\"UNKNOWN\"",
    "null",
    "true",
    "[]",
    "{}",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "\"",
    "\\u001b[2J",
    "\\u0000",
    "\\u009b",
    "\\u202e",
    "\\u2061",
    "\\ud83d\\ude00",
    "\\ufffe",
    "\\n",
    "\\t",
    "1e999",
    "-0",
    "]]>",
    "&amp;",
    "Type x\n",
];
