//! What an action is told: the result that it follows, and the plugins that the call is for.

use serde_json::{Map, Value as Json};
use smoker_model::occasion::LISTED_PLUGINS;
use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::TEST;
use smoker_model::status::Status;

/// How much of a plugin's message a line has, in characters.
const SHOWN_MESSAGE: usize = 500;

/// All fields of templates. Those that a result does not have are null.
pub(crate) const FIELDS: [&str; 27] = [
    "host",
    "plugin",
    "text",
    "status",
    "previousStatus",
    "message",
    "event",
    "since",
    "badSince",
    "badSeconds",
    "attempt",
    "state",
    "count",
    "plugins",
    "messages",
    "componentResults",
    "duration",
    "exitStatus",
    "signal",
    "perfdata",
    "lastRun",
    "lastRunUtc",
    "forced",
    "triggeredBy",
    "action",
    "actions",
    "test",
];

/// What an action is told.
pub(crate) struct Told {
    /// The name of this host.
    pub(crate) host: String,
    pub(crate) plugin: String,
    pub(crate) status: Status,
    /// Whether nothing has happened: the call is a test.
    pub(crate) is_test: bool,
    /// All plugins that the call is for, the worst first.
    pub(crate) parts: Vec<ToldPart>,
    result: Map<String, Json>,
}

/// A plugin that a call is for.
#[derive(Debug)]
pub(crate) struct ToldPart {
    pub(crate) name: String,
    pub(crate) status: Status,
    pub(crate) previous: Option<String>,
    /// Other bad statuses that calls which failed may have told.
    pub(crate) also_told: Vec<String>,
    /// When the status began, as RFC 3339 has it; empty where that is not known.
    pub(crate) since: String,
    pub(crate) bad_since: Option<String>,
    pub(crate) message: String,
}

impl Told {
    /// What a request says.
    pub(crate) fn of(request: &ModuleRequest) -> Self {
        let result = request.result.clone().unwrap_or_default();
        let status = status_of(result.get("status"));
        let listed = result.get("plugins").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        let parts: Vec<_> = listed.iter().filter_map(ToldPart::of).collect();
        let host = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
        Self {
            host: host.unwrap_or_else(|| "localhost".to_owned()),
            plugin: request.plugin.clone(),
            status,
            is_test: result.get(TEST) == Some(&Json::Bool(true)),
            parts,
            result,
        }
    }

    /// What tests tell of a host.
    #[cfg(test)]
    pub(crate) fn about(host: &str, is_test: bool, parts: Vec<ToldPart>) -> Self {
        let (host, plugin, result) = (host.to_owned(), String::new(), Map::new());
        Self { host, plugin, status: Status::Error, is_test, parts, result }
    }

    /// All of it by name, for templates: each of [`FIELDS`], and what else the result has.
    pub(crate) fn template_fields(&self) -> Map<String, Json> {
        let mut fields = self.fields();
        for name in FIELDS {
            fields.entry(name).or_insert(Json::Null);
        }
        fields
    }

    /// What there is of it, by name.
    pub(crate) fn fields(&self) -> Map<String, Json> {
        let mut fields = Map::new();
        fields.insert("host".to_owned(), self.host.clone().into());
        fields.insert("plugin".to_owned(), self.plugin.clone().into());
        fields.insert("text".to_owned(), self.text().into());
        for (name, value) in &self.result {
            fields.entry(name.clone()).or_insert_with(|| value.clone());
        }
        if let Some(Json::Array(plugins)) = fields.get_mut("plugins") {
            plugins.truncate(LISTED_PLUGINS);
        }
        fields
    }

    /// For people: a line for one plugin, and for each of the first of several.
    pub(crate) fn text(&self) -> String {
        match self.parts.as_slice() {
            [] => format!("{} {} on {}", self.status, self.plugin, self.host),
            [one] => self.line(one),
            several => {
                let bad = several.iter().filter(|part| part.status != Status::Ok).count();
                let good = several.len() - bad;
                let of = [(bad, "bad"), (good, "OK")].into_iter().filter(|(count, _)| *count > 0);
                let counts: Vec<_> = of.map(|(count, what)| format!("{count} {what}")).collect();
                let mut lines = vec![format!("{} plugins on {}: {}", several.len(), self.host, counts.join(", "))];
                lines.extend(several.iter().take(LISTED_PLUGINS).map(|part| self.line(part)));
                if several.len() > LISTED_PLUGINS {
                    lines.push(format!("and {} more", several.len() - LISTED_PLUGINS));
                }
                lines.join("\n")
            }
        }
    }

    /// A line about one plugin.
    pub(crate) fn line(&self, part: &ToldPart) -> String {
        let ToldPart { name, status, previous, bad_since, message, .. } = part;
        let message = if message.is_empty() { String::new() } else { format!(": {}", cut(message, SHOWN_MESSAGE)) };
        let was = match (previous.as_deref(), bad_since.as_deref()) {
            (Some(previous), Some(since)) if *status == Status::Ok => format!(" (was {previous}, bad since {since})"),
            (_, Some(since)) if *status != Status::Ok => format!(" (since {since})"),
            _ => String::new(),
        };
        format!("{status} {name} on {}{message}{was}", self.host)
    }
}

/// The text without what is beyond a number of characters: services refuse what is very long, again and again.
pub(crate) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

impl ToldPart {
    fn of(value: &Json) -> Option<Self> {
        let text = |name: &str| value.get(name).and_then(Json::as_str).map(str::to_owned);
        let also_told = value.get("alsoTold").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        Some(Self {
            name: text("name")?,
            status: status_of(value.get("status")),
            previous: text("previousStatus"),
            also_told: also_told.iter().filter_map(|status| Some(status.as_str()?.to_owned())).collect(),
            since: text("since").unwrap_or_default(),
            bad_since: text("badSince"),
            message: text("message").unwrap_or_default(),
        })
    }
}

fn status_of(value: Option<&Json>) -> Status {
    value.and_then(Json::as_str).and_then(Status::of_result).unwrap_or(Status::Unknown)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_plugin_is_a_line_and_many_are_counted() {
        let part = |at: usize, status: &str| json!({"name": format!("P{at}"), "status": status, "message": "down"});
        let told = |parts: Vec<Json>| {
            let Json::Object(result) = json!({"status": "ERROR", "plugins": parts}) else { panic!() };
            let parts = result["plugins"].as_array().expect("a list").iter().filter_map(ToldPart::of).collect();
            Told {
                host: "web07".to_owned(),
                plugin: "P0".to_owned(),
                status: Status::Error,
                is_test: false,
                parts,
                result,
            }
        };
        assert_eq!(told(vec![part(0, "ERROR")]).text(), "ERROR P0 on web07: down");
        assert_eq!((cut("añb", 2), cut("añb", 3)), ("añ...".to_owned(), "añb".to_owned()));
        let many = told((0..30).map(|at| part(at, if at < 25 { "ERROR" } else { "OK" })).collect());
        let text = many.text();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!((lines[0], lines[1]), ("30 plugins on web07: 25 bad, 5 OK", "ERROR P0 on web07: down"));
        assert_eq!((lines.len(), lines[21]), (22, "and 10 more"));
        assert_eq!(many.fields()["plugins"].as_array().map(Vec::len), Some(20));
    }
}
