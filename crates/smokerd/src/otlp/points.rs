//! A page of metrics as data points.
//!
//! What is sent is read from the page that `GET /metrics` gives, so that no number is on one way and not on the other.

use std::mem;

use chrono::{DateTime, Utc};
use smoker_checks::otlp::protocol::{CUMULATIVE, Data, Digits, Double, KeyValue, Metric, Number, NumberDataPoint};

use crate::otlp::limits::POINTS;

/// The times of all data points.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// Since when sums are counted.
    pub(super) start: DateTime<Utc>,
    /// When the page was written.
    pub(super) now: DateTime<Utc>,
}

/// The metrics of a page in OpenMetrics, as many at a time as fit into a request.
#[derive(Debug)]
pub(super) struct Batches<L> {
    lines: L,
    times: Times,
    family: Family,
}

/// The metrics of a request, and how many data points they have.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) metrics: Vec<Metric>,
    pub(super) points: usize,
}

/// What the page says of the series that follow.
#[derive(Debug, Default)]
struct Family {
    name: String,
    kind: String,
    help: String,
    points: Vec<NumberDataPoint>,
}

impl<'a, L: Iterator<Item = &'a str>> Batches<L> {
    /// Reads these lines.
    pub(super) fn of(lines: L, times: Times) -> Self {
        Self { lines, times, family: Family::default() }
    }
}

impl<'a, L: Iterator<Item = &'a str>> Iterator for Batches<L> {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let mut batch = Batch::default();
        while batch.points < POINTS {
            let Some(line) = self.lines.next() else { break };
            if let Some(help) = line.strip_prefix("# HELP ") {
                batch.metrics.extend(self.family.take());
                let (name, help) = help.split_once(' ').unwrap_or((help, ""));
                self.family = Family { name: name.to_owned(), help: help.to_owned(), ..Family::default() };
            } else if let Some((_, kind)) = line.strip_prefix("# TYPE ").and_then(|text| text.split_once(' ')) {
                kind.clone_into(&mut self.family.kind);
            } else if let Some(point) = self.family.point(line, self.times) {
                self.family.points.push(point);
                batch.points += 1;
            }
        }
        batch.metrics.extend(self.family.take());
        (batch.points > 0).then_some(batch)
    }
}

impl Family {
    /// The metric with the data points that there are so far.
    fn take(&mut self) -> Option<Metric> {
        let data_points = mem::take(&mut self.points);
        if data_points.is_empty() {
            return None;
        }
        let data = if self.is_sum() {
            Data::Sum { aggregation_temporality: CUMULATIVE, is_monotonic: true, data_points }
        } else {
            Data::Gauge { data_points }
        };
        let suffix = if self.kind == "info" { "_info" } else { "" };
        let name = format!("{}{suffix}", self.name);
        Some(Metric { name, description: self.help.clone(), unit: self.unit(), data })
    }

    fn is_sum(&self) -> bool {
        self.kind == "counter"
    }

    /// The unit, as UCUM writes it.
    fn unit(&self) -> &'static str {
        match () {
            () if self.name.ends_with("_seconds") => "s",
            () if self.name.ends_with("_bytes") => "By",
            () => "",
        }
    }

    /// A series: its name, perhaps labels in braces, and its value.
    fn point(&self, line: &str, times: Times) -> Option<NumberDataPoint> {
        if line.starts_with('#') {
            return None;
        }
        let (series, value) = line.rsplit_once(' ')?;
        let labels = series.split_once('{').and_then(|(_, rest)| rest.strip_suffix('}')).unwrap_or_default();
        let attributes = labels_of(labels).into_iter();
        // The label of a state has another name in the older format, which has the same value.
        let attributes = attributes.filter(|(name, _)| *name != self.name);
        let attributes = attributes.map(|(name, value)| KeyValue::text(name.to_owned(), &value)).collect();
        let is_counted = self.is_sum() && self.unit().is_empty();
        let value = match value.parse::<i64>() {
            Ok(count) if is_counted => Number::AsInt(Digits(count.into())),
            _ => Number::AsDouble(Double(number(value)?)),
        };
        Some(NumberDataPoint {
            attributes,
            start_time_unix_nano: self.is_sum().then(|| Digits::of_time(times.start)),
            time_unix_nano: Digits::of_time(times.now),
            value,
        })
    }
}

fn number(text: &str) -> Option<f64> {
    match text {
        "+Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        other => other.parse().ok(),
    }
}

