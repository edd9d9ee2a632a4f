//! What a child of the host is told to do.

use std::path::Path;

use serde::Serialize;
use smoker_model::notation::python_text;
use smoker_model::plugin::Parameters;
use smoker_model::plugin::module::ModuleRequest;
use smoker_model::value::Value;

use crate::modules::host::log;
use crate::process::attributes::credentials::Credentials;
use crate::process::attributes::surroundings::{ProcessLimits, Surroundings};
use crate::process::run_id::RunId;

/// A request with all that Python needs beyond it.
#[derive(Serialize)]
pub(crate) struct Job<'a> {
    /// The number that the child and all that it starts carry.
    run_mark: String,
    #[serde(flatten)]
    request: &'a ModuleRequest,
    /// The parameters as a Python literal: unlike JSON it keeps dates, numbers
    /// as names in mappings, infinity and NaN, as the original's plugins saw them.
    parameters_literal: String,
    timeout_text: &'a str,
    account: Option<Account>,
    setup: Setup<'a>,
    /// From which level of Python's `logging` on records are sent.
    log_level: u32,
    /// How many bytes the reply may have.
    reply_limit: usize,
    /// How many bytes of each output stream of a command are kept.
    max_output: usize,
    /// Whether the plugin's actions are to find what the module leaves.
    carries: bool,
    /// What modules of the same run have left.
    carried: Option<String>,
}

/// As whom the child runs.
#[derive(Serialize)]
struct Account {
    uid: u32,
    gid: u32,
    groups: Vec<u32>,
}

/// How the child sets itself up before the module's code runs.
#[derive(Serialize)]
struct Setup<'a> {
    address_space: Option<u64>,
    processes: Option<u64>,
    nice: Option<i32>,
    umask: Option<u32>,
    work_dir: Option<&'a Path>,
    environment: Vec<(&'a str, &'a str)>,
    no_new_privileges: bool,
}

impl<'a> Setup<'a> {
    fn of(surroundings: &Surroundings<'a>, limits: ProcessLimits) -> Self {
        let settings = surroundings.settings;
        let account = surroundings.account.iter().chain(&settings.env);
        Self {
            address_space: limits.address_space,
            processes: limits.processes,
            nice: settings.nice,
            umask: settings.umask,
            work_dir: settings.work_dir.as_deref(),
            environment: account.map(|(name, value)| (name.as_str(), value.as_str())).collect(),
            no_new_privileges: settings.no_new_privileges,
        }
    }
}

/// How far the child may go.
#[derive(Clone, Copy)]
pub(crate) struct JobBounds<'a> {
    /// The time limit as Python prints it.
    pub(crate) timeout_text: &'a str,
    pub(crate) limits: ProcessLimits,
    /// How many bytes the reply may have.
    pub(crate) reply_limit: usize,
    /// How many bytes of each output stream of a command are kept.
    pub(crate) max_output: usize,
    /// Whether the plugin's actions are to find what the module leaves.
    pub(crate) carries: bool,
}

impl<'a> Job<'a> {
    pub(crate) fn new(
        run_id: RunId,
        request: &'a ModuleRequest,
        parameters: &Parameters,
        bounds: JobBounds<'a>,
        carried: Option<String>,
        credentials: Option<&Credentials>,
        surroundings: Surroundings<'a>,
    ) -> Self {
        let account = credentials.map(|Credentials { uid, gid, groups, .. }| Account {
            uid: uid.as_raw(),
            gid: gid.as_raw(),
            groups: groups.iter().map(|group| group.as_raw()).collect(),
        });
        let (run_mark, parameters_literal) = (run_id.to_string(), literal(parameters));
        Self {
            run_mark,
            request,
            parameters_literal,
            timeout_text: bounds.timeout_text,
            account,
            setup: Setup::of(&surroundings, bounds.limits),
            log_level: log::wanted_level(),
            reply_limit: bounds.reply_limit,
            max_output: bounds.max_output,
            carries: bounds.carries,
            carried,
        }
    }
}

fn literal(parameters: &Parameters) -> String {
    let entries = parameters.iter().map(|(name, value)| (Value::Text(name.clone()), value.exposed())).collect();
    python_text::repr(&Value::Map(entries))
}
