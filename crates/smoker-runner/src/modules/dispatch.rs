//! Dispatches modules and parsers to a built-in or to Python.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value as Json};
use smoker_checks::spec::Spec;
use smoker_model::messages::Level;
use smoker_model::notation::python_text;
use smoker_model::plugin::module::{ModuleKind, ModuleRequest};
use smoker_model::plugin::{Invocation, Parameters, TimeLimit, exposed};
use smoker_model::result::Findings;
use smoker_model::secrets::mask::without_tagged;
use smoker_model::status::Status;

use crate::context::RunContext;
use crate::modules::host::job::{Job, JobBounds};
use crate::modules::host::python_host::PythonHost;
use crate::modules::host::run::HostRun;
use crate::modules::host::settings::PythonSettings;
use crate::modules::reply::{self, Answer, ModuleReply};
use crate::modules::{builtin, encoding, hidden, module_name};
use crate::process::attributes::credentials::Credentials;
use crate::process::attributes::surroundings::Surroundings;
use crate::process::execute::{ChildEnd, ChildLimits, ChildOutcome, STOPPED};
use crate::{detached, output, terminal_codes};

/// How many bytes a result may have beside those for its output.
const REPLY_ALLOWANCE: usize = 64 * 1024;

/// How long a module in Python that caught the exception of its time limit may go on.
const TIMEOUT_GRACE: Duration = Duration::from_secs(10);

/// Everything that can run a module. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Modules {
    host: PythonHost,
}

/// A module that is about to run.
pub(crate) struct ModuleRun<'a> {
    pub(crate) kind: ModuleKind,
    pub(crate) name: &'a str,
    /// The invocation that names it; for a parser, that of the command whose output it reads.
    pub(crate) invocation: &'a Invocation,
    pub(crate) parameters: &'a Parameters,
    /// For an action: the plugin's result as the wire shows it.
    pub(crate) result: Option<Map<String, Json>>,
}

impl Modules {
    pub(crate) fn new(python: PythonSettings) -> Self {
        Self { host: PythonHost::new(python) }
    }

    /// Runs a module. Whatever goes wrong is a finding, too.
    pub(crate) async fn run(&self, module: &ModuleRun<'_>, context: RunContext<'_>) -> Findings {
        self.act(module, context).await.0
    }

    /// Runs a module, and returns besides what it found the plugin's result as an action changed it.
    pub(crate) async fn act(&self, module: &ModuleRun<'_>, context: RunContext<'_>) -> (Findings, Option<Findings>) {
        let answer = ModuleCall { module, output: None, context }.answer(self).await;
        let Answer { findings, changed, end } = answer.unwrap_or_else(|reason| Err(reason).into());
        let fault = |reason: String| Findings::fault(&without_tagged(&reason, module.parameters.values()));
        (Findings { end, ..findings.unwrap_or_else(fault) }, changed)
    }

    /// Passes what the plugin's command printed to its parser, which has the
    /// plugin's whole `Timeout` to itself. A parser that fails leaves the
    /// output as messages, with the reason after it.
    pub(crate) async fn parse(&self, parser: &str, output: &ChildOutcome, context: RunContext<'_>) -> Findings {
        let spec = context.plugin.spec();
        let (invocation, parameters) = (&spec.invocation, &spec.parameters);
        let module = &ModuleRun { kind: ModuleKind::Parser, name: parser, invocation, parameters, result: None };
        let answer = if let Some(reason) = module_name::mistake_of_plugin("Parser", parameters) {
            Err(reason)
        } else if output.stdout.cut() + output.stderr.cut() > 0 {
            Err("its output was cut, so it is not parsed: the rest may say the opposite".to_owned())
        } else {
            ModuleCall { module, output: Some(output), context }.answer(self).await.and_then(|answer| answer.findings)
        };
        answer.unwrap_or_else(|reason| {
            let mut messages = output::messages(output);
            let reason = without_tagged(&reason, parameters.values());
            messages.add(Level::Error, &format!("Parser run failed: {reason}"));
            Findings { is_fault: true, ..Findings::new(Status::Error, messages) }
        })
    }
}

/// What runs a module.
enum Provider {
    BuiltIn(&'static Spec),
    Python,
}

/// The call of a module: its run and, for a parser, the output that it reads.
struct ModuleCall<'a> {
    module: &'a ModuleRun<'a>,
    output: Option<&'a ChildOutcome>,
    context: RunContext<'a>,
}

