//! `Check: package`: installed packages of the system, of Python and of Node.js, and their versions.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::checks::services::program;
use crate::checks::system_file;
use crate::matchers::matcher::{Matcher, PlainText};
use crate::parameters::{Parameters, wrong};
use crate::report::{Component, Report};
use crate::spec::{ParameterSpec, ParameterType, Spec};

/// What dpkg knows of packages.
const DPKG: &str = "/var/lib/dpkg/status";

/// Where Python and Node.js have what is installed for all.
const PYTHON: [&str; 3] = ["/usr/lib", "/usr/local/lib", "/usr/lib64"];
const NODE: [&str; 2] = ["/usr/lib/node_modules", "/usr/local/lib/node_modules"];

const MANAGERS: &[&str] = &["dpkg", "rpm", "pip", "npm"];

const VERSION: ParameterType = ParameterType::Custom {
    form: "[matcher](#matchers)",
    read: |name, value| Matcher::of(name, value, PlainText::Exact).map(drop),
};

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec::target("Packages", "names of packages"),
    ParameterSpec::target("Package", "as `Packages`, for one"),
    ParameterSpec::optional(
        "Manager",
        ParameterType::Choice(MANAGERS),
        "dpkg where the host has it, else rpm",
        "what has installed it; pip and npm: for all users",
    ),
    ParameterSpec::optional("Installed", ParameterType::Boolean, "true", "false: it should not be installed"),
    ParameterSpec::optional("Version", VERSION, "any", "its version, such as `{Semver: \">=1.2\"}`"),
];

/// What the page shows.
pub(crate) const EXAMPLE: &str = "\
Libc:
  Check: package
  Package: libc6
  Manager: dpkg
  Version: {Semver: \">=2.17\"}
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec::check("package", "looks at installed packages and their versions", "a component for each package", PARAMETERS)
}

/// Runs the check.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let names = parameters.required_targets("Packages", "Package")?;
    let manager = parameters.text("Manager")?;
    let manager = manager.unwrap_or_else(|| if Path::new(DPKG).exists() { "dpkg" } else { "rpm" }.to_owned());
    let is_installed = parameters.choice("Installed")?.unwrap_or(true);
    let version = parameters.get("Version");
    let version = version.map(|value| Matcher::of("Version", value, PlainText::Exact)).transpose()?;
    let status = if manager == "dpkg" { system_file::read(DPKG)? } else { String::new() };
    let mut report = Report::default();
    for name in names {
        let found = match manager.as_str() {
            "dpkg" => of_dpkg(&status, &name),
            "rpm" => of_rpm(&name),
            "pip" => of_python(&name),
            "npm" => of_node(&name),
            other => return Err(wrong("Manager", &MANAGERS.join(" or "), &other.into())),
        };
        let mut component = Component::new(&name);
        match found {
            Err(reason) => component.error(&reason),
            Ok(None) if is_installed => component.error("wanted it installed, got no such package"),
            Ok(None) => component.fact("not installed"),
            Ok(Some(found)) if !is_installed => component.error(&format!("wanted it not installed, got {found}")),
            Ok(Some(found)) => match version.as_ref().and_then(|version| version.fault(&found)) {
                Some(fault) => component.error(&format!("version: {fault}")),
                None => component.fact(format!("version {found}")),
            },
        }
        report.add(component);
    }
    report.findings()
}

/// The version of an installed package in dpkg's file of paragraphs.
fn of_dpkg(status: &str, name: &str) -> Result<Option<String>, String> {
    // One that was emptied, as by a full disk, does not say that nothing is installed.
    if !status.lines().any(|line| line.starts_with("Package: ")) {
        return Err(format!("{DPKG} has no packages: what is installed is not known"));
    }
    // Packages of several architectures are `name:architecture` on command lines.
    let name = name.split(':').next().unwrap_or(name);
    let mut paragraphs = status.split("\n\n").filter(|paragraph| {
        paragraph.lines().next().and_then(|line| line.strip_prefix("Package: ")).is_some_and(|its| its.trim() == name)
    });
    Ok(paragraphs.find_map(|paragraph| {
        let field = |name: &str| paragraph.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        let is_installed = field("Status")?.trim_end().ends_with(" installed");
        field("Version").filter(|_| is_installed).map(str::to_owned)
    }))
}

