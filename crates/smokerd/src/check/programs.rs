//! Programs that commands begin with, and that this host lacks or cannot run.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use smoker_config::problem::{Problem, Severity};
use smoker_config::spec::places::ParameterKey;
use smoker_model::plugin::PluginSpec;
use smoker_runner::rendering::{self, RenderedCommand};

use crate::check::first_word::{self, FirstWord};

/// Where programs are besides in the folders of `PATH`: a service has another one than an administrator.
const USUAL_FOLDERS: [&str; 6] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// As much of a script as its first line may be long.
const FIRST_LINE: u64 = 256;

/// What is wrong with the programs of plugins and their actions.
#[derive(Debug, Default)]
pub(crate) struct ProgramProblems {
    /// Programs that are there and cannot be run.
    pub(crate) broken: Vec<(Problem, ParameterKey)>,
    /// Programs that are not there: they may be installed later, or on another host.
    pub(crate) absent: Vec<(Problem, ParameterKey)>,
}

enum Fault {
    Absent(String),
    Broken(String),
    /// It depends on where the daemon is started.
    Relative(String),
}

/// Looks at the first program of each command. What only a shell can tell is left out.
pub(crate) fn problems(plugins: &[PluginSpec]) -> ProgramProblems {
    let mut found = ProgramProblems::default();
    for plugin in plugins {
        for command in rendering::commands(plugin) {
            let whole =
                if command.is_of_action { "every run of its action will fail: " } else { "every run will fail: " };
            let at = |key, severity, lead, reason: &str| {
                located(plugin, &command, key, severity, &format!("{lead}{reason}"))
            };
            found
                .broken
                .extend(work_dir_fault(&command).map(|reason| at("WorkDir", Severity::Warning, whole, &reason)));
            match fault(&command) {
                Some(Fault::Absent(reason)) => found.absent.push(at("Command", Severity::Info, whole, &reason)),
                Some(Fault::Broken(reason)) => found.broken.push(at("Command", Severity::Warning, whole, &reason)),
                Some(Fault::Relative(reason)) => found.broken.push(at("Command", Severity::Warning, "", &reason)),
                None => {}
            }
        }
    }
    found
}

fn located(
    plugin: &PluginSpec,
    command: &RenderedCommand<'_>,
    key: &str,
    severity: Severity,
    text: &str,
) -> (Problem, ParameterKey) {
    let name = plugin.name.clone();
    let (is_of_action, action) = (command.is_of_action, command.action.map(str::to_owned));
    let problem =
        Problem { severity, location: None, plugin: Some(name.clone()), text: format!("Plugin {name}: {text}") };
    (problem, ParameterKey { plugin: name, is_of_action, action, name: Some(key.to_owned()) })
}

fn work_dir_fault(command: &RenderedCommand<'_>) -> Option<String> {
    let folder = command.invocation.process.work_dir.as_ref()?;
    let shown = folder.display();
    match fs::metadata(folder) {
        Ok(found) if !found.is_dir() => Some(format!("WorkDir {shown} is no folder; correct it")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Some(format!("WorkDir {shown} does not exist; make it, or correct the path"))
        }
        _ => None,
    }
}

fn fault(command: &RenderedCommand<'_>) -> Option<Fault> {
    let line = command.line.as_ref().ok()?;
    let FirstWord { program, script } = first_word::of(line)?;
    let env = &command.invocation.process.env;
    let search_path = env.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.as_str());
    if program.contains('/') {
        let path = match &command.invocation.process.work_dir {
            Some(folder) => folder.join(program),
            None if program.starts_with('/') => PathBuf::from(program),
            None => {
                return Some(Fault::Relative(format!(
                    "{program} is looked for in the folder in which smokerd was started, which is / for a service; \
                     write its whole path, or set WorkDir"
                )));
            }
        };
        return fault_of_file(&path);
    }
    let Some(found) = find(program, search_path) else {
        return Some(Fault::Absent(format!(
            "there is no program {program} on this host; install it, or correct its name"
        )));
    };
    fault_of_file(&found).or_else(|| {
        let script = Path::new(script?);
        let is_missing = fs::metadata(script).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound);
        is_missing.then(|| Fault::Absent(does_not_exist(script)))
    })
}

fn does_not_exist(path: &Path) -> String {
    format!("{} does not exist on this host; install it, or correct the path", path.display())
}

/// The program of this name in the folders that a run or this process looks in.
fn find(program: &str, search_path: Option<&str>) -> Option<PathBuf> {
    let own = std::env::var("PATH").unwrap_or_default();
    let folders = search_path.unwrap_or(&own).split(':').chain(USUAL_FOLDERS).filter(|folder| folder.starts_with('/'));
    let paths = folders.map(|folder| Path::new(folder).join(program));
    let is_program =
        |path: &PathBuf| fs::metadata(path).is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0);
    paths.into_iter().find(is_program)
}

fn fault_of_file(path: &Path) -> Option<Fault> {
    let shown = path.display();
    let found = match fs::metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Some(Fault::Absent(does_not_exist(path))),
        Err(_) => return None,
    };
    if found.is_dir() {
        return Some(Fault::Broken(format!("{shown} is a folder; name a program in it")));
    }
    if found.permissions().mode() & 0o111 == 0 {
        return Some(Fault::Broken(format!("{shown} is not executable: chmod +x {shown}")));
    }
    fault_of_interpreter(path).map(Fault::Broken)
}

/// What is wrong with the interpreter that a script's first line names.
fn fault_of_interpreter(path: &Path) -> Option<String> {
    let mut first = Vec::new();
    let file = fs::metadata(path).ok().filter(fs::Metadata::is_file).and_then(|_| File::open(path).ok())?;
    file.take(FIRST_LINE).read_to_end(&mut first).ok()?;
    let line = first.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let line = std::str::from_utf8(line).ok()?;
    let shown = path.display();
    if line.ends_with('\r') {
        return Some(format!(
            "the first line of {shown} ends as lines of Windows do, so its interpreter is not found: sed -i 's/\\r$//' {shown}"
        ));
    }
    let mut words = line.split_whitespace();
    let interpreter = words.next().filter(|it| it.starts_with('/'))?;
    if fs::metadata(interpreter).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
        return Some(format!(
            "{interpreter}, which the first line of {shown} names, does not exist; correct that line"
        ));
    }
    let program = words.find(|word| !word.starts_with('-')).filter(|it| !it.contains(['=', '/']))?;
    let is_missing =
        Path::new(interpreter).file_name().is_some_and(|name| name == "env") && find(program, None).is_none();
    is_missing.then(|| {
        format!(
            "there is no program {program}, which the first line of {shown} names; install it, or correct that line"
        )
    })
}
