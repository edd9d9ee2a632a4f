//! Which handlers get a record: the loggers, as Python's `logging` asks them.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::output::descriptor;
use crate::plan::logging_plan::Logger;
use crate::records::level::Level;
use crate::records::logger_names::LoggerNames;
use crate::records::record::Record;
use crate::routing::queue::{Put, Queue};

/// Loggers and the handlers that they pass records to.
#[derive(Debug)]
pub(crate) struct Router {
    pub(crate) names: &'static LoggerNames,
    /// The root's name is empty; it is the last.
    pub(crate) loggers: Vec<Logger>,
    pub(crate) handlers: Vec<Handler>,
}

/// A handler's level and queue.
#[derive(Debug)]
pub(crate) struct Handler {
    pub(crate) name: String,
    pub(crate) level: Level,
    pub(crate) queue: Arc<Queue>,
}

impl Router {
    /// Whether a logger takes records of this level.
    pub(crate) fn wants(&self, logger: &str, level: Level) -> bool {
        level >= self.effective_level(logger)
    }

    /// The lowest level that any logger takes.
    pub(crate) fn lowest_level(&self) -> Level {
        let levels = self.loggers.iter().map(|logger| self.effective_level(&logger.name));
        levels.min().unwrap_or(Level::WARNING)
    }

    /// Hands a record to all handlers that it is for. Never waits.
    pub(crate) fn route(&self, record: Record) {
        let record = Arc::new(record);
        let mut overflowing = Vec::new();
        for index in self.handlers_for(&record) {
            if self.handlers[index].queue.put(&record) == Put::FirstDropped {
                overflowing.push(index);
            }
        }
        for index in overflowing {
            let name = &self.handlers[index].name;
            let text = format!("log handler {name} is too slow for the lines that are logged; lines are dropped");
            self.complain(index, Level::ERROR, text);
        }
    }

    /// Logs what is wrong with one handler to the others. If there is none, it
    /// goes to standard error, unless that would block.
    pub(crate) fn complain(&self, about: usize, level: Level, text: String) {
        let record = Arc::new(Record::new(level, self.names.program.into(), text));
        let mut is_heard = false;
        for index in self.handlers_for(&record).into_iter().filter(|index| *index != about) {
            is_heard |= self.handlers[index].queue.put(&record) == Put::Taken;
        }
        if !is_heard {
            descriptor::write_without_waiting(io::stderr(), &format!("{}: {}\n", level.name(), record.message));
        }
    }

    /// Has every handler reopen its file or socket.
    pub(crate) fn reopen(&self) {
        for handler in &self.handlers {
            handler.queue.reopen();
        }
    }

    /// Waits until everything is written, at most for `timeout`.
    pub(crate) fn finish(&self, timeout: Duration) {
        let until = Instant::now() + timeout;
        for handler in &self.handlers {
            handler.queue.close();
        }
        for handler in &self.handlers {
            handler.queue.wait_for_end(until);
        }
    }

    fn effective_level(&self, logger: &str) -> Level {
        let set = self.ancestry(logger).find_map(|logger| logger.level.filter(|level| *level != Level::NOTSET));
        let root = self.loggers.last().and_then(|root| root.level);
        set.or(root).unwrap_or(Level::WARNING)
    }

    /// A handler that is listed twice on the way up gets a record twice, as in Python.
    fn handlers_for(&self, record: &Record) -> Vec<usize> {
        let mut handlers = Vec::new();
        for logger in self.ancestry(&record.logger) {
            let listed = logger.handlers.iter().copied();
            handlers.extend(listed.filter(|index| record.level >= self.handlers[*index].level));
            if !logger.propagates {
                break;
            }
        }
        handlers
    }

    /// The configured loggers from a name up to the root.
    fn ancestry<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Logger> {
        let is_above = move |logger: &&Logger| {
            logger.name.is_empty()
                || name.strip_prefix(logger.name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.loggers.iter().filter(is_above)
    }
}

/// Sorts loggers for a [`Router`]: the longer a name, the nearer it is to a
/// record's, and the root is the last.
pub(crate) fn sorted(mut loggers: Vec<Logger>) -> Vec<Logger> {
    loggers.sort_by_key(|logger| std::cmp::Reverse(logger.name.len()));
    loggers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::queue::Task;

    fn logger(name: &str, level: Option<Level>, propagates: bool, handlers: &[usize]) -> Logger {
        Logger { name: name.to_owned(), level, propagates, handlers: handlers.to_vec() }
    }

    fn router(loggers: Vec<Logger>, levels: &[Level]) -> Router {
        let handler = |level: &Level| Handler { name: "h".to_owned(), level: *level, queue: Arc::default() };
        Router {
            names: &LoggerNames { program: "smokerd", modules: &[] },
            loggers: sorted(loggers),
            handlers: levels.iter().map(handler).collect(),
        }
    }

    fn taken(router: &Router, logger: &'static str, level: Level) -> Vec<usize> {
        router.handlers_for(&Record::new(level, logger.into(), String::new()))
    }

    #[test]
    fn records_climb_to_the_root_unless_a_logger_keeps_them() {
        let loggers = vec![
            logger("", Some(Level::WARNING), true, &[0]),
            logger("smokerd", Some(Level::INFO), true, &[1]),
            logger("smokerd.restserver", None, false, &[2]),
        ];
        let router = router(loggers, &[Level::NOTSET, Level::ERROR, Level::NOTSET]);
        assert_eq!(taken(&router, "smokerd.pluginmanager", Level::ERROR), [1, 0]);
        assert_eq!(taken(&router, "smokerd.pluginmanager", Level::INFO), [0], "the handler's own level counts, too");
        assert_eq!(taken(&router, "smokerd.restserver", Level::INFO), [2]);
        assert_eq!(taken(&router, "smokerdx", Level::ERROR), [0]);
        assert!(router.wants("smokerd.restserver", Level::INFO), "the level of the logger above");
        assert!(!router.wants("hyper", Level::INFO));
        assert_eq!(router.lowest_level(), Level::INFO);
    }

    #[test]
    fn a_complaint_goes_to_the_other_handlers() {
        let router = router(vec![logger("", None, true, &[0, 1])], &[Level::NOTSET, Level::NOTSET]);
        router.complain(1, Level::ERROR, "broken".to_owned());
        assert!(matches!(router.handlers[0].queue.next(), Task::Write(waiting) if waiting.record.message == "broken"));
        router.handlers[1].queue.close();
        assert!(matches!(router.handlers[1].queue.next(), Task::End(0)));
    }
}
