//! `Check: file`: files and folders, their kind, rights, size, age and contents.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::SystemTime;

use nix::unistd::{Gid, Group, Uid, User};
use ring::digest::{Algorithm, SHA256, SHA512};
use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::checks::files::contents;
use crate::checks::files::expand;
use crate::checks::system_file;
use crate::matchers::matcher::{Matcher, PlainText};
use crate::measure::declaration::Measure;
use crate::measure::thresholds::Thresholds;
use crate::parameters::{Parameters, wrong};
use crate::report::{Component, Report};
use crate::spec::{ParameterSpec, ParameterType, Spec};
use crate::unit::Unit;

/// How far the clocks of this host and of a file server may be apart, in seconds.
const CLOCKS_APART: f64 = 60.0;

const MEASURES: &[Measure] = &[
    Measure {
        name: "Age",
        unit: Unit::Seconds,
        meaning: "the time since it was changed; a limit on it is an ERROR of a file whose time is still to come",
        warn: None,
        error: None,
    },
    Measure { name: "Size", unit: Unit::Bytes, meaning: "its size", warn: None, error: None },
    Measure {
        name: "Count",
        unit: Unit::Number,
        meaning: "how many files a pattern stands for; only with `*` or `?`",
        warn: None,
        error: None,
    },
];

const KINDS: &[&str] = &["file", "folder", "link", "socket", "pipe", "device"];

const MODE: ParameterType =
    ParameterType::Custom { form: "text such as `\"0640\"`", read: |name, value| mode_of(name, value).map(drop) };

const CONTAINS: ParameterType = ParameterType::Custom {
    form: "[matcher](#matchers)",
    read: |name, value| Matcher::of(name, value, PlainText::Contained).map(drop),
};

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec::target(
        "Files",
        "paths, with `*` and `?` in them for several; each has to exist; `~name` is the home of an account",
    ),
    ParameterSpec::target("File", "as `Files`, for one"),
    ParameterSpec::optional("Exists", ParameterType::Boolean, "true", "false: it should not exist"),
    ParameterSpec::optional(
        "Kind",
        ParameterType::Choice(KINDS),
        "any",
        "what it should be; links are followed unless it is `link`",
    ),
    ParameterSpec::optional("Mode", MODE, "any", "the permissions that it should have, in octal"),
    ParameterSpec::optional("Owner", ParameterType::Text, "any", "the account that should own it, by name or number"),
    ParameterSpec::optional("Group", ParameterType::Text, "any", "the group that it should have, by name or number"),
    ParameterSpec::optional("Contains", CONTAINS, "any", "what should be in it"),
    ParameterSpec::optional("Sha256", ParameterType::Text, "any", "the SHA-256 of its contents, in hexadecimal digits"),
    ParameterSpec::optional("Sha512", ParameterType::Text, "any", "the SHA-512 of its contents, in hexadecimal digits"),
    ParameterSpec::optional("Target", ParameterType::Text, "any", "where a link should lead"),
    ParameterSpec::warn(MEASURES),
    ParameterSpec::error(MEASURES),
];

/// What the page shows.
pub(crate) const EXAMPLE: &str = "\
Accounts:
  Check: file
  File: /etc/passwd
  Kind: file
  Mode: \"0644\"
  Owner: root
  Contains: /^root:/
  Error: {Size: \"< 1\", Age: \"> 100000d\"}
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec::check("file", "looks at files and folders", "a component for each file, and one for each pattern", PARAMETERS)
}

/// What a file should be like.
struct Wanted {
    exists: bool,
    kind: Option<String>,
    mode: Option<u32>,
    owner: Option<String>,
    group: Option<String>,
    contains: Option<Matcher>,
    /// Name, algorithm, and the digest that it should have.
    digests: Vec<(&'static str, &'static Algorithm, String)>,
    target: Option<String>,
    thresholds: Thresholds,
}

