//! A folder becomes one tree: `common.yaml`, and an entry for each file in
//! `template.d`, `action.d` and `plugin.d`.

use smoker_model::suggest;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::{fs, io};

use smoker_model::value::Value;

use crate::environment::Environment;
use crate::error::Fault;
use crate::files::assemble::Assembler;
use crate::files::include::{SearchPath, entry_name, yaml_files};
use crate::files::part::Part;
use crate::problem::{Location, ProblemLog, Severity, SourcePlace};
use crate::sources::Sources;
use crate::yaml::node::{Entry, Kind, Node, find, find_text};

/// The file with everything that has no folder of its own.
const COMMON: &str = "common.yaml";

/// The usual name of a main file, which may include the folders.
const MAIN: &str = "smokerd.yaml";

/// The section whose files fail one by one.
const PLUGINS: &str = "plugins";

/// Which folder fills which section.
const SECTIONS: [(&str, &str); 3] = [("templates", "template.d"), ("actions", "action.d"), (PLUGINS, "plugin.d")];

/// Whether a file is one that a configuration folder is made of, or would be if it existed.
pub(crate) fn is_part(folder: &Path, file: &Path) -> bool {
    let parent = file.parent().unwrap_or(Path::new(""));
    file == folder.join(COMMON) || SECTIONS.iter().any(|(_, name)| parent == folder.join(name))
}

/// The whole configuration that a file seems to be a part of, by its place.
pub(crate) fn whole_of(file: &Path) -> Option<PathBuf> {
    let file = std::path::absolute(file).ok()?;
    let parent = file.parent()?;
    if file.file_name()? == COMMON {
        let has_sections = SECTIONS.iter().any(|(_, name)| parent.join(name).is_dir());
        return has_sections.then(|| parent.to_owned());
    }
    let is_section = SECTIONS.iter().any(|(_, name)| parent.file_name().is_some_and(|it| it == *name));
    let folder = parent.parent().filter(|_| is_section)?;
    let main = folder.join(MAIN);
    Some(if main.exists() && !folder.join(COMMON).exists() { main } else { folder.to_owned() })
}

/// Reads the folder; relative includes are looked for in `working` last. Every file that cannot be read or parsed is one
/// fault, but that of a plugin: it is a plugin that does not load.
pub(crate) fn assemble(
    folder: &Path,
    working: &Path,
    environment: Environment,
    problems: &mut ProblemLog,
) -> Result<(Rc<Node>, Sources), Vec<Fault>> {
    check_parts(folder, problems)?;
    let mut reader = Reader {
        folder,
        assembler: Assembler::new(SearchPath::in_folder(folder, working), environment, problems),
        faults: Vec::new(),
    };
    reader.assembler.sources.paths.push(folder.to_owned());
    let common = reader.common();
    let sections = SECTIONS.map(|(section, name)| reader.section(section, name, &common));
    if !reader.faults.is_empty() {
        return Err(reader.faults);
    }
    let own = common.into_iter().filter(|entry| find(&sections, &entry.name).is_none());
    let entries = own.chain(sections.iter().cloned()).collect();
    let root = Rc::new(Node { place: SourcePlace::of_folder(folder), kind: Kind::Map(entries) });
    reader.assembler.weigh(&root)?;
    Ok((root, reader.assembler.finish()))
}

/// Looks whether this is a configuration at all, and for folders that are misnamed.
fn check_parts(folder: &Path, problems: &mut ProblemLog) -> Result<(), Fault> {
    let unreadable = |reason: String| Fault::bare(format!("Can't read config folder {}: {reason}", folder.display()));
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| unreadable(error.to_string()))? {
        let entry = entry.map_err(|error| unreadable(error.to_string()))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    let known = SECTIONS.map(|(_, name)| name);
    if !names.iter().any(|name| name == COMMON || known.contains(&name.as_str())) {
        return Err(unreadable(format!("there is neither {COMMON} nor {} in it", known.join(", "))));
    }
    names.sort();
    for name in names.iter().filter(|name| ["common.yml", "common.json"].contains(&&*name.to_lowercase())) {
        let text = format!("this file is not read: the name has to be {COMMON}");
        problems.add(Severity::Warning, &SourcePlace::start_of(&folder.join(name).into()), text);
    }
    for name in names.iter().filter(|name| !known.contains(&name.as_str())) {
        if let Some(near) = suggest::near(name, &known).filter(|_| folder.join(name).is_dir()) {
            let text = format!("this folder is not read; did you mean {near}?");
            problems.add(Severity::Warning, &SourcePlace::of_folder(&folder.join(name)), text);
        }
    }
    Ok(())
}

