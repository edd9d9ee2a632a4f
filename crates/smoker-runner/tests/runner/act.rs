//! What a plugin printed, on its way into its action's command: the command
//! receives exactly that, and nothing of it is ever run as code.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fastrand::Rng;
use serde_json::json;
use smoker_model::notation::python_text;
use smoker_model::plugin::{Execution, Parameters, PluginName, PluginSpec, RunAs, RunRules};
use smoker_model::result::{ActionResult, PluginResult};
use smoker_model::value::Value;
use smoker_model::wire::result::ComponentShape;
use smoker_runner::modules::host::settings::PythonSettings;
use smoker_runner::prepared::PreparedPlugin;
use smoker_runner::runner::Runner;
use smoker_tests::random::{hostile_values, property};
use tokio_util::sync::CancellationToken;

use crate::fixture::{self, check_and_act, world};

/// The result, in every place that takes text.
const ACTION: &str = "exec > \"$SMOKER_PARAM_TO\"; show() { printf '%%s\\0' \"$@\"; }
    show %(messages)s \"%(messages)s\" '%(messages)s' \"$(show %(messages)s | tr -d '\\0')\" # %(messages)s
    show \"${x:-%(status)s}\" a%(messages)s\"$(show \"$(show '%(messages)s' | tr -d '\\0')\" | tr -d '\\0')\"
    show %(componentResults)s";

#[test]
fn hostile_output_reaches_an_action_as_it_is() {
    let (runtime, reaper) = world();
    let _inside = runtime.enter();
    property::check(60, |random, _| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = |name: &str| folder.path().join(name);
        fs::write(path("printed"), printed(random)).expect("a file");
        let runner = Runner::new(reaper.clone(), PythonSettings::new(None, &[], folder.path(), folder.path()));
        let plugin = PreparedPlugin::new(Arc::new(spec(folder.path())));
        let result = runtime.block_on(check_and_act(&runner, &plugin, &CancellationToken::new()));
        let received = fs::read_to_string(path("received")).unwrap_or_else(|error| panic!("{error}: {result:?}"));
        let received: Vec<_> = received.split_terminator('\0').collect();
        assert_eq!(received, expected(&result), "{result:?}");
        assert!(!path("PWNED").exists(), "{result:?} was run");
    });
}

/// Output with all that it can have, also NUL and bytes that are no text; sometimes JSON.
fn printed(random: &mut Rng) -> Vec<u8> {
    let mut text = || hostile_values::random(random) + &hostile_values::attack(random);
    let (one, other) = (text(), text());
    match random.u8(..3) {
        0 => {
            let messages = json!({"info": [one, other], "warn": [other], "error": [], "more": {one.clone(): null}});
            let component = json!({"status": "OK", "messages": null, one.clone(): other});
            json!({"status": "WARN", "messages": messages, "componentResults": {other: component}}).to_string().into()
        }
        1 => [one.as_bytes(), b"\0\xff\xfe", other.as_bytes(), b"\xc3"].concat(),
        _ => one.into(),
    }
}

/// A plugin that prints the file `printed` and an action that writes `received`.
fn spec(folder: &Path) -> PluginSpec {
    let at = |name: &str| Value::Text(folder.join(name).display().to_string());
    let invocation =
        |line: &str| fixture::invocation(Execution::Command { command: Value::Text(line.to_owned()), parser: None });
    // Code that ran by mistake would leave its mark in this folder.
    let line = Value::Text(format!("cd %(Folder)s && {ACTION}"));
    let action = fixture::action(Execution::Command { command: line, parser: None });
    let parameters = [("Printed", at("printed")), ("To", at("received")), ("Folder", at(""))];
    PluginSpec {
        name: PluginName::from("hostile"),
        invocation: invocation("cat %(Printed)s"),
        trigger: None,
        rules: RunRules::default(),
        serial: false,
        history: 1,
        history_failures: 50,
        run_as: RunAs::Daemon,
        actions: vec![action],
        maintenance_lock: None::<PathBuf>,
        run_parameters: indexmap::IndexMap::new(),
        parameters: parameters.map(|(name, value)| (name.to_owned(), value)).into_iter().collect::<Parameters>(),
    }
}

/// What the action has to receive, in the order of its arguments.
fn expected(result: &PluginResult) -> Vec<String> {
    let Some(ActionResult::Ran(_)) = &result.action else { panic!("no action: {result:?}") };
    let fields = serde_json::to_value(result.on_wire(ComponentShape::Plain)).expect("a result");
    let text = |name: &str| python_text::str(&Value::from(fields[name].clone()));
    let (messages, status) = (text("messages"), text("status"));
    let twice = format!("a{messages}{messages}");
    vec![messages.clone(), messages.clone(), messages.clone(), messages, status, twice, text("componentResults")]
}
