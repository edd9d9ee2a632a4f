//! The package `smoker` in Python, which discovery plugins import as they do beside the original's client.

use std::collections::BTreeMap;

macro_rules! sources {
    ($($file:literal),* $(,)?) => {
        [$(($file, include_str!(concat!("../../../smoker-runner/python/", $file)))),*]
    };
}

/// What makes the package importable.
pub(super) const IMPORTER: &str = include_str!("../../../smoker-runner/python/host/importer.py");

/// Every module by the path that an import looks for.
pub(super) fn smoker() -> BTreeMap<&'static str, &'static str> {
    sources! {
        "smoker/__init__.py",
        "smoker/client/__init__.py",
        "smoker/client/client.py",
        "smoker/client/host.py",
        "smoker/client/plugins/__init__.py",
        "smoker/client/results.py",
        "smoker/logger/__init__.py",
        "smoker/logger/level_handler.py",
        "smoker/server/__init__.py",
        "smoker/server/builtin.py",
        "smoker/server/exceptions.py",
        "smoker/server/limit.py",
        "smoker/server/output.py",
        "smoker/server/parser.py",
        "smoker/server/plugins/__init__.py",
        "smoker/server/plugins/baseplugin.py",
        "smoker/server/plugins/check.py",
        "smoker/server/plugins/fsmount.py",
        "smoker/server/plugins/glusterfs.py",
        "smoker/server/plugins/mongo.py",
        "smoker/server/plugins/result.py",
        "smoker/server/plugins/testconnection.py",
        "smoker/server/plugins/types.py",
        "smoker/server/plugins/uname.py",
        "smoker/server/plugins/varnishparser.py",
        "smoker/server/plugins/worker.py",
        "smoker/util/__init__.py",
        "smoker/util/command.py",
        "smoker/util/console.py",
        "smoker/util/nagios.py",
        "smoker/util/processes.py",
        "smoker/util/progressbar.py",
        "smoker/util/tap.py",
    }
    .into()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn no_module_of_the_package_is_forgotten() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../smoker-runner/python");
        let mut folders = vec![folder.join("smoker")];
        let mut found = 0;
        while let Some(next) = folders.pop() {
            for path in std::fs::read_dir(next).expect("a folder").map(|entry| entry.expect("an entry").path()) {
                let name = path.strip_prefix(&folder).expect("below it").to_string_lossy().into_owned();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|end| end == "py") {
                    assert!(smoker().contains_key(&*name), "{name}");
                    found += 1;
                }
            }
        }
        assert_eq!(found, smoker().len());
    }
}
