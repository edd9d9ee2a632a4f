//! The Python files that the host gets from us. They are part of the binary
//! and never written to a disk.

use std::collections::BTreeMap;

macro_rules! sources {
    ($($name:literal => $file:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../../python/", $file)))),*]
    };
}

/// What the interpreter runs first.
pub(crate) const BOOTSTRAP: &str = include_str!("../../../python/bootstrap.py");

/// Every module by the path that an import looks for.
pub(crate) fn modules() -> BTreeMap<&'static str, &'static str> {
    sources! {
        "_smoker_host/__init__.py" => "host/__init__.py",
        "_smoker_host/bytecode.py" => "host/bytecode.py",
        "_smoker_host/carry.py" => "host/carry.py",
        "_smoker_host/child.py" => "host/child.py",
        "_smoker_host/forked.py" => "host/forked.py",
        "_smoker_host/importer.py" => "host/importer.py",
        "_smoker_host/isolation.py" => "host/isolation.py",
        "_smoker_host/setup.py" => "host/setup.py",
        "_smoker_host/logs.py" => "host/logs.py",
        "_smoker_host/loop.py" => "host/loop.py",
        "_smoker_host/ownership.py" => "host/ownership.py",
        "_smoker_host/paths.py" => "host/paths.py",
        "_smoker_host/rehearsal.py" => "host/rehearsal.py",
        "_smoker_host/reply.py" => "host/reply.py",
        "_smoker_host/run.py" => "host/run.py",
        "smoker/__init__.py" => "smoker/__init__.py",
        "smoker/client/__init__.py" => "smoker/client/__init__.py",
        "smoker/client/client.py" => "smoker/client/client.py",
        "smoker/client/host.py" => "smoker/client/host.py",
        "smoker/client/results.py" => "smoker/client/results.py",
        "smoker/client/plugins/__init__.py" => "smoker/client/plugins/__init__.py",
        "smoker/logger/__init__.py" => "smoker/logger/__init__.py",
        "smoker/logger/level_handler.py" => "smoker/logger/level_handler.py",
        "smoker/server/__init__.py" => "smoker/server/__init__.py",
        "smoker/server/builtin.py" => "smoker/server/builtin.py",
        "smoker/server/exceptions.py" => "smoker/server/exceptions.py",
        "smoker/server/limit.py" => "smoker/server/limit.py",
        "smoker/server/output.py" => "smoker/server/output.py",
        "smoker/server/parser.py" => "smoker/server/parser.py",
        "smoker/server/plugins/__init__.py" => "smoker/server/plugins/__init__.py",
        "smoker/server/plugins/baseplugin.py" => "smoker/server/plugins/baseplugin.py",
        "smoker/server/plugins/check.py" => "smoker/server/plugins/check.py",
        "smoker/server/plugins/result.py" => "smoker/server/plugins/result.py",
        "smoker/server/plugins/types.py" => "smoker/server/plugins/types.py",
        "smoker/server/plugins/worker.py" => "smoker/server/plugins/worker.py",
        "smoker/server/plugins/fsmount.py" => "smoker/server/plugins/fsmount.py",
        "smoker/server/plugins/glusterfs.py" => "smoker/server/plugins/glusterfs.py",
        "smoker/server/plugins/mongo.py" => "smoker/server/plugins/mongo.py",
        "smoker/server/plugins/testconnection.py" => "smoker/server/plugins/testconnection.py",
        "smoker/server/plugins/uname.py" => "smoker/server/plugins/uname.py",
        "smoker/server/plugins/varnishparser.py" => "smoker/server/plugins/varnishparser.py",
        "smoker/util/__init__.py" => "smoker/util/__init__.py",
        "smoker/util/command.py" => "smoker/util/command.py",
        "smoker/util/console.py" => "smoker/util/console.py",
        "smoker/util/nagios.py" => "smoker/util/nagios.py",
        "smoker/util/processes.py" => "smoker/util/processes.py",
        "smoker/util/progressbar.py" => "smoker/util/progressbar.py",
        "smoker/util/tap.py" => "smoker/util/tap.py",
    }
    .into()
}

/// Whether the host brings along a module of this dotted name.
pub(crate) fn has(name: &str) -> bool {
    let path = name.replace('.', "/");
    let modules = modules();
    [format!("{path}.py"), format!("{path}/__init__.py")].iter().any(|file| modules.contains_key(&**file))
}

/// The dotted names of the packages that the host brings along.
pub(crate) fn packages() -> Vec<String> {
    let folders = modules().into_keys().filter_map(|file| file.strip_suffix("/__init__.py"));
    folders.map(|folder| folder.replace('/', ".")).collect()
}
