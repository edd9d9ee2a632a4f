//! What a child of the host is told to do.

use serde::Serialize;
use smoker_model::module::ModuleRequest;
use smoker_model::plugin::Parameters;
use smoker_model::value::Value;
use smoker_model::value::python_text;

use crate::modules::host::log;
use crate::process::credentials::Credentials;
use crate::process::run_id::RunId;

/// A request with all that Python needs beyond it.
#[derive(Serialize)]
pub(crate) struct Job<'a> {
    /// The number that the child and all that it starts carry.
    run_tag: String,
    #[serde(flatten)]
    request: &'a ModuleRequest,
    /// The parameters as a Python literal: unlike JSON it keeps dates, numbers
    /// as names in mappings, infinity and NaN, as the original's plugins saw them.
    parameters_literal: String,
    timeout_text: &'a str,
    account: Option<Account>,
    /// From which level of Python's `logging` on records are sent.
    log_level: u32,
    /// How many bytes the reply may have.
    reply_limit: usize,
}

/// As whom the child runs.
#[derive(Serialize)]
struct Account {
    uid: u32,
    gid: u32,
    groups: Vec<u32>,
}

impl<'a> Job<'a> {
    pub(crate) fn new(
        run_id: RunId,
        request: &'a ModuleRequest,
        parameters: &Parameters,
        timeout_text: &'a str,
        credentials: Option<&Credentials>,
        reply_limit: usize,
    ) -> Self {
        let account = credentials.map(|Credentials { uid, gid, groups }| Account {
            uid: uid.as_raw(),
            gid: gid.as_raw(),
            groups: groups.iter().map(|group| group.as_raw()).collect(),
        });
        let (run_tag, parameters_literal) = (run_id.to_string(), literal(parameters));
        Self {
            run_tag,
            request,
            parameters_literal,
            timeout_text,
            account,
            log_level: log::wanted_level(),
            reply_limit,
        }
    }
}

fn literal(parameters: &Parameters) -> String {
    let entries = parameters.iter().map(|(name, value)| (Value::Text(name.clone()), value.clone())).collect();
    python_text::repr(&Value::Map(entries))
}
