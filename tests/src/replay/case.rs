//! One recorded case, read from its folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::replay::step::Step;

/// How the daemon of a case is started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Start {
    /// In the foreground, and its port has to open.
    #[default]
    Auto,
    /// In the foreground; it may end by itself.
    NoWait,
    /// By the steps.
    Manual,
}

/// A recorded case.
#[derive(Clone, Debug)]
pub struct Case {
    /// The name of its folder.
    pub name: String,
    /// The folder with the configuration.
    pub config: PathBuf,
    /// The name of the main file in it.
    pub main_file: String,
    /// Whether the configuration has Python modules of its own.
    pub python_modules: bool,
    /// More environment for the daemon, with placeholders.
    pub env: BTreeMap<String, String>,
    /// Whether only root can run it.
    pub needs_root: bool,
    /// How the daemon is started.
    pub start: Start,
    /// What is done, in order. What counts is the sane side: where a step of a
    /// quirk has one, it has taken the place of the recording.
    pub steps: Vec<Step>,
}

/// The file as it is. Unknown members are refused, so that nothing that a
/// case says is overlooked; those of the recorder are known by name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "about")]
    _about: String,
    #[serde(default)]
    python_modules: bool,
    #[serde(default, rename = "uses_shipped")]
    _uses_shipped: bool,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    requires: Vec<Requirement>,
    #[serde(default = "default_main_file")]
    config: String,
    #[serde(default)]
    start: Start,
    #[serde(default, rename = "normalise")]
    _normalise: Json,
    #[serde(default, rename = "mask")]
    _mask: Json,
    #[serde(default, rename = "note")]
    _note: Json,
    quirk: Option<String>,
    steps: Vec<Map<String, Json>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Requirement {
    Root,
}

fn default_main_file() -> String {
    "smokerd.yaml".to_owned()
}

impl Case {
    /// Reads a case.
    ///
    /// # Errors
    ///
    /// A sentence when `case.json` cannot be read or says something unknown.
    pub fn read(folder: &Path) -> Result<Self, String> {
        let path = folder.join("case.json");
        let text = fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Self::parse(&name, folder.join("config"), &text).map_err(|reason| format!("{}: {reason}", path.display()))
    }

    fn parse(name: &str, config: PathBuf, text: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let quirk = file.quirk.is_some();
        let steps = file.steps.into_iter().enumerate().map(|(number, step)| {
            let sane = sane_side(step, quirk).and_then(Step::parse);
            sane.map_err(|reason| format!("step {number}: {reason}"))
        });
        Ok(Self {
            name: name.to_owned(),
            config,
            main_file: file.config,
            python_modules: file.python_modules,
            env: file.env,
            needs_root: !file.requires.is_empty(),
            start: file.start,
            steps: steps.collect::<Result<_, _>>()?,
        })
    }
}

/// A step with its `sane` members over its own. Only a quirk may have some.
fn sane_side(mut step: Map<String, Json>, quirk: bool) -> Result<Map<String, Json>, String> {
    match step.shift_remove("sane") {
        None => Ok(step),
        Some(Json::Object(sane)) if quirk => {
            step.extend(sane);
            Ok(step)
        }
        Some(Json::Object(_)) => Err("`sane` in a case that is no quirk".to_owned()),
        Some(_) => Err("`sane` is not an object".to_owned()),
    }
}

/// The folders of all cases below a folder, by name.
///
/// # Errors
///
/// A sentence when the folder cannot be read.
pub fn folders(corpus: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(corpus).map_err(|error| format!("cannot read {}: {error}", corpus.display()))?;
    let paths = entries.flatten().map(|entry| entry.path());
    let mut found: Vec<_> = paths.filter(|path| path.join("case.json").exists()).collect();
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::step::Act;

    fn steps(text: &str) -> Result<Vec<Step>, String> {
        Case::parse("x", PathBuf::new(), text).map(|case| case.steps)
    }

    #[test]
    fn the_sane_side_of_a_quirk_counts() {
        let text =
            r#"{"about": "", "quirk": "", "steps": [{"expect_exit": 1, "max_s": 4, "sane": {"expect_exit": 0}}]}"#;
        let steps = steps(text).expect("a good case");
        assert!(matches!(&steps[0].act, Act::ExpectExit { code, .. } if *code == 0));
    }

    #[test]
    fn whatever_is_not_understood_is_refused() {
        assert!(steps(r#"{"about": "", "colour": 1, "steps": []}"#).expect_err("unknown").contains("colour"));
        assert!(steps(r#"{"about": "", "steps": [{"dance": 1}]}"#).expect_err("unknown").contains("step 0"));
        assert!(
            steps(r#"{"about": "", "steps": [{"wait_s": 1, "sane": {}}]}"#).expect_err("no quirk").contains("sane")
        );
        assert!(steps(r#"{"about": "", "requires": ["luck"], "steps": []}"#).expect_err("unknown").contains("luck"));
    }
}
