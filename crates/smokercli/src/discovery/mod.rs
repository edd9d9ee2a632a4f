//! Finds hosts: discovery plugins in Python, and commands that print hosts.
//!
//! # Layout
//!
//! - `folder`: the files of the plugins; `plugin_option`: an option that a plugin adds to the command line
//! - `loading`: loads the plugins; `script`: the script in Python that does it, and asks them; `sources`: the package
//!   `smoker` that they import
//! - `host_command`: commands that print hosts; `inventory_file`: inventories of Ansible, and programs that print them
//! - `program`: runs a program that prints hosts; `child`: waits for it, or for the plugins, within a limit

mod child;
mod folder;
mod host_command;
pub(crate) mod inventory_file;
mod loading;
pub(crate) mod plugin_option;
mod program;
mod script;
mod sources;

use serde_json::{Map, Value as Json, json};

use crate::config::ClientConfig;
use crate::discovery::child::LIMIT;
use crate::discovery::host_command::command_hosts;
use crate::discovery::loading::{LeftOut, Loaded};
use crate::discovery::plugin_option::{PluginOption, PluginOptions};
use crate::discovery::script::{FoundHosts, NoReply, Script, ScriptReply, broken};
use crate::error::ExitError;

/// The loaded discovery plugins and the commands that print hosts.
#[derive(Debug)]
pub(crate) struct Discovery {
    script: Option<Script>,
    plugins: Vec<PluginOptions>,
    /// Plugins that cannot be used: their hosts are missing.
    left_out: Vec<LeftOut>,
    commands: Vec<String>,
    /// A warning for each entry of `plugin_paths` that does not exist, or has no plugin.
    warnings: Vec<String>,
}

/// The hosts that were found.
#[derive(Debug, Default)]
pub(crate) struct Discovered {
    pub(crate) hosts: Vec<String>,
    /// Why some are missing, where the call goes on without them.
    pub(crate) errors: Vec<String>,
    /// Why some may be missing.
    pub(crate) warnings: Vec<String>,
}

impl Discovery {
    /// Loads the plugins of the configuration. Python is started only if there is a plugin. Nothing that is wrong with a
    /// plugin ends the call here: `--help` and a host by its name need none.
    pub(crate) fn start(config: &ClientConfig) -> Self {
        let (files, warnings) = folder::plugin_files(&config.plugin_paths);
        let commands = config.discovery_commands.clone();
        let Loaded { script, plugins, left_out } = loading::load(files);
        Self { script, plugins, left_out, commands, warnings }
    }

    /// The plugins with the options that they add to the command line.
    #[must_use]
    pub(crate) fn plugins(&self) -> &[PluginOptions] {
        &self.plugins
    }

    /// All options that they add.
    #[must_use]
    pub(crate) fn options(&self) -> Vec<PluginOption> {
        self.plugins.iter().flat_map(|plugin| plugin.options.clone()).collect()
    }

    /// What is wrong with entries of `plugin_paths`.
    #[must_use]
    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The plugins that are left out, each with the reason.
    pub(crate) fn errors(&self) -> impl Iterator<Item = String> {
        self.left_out.iter().map(|LeftOut { path, reason }| format!("host discovery: {path} is left out: {reason}"))
    }

    /// Leaves out a plugin whose options cannot be added to the command line.
    pub(crate) fn leave_out(&mut self, path: String, reason: String) {
        self.plugins.retain(|plugin| plugin.path != path);
        self.left_out.push(LeftOut { path, reason });
    }

    /// Asks all plugins and commands for hosts. `argv` has the plugins' options
    /// as they were typed, `known` all other options by name; `has_hosts` says that the command line names hosts itself.
    ///
    /// # Errors
    ///
    /// When any of them fails or is not there, and the command line does not name hosts alone: its hosts would be missing.
    /// When none finds a host and the command line names none either, unless all that could be asked are plugins with options
    /// and none was typed: an empty inventory is not this host.
    pub(crate) fn hosts(
        self,
        argv: &[String],
        known: &Map<String, Json>,
        has_hosts: bool,
    ) -> Result<Discovered, ExitError> {
        if !self.warnings.is_empty() && !has_hosts {
            return Err(ExitError::new(
                "host discovery failed: an entry of plugin_paths cannot be found or has no plugin, and its hosts would be missing; \
                 name hosts by -s or mend plugin_paths",
            ));
        }
        if let Some(LeftOut { path, reason }) = self.left_out.first().filter(|_| !has_hosts) {
            return Err(ExitError::new(format!(
                "host discovery failed: {path}: {reason}; its hosts would be missing, so name hosts by -s or mend it"
            )));
        }
        // A plugin with options, of which none was typed, was not asked for: without hosts of it, this host is meant.
        let is_asked =
            !argv.is_empty() || !self.commands.is_empty() || self.plugins.iter().any(|it| it.options.is_empty());
        let mut found = Discovered::default();
        if let Some(script) = self.script {
            let left_out: Vec<_> = self.left_out.iter().map(|left_out| &left_out.path).collect();
            let FoundHosts { found: hosts, failed } =
                ask(script, &json!({"argv": argv, "known": known, "left_out": left_out}))?;
            found.hosts = hosts;
            found.errors = failed.into_iter().map(|reason| format!("host discovery failed: {reason}")).collect();
            // Who types options of plugins or no host wants the hosts of all plugins.
            if let Some(error) = found.errors.first().filter(|_| !has_hosts || !argv.is_empty()) {
                return Err(ExitError::new(error.clone()));
            }
        }
        for command in &self.commands {
            let (hosts, warning) = command_hosts(command)?;
            found.hosts.extend(hosts);
            found.warnings.extend(warning);
        }
        if found.hosts.is_empty() && is_asked && !has_hosts {
            return Err(ExitError::new(
                "host discovery found no host; name hosts by -s (-s localhost for this one), or look at what it asks",
            ));
        }
        Ok(found)
    }
}

/// Asks the plugins. One that ends the interpreter, or does not come back, costs the hosts of all.
fn ask(mut script: Script, question: &Json) -> Result<FoundHosts, ExitError> {
    script.ask(question).map_err(|NoReply(reason)| broken(reason))?;
    let mut current = String::from("python3");
    loop {
        match script.reply_within(LIMIT) {
            Ok(ScriptReply::Asking(path)) => current = path,
            Ok(ScriptReply::Hosts(hosts)) => return Ok(hosts),
            Ok(ScriptReply::Usage(message)) => return Err(ExitError::usage(message)),
            Ok(ScriptReply::Error(reason)) => return Err(broken(reason)),
            Ok(ScriptReply::Loading(_) | ScriptReply::Plugins(_)) => return Err(broken("it sent an unexpected reply")),
            Err(NoReply(reason)) => {
                return Ok(FoundHosts { found: Vec::new(), failed: vec![format!("{current}: {reason}")] });
            }
        }
    }
}
