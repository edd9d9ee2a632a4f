//! From the command line to the exit code.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use nix::unistd::Pid;
use smoker_config::config::{self, Config};
use smoker_config::problem::Problem;
use smoker_config::spec::settings::DaemonSettings;
use smoker_config::write::generate;
use smoker_logging::setup::source::{self, LogSetup};
use smoker_logging::{log, secrets};
use smoker_paths::resolved_path::Owner;
use smoker_paths::size_limit;
use smoker_runner::process::attributes::credentials::Credentials;
use smoker_runner::process::containment::level::ContainmentLevel;

use crate::check::check_request::CheckTarget;
use crate::check::report::print_all;
use crate::cli::{self, Mode, Options};
use crate::control::{find, reload_command, stop};
use crate::daemon::Daemon;
use crate::journal_command::journal_task::JournalTask;
use crate::os::descriptors;
use crate::output;
use crate::reload::logging_file::LoggingFile;
use crate::reload::reloader::ConfigSource;
use crate::service::daemonize::{self, Side};
use crate::service::error::StartError;
use crate::service::listen::Sockets;
use crate::service::logger_names::LOGGER_NAMES;
use crate::service::pidfile::{self, Pidfile};
use crate::service::program::Invocation;
use crate::service::stdio::{OpenStdio, StdioFiles};
use crate::service::unix_socket::UnixSocket;
use crate::service::{privileges, signals};
use crate::startup::bounded_read::{self, READ_LIMIT};
use crate::startup::configuration::{self, ENVIRONMENT, LoadFailure, Loaded, Origin, log_all};
use crate::startup::trust::{OwnershipReport, TrustedOwners};
use crate::startup::{genconfig, missing_logging_conf, trust};
use crate::state_folder::lock::StateLock;
use crate::state_folder::marker;
use crate::{
    check, compare, daemon, exit_code, explain_command, identity, import, journal_command, suggest, test_plugin,
};

/// Runs the command line and returns the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    privileges::restrict_umask();
    if let Err(error) = size_limit::fail_writes_beyond() {
        output::report(format_args!("WARNING: a file that reaches the limit of its size will end the daemon: {error}"));
    }
    let code = match cli::parse(arguments) {
        Err(code) => code,
        Ok(options) => match &options.mode {
            Mode::Check(request) => check::run::run(
                *request,
                &CheckTarget {
                    config: &options.config,
                    trusted_owners: &options.trusted_owners,
                    logging_conf: options.logging_conf.as_ref(),
                    missing_logging_conf: options.missing_logging_conf.as_ref(),
                    logging: options.logging,
                },
            ),
            Mode::Stop => stop_daemon(&options).unwrap_or_else(|error| fail(&*error)),
            Mode::Reload(pid) => reload_daemon(&options, *pid).unwrap_or_else(|error| fail(&*error)),
            Mode::Genconfig { folder, output } => genconfig(folder, output.as_deref(), &options.trusted_owners),
            Mode::Test(request) => {
                test_plugin::run(request, &options.config, &options.trusted_owners, options.logging.level)
            }
            Mode::TestAction(request) => {
                test_plugin::action::run(request, &options.config, &options.trusted_owners, options.logging.level)
            }
            Mode::Compare(request) => {
                compare::run(request, &options.config, &options.trusted_owners, options.logging.level)
            }
            Mode::Identity(request) => {
                identity::run::run(request, &options.config).unwrap_or_else(|error| fail(&error))
            }
            Mode::Import(request) => import::run::run(request).unwrap_or_else(|error| fail(&error)),
            Mode::Suggest => suggest::run().unwrap_or_else(|error| fail(&error)),
            Mode::Explain(request) => {
                explain_command::run(request, &options.config).unwrap_or_else(|error| fail(&*error))
            }
            Mode::Journal(task) => look_into_journal(&options, *task).unwrap_or_else(|error| fail(&*error)),
            Mode::Foreground | Mode::Background => start(&options).unwrap_or_else(|error| fail(&error)),
        },
    };
    log::finish();
    ExitCode::from(code)
}

fn fail(error: &dyn std::fmt::Display) -> u8 {
    output::report(format_args!("ERROR: {}", secrets::redact(error.to_string())));
    exit_code::FAILURE
}

