//! The pidfile and the files of the standard streams, where a daemon in the background could not write them.

use std::fs;
use std::path::Path;

use smoker_config::spec::settings::DaemonSettings;

/// Folders that a service manager makes at a start.
const MADE_AT_START: [&str; 2] = ["/run", "/var/run"];

/// The keys whose files cannot be written, each with the reason.
pub(crate) fn problems(settings: &DaemonSettings) -> Vec<(&'static str, String)> {
    let streams = [("stdout", &settings.stdout), ("stderr", &settings.stderr)];
    let streams = streams.into_iter().filter_map(|(key, path)| Some((key, fault_of_stream(key, path)?)));
    fault_of_pidfile(&settings.pidfile).map(|text| ("pidfile", text)).into_iter().chain(streams).collect()
}

fn fault_of_pidfile(path: &Path) -> Option<String> {
    let shown = path.display();
    if path.is_dir() {
        return Some(format!("pidfile {shown} is a folder; name a file in it"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty())?;
    let is_made = || MADE_AT_START.iter().any(|made| folder.starts_with(made));
    match fs::metadata(folder) {
        Ok(found) if !found.is_dir() => Some(format!("pidfile {shown}: {} is no folder; correct it", folder.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !is_made() => Some(format!(
            "pidfile {shown}: the folder {} does not exist, so a start in the background would fail; make it, or choose \
             another file",
            folder.display()
        )),
        _ => None,
    }
}

/// Folders that are missing are made at a start.
fn fault_of_stream(key: &str, path: &Path) -> Option<String> {
    let shown = path.display();
    if path.is_dir() {
        return Some(format!("{key} {shown} is a folder; name a file in it"));
    }
    let above = path.ancestors().skip(1).find(|above| fs::symlink_metadata(above).is_ok())?;
    (!above.is_dir()).then(|| format!("{key} {shown}: {} is no folder; correct it", above.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_keeps_a_start_from_writing_is_a_fault() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = |name: &str| folder.path().join(name);
        fs::write(path("file"), "").expect("writable");
        let pidfile = |name: &str| fault_of_pidfile(&path(name)).unwrap_or_default();
        assert!(pidfile("missing/smokerd.pid").contains("missing does not exist, so a start in the background"));
        assert!(pidfile("file/smokerd.pid").contains("file is no folder"));
        assert!(pidfile("").contains("is a folder"));
        assert_eq!((pidfile("smokerd.pid"), pidfile("file")), (String::new(), String::new()));
        assert_eq!(fault_of_pidfile(Path::new("/run/no-such-folder/smokerd.pid")), None);
        assert_eq!(fault_of_pidfile(Path::new("smokerd.pid")), None);
        let stream = |name: &str| fault_of_stream("stdout", &path(name)).unwrap_or_default();
        assert!(stream("file/out").contains("file is no folder"));
        assert!(stream("").contains("stdout") && stream("").contains("is a folder"));
        assert_eq!((stream("missing/deep/out"), stream("file")), (String::new(), String::new()));
        assert_eq!(fault_of_stream("stderr", Path::new("/dev/null")), None);
    }
}
