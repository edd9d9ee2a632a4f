//! The file of a logging configuration.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use smoker_model::suggest;
use smoker_paths::regular;
use thiserror::Error;

use crate::fileconfig::problems::{IniProblem, IniProblems};
use crate::fileconfig::{formatters, handlers, loggers, spelling};
use crate::ini::document::{Document, Section};
use crate::ini::read;
use crate::plan::logging_plan::Plan;

/// A logging configuration is a page, not a book.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Why a file is no logging configuration.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("cannot read logging configuration {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why it cannot be read.
        source: io::Error,
    },
    /// The file does not have the format of Python's `logging.config`.
    #[error("{path}:{line}: {problem}; a logging configuration has the file format of Python's logging.config")]
    Format {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there.
        problem: String,
    },
}

/// Reads a file into a plan and everything that the plan leaves out.
///
/// # Errors
///
/// When the file cannot be read, or is not a logging configuration.
pub fn load(path: &Path) -> Result<(Plan, Vec<IniProblem>), LoadError> {
    let text = text_of(path).map_err(|source| LoadError::Unreadable { path: path.to_owned(), source })?;
    let wrong = |(line, problem)| LoadError::Format { path: path.to_owned(), line, problem };
    let (document, double) = read::read(&text).map_err(wrong)?;
    let mut problems = IniProblems::new(path);
    for (line, problem) in double {
        problems.add(line, problem);
    }
    spelling::report(&document, &mut problems);
    let plan = plan(&document, &mut problems).map_err(wrong)?;
    Ok((plan, problems.finish()))
}

fn text_of(path: &Path) -> io::Result<String> {
    let file = regular::open(path)?;
    let mut text = String::new();
    file.take(MAX_FILE_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(io::Error::other(format!("it has over {MAX_FILE_BYTES} bytes")));
    }
    Ok(text)
}

fn plan(document: &Document, problems: &mut IniProblems) -> Result<Plan, (usize, String)> {
    let [of_formatters, of_handlers, of_loggers] =
        [required(document, "formatters")?, required(document, "handlers")?, required(document, "loggers")?];
    let root = required(document, "logger_root")?;
    let formatters = formatters::read(document, of_formatters, problems);
    let handlers = handlers::read(document, of_handlers, &formatters, problems);
    let loggers = loggers::read(document, of_loggers, root, &handlers, problems);
    Ok(Plan { loggers, handlers: handlers.into_iter().filter_map(|named| named.plan).collect() })
}

fn required<'a>(document: &'a Document, name: &str) -> Result<&'a Section, (usize, String)> {
    document.section(name).ok_or_else(|| {
        let near = |section: &&Section| suggest::near(&section.name, &[name]).is_some();
        match document.sections.iter().find(near) {
            Some(near) => (near.line, format!("section [{name}] is missing; did you mean it by [{}]?", near.name)),
            None => (1, format!("section [{name}] is missing")),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::level::Level;
    use crate::records::record::Record;

    #[test]
    fn a_file_that_is_too_large_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("logging.ini");
        std::fs::write(&path, "#\n".repeat(600_000)).expect("a file");
        let error = load(&path).expect_err("no configuration").to_string();
        assert!(error.contains("logging.ini") && error.contains("it has over 1048576 bytes"), "{error}");
    }

    #[test]
    fn misspelt_options_and_sections_are_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("logging.ini");
        std::fs::write(&path, EXAMPLE).expect("a file");
        assert_eq!(load(&path).expect("the example").1, []);
        let misspelt = EXAMPLE.replacen("\nlevel", "\nlevle", 1).replacen("\nformatter ", "\nformater ", 1);
        let misspelt = misspelt.replacen("\nformatter=", "\nformater=", 1);
        std::fs::write(&path, misspelt).expect("a file");
        let problems: Vec<_> = load(&path).expect("it loads").1.iter().map(ToString::to_string).collect();
        for near in ["did you mean level?", "did you mean formatter?"] {
            assert!(problems.iter().any(|problem| problem.contains(near)), "{problems:?}");
        }
        std::fs::write(&path, EXAMPLE.replace("[loggers]", "[logger]")).expect("a file");
        let error = load(&path).expect_err("a section is missing").to_string();
        assert!(error.contains("did you mean it by [logger]?"), "{error}");
    }

    const EXAMPLE: &str = include_str!("../../../../etc/logging.ini");

    /// Signs that mean something somewhere in these files.
    const SIGNS: [&str; 20] =
        ["'", "\"", "(", ")", "[", "]", "{", "}", "%", "%(", ")s", "\\", ",", "=", ":", "\n", "\n ", "*", "é", "$"];

    /// The same numbers in each run.
    struct Dice(u64);

    impl Dice {
        fn roll(&mut self, sides: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(self.0 >> 33).expect("31 bits") % sides
        }
    }

    fn damaged(dice: &mut Dice) -> String {
        let mut text: Vec<char> = EXAMPLE.chars().collect();
        for _ in 0..=dice.roll(8) {
            let at = dice.roll(text.len());
            let end = (at + dice.roll(12)).min(text.len());
            let sign = SIGNS[dice.roll(SIGNS.len())];
            text.splice(at..end, sign.chars());
        }
        text.into_iter().collect()
    }

    #[test]
    fn no_file_breaks_the_reader() {
        let mut dice = Dice(1);
        let mut read_well = 0;
        for _ in 0..3000 {
            let text = damaged(&mut dice);
            let mut problems = IniProblems::new(Path::new("logging.ini"));
            let Ok((document, _)) = read::read(&text) else { continue };
            let Ok(plan) = plan(&document, &mut problems) else { continue };
            read_well += 1;
            for handler in plan.handlers {
                handler.formatter.format(&Record::new(Level::INFO, "smokerd".into(), "text".to_owned()));
            }
        }
        assert!(read_well > 300, "most of the damage was too large to tell: {read_well}");
    }
}
