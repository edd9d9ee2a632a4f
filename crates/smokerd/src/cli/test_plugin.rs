//! The options of `--test-plugin`.

use std::path::Path;

use clap::Args;
use smoker_config::spec::overrides;
use smoker_model::value::Value;

use crate::test_plugin::test_request::{Format, TestRequest};

/// The options of `--test-plugin`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Testing one plugin")]
pub(crate) struct TestArguments {
    /// Run this plugin once, show everything that it did, and exit by its status
    #[arg(long, value_name = "NAME", conflicts_with_all = ["check", "stop", "reload", "foreground", "genconfig"])]
    test_plugin: Option<String>,

    /// Replace or add a parameter of the plugin, VALUE as in the configuration; may be repeated
    #[arg(long = "param", value_name = "NAME=VALUE", requires = "test_plugin", value_parser = parameter)]
    parameters: Vec<(String, Value)>,

    /// Also run the plugin's action; with --compare: run the actions here, too, and compare them
    #[arg(long)]
    pub(crate) with_action: bool,
}

impl TestArguments {
    /// The test; `None` without `--test-plugin`. The
    /// error says why the format is unknown.
    pub(crate) fn into_request(self, output: Option<&Path>) -> Result<Option<TestRequest>, String> {
        let Self { test_plugin, parameters, with_action } = self;
        let Some(plugin) = test_plugin else { return Ok(None) };
        let format = match output.map(|output| output.to_str()) {
            None | Some(Some("text")) => Format::Text,
            Some(Some("json")) => Format::Json,
            Some(_) => return Err("with --test-plugin, --output has to be text or json".to_owned()),
        };
        Ok(Some(TestRequest { plugin, parameters, with_action, format }))
    }
}

fn parameter(word: &str) -> Result<(String, Value), String> {
    match word.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), overrides::value_of(value)?)),
        _ => Err("write it as NAME=VALUE, such as Timeout=5".to_owned()),
    }
}
