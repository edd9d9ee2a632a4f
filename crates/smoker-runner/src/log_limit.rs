//! Bounds what one plugin can write to the log.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use smoker_model::plugin::PluginName;
use tokio::time::{Instant, sleep_until};

/// How many lines a plugin has in a [`WINDOW`].
const MAX_LINES: u32 = 10;

/// What lines are counted in.
const WINDOW: Duration = Duration::from_secs(60);

/// Counts the lines about one plugin. Beyond a number of them in a minute it has lines left out: it says so at the
/// first, and at the end of the minute how many there were. Cheap to clone; clones count together.
#[derive(Clone, Debug, Default)]
pub struct LogLimit(Arc<Mutex<Option<Window>>>);

/// The minute that begins with a line.
#[derive(Debug)]
struct Window {
    end: Instant,
    lines: u32,
    left_out: u64,
}

impl LogLimit {
    /// Whether a line about the plugin may be written now. Called inside of the runtime.
    #[must_use]
    pub fn admits(&self, plugin: &PluginName) -> bool {
        let now = Instant::now();
        let mut slot = self.lock();
        let window = match &mut *slot {
            Some(window) if now < window.end => window,
            slot => {
                if let Some(over) = slot.take() {
                    over.report(plugin);
                }
                slot.insert(Window { end: now + WINDOW, lines: 0, left_out: 0 })
            }
        };
        if window.lines < MAX_LINES {
            window.lines += 1;
            return true;
        }
        window.left_out += 1;
        if window.left_out == 1 {
            tracing::warn!("Plugin {plugin}: more than {MAX_LINES} lines a minute; the next are left out of the log");
            tokio::spawn(self.clone().report_at(plugin.clone(), window.end));
        }
        false
    }

    async fn report_at(self, plugin: PluginName, end: Instant) {
        sleep_until(end).await;
        if let Some(window) = self.lock().take_if(|window| window.end == end) {
            window.report(&plugin);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Window>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Window {
    fn report(self, plugin: &PluginName) {
        let left_out = self.left_out;
        if left_out > 0 {
            tracing::warn!("Plugin {plugin}: {left_out} lines were left out of the log in the last minute");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_minute_has_room_for_some_lines_and_the_next_for_more() {
        let limit = LogLimit::default();
        let admitted = || (0..25).filter(|_| limit.admits(&"a".into())).count();
        assert_eq!(admitted(), MAX_LINES as usize);
        assert_eq!(limit.lock().as_ref().map(|window| window.left_out), Some(15));
        limit.lock().as_mut().expect("a window").end = Instant::now();
        assert_eq!(admitted(), MAX_LINES as usize);
    }
}
