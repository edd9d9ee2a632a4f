//! Which logger of a logging configuration an event belongs to. The program says which; this crate knows none by name.

use std::borrow::Cow;

/// The loggers of a program.
#[derive(Debug)]
pub struct LoggerNames {
    /// The program's own logger, which also has what the log says about itself.
    pub program: &'static str,
    /// Paths of modules and their loggers. The longest path that an event's module is at or below decides.
    pub modules: &'static [(&'static str, &'static str)],
}

impl LoggerNames {
    /// The logger of an event, given by its target: usually the path of its module. An event may name
    /// a logger itself; modules of libraries are loggers of their own.
    pub(crate) fn logger_of(&self, target: &str) -> Cow<'static, str> {
        let named = self.modules.iter().map(|(_, logger)| *logger).find(|logger| *logger == target);
        if let Some(logger) = named {
            return logger.into();
        }
        let known = self.modules.iter().filter(|(module, _)| is_inside(target, module));
        let longest = known.max_by_key(|(module, _)| module.len());
        longest.map_or_else(|| target.replace("::", ".").into(), |(_, logger)| (*logger).into())
    }
}

fn is_inside(target: &str, module: &str) -> bool {
    target.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_decides() {
        let modules: &[_] = &[("house", "house"), ("house::door", "house.guests"), ("engine", "house.works")];
        let names = LoggerNames { program: "house", modules };
        for (target, logger) in [
            ("house::roof", "house"),
            ("house::door::lock", "house.guests"),
            ("house::doorbell", "house"),
            ("engine::oil", "house.works"),
            ("house.guests", "house.guests"),
            ("hyper::proto::h1", "hyper.proto.h1"),
        ] {
            assert_eq!(names.logger_of(target), logger);
        }
    }
}
