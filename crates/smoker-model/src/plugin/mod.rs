//! What a plugin is; how the processes of its runs are set up; what a module is asked.

pub mod module;
pub mod process_settings;

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;

use crate::calendar::maintenance::MaintenanceWindow;
use crate::calendar::schedule::CalendarSchedule;
use crate::calendar::weekly::WeeklyHours;
use crate::calendar::zone::Zone;
use crate::notation::python_text;
use crate::plugin::process_settings::ProcessSettings;
use crate::run_parameter::RunParameter;
use crate::value::Value;

/// The name of a plugin: any text. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PluginName(Arc<str>);

impl PluginName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for PluginName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<&str> for PluginName {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl fmt::Display for PluginName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A plugin's or an action's parameters: names and values in the order of the
/// wire, just as they were configured. They serve the wire, filters and
/// `%(Name)s`; what the daemon itself acts on is typed in [`PluginSpec`].
pub type Parameters = IndexMap<String, Value>;

/// The parameters with the texts of their secrets, as a plugin's processes get them.
#[must_use]
pub fn exposed(parameters: &Parameters) -> Cow<'_, Parameters> {
    if !parameters.values().any(Value::has_secret) {
        return Cow::Borrowed(parameters);
    }
    Cow::Owned(parameters.iter().map(|(name, value)| (name.clone(), value.exposed())).collect())
}

/// Everything that the daemon knows of a plugin from its configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct PluginSpec {
    /// The plugin's name.
    pub name: PluginName,
    /// What each run invokes, and within which bounds.
    pub invocation: Invocation,
    /// When the scheduled runs are due; none: the plugin runs only on request.
    pub trigger: Option<Trigger>,
    /// What else decides whether a run takes place, and what its result means.
    pub rules: RunRules,
    /// Whether runs of this plugin wait for each other (`Serial`).
    pub serial: bool,
    /// How many results are kept (`History`).
    pub history: usize,
    /// How many of the newest results that are not OK the journal keeps longer than others (`HistoryFailures`).
    pub history_failures: usize,
    /// The account of its runs (`uid`, `gid`), of their parsers and actions too.
    pub run_as: RunAs,
    /// What follows each run (`Action`), in this order; none also for an empty one.
    pub actions: Vec<ActionSpec>,
    /// While this path exists no run takes place (`MaintenanceLock`).
    pub maintenance_lock: Option<PathBuf>,
    /// The parameters for which a forced run may be given values (`Parameters`). Those with a default have it among all
    /// parameters.
    pub run_parameters: IndexMap<String, RunParameter>,
    /// All parameters, merged, for the wire, filters and `%(Name)s`.
    pub parameters: Parameters,
}

impl PluginSpec {
    /// Whether it runs only when a client asks for it: by no time, and behind no other plugin.
    #[must_use]
    pub fn is_on_request(&self) -> bool {
        self.trigger.is_none() && self.rules.after.is_empty()
    }
}

/// When the scheduled runs of a plugin are due.
#[derive(Clone, Debug, PartialEq)]
pub enum Trigger {
    /// At the same distance from each other.
    Every {
        /// The distance between the starts of two runs (`Interval`), above zero.
        interval: Duration,
        /// Over how long a time the first runs of all plugins are spread (`Splay`), at most the interval.
        splay: Duration,
    },
    /// When a clock shows certain times.
    Calendar {
        /// The times (`Cron`, `At`) and whose clock (`Timezone`).
        schedule: CalendarSchedule,
        /// Over how long a time after each of them the runs of all plugins are spread (`Splay`).
        splay: Duration,
    },
}

/// What decides whether a run takes place, beside the trigger.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct RunRules {
    /// What becomes of a scheduled run whose time went by (`Missed`).
    pub missed: MissedRuns,
    /// When scheduled runs may take place at all (`Only`); none: at any time.
    pub only: Option<WeeklyHours>,
    /// The clocks that its times go by (`Timezone`).
    pub zone: Zone,
    /// When no run takes place (`Maintenance`).
    pub maintenance: Vec<MaintenanceWindow>,
    /// How often in a row a result has to be bad until it is hard (`Retries`); none: each result is.
    pub retries: Option<u32>,
    /// How long after the planned time of a run with a soft result the plugin runs again (`RetryInterval`); none: when its
    /// trigger says so.
    pub retry_interval: Option<Duration>,
    /// From how many changes of status on, in percent of those that could be, the plugin is flapping (`FlapThreshold`).
    pub flap_threshold: Option<u8>,
    /// The plugins that have to be well for it to run (`DependsOn`).
    pub depends_on: Vec<PluginName>,
    /// What becomes of its scheduled runs while one of them is not (`OnParentBad`).
    pub on_parent_bad: OnParentBad,
    /// The plugins after whose runs, when they end OK, it runs (`After`).
    pub after: Vec<PluginName>,
    /// Runs of all plugins with the same name here wait for each other (`SerialGroup`).
    pub serial_group: Option<Arc<str>>,
}

/// What becomes of the scheduled runs of a plugin while one that it depends on is bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum OnParentBad {
    /// They are skipped.
    #[default]
    Skip,
    /// They take place.
    Run,
}