impl ModuleCall<'_> {
    async fn answer(&self, modules: &Modules) -> Result<Answer, String> {
        let context = self.context;
        let credentials = context.plugin.credentials().as_ref().map_err(ToString::to_string)?.as_ref();
        let timeout = self.timeout().duration;
        let provider = tokio::select! {
            provider = self.provider(modules) => provider,
            () = tokio::time::sleep(timeout) => return Err(reply::timeout_message(self.timeout())),
            () = context.cancel.cancelled() => return Err(STOPPED.to_owned()),
        };
        let is_own = matches!(provider, Provider::BuiltIn(_)) && self.module.kind != ModuleKind::Parser;
        let answer = self.answer_of(provider, modules, credentials).await?;
        // A parser shows what the command printed, and Python code is the user's own.
        Ok(if is_own { answer.map_findings(|it| hidden::without_secrets(it, self.module.parameters)) } else { answer })
    }

    async fn answer_of(
        &self,
        provider: Provider,
        modules: &Modules,
        credentials: Option<&Credentials>,
    ) -> Result<Answer, String> {
        let (context, timeout) = (self.context, self.timeout().duration);
        let reply = match provider {
            Provider::BuiltIn(builtin) if builtin.needs_child => {
                let mut request = self.request(as_map(self.module.parameters));
                if self.module.kind == ModuleKind::Check {
                    request.remembered = self.remembered().await;
                }
                let limits =
                    ChildLimits { timeout, max_output: self.reply_limit(), leave_running: builtin.leaves_running };
                builtin::run_in_child(&request, limits, credentials, self.surroundings(), context).await?
            }
            Provider::BuiltIn(_) => {
                return Ok(builtin::run_here(self.untrimmed(as_map(self.module.parameters))).await.into());
            }
            Provider::Python => self.ask_python(modules, credentials).await?,
        };
        let answer = reply.into_answer(self.module.kind, self.timeout(), context)?;
        // A run that a client asked for shows what is new, and leaves it new for the schedule.
        let remembered = answer.findings.as_ref().ok().and_then(|findings| findings.remembered.clone());
        if let Some(remembered) = remembered.filter(|_| !context.kind.is_forced()) {
            let (memory, plugin) = (context.memory.clone(), context.plugin.spec().name.clone());
            let _ = detached::run_blocking(move || memory.keep(&plugin, remembered)).await;
        }
        Ok(answer)
    }

    /// What the check remembers of its last scheduled run.
    async fn remembered(&self) -> Option<Json> {
        let (memory, plugin) = (self.context.memory.clone(), self.context.plugin.spec().name.clone());
        detached::run_blocking(move || memory.recall(&plugin)).await.ok().flatten()
    }

    /// A module of the user's takes the place of a built-in of the same name.
    async fn provider(&self, modules: &Modules) -> Provider {
        let (kind, name) = (self.module.kind, self.module.name);
        let Some(builtin) = smoker_checks::catalogue::find(kind, name) else { return Provider::Python };
        if kind == ModuleKind::Check {
            return Provider::BuiltIn(builtin);
        }
        let host = &modules.host;
        // Below `smoker` also installed modules count, unless an installed Python Smoker has them anyhow; a short
        // name like `json` is that of many a library. Those have to be in a folder of the user's own.
        let counts_installed = !builtin.is_original && name.contains('.');
        let folders = if counts_installed { host.search_path().await.ok() } else { None };
        let folders = folders.unwrap_or_else(|| host.users_path().to_vec());
        let name = name.to_owned();
        let is_users = detached::run_blocking(move || has_module(&folders, &name, kind)).await;
        if is_users.unwrap_or(false) { Provider::Python } else { Provider::BuiltIn(builtin) }
    }

    async fn ask_python(&self, modules: &Modules, credentials: Option<&Credentials>) -> Result<ModuleReply, String> {
        let (context, timeout, reply_limit) = (self.context, self.timeout(), self.reply_limit());
        let request = self.request(Map::new());
        let surroundings = self.surroundings();
        let (leave_running, max_output) = (self.module.invocation.leave_running, self.module.invocation.max_output);
        let registered = context.processes.register_child(leave_running, surroundings.group_limits()).await;
        let carries = !context.plugin.spec().actions.is_empty();
        let timeout_text = &timeout.seconds_text();
        let bounds = JobBounds { timeout_text, limits: registered.limits, reply_limit, max_output, carries };
        // A module raises the exception of its time limit itself. One that catches it may finish.
        let grace = if self.module.kind == ModuleKind::Parser { Duration::ZERO } else { TIMEOUT_GRACE };
        let timeout_with_grace = timeout.duration.saturating_add(grace);
        let parameters = self.module.parameters;
        let carried = context.carried.pickle();
        let job = Job::new(registered.run, &request, parameters, bounds, carried, credentials, surroundings);
        let job = serde_json::to_string(&job).map_err(|error| format!("cannot ask the Python host: {error}"))?;
        modules
            .host
            .run(&HostRun {
                context,
                registered: &registered,
                job: &job,
                // The host's own limit of the import, ten seconds beyond the time limit, has the same grace.
                loading: timeout_with_grace.saturating_add(grace),
                timeout: timeout_with_grace,
                reply_limit,
            })
            .await
    }

    /// The request of a built-in parser, which gets the output as it was printed but for blank lines around it: in
    /// TAP and in tables the indentation of the first line means something. The output is read in the encoding it declares,
    /// without terminal codes.
    fn untrimmed(&self, parameters: Map<String, Json>) -> ModuleRequest {
        let mut request = self.request(parameters);
        if let Some(output) = self.output {
            let bytes = output.stdout.bytes();
            let text = encoding::decode(&bytes);
            let text = terminal_codes::stripped(&text);
            let first = text.find(|c: char| !c.is_whitespace()).unwrap_or(0);
            let line = text[..first].rfind('\n').map_or(0, |at| at + 1);
            text[line..].trim_end().clone_into(&mut request.stdout);
            request.stderr = terminal_codes::stripped(&request.stderr).into_owned();
        }
        request
    }

    fn request(&self, parameters: Map<String, Json>) -> ModuleRequest {
        let text = |text: &str| python_text::strip(text).to_owned();
        let exit_status = match self.output.map(|output| &output.end) {
            Some(ChildEnd::Exited(status)) => Some(*status),
            _ => None,
        };
        ModuleRequest {
            kind: self.module.kind,
            module: self.module.name.to_owned(),
            plugin: self.context.plugin.spec().name.as_str().to_owned(),
            forced: self.context.kind.is_forced(),
            timeout: self.timeout().duration.as_secs_f64(),
            parameters,
            result: self.module.result.clone(),
            stdout: self.output.map(|output| text(&output.stdout.text())).unwrap_or_default(),
            stderr: self.output.map(|output| text(&output.stderr.text())).unwrap_or_default(),
            exit_status,
            remembered: None,
            known: self.context.known.cloned(),
        }
    }

    /// A result may be as long as two streams of `MaxOutput` that became
    /// messages, with what JSON adds to short lines.
    fn reply_limit(&self) -> usize {
        self.module.invocation.max_output.saturating_mul(4).saturating_add(REPLY_ALLOWANCE)
    }

    fn surroundings(&self) -> Surroundings<'_> {
        self.context.plugin.surroundings(self.module.invocation)
    }

    fn timeout(&self) -> &TimeLimit {
        &self.module.invocation.timeout
    }
}

