//! The main file and everything that it includes become one tree.

use std::collections::{HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use smoker_model::plugin::PluginName;
use smoker_model::value::Value;
use smoker_model::value::secret::SecretSource;

use crate::environment::Environment;
use crate::error::Fault;
use crate::files::include::{Found, SearchPath, canonical, entry_name, folder_of, yaml_files};
use crate::files::part::Part;
use crate::files::secret;
use crate::files::unread::Unread;
use crate::files::weights::Weights;
use crate::limits::{MAX_FILES, MAX_INCLUDE_DEPTH, MAX_TOTAL_SIZE};
use crate::problem::{Location, ProblemLog, Severity, SourcePlace};
use crate::sources::{FileStatus, NamedFile, PluginSources, Sources};
use crate::yaml::document;
use crate::yaml::merge;
use crate::yaml::node::{Entry, Include, Kind, Node, SecretReference, find_text};
use crate::yaml::source_text::SourceText;

/// Reads the main file with all its includes. Relative ones are looked for in `working`
/// last; empty is the working directory of the process.
pub(crate) fn assemble(
    main: &Path,
    working: &Path,
    environment: Environment,
    problems: &mut ProblemLog,
) -> Result<(Rc<Node>, Sources), Vec<Fault>> {
    let mut assembler = Assembler::new(SearchPath::of(main, working), environment, problems);
    let root = assembler.main(main, main, Part::Configuration)?;
    Ok((root, assembler.finish()))
}

const INCLUDE_LEAD: &str = "Can't include config file ";

/// How many includes that cannot be read are reported.
const MAX_FAULTS: usize = 100;

/// Reads files with their includes, within the bounds of one configuration.
pub(crate) struct Assembler<'a> {
    search: SearchPath,
    environment: Environment,
    /// The files that are being read, each included by the one before it.
    chain: Vec<PathBuf>,
    /// The folders of these files, as they were named.
    folders: Vec<PathBuf>,
    unread: Unread,
    /// What was read.
    pub(crate) sources: Sources,
    files: usize,
    bytes: u64,
    /// What each tree that was read holds.
    weights: Weights,
    problems: &'a mut ProblemLog,
}

impl<'a> Assembler<'a> {
    pub(crate) fn new(search: SearchPath, environment: Environment, problems: &'a mut ProblemLog) -> Self {
        let (chain, folders, sources) = (Vec::new(), Vec::new(), Sources::default());
        let (unread, weights) = (Unread::default(), Weights::default());
        Self { search, environment, chain, folders, unread, sources, files: 0, bytes: 0, weights, problems }
    }

    /// Reads a file that nothing includes. A fault names its configuration; each include that cannot be read is one.
    pub(crate) fn main(&mut self, file: &Path, configuration: &Path, part: Part) -> Result<Rc<Node>, Vec<Fault>> {
        self.chain.clear();
        self.folders.clear();
        self.search.add(file);
        let source = SourceText::read(file)
            .map_err(|reason| Fault::bare(format!("Can't read config file {}: {reason}", file.display())))?;
        if let Some(status) = source.status {
            self.note_named(file, status);
        }
        let led = |fault: Fault| {
            // An include's fault brings lines of its own, the last of which names the place in the main file.
            let (own, location) = (fault.text, fault.location);
            let lead = format!("Can't parse config file {}: ", configuration.display());
            let text = match own.rsplit_once('\n').filter(|_| own.starts_with(INCLUDE_LEAD)) {
                Some((first, last)) => format!("{first}\n{lead}{last}"),
                None => format!("{lead}{own}"),
            };
            Fault { location, text }
        };
        self.file(&source, part).map_err(|faults| faults.into_iter().map(led).collect())
    }

    /// Where problems are collected that do not end the loading.
    pub(crate) fn problems(&mut self) -> &mut ProblemLog {
        self.problems
    }

    /// Reads the text of one file with all that it includes.
    fn file(&mut self, source: &SourceText, part: Part) -> Result<Rc<Node>, Vec<Fault>> {
        self.files += 1;
        self.bytes += source.text.len() as u64;
        self.refuse_too_large(&SourcePlace::start_of(&source.path))?;
        self.chain.push(canonical(&source.path));
        self.folders.push(folder_of(&source.path));
        self.sources.paths.push(source.path.to_path_buf());
        let root = document::parse(source, self.problems)?;
        self.fill(&root, part)?;
        self.chain.pop();
        self.folders.pop();
        self.weigh(&root)?;
        Ok(root)
    }

