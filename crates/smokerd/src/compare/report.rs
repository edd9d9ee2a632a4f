//! The differences as a table for people, and as JSON for programs.

use std::fmt::Write;

use serde_json::{Value as Json, json};
use smoker_model::counted::counted;

use crate::compare::difference::Difference;
use crate::results::json_text;
use crate::terminal_text;

/// A wider column of the table than this is not padded for the others.
const MAX_WIDTH: usize = 40;

/// What came of a comparison.
#[derive(Debug)]
pub(crate) struct ComparisonReport {
    url: String,
    /// How many plugins both sides have.
    pub(crate) compared: usize,
    pub(crate) differences: Vec<Difference>,
    /// Plugins and their parameters that the other daemon masks.
    pub(crate) masked: Vec<(String, String)>,
    /// Plugins whose actions were not run here, and so not compared.
    pub(crate) without_action: Vec<String>,
}

impl ComparisonReport {
    /// Without anything compared yet.
    pub(crate) fn of(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            compared: 0,
            differences: Vec::new(),
            masked: Vec::new(),
            without_action: Vec::new(),
        }
    }

    /// A line for each difference, and one that counts them.
    pub(crate) fn table(&self) -> String {
        let mut rows = vec![["PLUGIN", "WHAT", "THERE", "HERE"].map(str::to_owned)];
        rows.extend(self.differences.iter().map(|it| {
            let mark = if it.only_numbers { " (numbers only)" } else { "" };
            [one_line(&it.plugin), one_line(&it.what) + mark, shown(it.there.as_ref()), shown(it.here.as_ref())]
        }));
        let widths = [0, 1, 2].map(|column| {
            let lengths = rows.iter().map(|row| row[column].chars().count());
            lengths.filter(|length| *length <= MAX_WIDTH).max().unwrap_or_default()
        });
        let mut text = String::new();
        if !self.differences.is_empty() {
            for [plugin, what, there, here] in &rows {
                let [first, second, third] = widths;
                let _ = writeln!(text, "{plugin:first$}  {what:second$}  {there:third$}  {here}");
            }
        }
        for (plugin, parameter) in &self.masked {
            let _ = writeln!(text, "{}: {} is masked there and not compared", one_line(plugin), one_line(parameter));
        }
        if !self.without_action.is_empty() {
            let names = self.without_action.iter().map(|name| one_line(name)).collect::<Vec<_>>().join(", ");
            let _ = writeln!(text, "actions are not run here and not compared: {names}; --with-action does it");
        }
        let numbers = self.differences.iter().filter(|it| it.only_numbers).count();
        let _ = write!(
            text,
            "{} compared with {}, {}, {}",
            counted(self.compared, "plugin"),
            self.url,
            differ(self.differing()),
            counted(self.differences.len() - numbers, "difference")
        );
        if numbers > 0 {
            let _ = write!(text, "; {numbers} more in numbers only, which two runs can have");
        }
        text + "\n"
    }

    /// One object on a line of its own.
    pub(crate) fn json(&self) -> String {
        let difference = |it: &Difference| json!({"plugin": it.plugin, "what": it.what, "there": it.there, "here": it.here, "numbersOnly": it.only_numbers});
        let masked = |(plugin, parameter): &(String, String)| json!({"plugin": plugin, "parameter": parameter});
        let report = json!({
            "url": self.url,
            "compared": self.compared,
            "differing": self.differing(),
            "numbersOnly": self.differences.iter().filter(|it| it.only_numbers).count(),
            "differences": self.differences.iter().map(difference).collect::<Vec<_>>(),
            "withoutAction": self.without_action,
            "masked": self.masked.iter().map(masked).collect::<Vec<_>>(),
        });
        json_text::to_text(&report) + "\n"
    }

    /// How many plugins differ in more than numbers.
    fn differing(&self) -> usize {
        let differ = self.differences.iter().filter(|it| !it.only_numbers);
        let mut names: Vec<_> = differ.map(|it| &it.plugin).collect();
        names.sort_unstable();
        names.dedup();
        names.len()
    }
}

fn differ(plugins: usize) -> String {
    format!("{} {}", counted(plugins, "plugin"), if plugins == 1 { "differs" } else { "differ" })
}

fn shown(value: Option<&Json>) -> String {
    match value {
        None => "-".to_owned(),
        Some(Json::String(text)) => one_line(text),
        Some(Json::Array(texts)) if texts.iter().all(Json::is_string) => {
            texts.iter().filter_map(Json::as_str).map(one_line).collect::<Vec<_>>().join(" | ")
        }
        Some(other) => one_line(&other.to_string()),
    }
}

/// A text of another host is one line and does nothing to the terminal.
fn one_line(text: &str) -> String {
    terminal_text::printable(text, &[])
}
