//! Where Python and its modules are.

use std::path::Path;

use smoker_config::DaemonSettings;
use smoker_runner::host::settings::PythonSettings;

/// Looked at before the working directory changes: the configuration's folder
/// may be relative to it.
pub(crate) fn settings(config: &Path, settings: &DaemonSettings) -> PythonSettings {
    let folder = if config.is_dir() { config } else { config.parent().unwrap_or_else(|| Path::new(".")) };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    PythonSettings::new(settings.python.as_ref(), &settings.python_path, folder)
}
