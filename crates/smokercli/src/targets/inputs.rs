//! The files that a call reads: what it writes takes the place of none of them, and is not read as one by the next call.

use std::env;
use std::path::{Path, PathBuf};

use crate::cli::options::host_args::HostArgs;
use crate::config::ClientConfig;
use crate::discovery::inventory_file;
use crate::error::ExitError;
use crate::terminal::output_file::{is_one_file, target};
use crate::trust_store;

/// Variables that name files which a call reads.
const VARIABLES: [&str; 2] = ["SMOKER_TOKEN_FILE", "SMOKER_NATS_CREDS"];

/// The files that a call reads, each with what names it, and the folders of inventories.
#[derive(Clone, Debug, Default)]
pub(crate) struct InputFiles {
    files: Vec<(&'static str, PathBuf)>,
    folders: Vec<PathBuf>,
}

impl InputFiles {
    /// Those of the options that say which hosts are asked, of the configuration, of the environment and of the user.
    pub(crate) fn of(args: &HostArgs) -> Self {
        let named = args.input_files().map(|(option, path)| (option, path.to_owned()));
        let configured = ClientConfig::files().map(|path| ("the configuration", path));
        let variable = |name| Some((name, PathBuf::from(env::var_os(name).filter(|path| !path.is_empty())?)));
        let own = trust_store::files().into_iter().map(|path| ("smokercli trust", path));
        let files = named.chain(configured).chain(VARIABLES.into_iter().filter_map(variable)).chain(own).collect();
        Self { files, folders: args.inventory.iter().filter(|path| path.is_dir()).cloned().collect() }
    }

    /// These, and the file of another option.
    pub(crate) fn with(mut self, option: &'static str, path: Option<&Path>) -> Self {
        self.files.extend(path.map(|path| (option, path.to_owned())));
        self
    }

    /// Makes sure that a file that this option names can be written: it is none of these, and is not where the next call would take it for
    /// an inventory.
    ///
    /// # Errors
    ///
    /// When it is.
    pub(crate) fn check(&self, option: &str, output: &Path) -> Result<(), ExitError> {
        let path = output.display();
        // What is read from standard input may be a file, too.
        let read = |path: &Path| if path == Path::new("-") { PathBuf::from("/dev/stdin") } else { path.to_owned() };
        if let Some((name, _)) = self.files.iter().find(|(_, path)| is_one_file(output, &read(path))) {
            return Err(ExitError::usage(format!(
                "{option} {path} would be written over the file of {name}; name another file"
            )));
        }
        let target = target(output);
        if let Some(folder) = self.folders.iter().find(|folder| inventory_file::reads(folder, &target)) {
            return Err(ExitError::usage(format!(
                "{option} {path} is in the folder of --inventory {}, where the next call would read it as an inventory; name a file elsewhere",
                folder.display()
            )));
        }
        Ok(())
    }
}
