//! Tells text and performance data of a plugin's output apart.

use smoker_model::perfdata::PerfDatum;

use crate::parsers::nagios::perfdata::{self, Reading};

/// A plugin's output in its parts.
#[derive(Debug, Default)]
pub(super) struct PluginOutput<'a> {
    pub(super) summary: &'a str,
    pub(super) long_text: Vec<&'a str>,
    pub(super) data: Vec<PerfDatum>,
    /// Pieces between performance data that are none.
    pub(super) unread: Vec<String>,
}

impl<'a> PluginOutput<'a> {
    pub(super) fn split(stdout: &'a str) -> Self {
        let mut output = PluginOutput::default();
        let mut lines = stdout.trim_start_matches('\u{feff}').lines();
        output.summary = output.take(lines.next().unwrap_or_default(), is_data_of_summary).0;
        // Behind the bar in the long text whole lines are performance data.
        let mut in_data = false;
        for line in lines {
            if in_data {
                let reading = perfdata::read(line);
                if reading.starts_with_datum {
                    output.add(reading);
                    continue;
                }
            }
            let (text, has_data) = output.take(line, Reading::is_clean);
            in_data |= has_data;
            if !(text.is_empty() && has_data) {
                output.long_text.push(text);
            }
        }
        output
    }

    /// Takes the performance data of a line. The text before them is the answer, with whether there are some.
    fn take(&mut self, line: &'a str, is_data: fn(&Reading) -> bool) -> (&'a str, bool) {
        // Each bar costs a reading of all behind it.
        const MAX_BARS: usize = 16;
        let line = line.trim();
        let bars: Vec<_> = line.match_indices('|').map(|(at, _)| at).take(MAX_BARS).collect();
        let cut = |is_data: fn(&Reading) -> bool| {
            bars.iter().map(|at| (*at, perfdata::read(&line[at + 1..]))).find(|(_, reading)| is_data(reading))
        };
        match cut(Reading::is_clean).or_else(|| cut(is_data)) {
            Some((at, reading)) => {
                self.add(reading);
                (line[..at].trim_end(), true)
            }
            // An empty part behind the bar is one without data.
            None => (line.strip_suffix('|').unwrap_or(line).trim_end(), false),
        }
    }

    fn add(&mut self, reading: Reading) {
        self.data.extend(reading.data);
        self.unread.extend(reading.unread);
    }
}

/// On the first line the format has performance data, so some of them may be unreadable, or have labels that lack
/// their quotes. Both at once is text.
fn is_data_of_summary(reading: &Reading) -> bool {
    reading.starts_with_datum || (!reading.data.is_empty() && reading.unread.is_empty())
}
