//! A private folder, port and environment for one test. What runs in it is
//! marked in its environment, so that nothing survives the test.

use std::env;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use tempfile::TempDir;

use crate::interrupt::{self, MARK};
use crate::machine::{ports, processes};

/// The private place of one test. Dropping it kills what is left of the
/// processes started in it and removes the folder.
#[derive(Debug)]
pub struct Sandbox {
    folder: TempDir,
    port: u16,
    closed: u16,
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Sandbox {
    /// An empty folder that everybody may read, as plugins with a uid of
    /// their own have to. Its path has only letters, digits and slashes.
    #[must_use]
    pub fn new() -> Self {
        let plain =
            |path: &Path| path.to_str().is_some_and(|text| text.chars().all(|c| c == '/' || c.is_ascii_alphanumeric()));
        let root = Some(env::temp_dir()).filter(|path| plain(path)).unwrap_or_else(|| PathBuf::from("/tmp"));
        let folder = tempfile::Builder::new().prefix("smoker").rand_bytes(10).tempdir_in(root);
        let folder = folder.expect("the temporary folder is writable");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("it is ours");
        let sandbox = Self { folder, port: ports::free(), closed: ports::free() };
        interrupt::guard(sandbox.mark());
        fs::create_dir(sandbox.config_folder()).expect("an empty folder is writable");
        sandbox
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The folder of the configuration: `{{DIR}}`.
    #[must_use]
    pub fn config_folder(&self) -> PathBuf {
        self.folder.path().join("c")
    }

    /// A path in the folder of the configuration.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.config_folder().join(name)
    }

    /// Where the daemon's pidfile belongs.
    #[must_use]
    pub fn pidfile(&self) -> PathBuf {
        self.folder.path().join("smokerd.pid")
    }

    /// The port for the daemon: `{{PORT}}`.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Gives up the port for another one.
    pub fn change_port(&mut self) {
        self.port = ports::free();
    }

    /// Puts the values in place of `{{DIR}}`, `{{PORT}}` and `{{CLOSED}}` (a port that nobody listens on).
    #[must_use]
    pub fn fill(&self, text: &str) -> String {
        if !text.contains("{{") {
            return text.to_owned();
        }
        text.replace("{{DIR}}", &self.config_folder().display().to_string())
            .replace("{{PORT}}", &self.port.to_string())
            .replace("{{CLOSED}}", &self.closed.to_string())
    }

    /// Writes a file of the configuration with the values filled in; folders
    /// in its name are made.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap_or(&path))?;
        // Some recorded files are on purpose not UTF-8; they hold no placeholder.
        let content = str::from_utf8(content).map_or_else(|_| content.to_vec(), |text| self.fill(text).into_bytes());
        // A shell that is about to read its script would find it empty for a moment.
        let is_written = path.is_file() && fs::read(&path).is_ok_and(|present| present == content);
        if is_written { Ok(()) } else { fs::write(path, content) }
    }

    /// Writes a copy of a folder, with the values filled in.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or written.
    pub fn copy_in(&self, folder: &Path) -> io::Result<()> {
        self.copy_under("", folder)
    }

    fn copy_under(&self, prefix: &str, folder: &Path) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                fs::create_dir_all(self.path(&name))?;
                self.copy_under(&format!("{name}/"), &entry.path())?;
            } else {
                self.write(&name, &fs::read(entry.path())?)?;
            }
        }
        Ok(())
    }

    /// A program ready to be started: marked, in `/`, with UTF-8 texts, in a
    /// process group of its own, its output appended to the sandbox's logs.
    #[must_use]
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        let log = |name: &str| File::options().create(true).append(true).open(self.folder.path().join(name));
        command
            .current_dir("/")
            .env_remove("LC_ALL")
            .env("LANG", "C.UTF-8")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env(MARK, self.mark())
            .stdin(Stdio::null())
            .stdout(log("stdout").expect("the sandbox is writable"))
            .stderr(log("stderr").expect("the sandbox is writable"))
            .process_group(0);
        command
    }

    /// What the started programs have written to their standard output.
    #[must_use]
    pub fn stdout(&self) -> String {
        self.log("stdout")
    }

    /// What the started programs have written to their standard error.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.log("stderr")
    }

    /// The processes of this test that are running now.
    #[must_use]
    pub fn processes(&self) -> Vec<i32> {
        processes::with_environment(MARK, &self.mark())
    }

    fn log(&self, name: &str) -> String {
        String::from_utf8_lossy(&fs::read(self.folder.path().join(name)).unwrap_or_default()).into_owned()
    }

    fn mark(&self) -> String {
        self.folder.path().display().to_string()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("--- stdout\n{}--- stderr\n{}---", self.stdout(), self.stderr());
        }
        processes::kill_with_environment(MARK, &self.mark());
        interrupt::release(&self.mark());
    }
}
