//! Programs that commands begin with, and that this host lacks or cannot run.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nix::unistd::{User, geteuid};
use smoker_config::problem::{Problem, Severity};
use smoker_config::spec::places::ParameterKey;
use smoker_model::plugin::PluginSpec;
use smoker_paths::permission::{Account, Permission};
use smoker_paths::regular;
use smoker_runner::preflight::executable::{self, Use};
use smoker_runner::preflight::rendering::{self, RenderedCommand};
use smoker_runner::process::attributes::credentials::Credentials;
use smoker_runner::process::containment::level::ContainmentLevel;
use smoker_runner::process::containment::orphans::Reaper;
use tokio::runtime::Builder;

use crate::check::first_word::{self, FirstWord};

/// Where programs are besides in the folders of our `PATH`: a service has another one than an administrator.
const USUAL_FOLDERS: [&str; 6] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// How many files one child looks at.
const FILES_AT_ONCE: usize = 200;

/// How many interpreters of interpreters the kernel follows.
const DEEPEST_INTERPRETER: usize = 4;

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

#[derive(Debug)]
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

/// Programs that are there and that the account of their plugin may not run. To be asked by root, who may run all.
/// `daemon` is the account that the daemon runs as.
pub(crate) fn closed(plugins: &[PluginSpec], daemon: Option<&Credentials>) -> io::Result<Vec<(Problem, ParameterKey)>> {
    if !geteuid().is_root() {
        return Ok(Vec::new());
    }
    let mut accounts: Vec<(Credentials, Vec<(PathBuf, Use)>)> = Vec::new();
    let mut used = Vec::new();
    for plugin in plugins {
        // What is wrong with an account is said where it is configured.
        let Ok(own) = Credentials::resolve(&plugin.run_as) else { continue };
        let Some(account) = own.as_ref().or(daemon).filter(|account| !account.uid.is_root()) else { continue };
        for command in rendering::commands(plugin).into_iter().filter(|command| fault(command).is_none()) {
            for file in files_of(&command) {
                let at = accounts.iter().position(|(known, _)| known == account).unwrap_or_else(|| {
                    accounts.push((account.clone(), Vec::new()));
                    accounts.len() - 1
                });
                let key = located(plugin, &command, "Command", Severity::Warning, "");
                used.push((at, file.0.clone(), key));
                accounts[at].1.push(file);
            }
        }
    }
    if used.is_empty() {
        return Ok(Vec::new());
    }
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let refused = runtime.block_on(async {
        let reaper = Reaper::start(ContainmentLevel::prepare(None))?;
        let mut refused = Vec::new();
        for (account, files) in &mut accounts {
            files.sort_by(|one, other| one.0.cmp(&other.0));
            files.dedup();
            let mut of_account = HashSet::new();
            for some in files.chunks(FILES_AT_ONCE) {
                of_account.extend(executable::refused(some, account, &reaper).await.into_iter().map(Path::to_owned));
            }
            refused.push(of_account);
        }
        Ok::<_, io::Error>(refused)
    })?;
    let closed = used.into_iter().filter(|(at, path, _)| refused[*at].contains(path));
    let closed = closed.map(|(at, path, (problem, key))| {
        let (shown, account) = (path.display(), accounts[at].0.uid);
        let name = User::from_uid(account).ok().flatten().map_or_else(|| account.to_string(), |user| user.name);
        let whole = if key.is_of_action { "every run of its action will fail" } else { "every run will fail" };
        let groups = accounts[at].0.groups.iter().chain([&accounts[at].0.gid]).map(|group| group.as_raw()).collect();
        let obstacle = Account { user: account.as_raw(), groups }.obstacle(&path, Permission::Run);
        let cure = match obstacle.filter(|obstacle| obstacle.has_list) {
            Some(obstacle) => obstacle.cure(&name),
            None => format!("`namei -l {shown}` shows which, chmod o+rx opens it"),
        };
        let text = format!("{}{whole}: {name} may not run {shown}, or enter a folder above it; {cure}", problem.text);
        (Problem { text, ..problem }, key)
    });
    Ok(closed.collect())
}

/// The files that a command begins with, and what its account does with them.
fn files_of(command: &RenderedCommand<'_>) -> Vec<(PathBuf, Use)> {
    let process = &command.invocation.process;
    let Some(FirstWord { program, script }) = command.line.as_ref().ok().and_then(|line| first_word::of(line)) else {
        return Vec::new();
    };
    let search_path = process.env.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.as_str());
    let path = match &process.work_dir {
        _ if !program.contains('/') => find(program, search_path),
        Some(folder) => Some(folder.join(program)),
        None => Some(PathBuf::from(program)),
    };
    let program = path.map(|path| {
        let of = if is_script(&path) { Use::Script } else { Use::Program };
        (path, of)
    });
    program.into_iter().chain(script.map(|script| (PathBuf::from(script), Use::Argument))).collect()
}

fn is_script(path: &Path) -> bool {
    let mut first = [0; 2];
    regular::open(path).is_ok_and(|mut file| file.read_exact(&mut first).is_ok()) && first == *b"#!"
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
    let process = &command.invocation.process;
    let search_path = process.env.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.as_str());
    fault_of_line(command.line.as_ref().ok()?, process.work_dir.as_deref(), search_path)
}