/// Runs the check.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let paths = parameters.required_targets("Files", "File")?;
    let paths: Vec<_> = paths.into_iter().map(expand::home).collect::<Result<_, _>>()?;
    let kind = parameters.text("Kind")?;
    if let Some(kind) = kind.as_deref().filter(|kind| !KINDS.contains(kind)) {
        return Err(wrong("Kind", &KINDS.join(" or "), &kind.into()));
    }
    let matcher = |name| parameters.get(name).map(|value| Matcher::of(name, value, PlainText::Contained)).transpose();
    let wanted = Wanted {
        exists: parameters.choice("Exists")?.unwrap_or(true),
        kind,
        mode: parameters.get("Mode").map(|value| mode_of("Mode", value)).transpose()?,
        owner: parameters.text("Owner")?,
        group: parameters.text("Group")?,
        contains: matcher("Contains")?,
        digests: digests_of(parameters)?,
        target: parameters.text("Target")?,
        thresholds: Thresholds::of(parameters, MEASURES)?,
    };
    if wanted.thresholds.is_limited("Count") && !paths.iter().any(|path| expand::is_pattern(path)) {
        return Err("Count has a limit, and no path has * or ?: only what a pattern stands for is counted".to_owned());
    }
    if let Some(path) = paths.iter().find(|path| !wanted.exists && !path.starts_with('/')) {
        return Err(format!("{path} has to begin with /: nothing says in which folder there should be no such file"));
    }
    let mut report = Report::default();
    for path in paths {
        if !expand::is_pattern(&path) {
            report.add(wanted.judge(Path::new(&path)));
            continue;
        }
        let mut component = Component::new(&path);
        let found = expand::files(&path).unwrap_or_else(|reason| {
            component.error(&reason);
            Vec::new()
        });
        let counts = wanted.thresholds.mentions("Count");
        if found.is_empty() && wanted.exists && !counts && component.is_good() {
            component.error("wanted files, got none");
        }
        component.number(&wanted.thresholds, "Count", f64::from(u32::try_from(found.len()).unwrap_or(u32::MAX)));
        report.add(component);
        for path in &found {
            report.add(wanted.judge(path));
        }
    }
    report.findings()
}

impl Wanted {
    fn judge(&self, path: &Path) -> Component {
        let mut component = Component::new(path.display().to_string());
        let metadata = if self.kind.as_deref() == Some("link") || self.target.is_some() || !self.exists {
            fs::symlink_metadata(path)
        } else {
            fs::metadata(path)
        };
        match metadata {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                if self.exists {
                    let is_dangling = fs::symlink_metadata(path).is_ok();
                    component.error(if is_dangling {
                        "wanted a file, got a link to nothing"
                    } else {
                        "wanted a file, got nothing"
                    });
                } else {
                    component.fact("does not exist");
                }
            }
            Err(error) => component.error(&system_file::unreadable(path, &error)),
            Ok(metadata) if !self.exists => {
                component.error(&format!("wanted nothing there, got a {}", kind_of(&metadata)));
            }
            Ok(metadata) => self.judge_existing(path, &metadata, &mut component),
        }
        component
    }

    fn judge_existing(&self, path: &Path, metadata: &Metadata, component: &mut Component) {
        let kind = kind_of(metadata);
        component.fact(kind);
        if let Some(wanted) = self.kind.as_deref().filter(|wanted| *wanted != kind) {
            component.error(&format!("wanted a {wanted}, got a {kind}"));
        }
        let mode = metadata.permissions().mode() & 0o7777;
        if let Some(wanted) = self.mode.filter(|wanted| *wanted != mode) {
            component.error(&format!("wanted the mode {wanted:04o}, got {mode:04o}"));
        }
        let owner = User::from_uid(Uid::from_raw(metadata.uid())).ok().flatten().map(|user| user.name);
        compare_id(component, "owner", self.owner.as_deref(), owner, metadata.uid());
        let group = Group::from_gid(Gid::from_raw(metadata.gid())).ok().flatten().map(|group| group.name);
        compare_id(component, "group", self.group.as_deref(), group, metadata.gid());
        if let Some(wanted) = &self.target {
            match fs::read_link(path) {
                Ok(target) if target == Path::new(wanted) => component.fact(format!("leads to {wanted}")),
                Ok(target) => component.error(&format!("wanted a link to {wanted}, got one to {}", target.display())),
                Err(_) => component.error(&format!("wanted a link to {wanted}, got a {kind}")),
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a limit needs fewer digits")]
        component.number(&self.thresholds, "Size", metadata.len() as f64);
        match metadata.modified() {
            // It would never get old.
            Ok(changed) if age(changed) < -CLOCKS_APART && self.thresholds.is_limited("Age") => {
                let ahead = Unit::Seconds.show(-age(changed));
                component.error(&format!("its age is not known: its time is still to come, in {ahead}"));
            }
            Ok(changed) => component.number(&self.thresholds, "Age", age(changed)),
            Err(error) => component.error(&format!("its age is not known: {error}")),
        }
        if let Some(matcher) = &self.contains {
            match contents::text(path) {
                Ok(text) => component_fault(component, matcher.fault(&text)),
                Err(reason) => component.error(&reason),
            }
        }
        for (name, algorithm, wanted) in &self.digests {
            match contents::digest(path, algorithm) {
                Ok(found) if found.eq_ignore_ascii_case(wanted) => component.fact(format!("the {name} is as wanted")),
                Ok(found) => component.error(&format!("wanted the {name} {wanted}, got {found}")),
                Err(error) => component.error(&system_file::unreadable(path, &error)),
            }
        }
    }
}

fn component_fault(component: &mut Component, fault: Option<String>) {
    match fault {
        Some(fault) => component.error(&fault),
        None => component.fact("the contents are as wanted"),
    }
}

fn compare_id(component: &mut Component, what: &str, wanted: Option<&str>, name: Option<String>, id: u32) {
    let Some(wanted) = wanted else { return };
    let found = name.unwrap_or_else(|| id.to_string());
    if found != wanted && id.to_string() != wanted {
        component.error(&format!("wanted the {what} {wanted}, got {found}"));
    }
}

fn kind_of(metadata: &Metadata) -> &'static str {
    let kind = metadata.file_type();
    match () {
        () if kind.is_file() => "file",
        () if kind.is_dir() => "folder",
        () if kind.is_symlink() => "link",
        () if kind.is_socket() => "socket",
        () if kind.is_fifo() => "pipe",
        () => "device",
    }
}

