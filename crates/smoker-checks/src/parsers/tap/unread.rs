//! The lines that are no TAP: they are ignored unless something is wrong, and may say what.

use std::collections::VecDeque;

use smoker_model::messages::{Level, Messages};

/// This number of lines is kept, the last ones.
const MOST_LINES: usize = 20;

/// The last lines, and how many there were.
#[derive(Debug, Default)]
pub(super) struct Unread {
    lines: VecDeque<String>,
    count: usize,
}

impl Unread {
    pub(super) fn add(&mut self, line: &str) {
        if line.trim().is_empty() {
            return;
        }
        self.count += 1;
        self.lines.push_back(line.trim_end().to_owned());
        if self.lines.len() > MOST_LINES {
            self.lines.pop_front();
        }
    }

    /// Adds the lines to the messages.
    pub(super) fn show(self, messages: &mut Messages) {
        if self.count > self.lines.len() {
            let shown = self.lines.len();
            messages.add(Level::Info, &format!("the last {shown} of {} lines that are no TAP:", self.count));
        }
        for line in self.lines {
            messages.add(Level::Info, &line);
        }
    }
}
