//! Reads the files, converts them, writes plugins and reports what was not taken.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use smoker_config::write::plugin_file;
use smoker_model::counted::counted;

use crate::exit_code;
use crate::import::import_request::{ImportRequest, Tool};
use crate::import::imported::{Imported, ImportedPlugin};
use crate::import::source_file::text_of;
use crate::import::{cron, goss, monit, nrpe, sensu};
use crate::output;

/// Imports, prints what became of it, and returns the exit code.
///
/// # Errors
///
/// Why nothing was written.
pub(crate) fn run(request: &ImportRequest) -> Result<u8, String> {
    let mut imported = Imported::default();
    for path in &request.files {
        read(request.tool, path, &mut imported)?;
    }
    if imported.plugins.is_empty() && imported.untaken.is_empty() {
        let files: Vec<_> = request.files.iter().map(|path| path.display().to_string()).collect();
        return Err(format!("{}: no command, job or check was found", files.join(", ")));
    }
    let files = file_names(&imported.plugins, &request.folder)?;
    let written = write_all(&imported.plugins, &files)?;
    print(&report(request, &imported, &written));
    Ok(if imported.untaken.is_empty() { exit_code::SUCCESS } else { exit_code::IMPORTED_IN_PART })
}

/// What becomes of one file.
pub(crate) fn imported(tool: Tool, path: &Path) -> Result<Imported, String> {
    let mut imported = Imported::default();
    read(tool, path, &mut imported)?;
    Ok(imported)
}

fn read(tool: Tool, path: &Path, imported: &mut Imported) -> Result<(), String> {
    match tool {
        Tool::Nrpe => nrpe::read(path, imported),
        Tool::Cron => {
            cron::read(path, &text_of(path)?, imported);
            Ok(())
        }
        Tool::Monit => monit::read(path, imported),
        Tool::Sensu => sensu::read(path, &text_of(path)?, imported),
        Tool::Goss => goss::read(path, &text_of(path)?, imported),
    }
}

/// The path of each plugin's file, none of which may be there: the name of a file is that of its plugin.
fn file_names(plugins: &[ImportedPlugin], folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut seen = HashSet::new();
    let mut taken = Vec::new();
    let mut files = Vec::new();
    for plugin in plugins {
        let path = folder.join(format!("{}.yaml", file_stem(&plugin.name)));
        if !seen.insert(path.clone()) {
            return Err(format!("two of them would be the plugin {}: rename one", file_stem(&plugin.name)));
        }
        if path.symlink_metadata().is_ok() {
            taken.push(path.display().to_string());
        }
        files.push(path);
    }
    if taken.is_empty() {
        return Ok(files);
    }
    Err(format!("nothing is written, because there are files already: {}; name another folder by -o", taken.join(", ")))
}

/// A name that a file may have, without what ends it early or leads elsewhere.
fn file_stem(name: &str) -> String {
    let stem: String = name.chars().map(|c| if c == '/' || c.is_control() { '-' } else { c }).collect();
    let stem = stem.trim().trim_start_matches('.').to_owned();
    if stem.is_empty() { "plugin".to_owned() } else { stem }
}

fn write_all(plugins: &[ImportedPlugin], files: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    for (plugin, path) in plugins.iter().zip(files) {
        let text = plugin_file::text(&format!("Imported from {}", plugin.origin), &plugin.parameters);
        write(path, &text).map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    }
    Ok(files.to_vec())
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o755).create(folder)?;
    }
    // Nothing that came there meanwhile is overwritten; commands may hold passwords.
    OpenOptions::new().write(true).create_new(true).mode(0o640).open(path)?.write_all(text.as_bytes())
}

fn report(request: &ImportRequest, imported: &Imported, written: &[PathBuf]) -> String {
    let mut text = String::new();
    for path in written {
        let _ = writeln!(text, "wrote {}", path.display());
    }
    for one in &imported.untaken {
        let _ = writeln!(text, "NOT TAKEN {}:{}: {}: {}", one.path.display(), one.line, one.reason, one.text);
    }
    for note in &imported.notes {
        let _ = writeln!(text, "NOTE {note}");
    }
    let folder = request.folder.display();
    let (plugins, untaken) = (counted(written.len(), "plugin"), counted(imported.untaken.len(), "line"));
    let _ = writeln!(
        text,
        "{plugins} in {folder}, {untaken} not taken. Next: read them, move them into plugin.d of your configuration folder, then run \
         smokerd --check"
    );
    text
}

fn print(text: &str) {
    if let Err(error) = output::print(text) {
        output::report(format_args!("ERROR: {error}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_lead_nowhere_else() {
        for (name, expected) in [("a", "a"), ("../a/b", "-a-b"), ("..", "plugin"), ("", "plugin"), ("a b", "a b")] {
            assert_eq!(file_stem(name), expected, "{name}");
        }
    }
}