    fn refuse_too_large(&self, place: &SourcePlace) -> Result<(), Fault> {
        if !self.is_too_large() {
            return Ok(());
        }
        let limit = MAX_TOTAL_SIZE / (1024 * 1024);
        let text = format!("the configuration has more than {MAX_FILES} files or {limit} MiB; include less");
        Err(Fault::at(place, &text))
    }

    fn is_too_large(&self) -> bool {
        self.files > MAX_FILES || self.bytes > MAX_TOTAL_SIZE
    }

    /// Reads the file of one plugin by `read`. One that is broken is a node that says why, so that the plugin alone is
    /// left out; only a configuration that is too large as a whole is a fault.
    pub(crate) fn plugin_file(
        &mut self,
        file: &Path,
        read: impl FnOnce(&mut Self) -> Result<Rc<Node>, Vec<Fault>>,
    ) -> Result<Rc<Node>, Vec<Fault>> {
        let (chain, folders) = (self.chain.len(), self.folders.len());
        let outer = std::mem::take(&mut self.sources);
        let node = read(self);
        let Sources { mut paths, from_working_directory, named, .. } = std::mem::replace(&mut self.sources, outer);
        if paths.is_empty() {
            paths.push(file.to_owned());
        }
        let plugin = PluginName::from(entry_name(file).as_str());
        self.sources.of_plugins.push(PluginSources { plugin, paths, from_working_directory, named });
        node.or_else(|faults| {
            if self.is_too_large() {
                return Err(faults);
            }
            self.chain.truncate(chain);
            self.folders.truncate(folders);
            let place = faults.first().and_then(|fault| fault.location.as_ref()).map(SourcePlace::from);
            let place = place.unwrap_or_else(|| SourcePlace::start_of(&file.into()));
            let leads = ["Can't read config file ", INCLUDE_LEAD].map(|lead| format!("{lead}{}: ", file.display()));
            let reasons = faults.iter().map(|fault| {
                let reason = fault.reason();
                leads.iter().find_map(|lead| reason.strip_prefix(lead)).unwrap_or(&reason).to_owned()
            });
            Ok(Rc::new(Node { place, kind: Kind::Broken(reasons.collect::<Vec<_>>().join("; ")) }))
        })
    }

