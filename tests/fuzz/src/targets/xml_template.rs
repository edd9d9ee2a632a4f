//! Template files of `smokercli`'s xml format.
//!
//! Parts: the template file; a page of plugins.

use smokercli::render::data::template::Template;
use smokercli::render::format::Format;
use smokercli::render::render;
use smokercli::report::{HostReport, Report};
use smokercli::terminal::style::Style;

use crate::inputs::fields::{Fields, joined};
use crate::inputs::random::Random;
use crate::limits;
use crate::target::Target;
use crate::targets::page;
use crate::targets::xml;

pub(crate) const TARGET: Target = Target {
    name: "xml-template",
    about: "smokercli: template files of the xml format",
    check: |input| {
        let fields = Fields::of(input);
        let template = match Template::parse(&fields.text(0)) {
            Ok(template) => template,
            Err(reason) => return reason,
        };
        let plugins = page::plugins(fields.bytes(1)).unwrap_or_default();
        let hosts = vec![
            HostReport::reached("host".to_owned(), plugins),
            HostReport::unreachable("gone".to_owned(), "why <".to_owned()),
        ];
        let text = render(&Report::new(hosts), &Format::Xml(Box::new(template)), Style::Plain);
        xml::check(&text);
        format!(
            "{} {}",
            "suite".repeat(text.matches("<testsuite ").count().min(3)),
            "case".repeat(text.matches("<testcase").count().min(5))
        )
    },
    make: |random| {
        let (template, page) = (template(random), page::page(random));
        joined(&[&template, &page])
    },
    words: &WORDS,
    time: limits::TIME,
};

fn template(random: &mut Random) -> String {
    let mut pairs = |name: &str, most: usize| {
        let pairs =
            random.joined(most, "", |random| format!("  {}: '{}'\n", random.pick(&NAMES), random.texts(&TEXTS, 3)));
        if pairs.is_empty() { String::new() } else { format!("{name}:\n{pairs}") }
    };
    let (fields, suite, case) =
        (pairs("AdditionalFields", 5), pairs("HtmlTestSuiteAttr", 3), pairs("HtmlTestCaseAttr", 3));
    format!("{fields}{suite}{case}All:\n{}", branch(random, 5, 2))
}

fn branch(random: &mut Random, depth: usize, indent: usize) -> String {
    let pad = " ".repeat(indent);
    let entry = |random: &mut Random| {
        let key = random.pick(&KEYS);
        match depth.checked_sub(1) {
            Some(less) if !random.one_in(3) => format!("{pad}{key}:\n{}", branch(random, less, indent + 2)),
            _ => format!("{pad}{key}: '{}'\n", random.pick(&LEAVES)),
        }
    };
    entry(random) + &random.joined(2, "", entry)
}

const NAMES: [&str; 10] = ["Node", "name", "classname", "A", "B", "hostname", "timestamp", "'a b'", "x:y", "'\"'"];

const TEXTS: [&str; 14] =
    ["Node", "$Node", "${Plugin}", "$A", "$B$B", "$$", "$", "${", "}", "CaseName", "MsgError", "a", " ", "<"];

const KEYS: [&str; 16] = [
    "'$Node'",
    "plugins",
    "'$Plugin'",
    "lastResult",
    "componentResults",
    "'!Integral'",
    "componentResult",
    "messages",
    "status",
    "name",
    "error",
    "warn",
    "lastRun",
    "'$Any'",
    "parameters",
    "host",
];

const LEAVES: [&str; 14] = [
    "$CaseName",
    "$CaseStatus",
    "$PluginStatus",
    "$MsgError",
    "$MsgWarn /./",
    "$S /OK|ERROR/",
    "$S -/OK/",
    "$S /(/",
    "$",
    "S",
    "$S /a{1000}{100}/",
    "$LastRun",
    "$A /",
    "$A x",
];

const WORDS: [&str; 36] = [
    "AdditionalFields:\n",
    "HtmlTestSuiteAttr:\n",
    "HtmlTestCaseAttr:\n",
    "All:\n",
    "'$Node':\n",
    "plugins:\n",
    "'$Plugin':\n",
    "lastResult:\n",
    "componentResults:\n",
    "'!Integral':\n",
    "componentResult:\n",
    "messages:\n",
    "status: '$S'\n",
    "$MsgError",
    "$MsgWarn",
    "/.*/",
    "-/a/",
    "\n",
    "  ",
    "    ",
    ":",
    "'",
    "\"",
    "&a ",
    "*a",
    "<<: *a",
    "!x ",
    "[",
    "]",
    "{",
    "}",
    "- ",
    "|\n",
    "? ",
    "---\n",
    "é",
];
