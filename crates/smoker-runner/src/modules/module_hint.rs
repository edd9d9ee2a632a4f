//! The module that was probably meant by a name that is not found.

use std::fs;
use std::path::{Path, PathBuf};

use smoker_checks::catalogue;
use smoker_model::plugin::module::ModuleKind;
use smoker_model::suggest;

/// What to write in place of a name; `folders` are those of the user's modules.
pub(crate) fn hint(kind: ModuleKind, name: &str, folders: &[PathBuf]) -> Option<String> {
    let key = if kind == ModuleKind::Parser { "Parser" } else { "Module" };
    if let Some(hint) = of_path(key, name).or_else(|| dangling(name, folders)) {
        return Some(hint);
    }
    let own = names(|its| its == kind);
    if let Some(near) = suggest::near(name, &own).or_else(|| same_last_part(name, &own)) {
        return Some(format!("did you mean {near}?"));
    }
    for other in other_kinds(kind) {
        if let Some(found) = same_last_part(name, &names(|its| its == other)) {
            return Some(format!("{}, `{found}`", what_it_is(other, kind)));
        }
    }
    folders.iter().find_map(|folder| near_file(name, folder)).map(|near| format!("did you mean {near}?"))
}

/// What a built-in is that is named where one of another kind belongs; none for other names.
pub(crate) fn misplaced(kind: ModuleKind, name: &str) -> Option<&'static str> {
    if catalogue::find(kind, name).is_some() {
        return None;
    }
    let found = other_kinds(kind).find(|other| catalogue::find(*other, name).is_some())?;
    Some(what_it_is(found, kind))
}

fn other_kinds(kind: ModuleKind) -> impl Iterator<Item = ModuleKind> {
    [ModuleKind::Plugin, ModuleKind::Check, ModuleKind::Parser, ModuleKind::Action]
        .into_iter()
        .filter(move |other| *other != kind)
}

/// What a module is, and where it belongs instead.
fn what_it_is(found: ModuleKind, wanted: ModuleKind) -> &'static str {
    match (found, wanted) {
        (ModuleKind::Parser, _) => "that is a parser: write `Parser:` beside a Command",
        (ModuleKind::Action, _) => "that is the module of an action: write it below `Action:`",
        (ModuleKind::Check, _) => "that is a built-in check: write `Check:` without a Command and a Module",
        (ModuleKind::Plugin, ModuleKind::Action) => {
            "that is the module of a plugin, not of an action: make it a plugin of its own"
        }
        (ModuleKind::Plugin, _) => "that is a module: write `Module:` without a Command",
    }
}

fn names(is_meant: impl Fn(ModuleKind) -> bool) -> Vec<&'static str> {
    catalogue::specs().filter(|spec| is_meant(spec.kind)).map(|spec| spec.name).collect()
}

/// A file's path, or a class, where the dotted name of a module belongs.
fn of_path(key: &str, name: &str) -> Option<String> {
    if let Some((module, class)) = name.split_once(':') {
        return Some(format!("write `{key}: {module}` without the class {class}"));
    }
    let parts: Vec<_> = name.split('.').filter(|part| !part.is_empty()).collect();
    if parts.len() < name.split('.').count() && !parts.is_empty() && !name.contains('/') {
        return Some(format!("it has a dot too many: write `{key}: {}`", parts.join(".")));
    }
    let file = name.strip_suffix(".py").or_else(|| name.contains('/').then_some(name))?;
    match file.rsplit_once('/') {
        Some((folder, module)) => {
            Some(format!("write `{key}: {module}`, and `python_path: [{folder}]` at the top level"))
        }
        None => Some(format!("write its name without .py: `{key}: {file}`")),
    }
}

/// The link of this name whose target is not there.
fn dangling(name: &str, folders: &[PathBuf]) -> Option<String> {
    let file = format!("{}.py", name.replace('.', "/"));
    let link = folders.iter().map(|folder| folder.join(&file)).find(|file| file.is_symlink() && !file.exists())?;
    let target = fs::read_link(&link).ok()?;
    Some(format!("{} is a link to {}, which is not there; mend the link", link.display(), target.display()))
}

/// The name whose last part is that of another.
fn same_last_part(name: &str, known: &[&'static str]) -> Option<&'static str> {
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_lowercase();
    known.iter().find(|known| last(known) == last(name)).copied()
}

/// A file of the user's whose name is near, in the package that the name begins with.
fn near_file(name: &str, folder: &Path) -> Option<String> {
    let (package, module) = name.rsplit_once('.').map_or(("", name), |(package, module)| (package, module));
    let folder = package.split('.').filter(|part| !part.is_empty()).fold(folder.to_owned(), |it, part| it.join(part));
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let stems = entries.filter(|path| path.extension().is_some_and(|extension| extension == "py"));
    let stems: Vec<_> = stems.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    let near = suggest::near(module, &stems.iter().map(String::as_str).collect::<Vec<_>>())?;
    Some(if package.is_empty() { near.to_owned() } else { format!("{package}.{near}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("site")).expect("a folder");
        fs::write(folder.path().join("check_disk.py"), "").expect("a file");
        fs::write(folder.path().join("site/mails.py"), "").expect("a file");
        std::os::unix::fs::symlink("/no/such", folder.path().join("site/linked.py")).expect("a link");
        let folders = [folder.path().to_owned()];
        for (kind, name, words) in [
            (ModuleKind::Plugin, "checks.py", "without .py: `Module: checks`"),
            (ModuleKind::Plugin, "/opt/x/checks.py", "`Module: checks`, and `python_path: [/opt/x]`"),
            (ModuleKind::Parser, "checks:Parser", "`Parser: checks` without the class Parser"),
            (ModuleKind::Plugin, "uname", "did you mean smoker.server.plugins.uname?"),
            (ModuleKind::Plugin, "smoker.server.plugin.uname", "did you mean smoker.server.plugins.uname?"),
            (ModuleKind::Parser, "JUnit", "did you mean junit?"),
            (ModuleKind::Parser, "smoker.server.plugins.nagios", "did you mean nagios?"),
            (ModuleKind::Plugin, "nagios", "`Parser:` beside a Command"),
            (ModuleKind::Parser, "smoker.server.plugins.uname", "`Module:` without a Command"),
            (ModuleKind::Plugin, "smoker.plugins.nsca", "write it below `Action:`, `smoker.plugins.nsca`"),
            (ModuleKind::Parser, "nsca", "that is the module of an action"),
            (ModuleKind::Action, "smoker.server.plugins.uname", "not of an action"),
            (ModuleKind::Plugin, "check_dsik", "did you mean check_disk?"),
            (ModuleKind::Plugin, "site.linked", "site/linked.py is a link to /no/such, which is not there"),
            (ModuleKind::Plugin, "pkg.", "a dot too many: write `Module: pkg`"),
            (ModuleKind::Parser, ".a..b", "a dot too many: write `Parser: a.b`"),
            (ModuleKind::Plugin, "site.mail", "did you mean site.mails?"),
        ] {
            let hint = hint(kind, name, &folders).unwrap_or_default();
            assert!(hint.contains(words), "{name}: {hint}");
        }
        assert_eq!(hint(ModuleKind::Plugin, "something.else", &folders), None);
    }
}