/// What becomes of a scheduled run whose time went by while the daemon was down or the machine slept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum MissedRuns {
    /// By an `Interval` it takes place at once; by the calendar it does not.
    #[default]
    Default,
    /// It does not take place.
    Skip,
    /// One run takes place for all that were missed.
    Once,
}

/// What follows a run.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionSpec {
    /// Its name under `actions`; none for one that stands in a template itself.
    pub name: Option<String>,
    /// All its parameters, for modules, which find them under `Action`.
    pub parameters: Value,
    /// Those of its parameters that mean nothing to the daemon, for its command.
    pub own_parameters: Parameters,
    /// What it invokes; none when neither a command nor a module is configured,
    /// which is an error of each time that the action is due.
    pub invocation: Option<Invocation>,
    /// When it is due.
    pub rules: ActionRules,
}

/// When an action is due.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct ActionRules {
    /// Which results it follows (`ActionOn`).
    pub on: ActionOn,
    /// How long after a call the next one is due while the plugin stays bad (`Repeat`); none: there is no further one.
    pub repeat: Option<Duration>,
    /// How long the plugin has to be bad until it is due (`Escalate`); none for one that is no escalation.
    pub escalates_after: Option<Duration>,
    /// How long calls are collected into one (`ActionGroup`); none: each is a call of its own.
    pub group: Option<Duration>,
}

/// Which results an action follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ActionOn {
    /// Each one, as part of its run.
    #[default]
    Always,
    /// One with another hard status than was told before.
    Change,
    /// Each hard one that is not OK.
    Bad,
    /// A hard one that is not OK, with another status than was told before.
    Problem,
    /// The first one that is OK after hard ones that were not.
    Recovery,
}

impl ActionRules {
    /// Whether its calls come after the run, from a queue, and not as part of it.
    #[must_use]
    pub fn is_deferred(&self) -> bool {
        self.on != ActionOn::Always || self.group.is_some() || self.escalates_after.is_some()
    }
}

impl ActionOn {
    /// All of them with their names in the configuration.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Always, "always"),
        (Self::Change, "change"),
        (Self::Bad, "bad"),
        (Self::Problem, "problem"),
        (Self::Recovery, "recovery"),
    ];

    /// Its name in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.into_iter().find(|(on, _)| *on == self).map_or("", |(_, name)| name)
    }
}

/// What is run, and within which bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct Invocation {
    /// The command or module.
    pub execution: Execution,
    /// How long it may take (`Timeout`).
    pub timeout: TimeLimit,
    /// What a command finds on its standard input (`Stdin`).
    pub stdin: StdinMode,
    /// How many bytes of each output stream are kept (`MaxOutput`; an action without one has its plugin's).
    pub max_output: usize,
    /// Whether processes that it leaves behind, when it ends by itself, may stay (`LeaveRunning`).
    pub leave_running: bool,
    /// How its processes are set up, and how much they may use.
    pub process: ProcessSettings,
}

/// What an action gives that has neither a command nor a module.
pub const NOTHING_TO_RUN: &str = "No Command or Module to execute!";

/// What is run.
#[derive(Clone, Debug, PartialEq)]
pub enum Execution {
    /// A line for `/bin/sh -c`.
    Command {
        /// The line, before `%(Name)s` is filled in. Anything but text is an
        /// error of each run, as in the original.
        command: Value,
        /// The module that reads the output, by its dotted name.
        parser: Option<String>,
    },
    /// A module by its dotted name.
    Module(String),
    /// A built-in check by its name.
    Check(String),
}

/// A time limit and the text that the configuration gave it in.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeLimit {
    /// The limit; `Duration::MAX` for infinity.
    pub duration: Duration,
    /// The number as Python would print it, for `Execution timeout after N seconds`.
    pub text: String,
}

impl TimeLimit {
    /// Reads a limit: a number above zero. `None` for anything else.
    #[must_use]
    pub fn from_value(value: &Value) -> Option<Self> {
        let seconds = value.as_number().filter(|seconds| *seconds > 0.0)?;
        let duration = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        Some(Self { duration, text: python_text::str(value) })
    }

    /// The number as the original prints it for a module's limit: whole seconds without a point.
    #[must_use]
    pub fn seconds_text(&self) -> String {
        let is_whole = self.duration.subsec_nanos() == 0 && self.duration != Duration::MAX;
        if is_whole { self.duration.as_secs().to_string() } else { self.text.clone() }
    }

    /// A limit of whole seconds.
    #[must_use]
    pub fn from_secs(seconds: u64) -> Self {
        Self { duration: Duration::from_secs(seconds), text: seconds.to_string() }
    }
}

/// The account that a plugin runs as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunAs {
    /// The daemon's own.
    Daemon,
    /// This user and group.
    Account {
        /// The user.
        user: AccountId,
        /// The group.
        group: AccountId,
    },
    /// The configured ids make no sense; the text says why, in each run's ERROR.
    Unusable(String),
}

/// A user or group, by number or by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountId {
    /// A numeric id.
    Number(u32),
    /// A name from the system's account database.
    Name(String),
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(id) => id.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

/// What a command finds on its standard input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum StdinMode {
    /// Nothing: `/dev/null`.
    #[default]
    Null,
    /// The parameters (for an action: parameters and result) as one JSON object.
    Json,
}
