//! Which built-ins exist and what runs each of them.

use smoker_model::module::{ModuleKind, ModuleRequest};
use smoker_model::result::Findings;

use crate::actions::nsca;
use crate::checks::shipped::{fsmount, glusterfs, mongo, testconnection, uname};
use crate::parsers::{jmxparser, json, junit, nagios, regex, tap, varnishparser};

/// What a built-in is and where it may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Builtin {
    /// As what it can be run.
    pub kind: ModuleKind,
    /// Whether it touches the host or the network: then it must run in a child.
    pub needs_child: bool,
    /// Whether the original shipped it under this name: then no module of a user takes its place.
    pub is_original: bool,
}

/// One built-in with what runs it.
pub(crate) struct Entry {
    name: &'static str,
    pub(crate) builtin: Builtin,
    pub(crate) run: fn(&ModuleRequest) -> Result<Findings, String>,
}

/// Every built-in. Those that only read text or ask the kernel for its name
/// cannot hang, so they need no child.
static ENTRIES: [Entry; 13] = [
    original(ModuleKind::Plugin, "smoker.server.plugins.uname", false, uname::run),
    original(ModuleKind::Plugin, "smoker.server.plugins.fsmount", true, fsmount::run),
    original(ModuleKind::Plugin, "smoker.server.plugins.testconnection", true, testconnection::run),
    original(ModuleKind::Plugin, "smoker.server.plugins.glusterfs", true, glusterfs::run),
    original(ModuleKind::Plugin, "smoker.server.plugins.mongo", true, mongo::run),
    original(ModuleKind::Parser, "smoker.server.plugins.varnishparser", false, varnishparser::parse),
    ours(ModuleKind::Parser, "smoker.plugins.jmxparser", false, jmxparser::parse),
    ours(ModuleKind::Parser, "nagios", false, nagios::parse),
    ours(ModuleKind::Parser, "tap", false, tap::parse),
    ours(ModuleKind::Parser, "junit", false, junit::parse),
    ours(ModuleKind::Parser, "json", false, json::parse),
    ours(ModuleKind::Parser, "regex", false, regex::parse),
    ours(ModuleKind::Action, "smoker.plugins.nsca", true, nsca::run),
];

/// The built-in of this kind and name.
pub(crate) fn find(kind: ModuleKind, name: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.builtin.kind == kind && entry.name == name)
}

type Run = fn(&ModuleRequest) -> Result<Findings, String>;

const fn original(kind: ModuleKind, name: &'static str, needs_child: bool, run: Run) -> Entry {
    Entry { name, builtin: Builtin { kind, needs_child, is_original: true }, run }
}

const fn ours(kind: ModuleKind, name: &'static str, needs_child: bool, run: Run) -> Entry {
    Entry { name, builtin: Builtin { kind, needs_child, is_original: false }, run }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_built_in_only_as_what_it_is() {
        let name = "smoker.server.plugins.fsmount";
        let entry = find(ModuleKind::Plugin, name).expect("a module");
        assert!(entry.builtin.is_original && entry.builtin.needs_child);
        assert!(find(ModuleKind::Parser, name).is_none() && find(ModuleKind::Action, name).is_none());
        let entry = find(ModuleKind::Parser, "nagios").expect("a parser");
        assert!(!entry.builtin.is_original && !entry.builtin.needs_child);
        assert!(find(ModuleKind::Plugin, "nagios").is_none());
    }

    #[test]
    fn no_name_is_taken_twice() {
        for entry in &ENTRIES {
            assert!(std::ptr::eq(entry, find(entry.builtin.kind, entry.name).expect("itself")), "{}", entry.name);
        }
    }
}
