//! Where the verdict is written to, and in which formats: `-o junit=report.xml -o text`.

use std::path::Path;

use smoker_model::suggest;

use crate::error::ExitError;
use crate::gate::render;
use crate::gate::render::format::GateFormat;
use crate::gate::report::GateReport;
use crate::render::format::Detail;
use crate::targets::inputs::InputFiles;
use crate::terminal::output;
use crate::terminal::output_file::OutputFile;
use crate::terminal::style::Style;

/// A format, and the file that it is written to; none for standard output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Output {
    format: GateFormat,
    file: Option<OutputFile>,
}

/// Reads the values of `-o`; without any, the text on standard output.
///
/// # Errors
///
/// When a format is unknown, a file cannot be written, or two formats would be mixed on standard output.
pub(super) fn parse(typed: &[String]) -> Result<Vec<Output>, ExitError> {
    let outputs: Vec<_> = typed.iter().map(|typed| one(typed)).collect::<Result<_, _>>()?;
    if outputs.iter().filter(|output| output.file.is_none()).count() > 1 {
        return Err(ExitError::usage(
            "-o names two formats for standard output, where they would be mixed; give one a file, such as -o junit=report.xml",
        ));
    }
    let default = || Output { format: GateFormat::Text(Detail::Normal), file: None };
    Ok(if outputs.is_empty() { vec![default()] } else { outputs })
}

/// Looks for a file that would be written twice, or over what the call reads or the next one would read.
///
/// # Errors
///
/// When there is one.
pub(super) fn check_distinct(outputs: &[Output], inputs: &InputFiles) -> Result<(), ExitError> {
    let files: Vec<_> = outputs.iter().filter_map(|output| output.file.as_ref()).collect();
    for (at, file) in files.iter().enumerate() {
        if files[..at].iter().any(|other| file.is_at(other.path())) {
            let path = file.path().display();
            return Err(ExitError::usage(format!(
                "-o names {path} twice, and the second report would take the place of the first; give each a file of its own"
            )));
        }
        inputs.check("-o", file.path())?;
    }
    Ok(())
}

/// Other names of standard output.
const STANDARD_OUTPUT: [&str; 4] = ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];

fn one(typed: &str) -> Result<Output, ExitError> {
    let (name, file) = typed.split_once('=').map_or((typed, None), |(name, file)| (name, Some(file)));
    let Some(format) = GateFormat::parse(name) else {
        let known = GateFormat::ALL.map(|(known, _)| known);
        let near = suggest::near(name, &known).map_or(String::new(), |near| format!("; did you mean {near}?"));
        return Err(ExitError::usage(format!("unknown format {name:?}{near} the formats are {}", known.join(", "))));
    };
    let file = match file {
        None => None,
        Some(file) if STANDARD_OUTPUT.contains(&file) => None,
        Some("") => return Err(ExitError::usage(format!("-o {typed} names no file; write -o {name}=FILE"))),
        Some(file) => Some(OutputFile::new(Path::new(file))?),
    };
    Ok(Output { format, file })
}

/// Writes the verdict everywhere. What cannot be written does not keep the others from being written.
///
/// # Errors
///
/// The first that there was.
pub(super) fn write(outputs: &[Output], report: &GateReport<'_>, style: Style) -> Result<(), ExitError> {
    let mut outcome = Ok(());
    for Output { format, file } in outputs {
        let written = match file {
            Some(file) => file.write(&render::render(report, *format, Style::Plain)),
            None => output::print(&render::render(report, *format, style)),
        };
        outcome = outcome.and(written);
    }
    outcome
}

/// Whether a format is written to standard output.
pub(super) fn has_standard_output(outputs: &[Output]) -> bool {
    outputs.iter().any(|output| output.file.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(typed: &[&str]) -> Result<Vec<Output>, String> {
        let typed: Vec<_> = typed.iter().map(|typed| (*typed).to_owned()).collect();
        parse(&typed).map_err(|error| error.message)
    }

    #[test]
    fn one_format_may_go_to_standard_output() {
        assert_eq!(parsed(&[]), parsed(&["text"]));
        assert_eq!(parsed(&["junit=/dev/null", "normal"]).map(|all| all.len()), Ok(2));
        assert!(parsed(&["json", "tap"]).expect_err("mixed").contains("would be mixed"));
        for file in STANDARD_OUTPUT {
            assert!(parsed(&["json", &format!("tap={file}")]).expect_err("mixed").contains("would be mixed"));
        }
        assert!(parsed(&["jnuit=x"]).expect_err("unknown").contains("did you mean junit?"));
        assert!(parsed(&["junit="]).expect_err("no file").contains("write -o junit=FILE"));
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        std::os::unix::fs::symlink(path("a"), path("link")).expect("a link");
        std::fs::write(path("before"), "").expect("writable");
        let distinct = |typed: [&str; 2]| {
            let typed = typed.map(|typed| typed.replace('@', &format!("{}/", folder.path().display())));
            let before = path("before");
            let inputs = InputFiles::default().with("--against", Some(&before));
            check_distinct(&parse(&typed).expect("files"), &inputs).map_err(|error| error.message)
        };
        assert_eq!(distinct(["json=@a", "tap=@b"]), Ok(()));
        assert_eq!(distinct(["json=/dev/null", "tap=/dev/null"]), Ok(()));
        assert!(distinct(["json=@a", "tap=@./a"]).expect_err("one file").contains("twice"));
        assert!(distinct(["json=@a", "tap=@link"]).expect_err("one file, that is not there yet").contains("twice"));
        assert!(distinct(["json=@a", "tap=@before"]).expect_err("read").contains("--against"));
        assert!(parsed(&["junit=/nonexistent/x"]).expect_err("no folder").contains("cannot write"));
    }
}
