//! `smoker.actions.restart`: restarts a service when its plugin is bad, a bounded number of times an hour.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use nix::fcntl::{Flock, FlockArg};
use smoker_model::counted::counted;
use smoker_model::messages::{Level, Messages};
use smoker_model::plugin::module::{ModuleKind, ModuleRequest};
use smoker_model::result::Findings;
use smoker_model::status::Status;

use crate::actions::told::Told;
use crate::checks::services::program;
use crate::os_error;
use crate::parameters::{Parameters, scalar_text};
use crate::spec::{Absence, ParameterSpec, ParameterType, Spec};

const HOUR: u64 = 3600;

/// How much of the file is read by those who only look, in bytes.
const LARGEST_STATE: u64 = 1 << 20;

/// The module's name.
pub const NAME: &str = "smoker.actions.restart";

/// How often a service is restarted in an hour without `MaxPerHour`.
pub const MAX_PER_HOUR: u64 = 3;

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec {
        name: "Service",
        accepts: ParameterType::Custom {
            form: "name of a service",
            read: |_, value| scalar_text(value).map_or_else(|| name_of("").map(drop), |text| name_of(&text).map(drop)),
        },
        absence: Absence::Fails,
        meaning: "the service, as `systemctl restart` or else `service NAME restart` takes it",
    },
    ParameterSpec::optional("MaxPerHour", ParameterType::Count, "3", "how often an hour it is restarted at most"),
    ParameterSpec::optional(
        "StateFile",
        ParameterType::Path,
        "`/run/smokerd-restart-` and the service",
        "the file that has the times of its restarts; the account of the plugin has to be able to write it",
    ),
];

/// The declaration of this built-in.
pub(crate) const fn spec() -> Spec {
    Spec {
        name: NAME,
        kind: ModuleKind::Action,
        meaning: "restarts a service when its plugin is bad, at most some times an hour",
        output: "a message",
        parameters: PARAMETERS,
        needs_child: true,
        leaves_running: true,
        is_original: false,
    }
}

/// Restarts the service, unless the plugin is OK or it was restarted often enough.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of_action(request);
    let service = parameters.text("Service")?.ok_or("the parameter Service is required: set it")?;
    let service = name_of(&service)?.to_owned();
    let most = parameters.count("MaxPerHour")?.unwrap_or(MAX_PER_HOUR);
    let path = state_file(&service, parameters.text("StateFile")?);
    if Told::of(request).status == Status::Ok {
        return Ok(said(Status::Ok, Level::Info, &format!("{service} is left alone: the plugin is OK")));
    }
    let mut restarts = Restarts::open(&path)?;
    let now = now();
    let recent = restarts.read(now)?;
    if recent.len() as u64 >= most {
        let text = format!(
            "{service} is not restarted: it was restarted {} within the last hour, which is as often as MaxPerHour allows",
            counted(recent.len(), "time")
        );
        return Ok(said(Status::Warn, Level::Warn, &text));
    }
    // Before the restart, so that one that never returns counts.
    restarts.write(&recent, now)?;
    restart(&service)?;
    let count = recent.len() + 1;
    Ok(said(
        Status::Ok,
        Level::Info,
        &format!("restarted {service} (restart {count} of at most {most} within an hour)"),
    ))
}

/// How often a service was restarted within the last hour by an action with this `StateFile`; none where that cannot be read.
#[must_use]
pub fn restarts_within_hour(service: &str, file: Option<&str>) -> Option<usize> {
    let path = state_file(service, file.map(str::to_owned));
    let mut options = OpenOptions::new();
    let opened = options.read(true).custom_flags(nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK).open(path);
    let opened = match opened {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Some(0),
        opened => opened.ok()?,
    };
    let mut text = String::new();
    opened.take(LARGEST_STATE).read_to_string(&mut text).ok()?;
    Some(recent(&text, now()).len())
}

fn state_file(service: &str, file: Option<String>) -> PathBuf {
    file.unwrap_or_else(|| format!("/run/smokerd-restart-{}", service.replace('\\', "_"))).into()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

/// The times of the last hour in what the file has.
fn recent(text: &str, now: u64) -> Vec<u64> {
    // A time of the future is that of a clock that was set back.
    let is_recent = |time: &u64| *time <= now && now - time < HOUR;
    text.lines().filter_map(|line| line.parse().ok()).filter(is_recent).collect()
}

fn name_of(text: &str) -> Result<&str, String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.@:\\".contains(c);
    let is_name = !text.is_empty() && !text.starts_with('-') && text.chars().all(is_part);
    if is_name { Ok(text) } else { Err("Service has to be the name of a service, such as nginx".to_owned()) }
}

fn said(status: Status, level: Level, text: &str) -> Findings {
    Findings::new(status, Messages::of(level, text))
}

fn restart(service: &str) -> Result<(), String> {
    let has_systemd = Path::new("/run/systemd/system").is_dir();
    let (program, arguments) =
        if has_systemd { ("systemctl", ["restart", service]) } else { ("service", [service, "restart"]) };
    let printed = program::run_starter(program, &arguments)?;
    let printed = printed.ok_or_else(|| format!("{service} cannot be restarted: there is no program {program}"))?;
    match printed.status {
        Some(0) => Ok(()),
        _ => Err(format!("{program} could not restart {service}: {}", printed.reason())),
    }
}

/// The file with the times of restarts, locked, a line for each.
struct Restarts {
    file: Flock<File>,
    path: PathBuf,
}

impl Restarts {
    fn open(path: &Path) -> Result<Self, String> {
        let failed = |reason: &str| {
            format!(
                "the times of restarts cannot be kept in {}: {reason}; set StateFile to a file that can be",
                path.display()
            )
        };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(nix::libc::O_NOFOLLOW);
        let file = options.open(path).map_err(|error| failed(&os_error::text(&error)))?;
        let facts = file.metadata().map_err(|error| failed(&os_error::text(&error)))?;
        if !facts.is_file() || facts.permissions().mode() & 0o022 != 0 {
            return Err(failed("it is no file, or others may write it"));
        }
        let file = Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, error)| failed(error.desc()))?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// Those of the last hour.
    fn read(&mut self, now: u64) -> Result<Vec<u64>, String> {
        let mut text = String::new();
        self.file.read_to_string(&mut text).map_err(|error| self.failed(&error))?;
        Ok(recent(&text, now))
    }

    fn write(&mut self, recent: &[u64], now: u64) -> Result<(), String> {
        let times: Vec<_> = recent.iter().chain([&now]).map(ToString::to_string).collect();
        let text = times.join("\n") + "\n";
        let file = &mut *self.file;
        let written = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(text.as_bytes()));
        written.and_then(|()| fs::metadata(&self.path).map(drop)).map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &std::io::Error) -> String {
        format!("the times of restarts cannot be kept in {}: {}", self.path.display(), os_error::text(error))
    }
}
