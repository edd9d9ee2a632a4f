//! One file that lines are appended to.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, chown, fchown};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::unistd::geteuid;

use crate::logging::descriptor::LineWriter;
use crate::logging::plan::FilePlan;

/// A file that may be open.
#[derive(Debug)]
pub(super) struct LogFile {
    path: PathBuf,
    /// Whether it is still to be emptied; only once.
    truncates: bool,
    /// Whether it is opened only when there is something to write.
    waits: bool,
    /// Whom a file that we make belongs to: the account that the daemon becomes.
    owner: Option<(u32, u32)>,
    file: Option<File>,
    lines: LineWriter,
}

impl LogFile {
    pub(super) fn new(plan: &FilePlan, owner: Option<(u32, u32)>) -> Self {
        let (path, lines) = (plan.path.clone(), LineWriter::default());
        Self { path, truncates: plan.truncates, waits: plan.waits, owner, file: None, lines }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn open_at_start(&mut self) -> io::Result<()> {
        if self.waits { Ok(()) } else { self.opened().map(drop) }
    }

    /// Appends a line.
    pub(super) fn write(&mut self, text: &str) -> io::Result<()> {
        self.opened()?;
        let Some(file) = &self.file else { return Err(io::ErrorKind::NotFound.into()) };
        self.lines.write(file, text)
    }

    /// Opens it by its name again. When that fails, the open one stays.
    pub(super) fn reopen(&mut self) -> io::Result<()> {
        let file = self.open()?;
        self.file = Some(file);
        self.lines = LineWriter::default();
        Ok(())
    }

    /// The size so far, of a file that is one and no device.
    pub(super) fn size(&mut self) -> io::Result<Option<u64>> {
        let metadata = self.opened()?.metadata()?;
        Ok(metadata.is_file().then_some(metadata.len()))
    }

    /// Whether its name leads elsewhere by now.
    pub(super) fn is_moved(&self) -> bool {
        let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
        let Some(file) = &self.file else { return false };
        file.metadata().map(identity).ok() != fs::metadata(&self.path).map(identity).ok()
    }

    /// As long as we are root and are going to be somebody else, what that other
    /// may have put in place of the file must not lead us to a file of root's.
    fn refuse_link_of_others(&self) -> io::Result<()> {
        let is_root_for_now = self.owner.is_some_and(|(user, _)| user != 0) && geteuid().is_root();
        let is_theirs = |metadata: fs::Metadata| metadata.is_symlink() && metadata.uid() != 0;
        if is_root_for_now && fs::symlink_metadata(&self.path).is_ok_and(is_theirs) {
            return Err(io::Error::other("it is a symbolic link that does not belong to root"));
        }
        Ok(())
    }

    fn opened(&mut self) -> io::Result<&File> {
        let file = match self.file.take() {
            Some(file) => file,
            None => self.open()?,
        };
        Ok(self.file.insert(file))
    }

    /// A folder that is missing is made, as for the standard streams.
    fn open(&mut self) -> io::Result<File> {
        if let Some(folder) = self.path.parent() {
            make_folder(folder, self.owner)?;
        }
        let mut options = OpenOptions::new();
        // A named pipe without a reader must not make us wait.
        options.append(true).custom_flags((OFlag::O_NONBLOCK | OFlag::O_NOCTTY).bits());
        let made = options.clone().create_new(true).open(&self.path);
        let file = if let Ok(made) = made {
            self.owner.map_or(Ok(()), |(user, group)| fchown(&made, Some(user), Some(group)))?;
            made
        } else {
            self.refuse_link_of_others()?;
            options.create(true).open(&self.path)?
        };
        if std::mem::take(&mut self.truncates) && file.metadata()?.is_file() {
            file.set_len(0)?;
        }
        Ok(file)
    }
}

/// Makes a folder and those above it; what is made belongs to `owner`.
fn make_folder(folder: &Path, owner: Option<(u32, u32)>) -> io::Result<()> {
    match fs::create_dir(folder) {
        Ok(()) => owner.map_or(Ok(()), |(user, group)| chown(folder, Some(user), Some(group))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make_folder(folder.parent().ok_or(error)?, owner)?;
            make_folder(folder, owner)
        }
        Err(_) if folder.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

/// The name of a file with something behind it.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}
