//! The options of `--test-plugin` and `--test-action`.

use std::path::Path;

use clap::Args;
use clap::builder::PossibleValuesParser;
use smoker_config::spec::overrides;
use smoker_model::status::Status;
use smoker_model::value::Value;

use crate::test_plugin::test_request::{ActionTestRequest, TestRequest, TrialFormat};

/// The options of both.
#[derive(Debug, Args)]
#[command(next_help_heading = "Testing one plugin or action")]
pub(crate) struct TestArguments {
    /// Run this plugin once, show everything that it did, and exit by its status
    #[arg(long, value_name = "NAME", conflicts_with_all = ["check", "stop", "reload", "foreground", "genconfig"])]
    test_plugin: Option<String>,

    /// Replace or add a parameter of the plugin, VALUE as in the configuration; may be repeated
    #[arg(long = "param", value_name = "NAME=VALUE", requires = "test_plugin", value_parser = parameter)]
    parameters: Vec<(String, Value)>,

    /// Call this action once as if a plugin had become bad, show where that went and what came back, and exit by its status
    #[arg(long, value_name = "NAME", conflicts_with_all = ["check", "stop", "reload", "foreground", "genconfig", "test_plugin"])]
    test_action: Option<String>,

    /// With --test-action: the status that it is told; OK is that of a plugin that has recovered
    #[arg(long, value_name = "STATUS", requires = "test_action", default_value = "ERROR")]
    #[arg(value_parser = PossibleValuesParser::new(["OK", "WARN", "ERROR"]), hide_possible_values = true, ignore_case = true)]
    status: String,

    /// Also run the plugin's action; with --compare: run the actions here, too, and compare them
    #[arg(long)]
    pub(crate) with_action: bool,
}

impl TestArguments {
    /// The test; `None` without `--test-plugin`. The
    /// error says why the format is unknown.
    pub(crate) fn into_request(self, output: Option<&Path>) -> Result<Option<TestRequest>, String> {
        let Self { test_plugin, parameters, with_action, .. } = self;
        let Some(plugin) = test_plugin else { return Ok(None) };
        let format = format("--test-plugin", output)?;
        Ok(Some(TestRequest { plugin, parameters, with_action, format }))
    }

    /// The test of an action; `None` without `--test-action`.
    pub(crate) fn action_request(&self, output: Option<&Path>) -> Result<Option<ActionTestRequest>, String> {
        let Some(action) = self.test_action.clone() else { return Ok(None) };
        let status = Status::of_result(&self.status.to_uppercase()).unwrap_or(Status::Error);
        Ok(Some(ActionTestRequest { action, status, format: format("--test-action", output)? }))
    }
}

fn format(option: &str, output: Option<&Path>) -> Result<TrialFormat, String> {
    match output.map(|output| output.to_str()) {
        None | Some(Some("text")) => Ok(TrialFormat::Text),
        Some(Some("json")) => Ok(TrialFormat::Json),
        Some(_) => Err(format!("with {option}, --output has to be text or json")),
    }
}

fn parameter(word: &str) -> Result<(String, Value), String> {
    match word.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), overrides::value_of(value)?)),
        _ => Err("write it as NAME=VALUE, such as Timeout=5".to_owned()),
    }
}
