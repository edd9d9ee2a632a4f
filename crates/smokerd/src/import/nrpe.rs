//! `nrpe.cfg`: each `command[NAME]` becomes a plugin that is run on request, as NRPE runs it.

use std::fs;
use std::path::{Path, PathBuf};

use nix::unistd::User;
use smoker_model::value::Value;

use crate::import::imported::{Imported, ImportedPlugin};
use crate::import::nrpe_arguments::{self, WithArguments};
use crate::import::source_file::text_of;

/// How long NRPE lets a command run by default, in seconds.
const TIMEOUT: i128 = 60;

/// What to do about commands with arguments.
const GIVEN_BY_CLIENTS: &str = "what clients gave to NRPE with -a is given by smokercli --param ARG1=VALUE, which the role run is enough for; set Default for runs without";

/// How deep files may include each other.
const DEEPEST: usize = 10;

/// What of NRPE's settings counts for its commands.
#[derive(Debug, Default)]
struct Settings {
    user: Option<String>,
    group: Option<String>,
    timeout: Option<i128>,
    prefix: Option<String>,
    /// Whether clients may give arguments.
    takes_arguments: bool,
}

/// A command as it is written.
struct Command {
    name: String,
    line: String,
    path: PathBuf,
    number: usize,
}

/// Reads a file and those that it includes.
pub(super) fn read(path: &Path, imported: &mut Imported) -> Result<(), String> {
    let (mut settings, mut commands) = (Settings::default(), Vec::new());
    read_file(path, DEEPEST, &mut settings, &mut commands, imported)?;
    // Settings count for all commands, wherever they are.
    for command in commands {
        let mut plugin = ImportedPlugin::new(&command.name, &command.path, command.number);
        let line = match &settings.prefix {
            Some(prefix) => format!("{prefix} {}", command.line),
            None => command.line.clone(),
        };
        let arguments = nrpe_arguments::read(&line).and_then(|arguments| match arguments {
            Some(_) if !settings.takes_arguments => {
                Err("dont_blame_nrpe is not 1, so NRPE fills in no $ARGn$: write what it stands for".to_owned())
            }
            arguments => Ok(arguments),
        });
        match arguments {
            Ok(None) => plugin.command(&line),
            Ok(Some(WithArguments { command, parameters })) => {
                plugin.text("Command", &command);
                plugin.set("Parameters", parameters);
                imported.note(GIVEN_BY_CLIENTS);
            }
            Err(reason) => {
                let text = format!("command[{}]={}", command.name, command.line);
                imported.leave(&command.path, command.number, &text, &reason);
                continue;
            }
        }
        plugin.text("Parser", "nagios");
        plugin.set("Timeout", Value::Int(settings.timeout.unwrap_or(TIMEOUT)));
        if let Some(user) = &settings.user {
            plugin.text("uid", user);
            plugin.text("gid", &settings.group.clone().unwrap_or_else(|| primary_group(user)));
        }
        imported.add(plugin, &command.path);
    }
    Ok(())
}

fn read_file(
    path: &Path,
    depth: usize,
    settings: &mut Settings,
    commands: &mut Vec<Command>,
    imported: &mut Imported,
) -> Result<(), String> {
    for (index, line) in text_of(path)?.lines().enumerate() {
        let (number, line) = (index + 1, line.trim());
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            imported.leave(path, number, line, "it is no setting");
            continue;
        };
        let (key, value) = (key.trim(), value.trim());
        if let Some(name) = key.strip_prefix("command[").and_then(|rest| rest.strip_suffix(']')) {
            let (name, line, path) = (name.to_owned(), value.to_owned(), path.to_owned());
            commands.push(Command { name, line, path, number });
            continue;
        }
        let included = match key {
            "include" | "include_file" => Ok(vec![PathBuf::from(value)]),
            "include_dir" => files_of(Path::new(value)),
            _ => {
                set(key, value, settings).unwrap_or_else(|reason| imported.leave(path, number, line, reason));
                continue;
            }
        };
        let deeper = depth.checked_sub(1).ok_or("files include each other too deep")?;
        let read = included
            .and_then(|files| files.iter().try_for_each(|file| read_file(file, deeper, settings, commands, imported)));
        if let Err(reason) = read {
            imported.leave(path, number, line, &reason);
        }
    }
    Ok(())
}