    /// Replaces the includes of one file. Lists and mappings are gone through
    /// level by level, as PyYAML constructs them: the order decides which
    /// folders are known when a relative path is looked up.
    ///
    /// # Errors
    ///
    /// Every include that cannot be read, each reason once.
    fn fill(&mut self, root: &Rc<Node>, part: Part) -> Result<(), Vec<Fault>> {
        let section = match (part, &root.kind) {
            (Part::Configuration, Kind::Map(entries)) => find_text(entries, "plugins").map(|entry| &entry.value),
            _ => None,
        };
        let part_of = |node: &Rc<Node>| {
            if section.is_some_and(|section| Rc::ptr_eq(section, node)) { Part::Plugins } else { Part::Inner }
        };
        let mut seen = HashSet::new();
        let mut level = VecDeque::from([root]);
        let mut faults = Vec::new();
        self.try_fill(root, None, part, &mut faults)?;
        while let Some(node) = level.pop_front() {
            if !seen.insert(Rc::as_ptr(node)) {
                continue;
            }
            match &node.kind {
                Kind::List(items) => {
                    for item in items {
                        self.try_fill(item, None, part_of(item), &mut faults)?;
                        level.push_back(item);
                    }
                }
                Kind::Map(entries) => {
                    for entry in entries {
                        self.try_fill(&entry.value, Some(&entry.name), part_of(&entry.value), &mut faults)?;
                        level.push_back(&entry.value);
                    }
                }
                Kind::Scalar(_) | Kind::Merge | Kind::Include(_) | Kind::Secret(_) | Kind::Broken(_) => {}
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// As [`Self::fill_one`], and keeps what is wrong among `faults`, as long as it makes sense to look for more.
    fn try_fill(
        &mut self,
        node: &Rc<Node>,
        name: Option<&Value>,
        part: Part,
        faults: &mut Vec<Fault>,
    ) -> Result<(), Vec<Fault>> {
        let (chain, folders) = (self.chain.len(), self.folders.len());
        let Err(found) = self.fill_one(node, name, part) else { return Ok(()) };
        self.chain.truncate(chain);
        self.folders.truncate(folders);
        let cause = |fault: &Fault| fault.text.lines().next().map(str::to_owned);
        for fault in found {
            // A file that is included in many places is broken once.
            if !faults.iter().any(|known| cause(known) == cause(&fault)) {
                faults.push(fault);
            }
        }
        if self.is_too_large() || faults.len() >= MAX_FAULTS {
            return Err(std::mem::take(faults));
        }
        Ok(())
    }

    /// Fills a node that is an include or a secret; every other node stays as it is.
    fn fill_one(&mut self, node: &Rc<Node>, name: Option<&Value>, part: Part) -> Result<(), Vec<Fault>> {
        let include = match &node.kind {
            Kind::Include(include) => include,
            Kind::Secret(reference) => return Ok(self.secret(reference, node, name)?),
            _ => return Ok(()),
        };
        if include.content.get().is_some() {
            return Ok(());
        }
        let content = if include.folder { self.folder(include, node, part) } else { self.named(include, node, part) };
        let content = content.map_err(|faults| {
            let key = name.map(|name| format!("{}: ", merge::shown(name))).unwrap_or_default();
            let tag = if include.folder { "!include_dir" } else { "!include" };
            let here = Fault::at(&node.place, &format!("{key}{tag} {} cannot be included", include.path));
            // Each file that includes the broken one adds its line below.
            let led = |fault: Fault| Fault {
                text: format!("{}\n{}", fault.text, here.text),
                location: fault.location.or_else(|| here.location.clone()),
            };
            faults.into_iter().map(led).collect::<Vec<_>>()
        })?;
        let _ = include.content.set(content);
        Ok(())
    }

    /// Reads a secret. Who uses one that cannot be read decides what that means.
    fn secret(&mut self, reference: &SecretReference, node: &Node, name: Option<&Value>) -> Result<(), Fault> {
        let None = reference.content.get() else { return Ok(()) };
        let read = match &reference.source {
            SecretSource::Environment(name) => secret::of_variable(name, self.environment),
            // No file names one.
            SecretSource::Request => return Ok(()),
            SecretSource::File(path) => {
                let path = self.folders.last().map_or(Path::new(""), PathBuf::as_path).join(path);
                let read = secret::of_file(&path);
                if let Ok((secret, status)) = &read {
                    self.files += 1;
                    self.bytes += secret.expose().len() as u64;
                    self.refuse_too_large(&node.place)?;
                    self.note_named(&path, *status);
                    self.sources.paths.push(path);
                }
                read.map(|(secret, _)| secret)
            }
        };
        let key = name.map(|name| format!("{}: ", merge::shown(name))).unwrap_or_default();
        let _ = reference.content.set(read.map_err(|reason| format!("{key}{}: {reason}", reference.source)));
        Ok(())
    }

    /// Notes a file that the file being read names, or that nothing names, and by which files that came about.
    fn note_named(&mut self, path: &Path, status: FileStatus) {
        let named_by = self.chain.iter().chain(&self.folders).cloned().collect();
        self.sources.named.push(NamedFile { path: path.to_owned(), named_by, status });
    }

    /// Reads one included file, which is looked up where includes are.
    fn named(&mut self, include: &Include, node: &Node, part: Part) -> Result<Rc<Node>, Vec<Fault>> {
        let path = Path::new(&include.path);
        let found = self.search.find_file(path, self.folders.last().map_or(Path::new(""), PathBuf::as_path));
        let found = found.map_err(|reason| Fault::bare(format!("{INCLUDE_LEAD}{}: {reason}", path.display())))?;
        self.note_working_directory(&found, include, node);
        self.include(path, &found.path, part)
    }

    /// Warns of what only the working directory has.
    fn note_working_directory(&mut self, found: &Found, include: &Include, node: &Node) {
        if !found.is_in_working_directory {
            return;
        }
        let tag = if include.folder { "!include_dir" } else { "!include" };
        let text = format!(
            "{tag} {} is found in the working directory only; name it from this file's folder on, or by its whole path. A \
             smokerd that root starts refuses it",
            include.path
        );
        self.sources.from_working_directory.push(format!("{}: {text}", Location::from(&node.place)));
        self.problems.add(Severity::Warning, &node.place, text);
    }

    /// Reads a file that is included by this path, and was found as `found`.
    fn include(&mut self, path: &Path, found: &Path, part: Part) -> Result<Rc<Node>, Vec<Fault>> {
        let lead = format!("{INCLUDE_LEAD}{}: ", path.display());
        let failed = |reason: String| Fault::bare(reason).led_by(&lead);
        let real = canonical(found);
        if self.chain.contains(&real) {
            let chain: Vec<_> = self.chain.iter().chain([&real]).map(|file| file.display().to_string()).collect();
            return Err(failed(format!("it includes itself: {}", chain.join(" -> "))).into());
        }
        if self.chain.len() > MAX_INCLUDE_DEPTH {
            return Err(failed(format!("more than {MAX_INCLUDE_DEPTH} files include each other in a row")).into());
        }
        let source = SourceText::read(found).map_err(failed)?;
        if let Some(status) = source.status {
            self.note_named(found, status);
        }
        self.search.add(found);
        let led = |fault: Fault| if fault.text.starts_with(INCLUDE_LEAD) { fault } else { fault.led_by(&lead) };
        self.file(&source, part).map_err(|faults| faults.into_iter().map(led).collect())
    }

    /// Reads the files of a folder into a mapping by their names.
    fn folder(&mut self, include: &Include, node: &Node, part: Part) -> Result<Rc<Node>, Vec<Fault>> {
        let nothing = || Rc::new(Node { place: node.place.clone(), kind: Kind::Scalar(Value::Null) });
        let including = self.folders.last().map_or(Path::new(""), PathBuf::as_path);
        let Some(found) = self.search.find_folder(Path::new(&include.path), including) else {
            let text = format!("!include_dir {}: there is no such folder; nothing is included", include.path);
            self.problems.add(Severity::Warning, &node.place, text);
            return Ok(nothing());
        };
        self.note_working_directory(&found, include, node);
        let folder = found.path;
        self.sources.paths.push(folder.clone());
        let files = match yaml_files(&folder) {
            Ok(files) => files,
            Err(error) => {
                let text = format!("!include_dir {}: {error}; nothing is included", include.path);
                self.problems.add(Severity::Warning, &node.place, text);
                return Ok(nothing());
            }
        };
        self.warn_of_what_is_not_read(&folder);
        if files.is_empty() {
            let text = format!("!include_dir {}: no *.yaml file in {}", include.path, folder.display());
            self.problems.add(Severity::Info, &node.place, text);
            return Ok(nothing());
        }
        let mut entries = Vec::with_capacity(files.len());
        let mut faults = Vec::new();
        let (chain, folders) = (self.chain.len(), self.folders.len());
        for file in files {
            let value = match part {
                Part::Plugins => self.plugin_file(&file, |it| it.include(&file, &file, Part::Inner)),
                Part::Configuration | Part::Inner => self.include(&file, &file, Part::Inner),
            };
            let value = match value {
                Ok(value) => value,
                Err(found) => {
                    self.chain.truncate(chain);
                    self.folders.truncate(folders);
                    faults.extend(found);
                    if self.is_too_large() || faults.len() >= MAX_FAULTS {
                        break;
                    }
                    continue;
                }
            };
            let place = SourcePlace::start_of(&file.as_path().into());
            entries.push(Entry { name: Value::Text(entry_name(&file)), place, value });
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let folder = Rc::new(Node { place: node.place.clone(), kind: Kind::Map(entries) });
        self.weigh(&folder)?;
        Ok(folder)
    }

    /// Warns of files that lie in a folder of `*.yaml` files and are not read.
    pub(crate) fn warn_of_what_is_not_read(&mut self, folder: &Path) {
        self.unread.look_into(folder, self.problems);
    }

    /// What was read. Folders in folders are reported now, since another include may have read them.
    pub(crate) fn finish(self) -> Sources {
        self.unread.report_folders(&self.sources.paths, self.problems);
        self.sources
    }

    /// Refuses a tree that grows too large or too deep once its aliases and includes are replaced.
    pub(crate) fn weigh(&mut self, root: &Rc<Node>) -> Result<(), Fault> {
        self.weights.refuse_too_large(root)
    }
}