/// Whether one of the folders has a Python file of this dotted name that
/// mentions the class.
pub(crate) fn has_module(folders: &[PathBuf], name: &str, kind: ModuleKind) -> bool {
    let class = if kind == ModuleKind::Parser { "Parser" } else { "Plugin" };
    let path: PathBuf = name.split('.').collect();
    let mentions = |file: &Path| std::fs::read_to_string(file).is_ok_and(|text| text.contains(class));
    folders.iter().map(|folder| folder.join(&path)).any(|path| {
        let mut file = path.clone().into_os_string();
        file.push(".py");
        mentions(Path::new(&file)) || mentions(&path.join("__init__.py"))
    })
}

/// Parameters as values of JSON, as a module gets them: with the secrets of `!env` and `!file`. By way of the text, which
/// has room for a number of any size; read again, one beyond 64 bits is a float.
pub(crate) fn as_map(parameters: &Parameters) -> Map<String, Json> {
    let text = serde_json::to_string(&*exposed(parameters)).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use smoker_model::value::Value;

    use super::*;

    #[test]
    fn a_number_of_any_size_harms_no_other_parameter() {
        let parameters = [("Ok", Value::Text("ready".to_owned())), ("Big", Value::Int(1 << 80))];
        let map = as_map(&parameters.map(|(name, value)| (name.to_owned(), value)).into_iter().collect());
        assert_eq!((map["Ok"].as_str(), map["Big"].as_f64()), (Some("ready"), Some(2_f64.powi(80))));
    }

    #[test]
    fn a_module_of_the_user_has_the_class_that_is_looked_for() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
        std::fs::create_dir_all(folder.path().join("smoker/plugins/nsca")).expect("a folder");
        write("json.py", "x = 1\n");
        write("nagios.py", "class Parser(object): pass\n");
        write("smoker/plugins/nsca/__init__.py", "class Plugin(object): pass\n");
        let folders = [folder.path().to_owned()];
        assert!(!has_module(&folders, "json", ModuleKind::Parser));
        assert!(has_module(&folders, "nagios", ModuleKind::Parser));
        assert!(!has_module(&folders, "tap", ModuleKind::Parser));
        assert!(has_module(&folders, "smoker.plugins.nsca", ModuleKind::Action));
    }
}