/// Takes a setting; the error is why it has no place in plugins.
fn set(key: &str, value: &str, settings: &mut Settings) -> Result<(), &'static str> {
    match key {
        "nrpe_user" => settings.user = Some(value.to_owned()),
        "nrpe_group" => settings.group = Some(value.to_owned()),
        "command_timeout" => {
            let seconds = value.parse().ok().filter(|seconds| *seconds > 0);
            settings.timeout = Some(seconds.ok_or("it is no number of seconds")?);
        }
        "command_prefix" => settings.prefix = Some(value.to_owned()),
        "allowed_hosts" => {
            return Err("who may ask is decided by `allow` and by identities at the top level of smokerd.yaml");
        }
        "server_address" | "server_port" => {
            return Err("write bind_host and bind_port at the top level of smokerd.yaml");
        }
        "pid_file" => return Err("write pidfile at the top level of smokerd.yaml"),
        "dont_blame_nrpe" => settings.takes_arguments = value == "1",
        "allow_bash_command_substitution" | "nasty_metachars" => {
            return Err("what a client may give is decided by the Pattern of each of a plugin's Parameters");
        }
        _ => return Err("it is a setting of NRPE itself"),
    }
    Ok(())
}

/// The files of a folder and of those below, as NRPE takes them: those that end in `.cfg`.
fn files_of(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{} cannot be read: {error}", folder.display()))?;
    let mut found = Vec::new();
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() && !path.is_symlink() {
            found.extend(files_of(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "cfg") {
            found.push(path);
        }
    }
    Ok(found)
}

fn primary_group(user: &str) -> String {
    let group = User::from_name(user).ok().flatten().map(|user| user.gid.to_string());
    group.unwrap_or_else(|| user.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_keep_their_meaning_and_the_rest_is_listed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("nrpe.d")).expect("a folder");
        fs::write(path("nrpe.d/more.cfg"), "command[swap]=/p/check_swap -w 20% -c 10%\n").expect("a file");
        fs::write(path("nrpe.d/no.txt"), "command[never]=x\n").expect("a file");
        let text = format!(
            "# NRPE\nserver_port=5666\nallowed_hosts=127.0.0.1,10.0.0.0/8\ncommand_timeout=30\ncommand[load]=/p/check_load -w `$ARG1$`\n\
             command[users]=/p/check_users -w 5\ncommand[users]=/p/check_users -w 6\nnrpe_user=root\nnrpe_group=adm\nfoo\ninclude_dir={}\n",
            path("nrpe.d").display()
        );
        fs::write(path("nrpe.cfg"), text).expect("a file");
        let mut imported = Imported::default();
        read(&path("nrpe.cfg"), &mut imported).expect("imported");
        let plugins: Vec<_> = imported.plugins.iter().map(|plugin| plugin.name.as_str()).collect();
        assert_eq!(plugins, ["users", "swap"]);
        let text = |value: &str| Value::Text(value.to_owned());
        let swap = &imported.plugins[1].parameters;
        assert_eq!(swap[0], ("Command".to_owned(), text("/p/check_swap -w 20%% -c 10%%")));
        assert_eq!(
            swap[1..].iter().map(|(_, value)| value.clone()).collect::<Vec<_>>(),
            [text("nagios"), Value::Int(30), text("root"), text("adm")]
        );
        let lines: Vec<_> = imported.untaken.iter().map(|untaken| untaken.line).collect();
        assert_eq!(lines, [2, 3, 10, 5, 6]);
        assert!(imported.untaken[3].reason.starts_with("it has ` beside $ARGn$"));
        assert!(imported.notes.is_empty());

        fs::write(path("args.cfg"), "command[load]=/p/check_load -w $ARG1$ -c 5%\n").expect("a file");
        let mut refused = Imported::default();
        read(&path("args.cfg"), &mut refused).expect("imported");
        assert!(refused.plugins.is_empty() && refused.untaken[0].reason.starts_with("dont_blame_nrpe is not 1"));
        let text = "command[load]=/p/check_load -w $ARG1$ -c 5%\ncommand[b]=b $ARG1$\ndont_blame_nrpe=1\n";
        fs::write(path("args.cfg"), text).expect("a file");
        let mut taken = Imported::default();
        read(&path("args.cfg"), &mut taken).expect("imported");
        assert_eq!(taken.plugins[0].parameters[0].1, Value::Text("/p/check_load -w %(ARG1)s -c 5%%".to_owned()));
        assert_eq!((taken.plugins[0].parameters[1].0.as_str(), taken.untaken.len()), ("Parameters", 0));
        assert_eq!(taken.notes.len(), 1);
    }
}