/// The start-up in order. Everything that an operator can get wrong fails
/// before the daemon leaves their terminal.
fn start(options: &Options) -> Result<u8, StartError> {
    let inherited = descriptors::open_ones();
    let trusted = TrustedOwners::of(&options.trusted_owners)?;
    let Loaded { settings, credentials, plugins, mut problems, .. } = load(options, &trusted)?;
    problems.extend(of_logging_conf(options, &trusted, credentials.as_ref())?);
    problems.extend(missing_logging_conf::problem(options.missing_logging_conf.as_ref()));
    let logging = options.logging_conf.as_ref().or(options.missing_logging_conf.as_ref());
    let logging = logging.map(|source| LoggingFile::at_start(source.path()));
    let log_setup = source::load_setup(options.logging_conf.as_ref(), options.logging)?;
    secrets::replace(&plugins, &settings.secrets);
    let origin = Origin::of(&options.config, trusted);
    // A process that sees the port open may signal us: signals stay pending until we listen to them.
    signals::block_signals();
    let Sockets { tcp, unix } = Sockets::bind(&settings)?;
    let (unix, socket_file) = unix.map(UnixSocket::into_parts).unzip();
    let pidfile_path = pidfile_path(options, &settings);
    let owner = credentials.as_ref().map(privileges::owner);
    let tls = daemon::open_tls(&settings.access, owner)?;
    let state_lock = lock_state(settings.access.state_dir.as_deref(), owner)?;
    let (background, pidfile) = match options.mode {
        Mode::Background => {
            match go_to_background(
                &inherited,
                StdioFiles::of(&settings, &origin.working, owner),
                &pidfile_path,
                &problems,
                &log_setup,
            )? {
                Background::Starter(code) => return Ok(code),
                Background::Daemon(background, pidfile) => (Some(background), Some(pidfile)),
            }
        }
        _ => (None, None),
    };
    if background.is_none() && log_setup.is_configured {
        log_setup.print();
    }
    log::start(log_setup, &LOGGER_NAMES, owner);
    tracing::info!("Starting daemon");
    log_all(&problems);
    let stdio = background.as_ref().map(|background| background.files.clone());
    let overrides_pidfile = options.pidfile.is_some();
    // Root can make cgroups for the account that the daemon runs as.
    let containment = ContainmentLevel::prepare(owner);
    note_process(state_lock.as_ref());
    if let Err(text) = marker::complete(&settings.access) {
        tracing::warn!("{text}");
    }
    let dropped = drop_privileges(credentials.as_ref());
    let source = ConfigSource { origin, credentials, stdio, overrides_pidfile, logging };
    let daemon = Daemon { settings, plugins, problems, tcp, unix, tls, source, containment };
    let served = dropped.and_then(|()| serve(daemon, background));
    if let Some(file) = &socket_file {
        file.remove();
    }
    pidfile::remove_if_ours(&pidfile_path);
    if let Some(pidfile) = pidfile {
        pidfile.release();
    }
    served.map(|()| exit_code::SUCCESS)
}

/// Two daemons would lose each other's results, and give numbers twice.
fn lock_state(state_dir: Option<&Path>, owner: Option<Owner>) -> Result<Option<io::Result<StateLock>>, StartError> {
    let lock = state_dir.map(|state_dir| StateLock::take(state_dir, owner));
    lock.transpose().map_err(|in_use| StartError::StateInUse(in_use.to_string()))
}

fn note_process(state_lock: Option<&io::Result<StateLock>>) {
    match state_lock {
        None => {}
        Some(Ok(lock)) => lock.note_process(),
        Some(Err(error)) => tracing::warn!(
            "state_dir cannot be locked ({error}): a second smokerd that uses it would not be noticed; see that there is none"
        ),
    }
}

fn drop_privileges(credentials: Option<&Credentials>) -> Result<(), StartError> {
    credentials.map_or(Ok(()), privileges::drop_privileges)?;
    log::write_in_background();
    Ok(())
}

fn serve(daemon: Daemon, background: Option<BackgroundDaemon>) -> Result<(), StartError> {
    let ready = || {
        if let Some(background) = background {
            background.leave_terminal();
        }
    };
    daemon.run(ready).map_err(StartError::Runtime)
}

fn load(options: &Options, trusted: &TrustedOwners) -> Result<Loaded, StartError> {
    configuration::load(&options.config, trusted).map_err(|LoadFailure { error, problems }| {
        print_all(&problems);
        error
    })
}

/// Who could have written the logging configuration, which names files that root opens.
fn of_logging_conf(
    options: &Options,
    trusted: &TrustedOwners,
    daemon: Option<&Credentials>,
) -> Result<Vec<Problem>, StartError> {
    let Some(source) = &options.logging_conf else { return Ok(Vec::new()) };
    trust::judge_file(source.path(), trusted, daemon.map(|daemon| daemon.uid))
}

/// What only a daemon in the background needs.
struct BackgroundDaemon {
    files: StdioFiles,
    open_files: OpenStdio,
    readiness: daemonize::Readiness,
}

enum Background {
    Starter(u8),
    Daemon(BackgroundDaemon, Pidfile),
}

