//! A page of metrics, in the text format 0.0.4 or as OpenMetrics 1.0.
//!
//! The writer knows nothing of what a metric means. Series of a family stand together, as both formats ask for, and a caller may
//! keep the lines of some of them and add them to another page later.

use std::fmt::Write;

use crate::metrics::family::{Family, Kind};
use crate::status::Status;

/// A format of metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Prometheus text format 0.0.4.
    #[default]
    Text,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

impl Format {
    /// The media type of a page.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// What comes behind the last series of a page.
    #[must_use]
    pub const fn end(self) -> &'static str {
        match self {
            Self::Text => "",
            Self::OpenMetrics => "# EOF\n",
        }
    }
}

/// Numbers that are smaller or larger than these have an exponent: without one they would have hundreds of digits.
const SMALLEST_PLAIN: f64 = 1e-9;
const LARGEST_PLAIN: f64 = 1e22;

/// The lines of some metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    format: Format,
    text: String,
}

impl Lines {
    /// No lines, for a page in this format.
    #[must_use]
    pub fn new(format: Format) -> Self {
        Self { format, text: String::new() }
    }

    /// The same with memory for this many bytes.
    #[must_use]
    pub fn with_capacity(format: Format, bytes: usize) -> Self {
        Self { format, text: String::with_capacity(bytes) }
    }

    /// Begins a family. Its series follow, and no others.
    pub fn begin(&mut self, family: Family) {
        let Family { name, kind, help } = family;
        // The older format names what the series are called, and knows two kinds of ours.
        let (suffix, kind) = match (self.format, kind) {
            (Format::Text, Kind::Counter) => (family.suffix(), "counter"),
            (Format::Text, _) => (family.suffix(), "gauge"),
            (Format::OpenMetrics, Kind::Gauge) => ("", "gauge"),
            (Format::OpenMetrics, Kind::Counter) => ("", "counter"),
            (Format::OpenMetrics, Kind::Info) => ("", "info"),
            (Format::OpenMetrics, Kind::StateSet) => ("", "stateset"),
        };
        self.push(&["# HELP ", name, suffix, " ", help, "\n# TYPE ", name, suffix, " ", kind, "\n"]);
    }

    /// A series with these labels (see [`labels`]) and this value.
    pub fn number(&mut self, family: Family, labels: &str, value: f64) {
        self.push(&[family.name, family.suffix()]);
        if !labels.is_empty() {
            self.push(&["{", labels, "}"]);
        }
        self.text.push(' ');
        if value.is_nan() {
            self.text.push_str("NaN");
        } else if value.is_infinite() {
            self.text.push_str(if value > 0.0 { "+Inf" } else { "-Inf" });
        } else if value != 0.0 && !(SMALLEST_PLAIN..LARGEST_PLAIN).contains(&value.abs()) {
            // Writing into a string cannot fail.
            let _ = write!(self.text, "{value:e}");
        } else {
            let _ = write!(self.text, "{value}");
        }
        self.text.push('\n');
    }

    /// The series of a family of states: one for each of `states`. Nothing is in a state that is not among them.
    pub fn states(&mut self, family: Family, labels: &str, states: &[Status], current: Status) {
        for state in states {
            let word = state.as_str();
            let separator = if labels.is_empty() { "" } else { "," };
            self.push(&[family.name, "{", labels, separator, "status=\"", word]);
            // There the label of the state has the name of the family. The other one stays, so that a query finds the series
            // of both formats.
            if self.format == Format::OpenMetrics {
                self.push(&["\",", family.name, "=\"", word]);
            }
            self.push(&[if *state == current { "\"} 1\n" } else { "\"} 0\n" }]);
        }
    }

    /// Lines that were written before, in the same format.
    pub fn append(&mut self, lines: &Self) {
        self.text.push_str(&lines.text);
    }

    /// The text.
    #[must_use]
    pub fn into_text(self) -> String {
        self.text
    }

    fn push(&mut self, parts: &[&str]) {
        for part in parts {
            self.text.push_str(part);
        }
    }
}

/// Labels as they stand between the braces of a series.
#[must_use]
pub fn labels(labels: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in labels {
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(name);
        text.push_str("=\"");
        for character in value.chars() {
            match character {
                '\\' => text.push_str("\\\\"),
                '"' => text.push_str("\\\""),
                '\n' => text.push_str("\\n"),
                other => text.push(other),
            }
        }
        text.push('"');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUNS: Family = Family::counter("x_runs", "Runs.");
    const STATE: Family = Family::state_set("x_state", "The state.");
    const BUILD: Family = Family::info("x_build", "The build.");

    fn page(format: Format) -> String {
        let mut lines = Lines::new(format);
        lines.begin(RUNS);
        lines.number(RUNS, "", 12.0);
        lines.number(RUNS, &labels(&[("name", "a\\b\"c\nd č")]), 0.001);
        lines.begin(STATE);
        lines.states(STATE, "n=\"1\"", &[Status::Ok, Status::Error], Status::Error);
        lines.begin(BUILD);
        lines.number(BUILD, "v=\"2\"", 1.0);
        lines.into_text() + format.end()
    }

    #[test]
    fn the_text_format_has_gauges_and_counters_and_escapes_what_ends_a_label() {
        let expected = "# HELP x_runs_total Runs.\n# TYPE x_runs_total counter\nx_runs_total 12\n\
             x_runs_total{name=\"a\\\\b\\\"c\\nd č\"} 0.001\n\
             # HELP x_state The state.\n# TYPE x_state gauge\n\
             x_state{n=\"1\",status=\"OK\"} 0\nx_state{n=\"1\",status=\"ERROR\"} 1\n\
             # HELP x_build_info The build.\n# TYPE x_build_info gauge\nx_build_info{v=\"2\"} 1\n";
        assert_eq!(page(Format::Text), expected);
    }

    #[test]
    fn open_metrics_has_its_own_kinds_and_an_end() {
        let page = page(Format::OpenMetrics);
        for line in [
            "# TYPE x_runs counter",
            "x_runs_total 12",
            "# TYPE x_state stateset",
            "x_state{n=\"1\",status=\"ERROR\",x_state=\"ERROR\"} 1",
            "# TYPE x_build info",
            "x_build_info{v=\"2\"} 1",
        ] {
            assert!(page.lines().any(|own| own == line), "{line} is not in {page}");
        }
        assert!(page.ends_with("\n# EOF\n"));
    }

    #[test]
    fn numbers_that_are_none_have_the_words_of_the_format() {
        let mut lines = Lines::new(Format::Text);
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e21, -0.5] {
            lines.number(RUNS, "", value);
        }
        let text = lines.into_text();
        let values: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("x_runs_total ")).collect();
        assert_eq!(values, ["NaN", "+Inf", "-Inf", "1000000000000000000000", "-0.5"]);
    }

    #[test]
    fn numbers_of_any_size_are_short_and_come_back() {
        let all = [f64::MAX, -f64::MAX, f64::MIN_POSITIVE, 5e-324, -1e-9, 1e22, 9.9e21, 123_456_789.123_456_7, 0.0];
        for value in all {
            let mut lines = Lines::new(Format::Text);
            lines.number(RUNS, "", value);
            let text = lines.into_text();
            let written = text.trim_end().strip_prefix("x_runs_total ").expect("the series");
            assert!(written.len() <= 25, "{written}");
            assert_eq!(written.parse(), Ok(value));
        }
    }
}
