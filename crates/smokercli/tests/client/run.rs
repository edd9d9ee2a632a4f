//! A run of one of the binaries, in a home of its own.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::pty::{OpenptyResult, Winsize, openpty};
use tempfile::TempDir;

pub(crate) const SMOKERCLI: &str = env!("CARGO_BIN_EXE_smokercli");
pub(crate) const CHECK: &str = env!("CARGO_BIN_EXE_check_smoker_plugin");

/// What a run left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A run in preparation.
pub(crate) struct Run {
    command: Command,
    home: TempDir,
}

impl Run {
    /// A run without configuration file, proxies and whatever else the
    /// environment of the tests may say.
    pub(crate) fn of(program: &str) -> Self {
        let home = TempDir::new().expect("a temporary folder");
        let mut command = Command::new(program);
        for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
            command.env_remove(name).env_remove(name.to_uppercase());
        }
        for name in [
            "PYTHONPATH",
            "VIRTUAL_ENV",
            "SMOKER_TOKEN_FILE",
            "SMOKER_NATS_URL",
            "SMOKER_NATS_CREDS",
            "XDG_CONFIG_HOME",
        ] {
            command.env_remove(name);
        }
        command.env("HOME", home.path()).env("COLUMNS", "80").env("TERM", "xterm").env("LC_ALL", "C.UTF-8");
        command.current_dir(home.path()).stdin(Stdio::null());
        Self { command, home }
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Writes the configuration file.
    pub(crate) fn config(self, text: &str) -> Self {
        self.file(".smokercli.yaml", text);
        self
    }

    /// Writes a file into the home and returns its path.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.home.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
        std::fs::write(&path, text).expect("a file can be written");
        path
    }

    pub(crate) fn args<T: AsRef<str>>(mut self, arguments: impl IntoIterator<Item = T>) -> Self {
        self.command.args(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Runs to the end.
    pub(crate) fn done(mut self) -> Done {
        let output = self.command.output().expect("the binary starts");
        Done {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Starts without waiting, with both outputs piped. The home lives as long as the second value.
    pub(crate) fn start(mut self) -> (Child, TempDir) {
        let child = self.command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
        (child, self.home)
    }

    /// Starts without waiting, with standard output on a terminal of 80x24, whose other side is returned. The home
    /// lives as long as the last value.
    pub(crate) fn start_on_terminal(mut self) -> (Child, File, TempDir) {
        let terminal = terminal();
        let child = self.command.stdout(terminal.slave).stderr(Stdio::null()).spawn().expect("the binary starts");
        (child, File::from(terminal.master), self.home)
    }

    /// Runs with standard input and output on a terminal of 80x24.
    pub(crate) fn done_on_terminal(mut self) -> Done {
        let terminal = terminal();
        let copy = || Stdio::from(terminal.slave.try_clone().expect("a descriptor"));
        self.command.stdin(copy()).stdout(copy()).stderr(Stdio::piped());
        let (code, stderr, stdout) = self.finish(terminal, |child| child.stderr.take().map(OwnedFd::from));
        Done { code, stdout: stdout.replace("\r\n", "\n"), stderr }
    }

    /// Runs with standard error on a terminal of 80x24.
    pub(crate) fn done_with_errors_on_terminal(mut self) -> Done {
        let terminal = terminal();
        self.command.stdout(Stdio::piped()).stderr(terminal.slave.try_clone().expect("a descriptor"));
        let (code, stdout, stderr) = self.finish(terminal, |child| child.stdout.take().map(OwnedFd::from));
        Done { code, stdout, stderr }
    }

    /// Runs to the end. Returns what came by the pipe, then what came by the terminal.
    fn finish(
        mut self,
        terminal: OpenptyResult,
        pipe: impl FnOnce(&mut Child) -> Option<OwnedFd>,
    ) -> (Option<i32>, String, String) {
        let mut child = self.command.spawn().expect("the binary starts");
        // The command holds descriptors of the terminal too, and its end shows only when all are closed.
        drop(self.command);
        drop(terminal.slave);
        let reading = std::thread::spawn(move || read_all(terminal.master));
        let piped = read_all(pipe(&mut child).expect("piped"));
        let code = child.wait().expect("it ends").code();
        (code, piped, reading.join().expect("read"))
    }
}

fn terminal() -> OpenptyResult {
    let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    openpty(Some(&size), None).expect("a terminal")
}

/// Reads until the other side is closed, which shows as an error on a terminal.
fn read_all(descriptor: OwnedFd) -> String {
    let mut file = File::from(descriptor);
    let mut all = Vec::new();
    let mut part = [0; 4096];
    while let Ok(read @ 1..) = file.read(&mut part) {
        all.extend_from_slice(&part[..read]);
    }
    String::from_utf8_lossy(&all).into_owned()
}
