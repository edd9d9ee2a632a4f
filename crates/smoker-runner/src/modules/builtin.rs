//! Running built-in modules: here, or in a child of our own binary.

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitCode, ExitStatus};

use serde::Deserialize;
use serde_json::{Value as Json, json};
use smoker_model::notation::python_text;
use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::context::RunContext;
use crate::detached;
use crate::modules::reply::ModuleReply;
use crate::output;
use crate::process::attributes::credentials::Credentials;
use crate::process::attributes::surroundings::Surroundings;
use crate::process::execute::{ChildLimits, execute};
use crate::process::own_program;
use crate::process::spawn::Program;

/// The first argument by which a program that uses this crate is asked to
/// [`serve`] one built-in.
pub const SUBCOMMAND: &str = "__module";

/// Runs the built-in that standard input asks for and writes its reply to
/// standard output: `{"result": ...}` or `{"error": TEXT}`.
#[must_use]
pub fn serve() -> ExitCode {
    let mut request = String::new();
    let answer = match io::stdin().read_to_string(&mut request) {
        Err(error) => Err(format!("the request cannot be read: {error}")),
        Ok(_) => serde_json::from_str(&request).map_err(|error| format!("the request is not JSON: {error}")),
    };
    let reply = match answer.and_then(reply_to) {
        Ok(reply) => reply,
        Err(error) => json!({"error": error}),
    };
    match writeln!(io::stdout(), "{reply}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// The output of a command that a Python module ran.
#[derive(Deserialize)]
struct CommandOutput {
    stdout: String,
    stderr: String,
    /// As Python's `subprocess` has it: a signal is below 0.
    returncode: i32,
    /// How many bytes of each stream are kept; none: all.
    max_output: Option<usize>,
}

fn reply_to(request: Json) -> Result<Json, String> {
    if request.get("returncode").is_none() {
        let (result, remembered) = smoker_checks::catalogue::answer_remembering(request)?;
        let mut reply = json!({"result": result});
        if let Some(remembered) = remembered {
            reply["remembered"] = remembered;
        }
        return Ok(reply);
    }
    let CommandOutput { stdout, stderr, returncode, max_output } =
        serde_json::from_value(request).map_err(|error| format!("the request is malformed: {error}"))?;
    let status = if returncode < 0 { returncode.saturating_neg() } else { returncode << 8 };
    let findings = output::findings_at(
        stdout.as_bytes(),
        stderr.as_bytes(),
        ExitStatus::from_raw(status).into(),
        max_output.unwrap_or(stdout.len().max(stderr.len())),
    );
    smoker_checks::catalogue::on_wire(findings, false).map(|result| json!({"result": result}))
}

/// Runs a built-in that touches nothing in this process.
pub(crate) async fn run_here(request: ModuleRequest) -> Result<Findings, String> {
    let name = request.module.clone();
    let run = detached::run_blocking(move || smoker_checks::catalogue::run(&request)).await;
    let run = run.map_err(|error| format!("cannot run the built-in {name}: {error}"))?;
    run.unwrap_or_else(|| Err(format!("there is no built-in {name}")))
}

/// Runs a built-in in a child, with the ids, the time limit and the end of any other.
pub(crate) async fn run_in_child(
    request: &ModuleRequest,
    limits: ChildLimits,
    credentials: Option<&Credentials>,
    surroundings: Surroundings<'_>,
    context: RunContext<'_>,
) -> Result<ModuleReply, String> {
    let name = &request.module;
    let failed = |reason: &dyn std::fmt::Display| format!("cannot run the built-in {name}: {reason}");
    let input = serde_json::to_string(request).map_err(|error| failed(&error))?;
    let binary = own_program::for_this_process().map_err(|error| failed(&error))?;
    let program = Program {
        path: &binary,
        name: Some("smokerd"),
        arguments: &[OsStr::new(SUBCOMMAND)],
        surroundings,
        environment: &[],
        credentials,
        has_input: true,
    };
    let outcome = execute(context.processes, &program, Some(input.as_bytes()), limits, context.cancel).await;
    let outcome = outcome.map_err(|error| failed(&error))?;
    for line in python_text::strip(&outcome.stderr.text()).lines() {
        tracing::warn!("Plugin {}: {name}: {line}", request.plugin);
    }
    let stdout = outcome.stdout.text();
    let is_whole = outcome.stdout.cut() == 0 && stdout.ends_with('\n');
    Ok(ModuleReply { reply: is_whole.then(|| stdout.into_owned().into_bytes()), end: outcome.end })
}
