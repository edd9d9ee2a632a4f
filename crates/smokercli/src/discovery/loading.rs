//! Loads the plugins. One that cannot be loaded harms no other, whatever it does to the interpreter.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::discovery::folder::PluginFile;
use crate::discovery::plugin_option::PluginOptions;
use crate::discovery::script::{NoReply, Script, ScriptReply, TriedPlugin};

/// How long a plugin may take to load.
const LOAD_LIMIT: Duration = Duration::from_secs(10);

/// A plugin that is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LeftOut {
    pub(super) path: String,
    pub(super) reason: String,
}

/// The script with the plugins that it has loaded.
pub(super) struct Loaded {
    /// None when there is no plugin that can be asked.
    pub(super) script: Option<Script>,
    pub(super) plugins: Vec<PluginOptions>,
    pub(super) left_out: Vec<LeftOut>,
}

/// Loads the plugins of these files. When one ends the interpreter, or does not come back, the others are loaded by another.
pub(super) fn load(mut files: Vec<PluginFile>) -> Loaded {
    let mut left_out = Vec::new();
    while !files.is_empty() {
        match try_all(&files) {
            Ok((script, tried)) => {
                let (plugins, broken) = sorted(tried);
                left_out.extend(broken);
                return Loaded { script: Some(script), plugins, left_out };
            }
            Err((Some(index), NoReply(reason))) if index < files.len() => {
                let path = files.remove(index).shown();
                left_out.push(LeftOut { path, reason: format!("while it is loaded {reason}") });
            }
            Err((_, NoReply(reason))) => {
                left_out.extend(files.drain(..).map(|file| LeftOut { path: file.shown(), reason: reason.clone() }));
            }
        }
    }
    Loaded { script: None, plugins: Vec::new(), left_out }
}

/// The error has the index of the file that was being loaded.
fn try_all(files: &[PluginFile]) -> Result<(Script, Vec<TriedPlugin>), (Option<usize>, NoReply)> {
    let mut current = None;
    let mut script = Script::start(&json!(files)).map_err(|error| (current, error))?;
    loop {
        match script.reply_within(LOAD_LIMIT).map_err(|error| (current, error))? {
            ScriptReply::Loading(index) => current = Some(index),
            ScriptReply::Plugins(tried) => return Ok((script, tried)),
            ScriptReply::Error(reason) => return Err((None, NoReply(reason))),
            other => return Err((None, NoReply(format!("it sent an unexpected reply: {other:?}")))),
        }
    }
}

/// Those that can be asked, and those that cannot.
fn sorted(tried: Vec<TriedPlugin>) -> (Vec<PluginOptions>, Vec<LeftOut>) {
    let (mut plugins, mut left_out) = (Vec::new(), Vec::new());
    for TriedPlugin { path, broken, options } in tried {
        let options = match broken {
            Some(reason) => Err(reason),
            None => serde_json::from_value::<Vec<_>>(if options.is_null() { Json::Array(Vec::new()) } else { options })
                .map_err(|error| format!("its options: {error}")),
        };
        match options {
            Ok(options) => plugins.push(PluginOptions { path, options }),
            Err(reason) => left_out.push(LeftOut { path, reason }),
        }
    }
    (plugins, left_out)
}
