//! Plugins whose processes do what they can to outlive their run.

pub mod rows;

use crate::config::Config;
use crate::escapes::rows::{Row, StartedBy};
use crate::machine::processes::Token;

/// Begins each row's module. `spawn` starts a process with the token.
const PRELUDE: &str = "import fcntl, os, signal, subprocess, time\n\
    from smoker.server.plugins import BasePlugin\n\n\n\
    class Plugin(BasePlugin):\n\
    \x20   def run(self):\n\
    \x20       self.result.set_status('OK')\n\
    \x20       token = self.plugin.get_param('Token')\n\
    \x20       script, lock = self.plugin.get_param('Script'), self.plugin.get_param('Lock')\n\
    \x20       def spawn():\n\
    \x20           subprocess.Popen(['setsid', 'sleep', token])\n\
    \x20       try:\n\
    \x20           os.mkdir(script + '.once')\n\
    \x20       except FileExistsError:\n\
    \x20           return\n";

/// What the plugin, the parent of its script, does.
#[derive(Clone, Copy, Debug)]
pub enum Parent {
    /// It goes on as long as the script does, or longer.
    Waits,
    /// It ends and leaves the script running.
    Leaves,
}

/// A plugin that makes its processes do what a row says.
#[derive(Debug)]
pub struct Escape {
    /// What they do.
    pub row: Row,
    /// The plugin's name.
    pub plugin: String,
    /// What all of them have in their arguments.
    pub token: Token,
}

/// One for each row that this user can show, whose parent can do this.
#[must_use]
pub fn all(parent: Parent) -> Vec<Escape> {
    let rows =
        rows::all().into_iter().filter(|row| matches!(parent, Parent::Waits) || row.started_by != StartedBy::Itself);
    rows.enumerate().map(Escape::new).collect()
}

impl Escape {
    fn new((number, row): (usize, Row)) -> Self {
        Self { row, plugin: format!("cell-{number}"), token: Token::new() }
    }

    /// How a failure names it.
    #[must_use]
    pub fn name(&self) -> String {
        format!("'{}' by {:?} ({})", self.row.name, self.row.started_by, self.plugin)
    }

    /// The file, beside the configuration, that processes lock which have no other mark.
    #[must_use]
    pub fn lock(&self) -> String {
        format!("{}.lock", self.plugin)
    }

    /// Adds the plugin, with these lines, and its files.
    #[must_use]
    pub fn add_to(&self, config: Config, parent: Parent, lines: &str) -> Config {
        let Self { row, plugin, token } = self;
        let (script, module, lock) = (format!("{plugin}.sh"), plugin.replace('-', "_"), self.lock());
        let parameters =
            format!("Token: '{token}'\nScript: '{{{{DIR}}}}/{script}'\nLock: '{{{{DIR}}}}/{lock}'\n{lines}");
        // Of runs by time only the first counts.
        let text = format!("mkdir {{{{DIR}}}}/{script}.once 2>/dev/null || exit 0\n{}\n", row.text);
        let config = config.file(&script, &text).file(&lock, "");
        if row.started_by == StartedBy::Command {
            let command = format!("sh {{{{DIR}}}}/{script} {token} {{{{DIR}}}}/{lock}");
            let command = match parent {
                Parent::Waits => command,
                Parent::Leaves => format!("'{command} </dev/null >/dev/null 2>&1 & sleep 1'"),
            };
            return config.plugin(plugin, &format!("Command: {command}\n{parameters}"));
        }
        let body = match (row.started_by, parent) {
            (StartedBy::Itself, _) => row.text,
            (_, Parent::Waits) => "subprocess.Popen(['sh', script, token, lock]).wait()\ntime.sleep(3600)",
            (_, Parent::Leaves) => "subprocess.Popen(['sh', script, token, lock])\ntime.sleep(1)",
        };
        let body = body.lines().fold(PRELUDE.to_owned(), |text, line| text + "        " + line + "\n");
        let body = if row.started_by == StartedBy::Module {
            body.replace("script + '.once'", "script + '.module'")
        } else {
            body
        };
        config.file(&format!("{module}.py"), &body).plugin(plugin, &format!("Module: {module}\n{parameters}"))
    }
}