/// The labels between the braces of a series.
fn labels_of(mut text: &str) -> Vec<(&str, String)> {
    let mut labels = Vec::new();
    while let Some((name, rest)) = text.split_once("=\"") {
        let mut value = String::new();
        let mut characters = rest.char_indices();
        let mut end = rest.len();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    end = at + 1;
                    break;
                }
                '\\' => match characters.next() {
                    Some((_, 'n')) => value.push('\n'),
                    Some((_, other)) => value.push(other),
                    None => {}
                },
                other => value.push(other),
            }
        }
        labels.push((name, value));
        text = rest[end..].trim_start_matches(',');
    }
    labels
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};
    use smoker_model::metrics::exposition::{Format, Lines, labels};
    use smoker_model::metrics::family::Family as PageFamily;
    use smoker_model::metrics::plugin_families::{STATES, STATUS};
    use smoker_model::status::Status;

    use super::*;

    fn batches(page: &str) -> Vec<Batch> {
        let start = DateTime::from_timestamp_nanos(1);
        let times = Times { start, now: DateTime::from_timestamp_nanos(2) };
        Batches::of(page.lines(), times).collect()
    }

    fn point(attributes: &Json, (kind, value): (&str, &Json)) -> Json {
        let attributes = attributes.as_object().expect("a mapping").iter();
        let attributes: Vec<_> =
            attributes.map(|(key, value)| json!({"key": key, "value": {"stringValue": value}})).collect();
        json!({"attributes": attributes, "timeUnixNano": "2", kind: value})
    }

    #[test]
    fn what_the_page_says_comes_back_as_data_points() {
        let build = PageFamily::info("x_build", "The build.");
        let bytes = PageFamily::gauge("x_bytes", "Bytes.");
        let mut lines = Lines::new(Format::OpenMetrics);
        lines.begin(STATUS);
        lines.states(STATUS, &labels(&[("plugin", "a\\b\"c\nd{},=č")]), &STATES[..2], Status::Warn);
        lines.begin(build);
        lines.number(build, "v=\"2\"", 1.0);
        lines.begin(bytes);
        lines.number(bytes, "", f64::NEG_INFINITY);
        let page = lines.into_text() + Format::OpenMetrics.end();
        let all = batches(&page);
        assert_eq!((all.len(), all[0].points), (1, 4));
        let state = |status: &str, value: f64| {
            point(&json!({"plugin": "a\\b\"c\nd{},=č", "status": status}), ("asDouble", &json!(value)))
        };
        let expected = json!([
            {"name": STATUS.name, "description": STATUS.help, "unit": "",
             "gauge": {"dataPoints": [state("OK", 0.0), state("WARN", 1.0)]}},
            {"name": "x_build_info", "description": "The build.", "unit": "",
             "gauge": {"dataPoints": [point(&json!({"v": "2"}), ("asDouble", &json!(1.0)))]}},
            {"name": "x_bytes", "description": "Bytes.", "unit": "By",
             "gauge": {"dataPoints": [point(&json!({}), ("asDouble", &json!("-Infinity")))]}},
        ]);
        assert_eq!(json!(all[0].metrics), expected);
    }

    #[test]
    fn counters_are_sums_since_the_start() {
        let (runs, processor) = (PageFamily::counter("x_runs", "Runs."), PageFamily::counter("x_cpu_seconds", "Time."));
        let mut lines = Lines::new(Format::OpenMetrics);
        for (family, value) in [(runs, 3.0), (processor, 2.0)] {
            lines.begin(family);
            lines.number(family, "", value);
        }
        let metrics = json!(batches(&lines.into_text())[0].metrics);
        let of = |at: usize| metrics[at]["sum"].clone();
        let sum = |value: (&str, &Json)| {
            let mut point = point(&json!({}), value);
            point["startTimeUnixNano"] = "1".into();
            json!({"aggregationTemporality": 2, "isMonotonic": true, "dataPoints": [point]})
        };
        assert_eq!(of(0), sum(("asInt", &json!("3"))));
        assert_eq!(of(1), sum(("asDouble", &json!(2.0))), "it has the same form with and without a fraction");
    }

    #[test]
    fn a_request_has_a_bounded_number_of_data_points() {
        let runs = PageFamily::counter("x_runs", "Runs.");
        let mut lines = Lines::new(Format::OpenMetrics);
        lines.begin(runs);
        for number in 0..=(2 * POINTS) {
            lines.number(runs, &labels(&[("n", &number.to_string())]), 1.0);
        }
        let sizes: Vec<_> =
            batches(&lines.into_text()).iter().map(|batch| (batch.metrics.len(), batch.points)).collect();
        assert_eq!(sizes, [(1, POINTS), (1, POINTS), (1, 1)]);
        assert!(batches("").is_empty());
    }
}
