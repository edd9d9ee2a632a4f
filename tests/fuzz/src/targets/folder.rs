//! A folder as configuration, and the one file that is made of it.
//!
//! Parts: `common.yaml`; `template.d/BasePlugin.yaml`; `plugin.d/one.yaml`;
//! `action.d/note.yaml`; the name of a second plugin's file; its text.

use std::fs;
use std::path::PathBuf;

use smoker_config::config::{self, Config};
use smoker_config::write::generate;
use tempfile::TempDir;

use crate::inputs::fields::{Fields, joined};
use crate::limits;
use crate::target::Target;
use crate::targets::{place, yaml};

pub(crate) const TARGET: Target = Target {
    name: "folder",
    about: "a folder as configuration, and the file made of it",
    check,
    make: |random| {
        let (common, name) = (random.texts(&yaml::TOP, 4), random.word());
        let mut body = |depth| yaml::mapping(random, depth, 0);
        joined(&[&common, &body(0), &format!("Command: echo\n{}", body(2)), &body(0), &name, &body(2)])
    },
    words: &yaml::WORDS,
    time: limits::TIME,
};

thread_local! {
    static FOLDER: TempDir = {
        let folder = place::folder();
        for name in ["d/template.d", "d/plugin.d", "d/action.d"] {
            fs::create_dir_all(folder.path().join(name)).expect("a folder");
        }
        folder
    };
}

/// A file that is removed when it is no longer needed.
struct Removed(PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn check(input: &[u8]) -> String {
    let fields = Fields::of(input);
    let root = FOLDER.with(|folder| folder.path().to_owned());
    let folder = root.join("d");
    for (at, name) in
        ["common.yaml", "template.d/BasePlugin.yaml", "plugin.d/one.yaml", "action.d/note.yaml"].iter().enumerate()
    {
        fs::write(folder.join(name), fields.bytes(at)).expect("the folder is writable");
    }
    let name = fields.text(4).replace(['/', '\0'], "");
    let name: String = name.chars().take(60).collect();
    let second = folder.join("plugin.d").join(format!("{name}.yaml"));
    let _removed =
        if name.is_empty() { None } else { fs::write(&second, fields.bytes(5)).ok().map(|()| Removed(second)) };
    let loaded = config::load(&folder, |_| None);
    match (generate::generate(&folder, |_| None), &loaded) {
        (Ok(generated), Ok(loaded)) => {
            let file = root.join("generated.yaml");
            fs::write(&file, &generated.text).expect("the folder is writable");
            let again = config::load(&file, |_| None).unwrap_or_else(|error| panic!("{error}: {}", generated.text));
            assert_eq!(shown(&again), shown(loaded), "the file means what the folder means: {}", generated.text);
            loaded.problems.iter().take(2).map(|problem| problem.text.as_str()).collect()
        }
        (Ok(_), Err(error)) => panic!("a file of what does not load: {error}"),
        (Err(error), _) => error.to_string().replace(&root.display().to_string(), ""),
    }
}

/// What is to be equal, as text: some numbers are not equal to themselves.
fn shown(config: &Config) -> String {
    format!("{:#?} {:#?}", config.settings, config.plugins)
}