fn go_to_background(
    inherited: &[i32],
    files: StdioFiles,
    pidfile_path: &Path,
    problems: &[Problem],
    log_setup: &LogSetup,
) -> Result<Background, StartError> {
    let open_files = files.open()?;
    let mut pidfile = Pidfile::lock(pidfile_path)?;
    print_all(problems);
    log_setup.print();
    match daemonize::daemonize().map_err(StartError::Daemonize)? {
        Side::Starter { is_serving: true } => Ok(Background::Starter(exit_code::SUCCESS)),
        Side::Starter { is_serving: false } => Ok(Background::Starter(exit_code::FAILURE)),
        Side::Daemon(readiness) => {
            descriptors::close(inherited);
            pidfile.write()?;
            Ok(Background::Daemon(BackgroundDaemon { files, open_files, readiness }, pidfile))
        }
    }
}

impl BackgroundDaemon {
    /// The daemon serves, so nothing is left to say on the terminal.
    fn leave_terminal(self) {
        if let Err(error) = self.open_files.install() {
            tracing::error!("cannot redirect the standard streams, they stay connected to the terminal: {error}");
        }
        self.readiness.report();
    }
}

/// `--genconfig`: the file is written when a daemon would start with it, and the plugins that it would leave out are told.
fn genconfig(folder: &Path, output: Option<&Path>, trusted: &[String]) -> u8 {
    let generated = match generate::generate(folder, ENVIRONMENT) {
        Ok(generated) => generated,
        Err(error) => {
            print_all(error.problems());
            return fail(&error);
        }
    };
    print_all(&generated.problems);
    // What root writes counts as root's, so the parts have to be, too.
    let judged = TrustedOwners::of(trusted).and_then(|trusted| {
        OwnershipReport::of(&generated.sources.whole(), Vec::new(), &trusted, None).into_problems()
    });
    match judged {
        Ok(problems) => print_all(&problems),
        Err(error) => return fail(&error),
    }
    match genconfig::write(&generated.text, folder, output) {
        Ok(()) if generated.is_whole() => exit_code::SUCCESS,
        Ok(()) => {
            output::report(format_args!(
                "WARNING: it is written, but a daemon leaves out what is listed as ERROR above"
            ));
            exit_code::GENERATED_IN_PART
        }
        Err(error) => fail(&error),
    }
}

/// Why there was nothing to ask a daemon for, or no answer.
type ControlError = Box<dyn std::error::Error>;

fn stop_daemon(options: &Options) -> Result<u8, ControlError> {
    stop::stop(&find::by_pidfile(&named_pidfile(options)?, pidfile_of)?)?;
    Ok(exit_code::SUCCESS)
}

fn reload_daemon(options: &Options, pid: Option<Pid>) -> Result<u8, ControlError> {
    let daemon = match pid {
        Some(pid) => find::by_pid(pid)?,
        None => find::by_pidfile(&named_pidfile(options)?, pidfile_of)?,
    };
    Ok(reload_command::reload(&daemon)?)
}

/// The pidfile that the options name, else that of the configuration, which is read for that only.
fn named_pidfile(options: &Options) -> Result<PathBuf, ControlError> {
    if let Some(pidfile) = &options.pidfile {
        return Ok(std::path::absolute(pidfile)?);
    }
    let config = read_config(options).map_err(|error| {
        format!("{error}\nno daemon is asked, since its pidfile is named there: fix it, or name the pidfile with -p")
    })?;
    Ok(pidfile_path(options, &config.settings))
}

/// The configuration as it is now. Its plugins are not looked at.
fn read_config(options: &Options) -> Result<Config, ControlError> {
    let path = options.config.clone();
    let what = path.display().to_string();
    let config = bounded_read::within(READ_LIMIT, &what, move || config::load(&path, ENVIRONMENT))?
        .inspect_err(|error| print_all(error.problems()))?;
    secrets::replace(&config.plugins, &config.settings.secrets);
    Ok(config)
}

fn look_into_journal(options: &Options, task: JournalTask) -> Result<u8, ControlError> {
    journal_command::run::run(task, &read_config(options)?)
}

/// The pidfile that another daemon was started with.
fn pidfile_of(daemon: &Invocation) -> Option<PathBuf> {
    let options = cli::read(daemon.arguments.iter().cloned())?;
    let pidfile = if let Some(pidfile) = options.pidfile {
        pidfile
    } else {
        let (working, path) = (daemon.working.clone(), options.config);
        let what = path.display().to_string();
        let config = bounded_read::within(READ_LIMIT, &what, move || config::load_from(&working, &path, ENVIRONMENT));
        config.ok()?.ok()?.settings.pidfile
    };
    std::path::absolute(daemon.working.join(pidfile)).ok()
}

/// The option, then the configuration with its default.
fn pidfile_path(options: &Options, settings: &DaemonSettings) -> PathBuf {
    let path = options.pidfile.as_ref().unwrap_or(&settings.pidfile).clone();
    std::path::absolute(&path).unwrap_or(path)
}