fn fault_of_line(line: &str, work_dir: Option<&Path>, search_path: Option<&str>) -> Option<Fault> {
    let FirstWord { program, script } = first_word::of(line)?;
    let path = if program.contains('/') {
        match work_dir {
            Some(folder) => folder.join(program),
            None if program.starts_with('/') => PathBuf::from(program),
            None => {
                return Some(Fault::Relative(format!(
                    "{program} is looked for in the folder in which smokerd was started, which is / for a service; \
                     write its whole path, or set WorkDir"
                )));
            }
        }
    } else {
        let Some(found) = find(program, search_path) else {
            return Some(Fault::Absent(match search_path {
                Some(_) => {
                    format!(
                        "there is no program {program} in the PATH of its Env; correct PATH, or write its whole path"
                    )
                }
                None => format!("there is no program {program} on this host; install it, or correct its name"),
            }));
        };
        found
    };
    fault_of_file(&path).or_else(|| {
        let script = Path::new(script?);
        let is_missing = fs::metadata(script).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound);
        is_missing.then(|| Fault::Absent(does_not_exist(script)))
    })
}

fn does_not_exist(path: &Path) -> String {
    format!("{} does not exist on this host; install it, or correct the path", path.display())
}

/// The program of this name in the folders of a run's own `PATH`, or of ours and the usual ones where it has none.
fn find(program: &str, search_path: Option<&str>) -> Option<PathBuf> {
    let own = std::env::var("PATH").unwrap_or_default();
    let (searched, usual) = search_path.map_or((own.as_str(), &USUAL_FOLDERS[..]), |path| (path, &[]));
    let folders = searched.split(':').chain(usual.iter().copied()).filter(|folder| folder.starts_with('/'));
    let mut paths = folders.map(|folder| Path::new(folder).join(program));
    let is_program =
        |path: &PathBuf| fs::metadata(path).is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0);
    paths.find(is_program)
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
    fault_of_interpreter(path, DEEPEST_INTERPRETER).map(Fault::Broken)
}

/// What is wrong with the interpreter that a script's first line names, which may be a script itself.
fn fault_of_interpreter(path: &Path, depth: usize) -> Option<String> {
    let mut first = Vec::new();
    regular::open(path).ok()?.take(FIRST_LINE).read_to_end(&mut first).ok()?;
    let line = first.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let line = std::str::from_utf8(line).ok()?;
    let shown = path.display();
    if line.ends_with('\r') {
        return Some(format!(
            "the first line of {shown} ends as lines of Windows do, so its interpreter is not found: sed -i 's/\\r$//' {shown}"
        ));
    }
    let mut words = line.split_whitespace();
    let interpreter = words.next()?;
    if !interpreter.starts_with('/') {
        return Some(format!(
            "{interpreter}, which the first line of {shown} names as its interpreter, is looked for in the folder of the \
             run and in no other; write its whole path there"
        ));
    }
    if fs::metadata(interpreter).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
        return Some(format!(
            "{interpreter}, which the first line of {shown} names, does not exist; correct that line"
        ));
    }
    let of_interpreter = if depth > 0 { fault_of_interpreter(Path::new(interpreter), depth - 1) } else { None };
    if let Some(reason) = of_interpreter {
        return Some(format!("{reason} ({interpreter} is the interpreter of {shown})"));
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

#[cfg(test)]
mod tests {
    use std::fs::Permissions;

    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;

    use super::*;

    fn is_absent(line: &str, search_path: Option<&str>, words: &str) -> bool {
        matches!(fault_of_line(line, None, search_path), Some(Fault::Absent(reason)) if reason.contains(words))
    }

    #[test]
    fn the_script_of_an_interpreter_is_looked_for() {
        for line in ["sh /no/such/script", "/bin/sh /no/such/script"] {
            assert!(is_absent(line, None, "/no/such/script does not exist"), "{line}");
        }
        assert!(fault_of_line("/bin/sh /etc/passwd", None, None).is_none());
    }

    #[test]
    fn a_path_of_the_plugin_is_the_only_one_that_is_searched() {
        assert!(fault_of_line("ls", None, None).is_none());
        assert!(fault_of_line("ls", None, Some("/no/such/folder:/usr/bin:/bin")).is_none());
        assert!(is_absent("ls", Some("/no/such/folder"), "no program ls in the PATH of its Env"));
    }

    #[test]
    fn the_interpreter_that_is_missing_is_named_however_the_script_is_run() {
        let folder = tempfile::tempdir().expect("a folder");
        let script = |name: &str, first: &str| {
            let path = folder.path().join(name);
            fs::write(&path, format!("#!{first}\n")).expect("a file");
            fs::set_permissions(&path, Permissions::from_mode(0o755)).expect("permissions");
            path.display().to_string()
        };
        let missing = script("missing", "/no/such/python -u");
        let nested = script("nested", &missing);
        let relative = script("relative", "python3");
        for line in [missing.clone(), format!("timeout 5 {missing} -a"), format!("A=b nice -n 5 {missing}"), nested] {
            let fault = fault_of_line(&line, None, None);
            let is_named = matches!(&fault, Some(Fault::Broken(reason)) if reason.contains("/no/such/python"));
            assert!(is_named, "{line}: {fault:?}");
        }
        let fault = fault_of_line(&relative, None, None);
        assert!(matches!(&fault, Some(Fault::Broken(reason)) if reason.contains("python3, which")), "{fault:?}");
        assert!(is_absent("nice /no/such/program", None, "/no/such/program does not exist"));
    }

    #[test]
    fn a_named_pipe_is_not_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        mkfifo(&pipe, Mode::S_IRWXU).expect("a pipe");
        fs::set_permissions(&pipe, Permissions::from_mode(0o755)).expect("permissions");
        assert_eq!(fault_of_interpreter(&pipe, DEEPEST_INTERPRETER), None);
    }
}