/// The seconds since then; below zero for a time that is still to come.
fn age(changed: SystemTime) -> f64 {
    match SystemTime::now().duration_since(changed) {
        Ok(age) => age.as_secs_f64(),
        Err(error) => -error.duration().as_secs_f64(),
    }
}

fn digests_of(parameters: Parameters<'_>) -> Result<Vec<(&'static str, &'static Algorithm, String)>, String> {
    let mut found = Vec::new();
    for (parameter, name, algorithm) in [("Sha256", "SHA-256", &SHA256), ("Sha512", "SHA-512", &SHA512)] {
        found.extend(parameters.text(parameter)?.map(|wanted| (name, algorithm, wanted)));
    }
    Ok(found)
}

/// Numbers are refused: YAML reads `0644` as 420, and `644` as another mode.
fn mode_of(name: &str, value: &serde_json::Value) -> Result<u32, String> {
    let text = value.as_str().unwrap_or_default();
    let mode = u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o7777 && text.len() >= 3);
    mode.ok_or_else(|| wrong(name, "permissions in octal and in quotes, such as \"0640\"", value))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::unix::fs::symlink;

    use serde_json::{Value as Json, json};

    use super::*;
    use crate::test_request::plugin;

    fn answer(parameters: Json) -> Json {
        let findings = run(&plugin("file", parameters)).expect("findings");
        json!({
            "status": findings.status.as_str(),
            "parts": findings.component_results.expect("components").as_json().clone(),
        })
    }

    #[test]
    fn each_wish_is_compared_and_shown() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name).display().to_string();
        fs::write(path("a.txt"), "hello\n").expect("a file");
        fs::set_permissions(path("a.txt"), fs::Permissions::from_mode(0o640)).expect("a mode");
        symlink("a.txt", path("link")).expect("a link");
        symlink("nothing", path("dangling")).expect("a link");
        let hash = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
        let good = json!({
            "File": path("a.txt"), "Kind": "file", "Mode": "0640", "Contains": "/^hello$/m".replace("/m", "/"), "Sha256": hash,
            "Error": {"Size": "> 6", "Age": "> 1h"},
        });
        assert_eq!(answer(good)["status"], "OK");
        assert_eq!(answer(json!({"File": path("link"), "Kind": "link", "Target": "a.txt"}))["status"], "OK");
        assert_eq!(answer(json!({"File": path("none"), "Exists": false}))["status"], "OK");
        for (parameters, expected) in [
            (json!({"File": path("none")}), "wanted a file, got nothing"),
            (json!({"File": path("dangling")}), "wanted a file, got a link to nothing"),
            (json!({"File": path("a.txt"), "Exists": false}), "wanted nothing there, got a file"),
            (json!({"File": path("a.txt"), "Kind": "folder"}), "wanted a folder, got a file"),
            (json!({"File": path("a.txt"), "Mode": "0600"}), "wanted the mode 0600, got 0640"),
            (json!({"File": path("a.txt"), "Owner": "nobody at all"}), "wanted the owner nobody at all, got "),
            (json!({"File": path("a.txt"), "Contains": "bye"}), "wanted something with 'bye', got 'hello'"),
            (json!({"File": path("a.txt"), "Sha256": "00"}), "wanted the SHA-256 00, got 5891"),
            (json!({"File": path("a.txt"), "Error": {"Size": "< 1K"}}), "Size 6 B, wanted at least 1 KiB"),
            (json!({"File": path("link"), "Target": "b"}), "wanted a link to b, got one to a.txt"),
            (json!({"File": path(""), "Contains": "x"}), "it is not a regular file"),
        ] {
            let found = answer(parameters);
            let parts = found["parts"].as_object().expect("components");
            let text = parts.values().next().expect("one")["messages"]["error"][0].as_str().unwrap_or_default();
            assert!(found["status"] == "ERROR" && text.contains(expected), "{expected}: {found}");
        }
    }

    #[test]
    fn a_limit_wants_its_number() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("future").display().to_string();
        fs::write(&path, "x").expect("a file");
        let time = SystemTime::now() + std::time::Duration::from_secs(86_400);
        File::options().write(true).open(&path).and_then(|file| file.set_modified(time)).expect("a time");
        assert_eq!(answer(json!({"File": path}))["status"], "OK");
        for limit in [json!({"Error": {"Age": "> 1h"}}), json!({"Warn": "> 1h"}), json!({"Error": {"Age": "< 1h"}})] {
            let mut parameters = json!({"File": path});
            parameters.as_object_mut().expect("an object").extend(limit.as_object().expect("an object").clone());
            let found = answer(parameters);
            let text = found["parts"][&path]["messages"]["error"][0].as_str().unwrap_or_default();
            assert!(text.starts_with("its age is not known: its time is still to come, in 2"), "{found}");
        }
        let reason = run(&plugin("file", json!({"File": path, "Error": {"Count": "< 5"}}))).expect_err("no pattern");
        assert!(reason.starts_with("Count has a limit, and no path has * or ?"), "{reason}");
    }

    #[test]
    fn contents_are_read_in_the_encoding_of_their_mark() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("utf-16").display().to_string();
        let bytes: Vec<u8> = "\u{feff}an error".encode_utf16().flat_map(u16::to_le_bytes).collect();
        fs::write(&path, bytes).expect("a file");
        assert_eq!(answer(json!({"File": path, "Contains": {"Not": "error"}}))["status"], "ERROR");
        assert_eq!(answer(json!({"File": path, "Contains": {"Equals": "an error"}}))["status"], "OK");
    }

    #[test]
    fn a_pattern_stands_for_files_that_are_counted() {
        let folder = tempfile::tempdir().expect("a folder");
        let pattern = format!("{}/*.job", folder.path().display());
        assert_eq!(answer(json!({"Files": [pattern]}))["status"], "ERROR");
        assert_eq!(answer(json!({"Files": [pattern], "Error": {"Count": "> 1"}}))["status"], "OK");
        fs::write(folder.path().join("1.job"), "").expect("a file");
        fs::write(folder.path().join("2.job"), "").expect("a file");
        let found = answer(json!({"Files": [pattern], "Error": {"Count": "> 1"}}));
        assert_eq!(found["parts"][&pattern]["messages"]["error"][0], "Count 2, wanted at most 1");
        assert_eq!(found["parts"].as_object().map(serde_json::Map::len), Some(3));
    }

    #[test]
    fn a_mode_is_octal_and_a_number_is_refused() {
        assert_eq!(mode_of("Mode", &json!("0644")), Ok(0o644));
        assert!(mode_of("Mode", &json!(420)).is_err());
        assert!(mode_of("Mode", &json!("rw-")).is_err() && mode_of("Mode", &json!("9")).is_err());
    }
}
