//! Where Python and its modules are.

use smoker_config::DaemonSettings;
use smoker_runner::host::settings::PythonSettings;

use crate::configuration::Origin;

/// The interpreter, and the folders of which that of the configuration is the first.
pub(crate) fn settings(origin: &Origin, settings: &DaemonSettings) -> PythonSettings {
    let path = &*origin.path;
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    PythonSettings::new(settings.python.as_ref(), &settings.python_path, folder, &origin.working)
}
