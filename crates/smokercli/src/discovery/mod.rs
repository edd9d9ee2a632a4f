//! Finds hosts: discovery plugins in Python, and commands that print hosts.
//!
//! # Layout
//!
//! - `folder`: the files of the plugins; `plugin_option`: an option that a plugin adds to the command line
//! - `script`: the script in Python that loads the plugins and asks them
//! - `host_command`: commands that print hosts; `child`: waits for either, within a limit

mod child;
mod folder;
mod host_command;
pub(crate) mod plugin_option;
mod script;

use serde_json::{Map, Value as Json, json};

use crate::config::ClientConfig;
use crate::discovery::host_command::command_hosts;
use crate::discovery::plugin_option::PluginOption;
use crate::discovery::script::{Script, ScriptReply, unexpected};
use crate::error::ExitError;

/// The loaded discovery plugins and the commands that print hosts.
#[derive(Debug)]
pub(crate) struct Discovery {
    script: Option<Script>,
    options: Vec<PluginOption>,
    commands: Vec<String>,
    /// An entry of `plugin_paths` does not exist.
    is_incomplete: bool,
}

impl Discovery {
    /// Loads the plugins of the configuration. Python is started only if there
    /// is a plugin. The texts are warnings about entries of `plugin_paths` that do not exist.
    ///
    /// # Errors
    ///
    /// When a plugin cannot be loaded.
    pub(crate) fn start(config: &ClientConfig) -> Result<(Self, Vec<String>), ExitError> {
        let (files, warnings) = folder::plugin_files(&config.plugin_paths);
        let commands = config.discovery_commands.clone();
        let is_incomplete = !warnings.is_empty();
        if files.is_empty() {
            return Ok((Self { script: None, options: Vec::new(), commands, is_incomplete }, warnings));
        }
        let mut script = Script::start(&json!(files))?;
        let options = match script.reply()? {
            ScriptReply::Options(options) => options,
            other => return Err(unexpected(other)),
        };
        Ok((Self { script: Some(script), options, commands, is_incomplete }, warnings))
    }

    /// The options that the plugins add to the command line.
    #[must_use]
    pub(crate) fn options(&self) -> &[PluginOption] {
        &self.options
    }

    /// Asks all plugins and commands for hosts. `argv` has the plugins' options
    /// as they were typed, `known` all other options by name; `has_hosts` says that the command line names hosts itself.
    ///
    /// # Errors
    ///
    /// When any of them fails or is not there: its hosts would be missing. When none finds a host and the command line names
    /// none either: an empty inventory is not this host.
    pub(crate) fn hosts(
        self,
        argv: &[String],
        known: &Map<String, Json>,
        has_hosts: bool,
    ) -> Result<Vec<String>, ExitError> {
        if self.is_incomplete && !has_hosts {
            return Err(ExitError::new(
                "host discovery failed: an entry of plugin_paths cannot be found, and its hosts would be missing; \
                 name hosts by -s or mend plugin_paths",
            ));
        }
        let is_configured = self.script.is_some() || !self.commands.is_empty();
        let mut found = Vec::new();
        if let Some(mut script) = self.script {
            script.ask(&json!({"argv": argv, "known": known, "has_hosts": has_hosts}))?;
            match script.reply()? {
                ScriptReply::Hosts(hosts) => found.extend(hosts),
                other => return Err(unexpected(other)),
            }
        }
        for command in &self.commands {
            found.extend(command_hosts(command)?);
        }
        if found.is_empty() && is_configured && !has_hosts {
            return Err(ExitError::new(
                "host discovery found no host; name hosts by -s (-s localhost for this one), or look at what it asks",
            ));
        }
        Ok(found)
    }
}