fn of_rpm(name: &str) -> Result<Option<String>, String> {
    if name.starts_with('-') {
        return Err("that is no name of a package".to_owned());
    }
    let printed = program::run("rpm", &["-q", "--qf", "%{VERSION}-%{RELEASE}\\n", name])?;
    let printed = printed.ok_or("this host has neither dpkg nor rpm: set Manager")?;
    match printed.status {
        Some(0) => Ok(printed.stdout.lines().next().map(str::to_owned)),
        _ if printed.stdout.contains("is not installed") => Ok(None),
        _ => Err(format!("rpm does not say it: {}", printed.reason())),
    }
}

/// A folder `NAME-VERSION.dist-info` says it all.
fn of_python(name: &str) -> Result<Option<String>, String> {
    let plain = |name: &str| name.to_lowercase().replace(['-', '.'], "_");
    let is_python = |folder: &PathBuf| folder.file_name().is_some_and(|it| it.to_string_lossy().starts_with("python3"));
    let mut has_folder = false;
    for library in PYTHON {
        for folder in children(library)?.unwrap_or_default().into_iter().filter(is_python) {
            for packages in ["dist-packages", "site-packages"] {
                let Some(entries) = children(folder.join(packages))? else { continue };
                has_folder = true;
                let found = entries.iter().find_map(|entry| {
                    let file = entry.file_name()?.to_string_lossy().into_owned();
                    let stem = file.strip_suffix(".dist-info").or_else(|| file.strip_suffix(".egg-info"))?;
                    let (its, version) = stem.split_once('-')?;
                    let version = version.split("-py").next().unwrap_or(version);
                    (plain(its) == plain(name)).then(|| version.to_owned())
                });
                if found.is_some() {
                    return Ok(found);
                }
            }
        }
    }
    if has_folder { Ok(None) } else { Err(format!("no packages of Python are in {}", PYTHON.join(", "))) }
}

/// What a folder has; none where there is no such folder.
fn children(folder: impl AsRef<Path>) -> Result<Option<Vec<PathBuf>>, String> {
    let folder = folder.as_ref();
    let unreadable = |error: std::io::Error| system_file::unreadable(folder, &error);
    match fs::read_dir(folder) {
        Ok(entries) => {
            let paths = entries.map(|entry| entry.map(|entry| entry.path()));
            paths.collect::<Result<_, _>>().map(Some).map_err(unreadable)
        }
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(unreadable(error)),
    }
}

fn of_node(name: &str) -> Result<Option<String>, String> {
    if Path::new(name).components().any(|part| part.as_os_str() == "..") {
        return Err("that is no name of a package".to_owned());
    }
    for folder in NODE {
        let path = Path::new(folder).join(name).join("package.json");
        let Some(text) = system_file::optional(&path)? else { continue };
        let document: serde_json::Value =
            serde_json::from_str(&text).map_err(|error| format!("{} is no JSON: {error}", path.display()))?;
        return match document["version"].as_str() {
            Some(version) => Ok(Some(version.to_owned())),
            None => Err(format!("{} has no version", path.display())),
        };
    }
    if !NODE.iter().any(|folder| Path::new(folder).is_dir()) {
        return Err(format!("no packages of Node.js are in {}", NODE.join(", ")));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_installed_has_a_version() {
        let status = "Package: a\nStatus: install ok installed\nVersion: 1:2-3\n\nPackage: b\nStatus: deinstall ok config-files\nVersion: 1\n\nPackage: c\nStatus: hold ok installed\nArchitecture: amd64\nVersion: 4\n";
        let version = |name: &str| of_dpkg(status, name).expect("packages");
        assert_eq!(version("a").as_deref(), Some("1:2-3"));
        assert_eq!(version("b"), None);
        assert_eq!(version("c:amd64").as_deref(), Some("4"));
        assert_eq!(version("d"), None);
        assert!(of_dpkg("", "a").is_err() && of_dpkg("\0\0", "a").is_err(), "nothing is known");
    }
}