struct Reader<'a> {
    folder: &'a Path,
    assembler: Assembler<'a>,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    /// The entries of `common.yaml`; none if there is no such file.
    fn common(&mut self) -> Vec<Entry> {
        let path = self.folder.join(COMMON);
        if fs::symlink_metadata(&path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            return Vec::new();
        }
        let node = self.assembler.main(&path, self.folder, Part::Configuration);
        let Some(node) = self.kept(node) else { return Vec::new() };
        match node.entries() {
            Some(entries) => entries.to_vec(),
            None if node.is_null() => Vec::new(),
            None => {
                let text = format!("it has to be a mapping of settings, not {}", node.kind_name());
                self.faults.push(Fault::at(&node.place, &text));
                Vec::new()
            }
        }
    }

    /// A section: what `common.yaml` has of it, then the files of its folder.
    fn section(&mut self, section: &str, name: &str, common: &[Entry]) -> Entry {
        let folder = self.folder.join(name);
        let own = find_text(common, section);
        let place = own.map_or_else(|| SourcePlace::of_folder(&folder), |own| own.place.clone());
        let files = self.files(&folder);
        let mut entries = Vec::new();
        if let Some(own) = own.filter(|own| !own.value.is_null()) {
            let Some(there) = own.value.entries() else {
                if !files.is_empty() {
                    let kind = own.value.kind_name();
                    let text =
                        format!("{section} has to be a mapping to which the files of {name} can be added, not {kind}");
                    self.faults.push(Fault::at(&own.place, &text));
                }
                return own.clone();
            };
            entries.extend_from_slice(there);
        }
        for file in files {
            let name = Value::Text(entry_name(&file));
            let place = SourcePlace::start_of(&file.as_path().into());
            if let Some(twin) = find(&entries, &name) {
                let twin = Location::from(&twin.place);
                let name = entry_name(&file);
                if section == PLUGINS {
                    let text = format!(
                        "Plugin {name} of this file not loaded: {name} is defined at {twin}, too; remove one of the two"
                    );
                    let plugin = name.as_str().into();
                    self.assembler.problems().add_of_plugin(Severity::Error, &place, &plugin, text);
                } else {
                    let text = format!("{section}: {name} is defined here and at {twin}; remove one of the two");
                    self.faults.push(Fault::at(&place, &text));
                }
                continue;
            }
            let read = |it: &mut Assembler<'_>| it.main(&file, self.folder, Part::Inner);
            let value =
                if section == PLUGINS { self.assembler.plugin_file(&file, read) } else { read(&mut self.assembler) };
            let Some(value) = self.kept(value) else { continue };
            self.warn_of_repeated_names(section, &name, &value);
            entries.push(Entry { name, place, value });
        }
        let value = Rc::new(Node { place: place.clone(), kind: Kind::Map(entries) });
        Entry { name: Value::Text(section.to_owned()), place, value }
    }

    /// The files of a folder; none when it is missing.
    fn files(&mut self, folder: &Path) -> Vec<PathBuf> {
        match yaml_files(folder) {
            Ok(files) => {
                self.assembler.sources.paths.push(folder.to_owned());
                self.assembler.warn_of_what_is_not_read(folder);
                files
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(folder).is_err() => {
                Vec::new()
            }
            Err(error) => {
                self.faults.push(Fault::bare(format!("Can't read config folder {}: {error}", folder.display())));
                Vec::new()
            }
        }
    }

    /// What was read; a fault is kept for later, so that all of them are reported.
    fn kept(&mut self, read: Result<Rc<Node>, Vec<Fault>>) -> Option<Rc<Node>> {
        read.map_err(|faults| self.faults.extend(faults)).ok()
    }

    /// Warns if the file holds the whole entry, not its body alone. Of a plugin's that is told where its command is missed.
    fn warn_of_repeated_names(&mut self, section: &str, name: &Value, value: &Node) {
        let Some([only]) = value.entries() else { return };
        let Some(body) = only.value.entries() else { return };
        let has_execution =
            |body: &[Entry]| ["Command", "Module", "Check"].iter().any(|key| find_text(body, key).is_some());
        let is_reported = section == PLUGINS
            && (has_execution(body) || body.iter().filter_map(|it| it.value.entries()).any(has_execution));
        let (own, is_section) = (name.as_text().unwrap_or_default(), only.name.as_text() == Some(section));
        if is_reported || (only.name != *name && !is_section) {
            return;
        }
        let lines =
            if is_section { format!("the lines `{section}:` and `{own}:`") } else { format!("the line `{own}:`") };
        let text = format!(
            "the file's name is the entry's name already, so this is a parameter; remove {lines} and unindent the lines below"
        );
        self.assembler.problems().add(Severity::Warning, &only.place, text);
    }
}
